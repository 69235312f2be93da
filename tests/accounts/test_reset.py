"""A new password by a one-time code."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.models import OneTimeCode, Person
from accounts.permissions import COMMAND_LINE
from accounts.rules import CODE_LIFE, CODE_TRIES, CODES_PER_HOUR
from accounts.service.login import Browser as Origin
from accounts.service.reset import make_code, reset_password, send_code
from audit.public import AuditEvent
from foundation import clock, outbox
from foundation.models import Message
from tests.accounts.people import PASSWORD, administrator, logged_in, owner_driver, staff
from tests.browser import Browser

NEW = "blue-truck-2022"
HERE = Origin("192.0.2.1", "")


def with_email(session: Session) -> Person:
    person = staff(session, email="officer@example.cn")
    session.commit()
    return person


def sent_code(session: Session, person: Person) -> str:
    """The newest code in the person's mail, as its words say it."""
    message = session.scalars(
        select(Message)
        .where(Message.recipient_id == person.id, Message.channel == "email")
        .order_by(Message.id.desc())
    ).first()
    assert message
    found = re.search(r"[0-9]{8}", outbox.words_of(message).body)
    assert found
    return found[0]


def fill_in(login: str, code: str, password: str = NEW) -> dict[str, str]:
    return {"login": login, "code": code, "password": password, "password_again": password}


def test_a_code_by_mail_sets_a_new_password_and_ends_every_session(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    person = with_email(session)
    thief, owner = Browser(client), Browser(app.test_client())
    logged_in(thief, person.login)
    assert owner.post_form("/login/code", {"login": person.login}).headings == ["重设密码"]
    queued = session.scalars(
        text("SELECT args ->> 'login' FROM procrastinate_jobs WHERE task_name = 'accounts.send_code'")
    ).all()
    assert queued == [person.login]
    send_code(session, person.login, now=clock.now())
    session.commit()
    page = owner.post_form("/login/reset", fill_in(person.login, sent_code(session, person)))
    assert page.headings == ["登录"]
    assert thief.get("/account").headings == ["登录"]
    logged_in(owner, person.login, NEW)
    assert owner.get("/account").headings == ["账户与安全"]
    tags = set(session.scalars(select(AuditEvent.tag)))
    assert {"password:code", "password:reset", "session:revoke"} <= tags


def test_asking_for_a_code_answers_the_same_for_somebody_and_for_nobody(
    client: FlaskClient, session: Session
) -> None:
    person = with_email(session)
    answers = set()
    for login in (person.login, "nobody.here"):
        response = Browser(client).send_form("/login/code", {"login": login})
        answers.add((response.status_code, response.headers["Location"], response.data))
    assert len(answers) == 1


def test_a_wrong_code_and_an_unknown_login_are_one_answer(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    make_code(session, COMMAND_LINE, person, now=clock.now())
    session.commit()
    answers = set()
    for login in (person.login, "nobody.here"):
        response = Browser(client).send_form("/login/reset", fill_in(login, "00000000"))
        plain = re.sub(r'name="csrf_token" value="[^"]+"', "", response.text.replace(login, "LOGIN"))
        answers.add((response.status_code, plain))
    assert len(answers) == 1


def test_a_code_works_once(session: Session) -> None:
    person, now = staff(session), clock.now()
    code = make_code(session, COMMAND_LINE, person, now=now)
    assert reset_password(session, person.login, code, NEW, HERE, now=now) is None
    again = reset_password(session, person.login, code, "red-truck-2022", HERE, now=now)
    assert again
    assert again.code == "code.wrong"


def test_a_code_is_over_after_a_quarter_of_an_hour(session: Session) -> None:
    person, now = staff(session), clock.now()
    code = make_code(session, COMMAND_LINE, person, now=now)
    assert reset_password(session, person.login, code, NEW, HERE, now=now + CODE_LIFE)


def test_five_wrong_tries_use_a_code_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the lock-out of logins, which would stop the tries as well, the code itself must hold.
    monkeypatch.setattr("accounts.service.reset.lock_of", lambda *_given, **_more: None)
    person, now = staff(session), clock.now()
    code = make_code(session, COMMAND_LINE, person, now=now)
    for _ in range(CODE_TRIES):
        assert reset_password(session, person.login, "99999999", NEW, HERE, now=now)
    assert reset_password(session, person.login, code, NEW, HERE, now=now)


def test_only_the_newest_code_works(session: Session) -> None:
    person, now = staff(session), clock.now()
    old = make_code(session, COMMAND_LINE, person, now=now)
    new = make_code(session, COMMAND_LINE, person, now=now)
    assert reset_password(session, person.login, old, NEW, HERE, now=now)
    assert reset_password(session, person.login, new, NEW, HERE, now=now) is None


def test_nobody_without_mail_is_sent_one_and_no_inbox_is_filled(session: Session) -> None:
    without, person, now = staff(session), with_email(session), clock.now()
    send_code(session, without.login, now=now)
    send_code(session, "nobody.here", now=now)
    for minute in range(CODES_PER_HOUR + 2):
        send_code(session, person.login, now=now + timedelta(minutes=minute))
    kept = session.execute(select(OneTimeCode.person_id, func.count()).group_by(OneTimeCode.person_id)).all()
    assert [tuple(row) for row in kept] == [(person.id, CODES_PER_HOUR)]


def test_the_code_itself_is_kept_nowhere_but_in_the_message(session: Session) -> None:
    person = staff(session)
    code = make_code(session, COMMAND_LINE, person, now=clock.now())
    row = session.scalars(select(OneTimeCode).where(OneTimeCode.person_id == person.id)).one()
    assert row.code_hash.startswith(b"$argon2id$")
    assert code.encode() not in row.code_hash


def test_an_administrator_reads_a_code_out_to_who_has_no_mail(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    office, driver = Browser(client), Browser(app.test_client())
    person = owner_driver(session)
    logged_in(office, administrator(session).login)
    page = office.post_form(f"/people/{person.id}", action=f"/people/{person.id}/code")
    found = re.search(r"\b[0-9]{8}\b", page.text)
    assert found
    assert found[0] not in office.get(f"/people/{person.id}").text
    driver.post_form("/login/reset", fill_in(person.login, found[0]))
    logged_in(driver, person.login, NEW)
    assert driver.get("/account").headings == ["账户与安全"]


def test_a_weak_new_password_does_not_use_the_code_up(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    code = make_code(session, COMMAND_LINE, person, now=clock.now())
    session.commit()
    browser = Browser(client)
    browser.post_form("/login/reset", fill_in(person.login, code, "1234567890"), status=422)
    browser.post_form("/login/reset", fill_in(person.login, code))
    logged_in(browser, person.login, NEW)
    assert PASSWORD != NEW
