"""Logging in and out, sessions, and the lock-out, as a browser meets them."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from accounts.models import LoginAttempt, LoginSession, Person
from accounts.rules import ADDRESS_TRIES, LOCK_WINDOW, LOGIN_TRIES, SESSION_IDLE, SESSION_LIFE
from accounts.service.login import Browser as Origin
from accounts.service.login import Refused, log_in
from accounts.tokens import hash_of
from audit.public import AuditEvent
from foundation import clock
from foundation.database import db, transaction
from foundation.problems import DomainProblem
from tests.accounts.people import PASSWORD, a_login, logged_in, owner_driver, staff
from tests.browser import Browser
from web.app import _protect_forms

HERE = Origin("192.0.2.1", "Chrome · Windows")


def cookie(browser: Browser) -> str | None:
    found = browser.client.get_cookie("session", domain="ct.example.cn")
    return found.value if found else None


def later(monkeypatch: pytest.MonkeyPatch, wait: timedelta) -> None:
    moment = clock.now() + wait
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_somebody_logs_in_sees_the_account_and_logs_out(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    page = browser.get("/account")
    assert person.login in page.text
    assert "Chrome · Windows" in page.text
    browser.post_form("/account", action="/logout")
    assert browser.get("/account").headings == ["登录"]
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.actor_id == person.id)).all()
    assert {"session:open", "session:close"} <= set(tags)


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(
    client: FlaskClient, session: Session
) -> None:
    person = staff(session)
    browser = Browser(client)
    response = browser.send_form("/login", {"login": person.login, "password": PASSWORD}, action="/login")
    header = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("session="))
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    token = cookie(browser) or ""
    row = session.scalars(select(LoginSession).where(LoginSession.person_id == person.id)).one()
    assert row.token_hash == hash_of(token)
    assert len(token) >= 43


def test_after_the_login_one_goes_on_to_where_one_wanted_to_go(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    browser = Browser(client)
    page = browser.get("/account/password")
    assert page.headings == ["登录"]
    response = browser.send_form(
        "/login?next=/account/password", {"login": person.login, "password": PASSWORD}, action="/login"
    )
    assert response.headers["Location"] == "/account/password"


def test_a_next_page_elsewhere_is_forgotten(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    response = Browser(client).send_form(
        "/login?next=https://evil.example",
        {"login": person.login, "password": PASSWORD, "next": "//evil.example"},
        action="/login",
    )
    assert response.headers["Location"] == "/"


def test_unknown_wrong_and_switched_off_are_one_answer_byte_for_byte(
    client: FlaskClient, session: Session
) -> None:
    known, gone = staff(session), staff(session)
    gone.active = False
    session.commit()
    answers = set()
    for login, password in (
        (known.login, "wrong-password"),
        ("nobody.here", "wrong-password"),
        (gone.login, PASSWORD),
    ):
        response = Browser(client).send_form(
            "/login", {"login": login, "password": password}, action="/login"
        )
        plain = response.text.replace(login, "LOGIN")
        answers.add((response.status_code, re.sub(r'name="csrf_token" value="[^"]+"', "", plain)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


def test_the_password_is_checked_for_nobody_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str | None] = []

    def note(encoded: str | None, _password: str) -> bool:
        checked.append(encoded)
        return False

    monkeypatch.setattr("accounts.passwords.is_right", note)
    assert isinstance(log_in(session, "nobody.at.all", "x", HERE, now=clock.now()), Refused)
    assert checked == [None]


def test_a_form_without_its_token_is_refused(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    response = client.post("/login", data={"login": person.login, "password": PASSWORD})
    assert response.status_code == 400
    assert "form.too_old" in response.text
    assert not session.scalar(select(func.count()).where(LoginSession.person_id == person.id))


def test_the_api_asks_for_no_form_token_and_pages_do() -> None:
    small = Flask("small")
    small.config.update(SECRET_KEY="test", WTF_CSRF_CHECK_DEFAULT=False)
    _protect_forms(small)
    small.add_url_rule("/api/v1/scans", "scans", lambda: "ok", methods=["POST"])
    small.add_url_rule("/page", "page", lambda: "ok", methods=["POST"])
    assert small.test_client().post("/api/v1/scans").status_code == 200
    assert small.test_client().post("/page").status_code == 400


def test_a_login_gets_a_new_token_and_ends_the_session_before(client: FlaskClient, session: Session) -> None:
    first, second = staff(session), staff(session)
    browser = Browser(client)
    logged_in(browser, first.login)
    old = cookie(browser)
    logged_in(browser, second.login)
    assert cookie(browser) != old
    ended = session.scalars(select(LoginSession).where(LoginSession.token_hash == hash_of(old or ""))).one()
    session.refresh(ended)
    assert ended.revoked_at is not None


def test_a_token_that_somebody_planted_lets_nobody_in(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    browser = Browser(client)
    client.set_cookie("session", "planted", domain="ct.example.cn")
    assert browser.get("/account").headings == ["登录"]
    logged_in(browser, person.login)
    assert cookie(browser) != "planted"


def test_an_idle_session_ends_and_a_busy_one_ends_after_a_fortnight(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    for _ in range(int(SESSION_LIFE / (SESSION_IDLE / 1.25)) - 1):
        later(monkeypatch, SESSION_IDLE / 1.25)
        assert browser.get("/account").headings == ["账户与安全"]
    later(monkeypatch, SESSION_IDLE / 1.25 * 2)
    assert browser.get("/account").headings == ["登录"]


def test_a_session_left_alone_for_a_shift_is_over(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    later(monkeypatch, SESSION_IDLE + timedelta(seconds=1))
    assert browser.get("/account").headings == ["登录"]


def test_the_last_visit_is_noted_at_most_once_a_minute(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)

    def seen() -> datetime:
        return session.scalars(
            select(LoginSession.last_seen_at).where(LoginSession.person_id == person.id)
        ).one()

    first = seen()
    later(monkeypatch, timedelta(seconds=30))
    browser.get("/account")
    assert seen() == first
    later(monkeypatch, timedelta(seconds=31))
    browser.get("/account")
    assert seen() > first


def test_a_request_reads_session_person_and_roles_at_once_and_a_file_reads_nothing(
    client: FlaskClient, session: Session
) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT")):
            read.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    browser.raw("GET", "/static/icon.svg").close()
    browser.raw("GET", "/healthz")
    assert read == []
    browser.raw("GET", "/areas/0.json")
    event.remove(connection, "before_cursor_execute", note)
    assert [("login_session" in statement) for statement in read] == [True, False]


def test_five_wrong_passwords_lock_the_login_even_for_the_right_one(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = staff(session)
    browser = Browser(client)
    for _ in range(LOGIN_TRIES):
        browser.post_form(
            "/login", {"login": person.login, "password": "wrong-password"}, action="/login", status=401
        )
    response = browser.send_form("/login", {"login": person.login, "password": PASSWORD}, action="/login")
    assert response.status_code == 429
    assert cookie(browser) is None
    later(monkeypatch, LOCK_WINDOW)
    logged_in(browser, person.login)
    assert cookie(browser)


def test_a_login_that_nobody_has_is_locked_just_the_same(client: FlaskClient) -> None:
    browser, nobody = Browser(client), a_login("nobody")
    for _ in range(LOGIN_TRIES):
        browser.post_form(
            "/login", {"login": nobody, "password": "wrong-password"}, action="/login", status=401
        )
    browser.post_form("/login", {"login": nobody, "password": "wrong-password"}, action="/login", status=429)


def test_a_right_password_forgets_the_wrong_ones_before(session: Session) -> None:
    person = staff(session)
    now = clock.now()
    for round_ in range(3):
        for step in range(LOGIN_TRIES - 1):
            at = now + timedelta(seconds=round_ * 10 + step)
            assert isinstance(log_in(session, person.login, "wrong-password", HERE, now=at), Refused)
        right = log_in(session, person.login, PASSWORD, HERE, now=now + timedelta(seconds=round_ * 10 + 9))
        assert not isinstance(right, Refused)


def test_guessing_many_logins_from_one_address_is_stopped(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.passwords.is_right", lambda _encoded, _password: False)
    origin, now = Origin("192.0.2.99", ""), clock.now()
    answers = [log_in(session, a_login("guess"), "x", origin, now=now) for _ in range(ADDRESS_TRIES + 1)]
    codes = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert codes == ["login.wrong"] * ADDRESS_TRIES + ["login.locked"]
    elsewhere = log_in(session, a_login("guess"), "x", Origin("192.0.2.100", ""), now=now)
    assert isinstance(elsewhere, Refused)
    assert elsewhere.code == "login.wrong"


def test_no_login_and_no_address_is_kept_with_a_try(session: Session) -> None:
    log_in(session, "nobody.here", "x", HERE, now=clock.now())
    subjects = session.scalars(select(LoginAttempt.subject)).all()
    assert {len(subject) for subject in subjects} == {32}


def test_wrong_passwords_sent_at_once_are_all_counted(clone: Callable[[], Flask]) -> None:
    app, login = clone(), a_login("nobody")

    def guess(_number: int) -> str:
        with app.app_context():
            try:
                with transaction() as session:
                    outcome = log_in(session, login, "wrong-password", HERE, now=clock.now())
            finally:
                db.session.remove()
        return outcome.code if isinstance(outcome, Refused) else "admitted"

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(guess, range(LOGIN_TRIES + 3)))
    assert codes == ["login.locked"] * 3 + ["login.wrong"] * LOGIN_TRIES


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    person = staff(session)
    office = Browser(client)
    phone = Browser(app.test_client(), **{"User-Agent": "Mozilla/5.0 (iPhone) Version/15 Safari/604"})
    tablet = Browser(app.test_client(), **{"User-Agent": "Mozilla/5.0 (Linux; Android 12) Firefox/99"})
    for browser in (office, phone, tablet):
        logged_in(browser, person.login)
    page = office.get("/account")
    assert "Safari · iPhone" in page.text
    assert "Firefox · Android" in page.text
    row = session.scalars(select(LoginSession).where(LoginSession.device_name == "Safari · iPhone")).one()
    office.post_form("/account", action=f"/account/sessions/{row.id}/revoke")
    assert phone.get("/account").headings == ["登录"]
    assert tablet.get("/account").headings == ["账户与安全"]
    office.post_form("/account", action="/account/sessions/revoke-others")
    assert tablet.get("/account").headings == ["登录"]
    assert office.get("/account").headings == ["账户与安全"]


def test_nobody_ends_the_session_of_somebody_else(client: FlaskClient, session: Session, app: Flask) -> None:
    mine, theirs = staff(session), staff(session)
    victim, attacker = Browser(client), Browser(app.test_client())
    logged_in(victim, theirs.login)
    logged_in(attacker, mine.login)
    row = session.scalars(select(LoginSession).where(LoginSession.person_id == theirs.id)).one()
    token = attacker.get("/account").forms[0].fields["csrf_token"]
    answer = attacker.raw("POST", f"/account/sessions/{row.id}/revoke", data={"csrf_token": token})
    assert answer.status_code == 404
    assert victim.get("/account").headings == ["账户与安全"]


def test_a_password_is_changed_under_the_old_one_and_other_devices_leave(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    person = owner_driver(session)
    here, elsewhere = Browser(client), Browser(app.test_client())
    logged_in(here, person.login)
    logged_in(elsewhere, person.login)
    new = {"password": "blue-truck-2022", "password_again": "blue-truck-2022"}
    here.post_form("/account/password", {"current": "wrong-password", **new}, status=401)
    here.post_form("/account/password", {"current": PASSWORD, **new, "password_again": "x" * 12}, status=422)
    here.post_form(
        "/account/password",
        {"current": PASSWORD, "password": "1234567890", "password_again": "1234567890"},
        status=422,
    )
    here.post_form("/account/password", {"current": PASSWORD, **new})
    assert here.get("/account").headings == ["账户与安全"]
    assert elsewhere.get("/account").headings == ["登录"]
    logged_in(elsewhere, person.login, "blue-truck-2022")
    assert elsewhere.get("/account").headings == ["账户与安全"]


def test_the_own_data_is_changed_on_the_account_page(client: FlaskClient, session: Session) -> None:
    person = owner_driver(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    page = browser.post_form(
        "/account",
        {"name": "王大明", "phone": "0431-88886666", "email": "no address", "locale": "zh"},
        action="/account",
        status=422,
    )
    assert "有效的电子邮箱" in page.text
    browser.post_form(
        "/account",
        {"name": "王大明", "phone": "0431-88886666", "email": "w@example.cn", "locale": "en"},
        action="/account",
    )
    session.refresh(person)
    assert (person.name, person.email, person.locale) == ("王大明", "w@example.cn", "en")
    fact = session.scalars(select(AuditEvent.facts).where(AuditEvent.tag == "person:change")).one()
    assert fact == {"fields": ["email", "locale", "name", "phone"]}


def test_who_was_switched_off_is_out_at_once(client: FlaskClient, session: Session) -> None:
    person = staff(session)
    browser = Browser(client)
    logged_in(browser, person.login)
    session.execute(update(Person).where(Person.id == person.id).values(active=False))
    session.commit()
    assert browser.get("/account").headings == ["登录"]


def test_pages_do_not_take_bearer_tokens_and_leave_nobody_behind(app: Flask, session: Session) -> None:
    del session
    with app.test_request_context("/account", headers={"Authorization": "Bearer anything"}):
        with pytest.raises(DomainProblem, match=r"login\.needed"):
            app.preprocess_request()
        assert g.actor is None
