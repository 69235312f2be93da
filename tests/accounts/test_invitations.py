"""Invitations to a firm: made, sent, accepted once, and of no use in any other case."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.models import Invitation, Person
from accounts.permissions import COMMAND_LINE, Role
from accounts.rules import INVITATION_LIFE, INVITATIONS_MOST
from accounts.service.colleagues import remove_colleague
from accounts.service.invitations import Invited, accept_invitation, invite, revoke_invitation
from accounts.service.persons import deactivate_person
from accounts.tokens import hash_of, new_token, unseal
from audit.public import AuditEvent
from foundation import clock, outbox
from foundation.base import new_id
from foundation.models import Message
from foundation.problems import DomainProblem, InvalidInput, NotFound
from tests.accounts.people import (
    ANOTHER_CREDIT_CODE,
    PASSWORD,
    a_login,
    acting_as,
    an_account,
    colleague_of,
    firm_person,
    logged_in,
)
from tests.browser import Browser, Page
from tests.builders import own_transaction
from tests.races import race

ADDRESS = re.compile(r"https://ct\.example\.cn(/invitation/[\w-]+)")
KEY = "test"


def invited(session: Session, lead: Person, role: Role = Role.APPLICANT) -> tuple[Invitation, str]:
    made = invite(session, acting_as(lead), Invited("孙丽", role), secret_key=KEY, now=clock.now())
    session.commit()
    return made


def address_on(page: Page) -> str:
    found = ADDRESS.search(page.text)
    assert found, page.text
    return found[1]


def account_form(**changes: str) -> dict[str, str]:
    return {
        "name": "孙丽",
        "phone": "13700003333",
        "login": a_login("joined"),
        "password": PASSWORD,
        "password_again": PASSWORD,
        **changes,
    }


def test_a_lead_invites_and_the_colleague_opens_an_account(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    lead = firm_person(session)
    browser, colleague = Browser(client), Browser(app.test_client())
    logged_in(browser, lead.login)
    page = browser.post_form("/firm", {"name": "孙丽", "role": "applicant"}, action="/firm/invitations")
    address = address_on(page)
    assert "待接受的邀请" in page.text
    assert address not in browser.get("/firm").text
    page = colleague.get(address)
    assert page.headings == ["加入企业"]
    assert "吉林粮运有限公司" in page.text
    given = account_form()
    page = colleague.post_form(address, given, action=address)
    assert page.headings == ["今日工作"]
    person = session.scalars(select(Person).where(Person.login == given["login"])).one()
    assert (person.firm_id, [grant.role for grant in person.grants]) == (lead.firm_id, [Role.APPLICANT])
    assert "待接受的邀请" not in browser.get("/firm").text
    assert given["login"] in browser.get("/firm").text
    assert "孙丽 已接受您的邀请" in browser.get("/inbox").text
    accepted = session.scalars(select(AuditEvent).where(AuditEvent.tag == "invitation:accept")).one()
    assert accepted.actor_id == person.id


def test_only_the_hash_of_the_secret_is_kept(session: Session) -> None:
    row, token = invited(session, firm_person(session))
    assert row.token_hash == hash_of(token)
    assert len(token) == 43
    kept = session.scalars(select(AuditEvent).where(AuditEvent.tag == "invitation:create")).one()
    assert token not in str(vars(kept))
    assert "孙丽" not in str(kept.facts)


def test_looking_changes_nothing_and_says_so_to_no_search_engine(
    client: FlaskClient, session: Session
) -> None:
    row, token = invited(session, firm_person(session))
    before = (row.accepted_at, row.revoked_at, row.expires_at)
    for _ in range(3):
        answer = client.get(f"/invitation/{token}", base_url="https://ct.example.cn")
        assert answer.status_code == 200
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
    session.refresh(row)
    assert (row.accepted_at, row.revoked_at, row.expires_at) == before


def test_unknown_expired_revoked_and_used_are_one_answer(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, now = firm_person(session), clock.now()
    _, expired = invited(session, lead)
    session.scalars(select(Invitation)).one().expires_at = now - timedelta(seconds=1)
    row, revoked = invited(session, lead)
    revoke_invitation(session, acting_as(lead), row.id, now=now)
    _, used = invited(session, lead)
    accept_invitation(session, used, an_account("joined"), now=now)
    session.commit()
    browser = Browser(client)
    form_token = browser.get("/login").forms[0].fields["csrf_token"]
    answers = []
    for token in (new_token(), expired, revoked, used, "no-token"):
        for method, data in (("GET", {}), ("POST", {"csrf_token": form_token}), ("POST", account_form())):
            data = {**data, "csrf_token": form_token} if data else data
            answer = browser.raw(method, f"/invitation/{token}", data=data or None)
            answers.append((answer.status_code, answer.text.replace(token, "TOKEN")))
    assert {status for status, _ in answers} == {404}
    for told in answers:
        assert told == answers[0], "one answer, byte for byte"
    assert "这个邀请不能使用" in answers[0][1]


def test_an_invitation_ends_after_a_week(session: Session) -> None:
    row, token = invited(session, firm_person(session))
    assert row.expires_at - row.created_at == INVITATION_LIFE == timedelta(days=7)
    with pytest.raises(DomainProblem, match=r"invitation\.gone"):
        accept_invitation(session, token, an_account("late"), now=row.expires_at)


def test_what_is_wrong_with_the_account_does_not_use_the_invitation_up(
    client: FlaskClient, session: Session
) -> None:
    lead = firm_person(session)
    row, token = invited(session, lead)
    browser, address = Browser(client), f"/invitation/{token}"
    for field, value, words in (
        ("login", lead.login, "已被使用"),
        ("login", "ab", "登录名为"),
        ("phone", "none", "有效的电话号码"),
        ("password_again", "another-2022", "两次输入的密码不一致"),
    ):
        page = browser.post_form(address, account_form(**{field: value}), action=address, status=422)
        assert words in page.text
    session.refresh(row)
    assert row.accepted_at is None
    browser.post_form(address, account_form(), action=address)
    session.refresh(row)
    assert row.accepted_at is not None


def test_two_who_accept_at_the_same_instant_make_one_account(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        _, token = invited(session, firm_person(session))
    accounts = [an_account("twice"), an_account("twice")]
    results = race(
        app,
        [
            lambda session: accept_invitation(session, token, accounts[0], now=clock.now()).login,
            lambda session: accept_invitation(session, token, accounts[1], now=clock.now()).login,
        ],
    )
    problems = [result.code for result in results if isinstance(result, DomainProblem)]
    assert problems == ["invitation.gone"]
    with own_transaction(app) as session:
        made = session.scalars(select(Person).where(Person.login.startswith("twice"))).all()
        assert [person.login for person in made] == [result for result in results if isinstance(result, str)]


def test_an_invitation_with_an_address_is_mailed_and_the_row_of_the_mail_holds_no_secret(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    logged_in(browser, firm_person(session).login)
    given = {"name": "孙丽", "email": "sun@example.cn", "role": "firm_lead"}
    page = browser.post_form("/firm", given, action="/firm/invitations")
    address = address_on(page)
    assert "已发送到 sun@example.cn" in page.text
    message = session.scalars(select(Message).where(Message.address == "sun@example.cn")).one()
    assert address.removeprefix("/invitation/") not in str(message.facts)
    words = outbox.words_of(message)
    assert words.link == address
    assert "吉林粮运有限公司" in words.body
    elsewhere = unseal("another key", message.facts["sealed"])
    assert elsewhere is None
    assert Browser(app.test_client()).get(address).headings == ["加入企业"]


def test_a_revoked_invitation_is_gone_and_a_foreign_one_is_not_there(
    client: FlaskClient, session: Session
) -> None:
    lead, stranger = firm_person(session), firm_person(session, ANOTHER_CREDIT_CODE)
    row, token = invited(session, lead)
    browser = Browser(client)
    logged_in(browser, lead.login)
    browser.post_form("/firm", action=f"/firm/invitations/{row.id}/revoke")
    with pytest.raises(DomainProblem, match=r"invitation\.gone"):
        accept_invitation(session, token, an_account("late"), now=clock.now())
    revoke_invitation(session, acting_as(lead), row.id, now=clock.now())
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.tag == "invitation:revoke")).all()) == 1
    for asking, invitation_id in ((stranger, row.id), (lead, new_id())):
        with pytest.raises(NotFound):
            revoke_invitation(session, acting_as(asking), invitation_id, now=clock.now())


def test_who_is_switched_off_leaves_no_invitation_behind(session: Session) -> None:
    lead = firm_person(session)
    _, token = invited(session, lead, Role.FIRM_LEAD)
    deactivate_person(session, COMMAND_LINE, lead.id, now=clock.now())
    with pytest.raises(DomainProblem, match=r"invitation\.gone"):
        accept_invitation(session, token, an_account("backdoor"), now=clock.now())


def test_who_is_removed_at_this_instant_leaves_no_invitation_behind(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        lead = firm_person(session)
        going, staying = acting_as(colleague_of(session, lead, Role.FIRM_LEAD)), acting_as(lead)
    told: list[str] = []

    def invite_on_the_way_out() -> None:
        try:
            with own_transaction(app) as session:
                invite(session, going, Invited("孙丽", Role.FIRM_LEAD), secret_key=KEY, now=clock.now())
        except DomainProblem as refused:
            told.append(refused.code)

    thread = threading.Thread(target=invite_on_the_way_out)
    with own_transaction(app) as session:
        assert going.id is not None
        remove_colleague(session, staying, going.id, now=clock.now())
        thread.start()
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while thread.is_alive() and not session.scalar(waits):
            thread.join(0.05)
    thread.join()
    assert told == ["permission.missing"]
    with own_transaction(app) as session:
        assert session.scalars(select(Invitation)).all() == []


def test_a_firm_invites_as_people_of_firms_and_no_more_than_any_firm_needs(session: Session) -> None:
    lead, now = firm_person(session), clock.now()
    with pytest.raises(InvalidInput):
        invite(session, acting_as(lead), Invited("孙丽", Role.COMMAND), secret_key=KEY, now=now)
    row, _ = invited(session, lead)
    session.add_all(
        Invitation(
            token_hash=hash_of(str(number)),
            firm_id=row.firm_id,
            name="孙丽",
            role="applicant",
            invited_by=lead.id,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
            revoked_at=now,
        )
        for number in range(INVITATIONS_MOST - 1)
    )
    session.flush()
    with pytest.raises(DomainProblem, match=r"invitation\.too_many"):
        invite(session, acting_as(lead), Invited("孙丽", Role.APPLICANT), secret_key=KEY, now=now)
    later = now + INVITATION_LIFE + timedelta(seconds=1)
    invite(session, acting_as(lead), Invited("孙丽", Role.APPLICANT), secret_key=KEY, now=later)


def test_what_is_wrong_with_an_invitation_is_said_at_the_field(client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    logged_in(browser, firm_person(session).login)
    given = {"name": "孙丽", "email": "nobody", "role": "applicant"}
    page = browser.post_form("/firm", given, action="/firm/invitations", status=422)
    assert "有效的电子邮箱" in page.text
    form = next(form for form in page.forms if form.action == "/firm/invitations")
    assert form.fields["name"] == "孙丽"
    assert not session.scalars(select(Invitation)).all()
