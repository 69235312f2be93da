"""Bearer tokens of devices, as the API and the page of devices meet them."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.guards import current_person_id
from accounts.models import ApiToken
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission, Role
from accounts.rules import TOKEN_DAYS, FirmState
from accounts.service.devices import make_device_token
from accounts.tokens import hash_of, new_token
from foundation import clock
from foundation.base import new_id
from foundation.problems import DomainProblem
from tests.accounts.people import administrator, firm_person, logged_in, staff
from tests.browser import Browser


def asked_by(app: Flask, **headers: str) -> Actor | None:
    """The acting party the API sees behind some headers."""
    with app.test_request_context("/api/v1/anything", headers=headers):
        app.preprocess_request()
        actor: Actor | None = g.actor
        if actor:
            with pytest.raises(DomainProblem, match=r"login\.needed"):
                current_person_id()
    return actor


def a_token(session: Session, checkpoint: str = "CP001", **more: int) -> tuple[ApiToken, str]:
    made = make_device_token(session, COMMAND_LINE, "甲机", checkpoint, now=clock.now(), **more)
    session.commit()
    return made


def test_a_device_acts_at_its_checkpoint_with_what_its_scopes_allow(app: Flask, session: Session) -> None:
    row, token = a_token(session)
    actor = asked_by(app, Authorization=f"Bearer {token}")
    assert actor == Actor(
        ActorKind.DEVICE,
        row.id,
        frozenset({Permission.SCAN_RECORD, Permission.PASS_LOOK_UP, Permission.PASS_ISSUE_ON_THE_SPOT}),
        checkpoint_code="CP001",
    )
    assert row.token_hash == hash_of(token)


def test_the_api_never_reads_a_cookie(app: Flask, client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    logged_in(browser, staff(session).login)
    cookie = client.get_cookie("session", domain="ct.example.cn")
    assert cookie
    assert asked_by(app, Cookie=f"session={cookie.value}") is None


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic d3Jvbmc6d3Jvbmc=", "Bearer "])
def test_a_token_that_is_none_is_refused(app: Flask, session: Session, header: str) -> None:
    del session
    with pytest.raises(DomainProblem, match=r"token\.refused"):
        asked_by(app, Authorization=header)


def test_a_token_ends_with_its_days_and_with_its_revocation(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, token = a_token(session, days=1)
    other, revoked = a_token(session)
    other.revoked_at = clock.now()
    session.commit()
    assert asked_by(app, Authorization=f"Bearer {token}")
    with pytest.raises(DomainProblem, match=r"token\.revoked"):
        asked_by(app, Authorization=f"Bearer {revoked}")
    monkeypatch.setattr(clock, "now", lambda: row.expires_at)
    with pytest.raises(DomainProblem, match=r"token\.expired"):
        asked_by(app, Authorization=f"Bearer {token}")


def test_the_last_use_is_noted_at_most_once_a_minute(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, token = a_token(session)
    start = clock.now()
    for seconds, noted in ((0, 0), (30, 0), (61, 61)):
        moment = start + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda at=moment: at)
        asked_by(app, Authorization=f"Bearer {token}")
        session.refresh(row)
        assert row.last_used_at == start + timedelta(seconds=noted)


def test_the_token_of_a_firm_that_is_not_approved_applies_for_nothing(app: Flask, session: Session) -> None:
    """It still reads and hands back, as the firm's people do, and does more than its scopes at no time."""
    person = firm_person(session)
    token = new_token()
    row = ApiToken(
        id=new_id(),
        token_hash=hash_of(token),
        holder="firm",
        name="ERP",
        scopes=["application:apply", "firm:read", "person:manage"],
        firm_id=person.firm_id,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    session.add(row)
    assert person.firm
    reading = frozenset({Permission.FIRM_READ})
    for state, may in (
        (FirmState.APPROVED, reading | {Permission.APPLICATION_APPLY}),
        (FirmState.SUSPENDED, reading),
        (FirmState.PENDING, reading),
    ):
        person.firm.state = state
        session.commit()
        actor = asked_by(app, Authorization=f"Bearer {token}")
        assert actor
        assert (actor.kind, actor.firm_id) == (ActorKind.FIRM_TOKEN, person.firm_id)
        assert actor.permissions == may, state


def test_a_lead_makes_a_token_sees_it_once_and_revokes_it(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    logged_in(browser, staff(session, Role.CHECKPOINT_LEAD, checkpoint_code="CP001").login)
    given = {"name": "3 号机", "checkpoint_code": "CP001", "days": "30"}
    page = browser.post_form("/devices", given, action="/devices")
    row = session.scalars(select(ApiToken).where(ApiToken.name == "3 号机")).one()
    token = next(word for word in page.text.split() if hash_of(word) == row.token_hash)
    assert asked_by(app, Authorization=f"Bearer {token}")
    assert token not in browser.get("/devices").text
    browser.post_form("/devices", action=f"/devices/{row.id}/revoke")
    with pytest.raises(DomainProblem):
        asked_by(app, Authorization=f"Bearer {token}")


def test_a_lead_stays_at_the_own_checkpoint(client: FlaskClient, session: Session) -> None:
    row, _ = a_token(session, "CP002")
    browser = Browser(client)
    logged_in(browser, staff(session, Role.CHECKPOINT_LEAD, checkpoint_code="CP001").login)
    given = {"name": "4 号机", "checkpoint_code": "CP002", "days": "30"}
    page = browser.post_form("/devices", given, action="/devices", status=422)
    assert "只能登记本检查站的设备" in page.text
    assert "甲机" not in browser.get("/devices").text
    form_token = page.forms[0].fields["csrf_token"]
    assert revoke(browser, row.id, form_token) == 404


def revoke(browser: Browser, token_id: UUID, form_token: str) -> int:
    return browser.raw("POST", f"/devices/{token_id}/revoke", data={"csrf_token": form_token}).status_code


def test_an_administrator_sees_the_tokens_of_the_own_area(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    city, elsewhere, province = Browser(client), Browser(app.test_client()), Browser(app.test_client())
    logged_in(city, administrator(session).login)
    logged_in(elsewhere, administrator(session, "jilin-transport").login)
    logged_in(province, administrator(session, "jl-transport").login)
    given = {"name": "5 号机", "checkpoint_code": "CP025", "days": str(TOKEN_DAYS)}
    city.post_form("/devices", given, action="/devices")
    a_token(session, "CP003")
    assert "5 号机" in city.get("/devices").text
    assert "5 号机" not in elsewhere.get("/devices").text
    assert "5 号机" in province.get("/devices").text
    assert "甲机" in province.get("/devices").text
    assert "甲机" not in city.get("/devices").text


@pytest.mark.parametrize("days", ["0", "366", "many", "99999999999999999999"])
def test_a_token_lives_for_a_number_of_days_that_makes_sense(
    client: FlaskClient, session: Session, days: str
) -> None:
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    given = {"name": "6 号机", "checkpoint_code": "CP025", "days": days}
    browser.post_form("/devices", given, action="/devices", status=422)
