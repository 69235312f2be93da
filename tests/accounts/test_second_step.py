"""The second step: switched on by a person, required by an administrator, never taken twice."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import Person
from accounts.rules import LOGIN_TRIES
from accounts.totp import STEP_SECONDS
from foundation import clock
from tests.accounts.people import PASSWORD, logged_in, staff
from tests.browser import Browser


def digits(secret: str) -> str:
    """What the authenticator shows now."""
    return pyotp.TOTP(secret).at(clock.now())


def step_on(monkeypatch: pytest.MonkeyPatch, steps: int = 1) -> None:
    moment = clock.now() + timedelta(seconds=STEP_SECONDS * steps)
    monkeypatch.setattr(clock, "now", lambda: moment)


def switch_on(browser: Browser) -> str:
    """Switch the second step on as people do; returns the secret the page showed."""
    page = browser.get("/account/second-step/on")
    found = re.search(r"\b[A-Z2-7]{32}\b", page.text)
    assert found
    browser.post_form("/account/second-step/on", {"code": digits(found[0])})
    return found[0]


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits hold for half a minute: a test that ran across the end of one would see the next."""
    step_on(monkeypatch, 0)


@pytest.fixture
def person(session: Session) -> Person:
    """An officer."""
    return staff(session)


def test_a_person_switches_it_on_and_is_asked_at_the_next_login(
    client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    secret = switch_on(browser)
    assert "已开启" in browser.get("/account").text
    browser.post_form("/account", action="/logout")
    step_on(monkeypatch)
    assert logged_in(browser, person.login).headings == ["第二步验证"]
    assert browser.get("/account").headings == ["第二步验证"]
    before = client.get_cookie("session", domain="ct.example.cn")
    browser.post_form("/login/second-step", {"code": digits(secret)})
    after = client.get_cookie("session", domain="ct.example.cn")
    assert before
    assert after
    assert before.value != after.value
    assert browser.get("/account").headings == ["账户与安全"]


def test_wrong_digits_switch_nothing_on(client: FlaskClient, session: Session, person: Person) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    page = browser.post_form("/account/second-step/on", {"code": "000000"}, status=422)
    assert "验证码不正确" in page.text
    session.refresh(person)
    assert person.totp_secret is None


def test_digits_that_were_used_are_refused_though_they_still_stand_on_the_phone(
    client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    secret = switch_on(browser)
    logged_in(browser, person.login)
    browser.post_form("/login/second-step", {"code": digits(secret)}, status=401)
    step_on(monkeypatch)
    browser.post_form("/login/second-step", {"code": digits(secret)})
    assert browser.get("/account").headings == ["账户与安全"]


def test_a_half_session_opens_nothing_and_cannot_replace_the_second_step(
    client: FlaskClient, person: Person
) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    switch_on(browser)
    logged_in(browser, person.login)
    for url in (
        "/account",
        "/inbox",
        "/account/second-step/on",
        "/account/second-step/off",
        "/account/password",
    ):
        assert browser.get(url).headings == ["第二步验证"], url


def test_guessing_digits_is_locked_like_guessing_passwords(client: FlaskClient, person: Person) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    switch_on(browser)
    logged_in(browser, person.login)
    for _ in range(LOGIN_TRIES):
        browser.post_form("/login/second-step", {"code": "000000"}, status=401)
    browser.post_form("/login/second-step", {"code": "000000"}, status=429)
    # Logging in once more opens no way around the lock.
    logged_in(browser, person.login)
    browser.post_form("/login/second-step", {"code": "000000"}, status=429)


def test_who_must_have_a_second_step_sets_it_up_before_anything_else(
    client: FlaskClient, session: Session
) -> None:
    person = staff(session, totp_required=True)
    browser = Browser(client)
    assert logged_in(browser, person.login).headings == ["开启第二步验证"]
    assert browser.get("/account").headings == ["开启第二步验证"]
    switch_on(browser)
    assert browser.get("/account").headings == ["账户与安全"]
    page = browser.post_form("/account/second-step/off", {"current": PASSWORD}, status=409)
    assert "不能关闭" in page.text


def test_a_requirement_reaches_who_is_logged_in_already(
    client: FlaskClient, session: Session, person: Person
) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    person.totp_required = True
    session.commit()
    assert browser.get("/account").headings == ["开启第二步验证"]


def test_it_is_switched_off_with_the_password_only(
    client: FlaskClient, session: Session, person: Person
) -> None:
    browser = Browser(client)
    logged_in(browser, person.login)
    switch_on(browser)
    browser.post_form("/account/second-step/off", {"current": "wrong-password"}, status=401)
    browser.post_form("/account/second-step/off", {"current": PASSWORD})
    session.refresh(person)
    assert person.totp_secret is None
    logged_in(browser, person.login)
    assert browser.get("/account").headings == ["账户与安全"]
