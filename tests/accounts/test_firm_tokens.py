"""Bearer tokens of a firm's programs and of other systems."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission, Role
from accounts.public import make_firm_token
from accounts.rules import FIRM_TOKENS_MOST
from accounts.service.exchanges import make_exchange_token, revoke_exchange_token
from accounts.service.firm_tokens import revoke_firm_token
from accounts.tokens import hash_of
from audit.public import AuditEvent
from foundation import clock
from foundation.base import new_id
from foundation.problems import DomainProblem, InvalidInput, NotFound
from tests.accounts.people import (
    ANOTHER_CREDIT_CODE,
    acting_as,
    administrator,
    colleague_of,
    firm_person,
    logged_in,
    staff,
)
from tests.browser import Browser
from tests.builders import own_transaction
from tests.races import race


def behind(app: Flask, token: str) -> Actor:
    """The acting party the API sees behind a token."""
    with app.test_request_context("/api/v1/anything", headers={"Authorization": f"Bearer {token}"}):
        app.preprocess_request()
        actor: Actor = g.actor
    return actor


def refused(app: Flask, token: str) -> bool:
    with pytest.raises(DomainProblem, match=r"token\.refused"):
        behind(app, token)
    return True


def test_a_lead_makes_a_token_with_scopes_sees_it_once_and_revokes_it(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    lead = firm_person(session)
    browser = Browser(client)
    logged_in(browser, lead.login)
    given = {"name": "调度系统", "scopes": ["firm:read", "application:apply"], "days": "30"}
    page = browser.post_form("/firm/tokens", given, action="/firm/tokens")
    row = session.scalars(select(ApiToken).where(ApiToken.name == "调度系统")).one()
    token = next(word for word in page.text.split() if hash_of(word) == row.token_hash)
    actor = behind(app, token)
    assert (actor.kind, actor.firm_id) == (ActorKind.FIRM_TOKEN, lead.firm_id)
    assert actor.permissions == {Permission.FIRM_READ, Permission.APPLICATION_APPLY}
    assert row.expires_at - row.created_at == timedelta(days=30)
    page = browser.get("/firm/tokens")
    assert token not in page.text
    assert "查询、申请" in page.text
    audited = session.scalars(select(AuditEvent).where(AuditEvent.tag == "token:create")).one()
    assert audited.facts == {"holder": "firm", "scopes": ["application:apply", "firm:read"], "days": 30}
    browser.post_form("/firm/tokens", action=f"/firm/tokens/{row.id}/revoke")
    assert refused(app, token)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": []}, "至少选择一项权限"),
        ({"scopes": ["pass:read"]}, "请从列出的选项中选择"),
        ({"days": "0"}, "数值超出允许范围"),
        ({"days": "366"}, "数值超出允许范围"),
        ({"days": "many"}, "有效天数"),
        ({"name": ""}, "必须填写"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_at_the_field(
    client: FlaskClient, session: Session, changes: dict[str, str | list[str]], words: str
) -> None:
    browser = Browser(client)
    logged_in(browser, firm_person(session).login)
    given = {"name": "调度系统", "scopes": ["firm:read"], "days": "30", **changes}
    page = browser.post_form("/firm/tokens", given, action="/firm/tokens", status=422)
    assert words in page.text
    assert not session.scalars(select(ApiToken).where(ApiToken.holder == "firm")).all()


@pytest.mark.parametrize(("scopes", "days"), [([], 30), (["pass:read"], 30), (["firm:read"], 0)])
def test_the_service_takes_nothing_the_page_would_not(session: Session, scopes: list[str], days: int) -> None:
    lead = acting_as(firm_person(session))
    with pytest.raises(InvalidInput):
        make_firm_token(session, lead, "ERP", scopes, days=days, now=clock.now())


def test_only_leads_make_tokens_and_a_firm_reaches_its_own_alone(session: Session) -> None:
    lead, now = firm_person(session), clock.now()
    stranger = firm_person(session, ANOTHER_CREDIT_CODE)
    row, _ = make_firm_token(session, acting_as(lead), "ERP", ["firm:read"], days=1, now=now)
    session.commit()
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        make_firm_token(
            session, acting_as(colleague_of(session, lead)), "ERP", ["firm:read"], days=1, now=now
        )
    with pytest.raises(NotFound):
        make_firm_token(session, COMMAND_LINE, "ERP", ["firm:read"], days=1, now=now)
    for asking, token_id in ((stranger, row.id), (lead, new_id())):
        with pytest.raises(NotFound):
            revoke_firm_token(session, acting_as(asking), token_id, now=now)
    revoke_firm_token(session, acting_as(lead), row.id, now=now)
    revoke_firm_token(session, acting_as(lead), row.id, now=now + timedelta(days=1))
    assert row.revoked_at == now


def test_two_leads_at_the_same_instant_make_no_token_too_many(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        lead, now = acting_as(firm_person(session)), clock.now()
        for number in range(FIRM_TOKENS_MOST - 1):
            make_firm_token(session, lead, f"系统{number}", ["firm:read"], days=1, now=now)
        ended, _ = make_firm_token(session, lead, "旧系统", ["firm:read"], days=1, now=now)
        revoke_firm_token(session, lead, ended.id, now=now)
    results = race(
        app,
        [
            lambda session: make_firm_token(session, lead, "甲", ["firm:read"], days=1, now=now)[1],
            lambda session: make_firm_token(session, lead, "乙", ["firm:read"], days=1, now=now)[1],
        ],
    )
    assert [one.code for one in results if isinstance(one, DomainProblem)] == ["token.too_many"]


def test_a_token_that_ends_within_a_week_says_so(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = firm_person(session)
    browser = Browser(client)
    logged_in(browser, lead.login)
    make_firm_token(session, acting_as(lead), "ERP", ["firm:read"], days=8, now=clock.now())
    session.commit()
    assert "可用" in browser.get("/firm/tokens").text
    later = clock.now() + timedelta(hours=11)
    for days, words in ((1, "即将到期"), (8, "已过期")):
        monkeypatch.setattr(clock, "now", lambda at=later + timedelta(days=days): at)
        logged_in(browser, lead.login)
        assert words in browser.get("/firm/tokens").text


def test_an_administrator_lets_another_system_read_and_ends_it(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    assert "/exchanges" in browser.get("/devices").links
    given = {"name": "北京市通行证平台", "scopes": ["pass:read"], "days": "90"}
    page = browser.post_form("/exchanges", given, action="/exchanges")
    row = session.scalars(select(ApiToken).where(ApiToken.holder == "exchange")).one()
    token = next(word for word in page.text.split() if hash_of(word) == row.token_hash)
    assert behind(app, token).permissions == {Permission.PASS_READ}
    assert token not in browser.get("/exchanges").text
    assert "北京市通行证平台" not in browser.get("/devices").text
    given["scopes"] = ["application:apply"]
    browser.post_form("/exchanges", given, action="/exchanges", status=422)
    browser.post_form("/exchanges", action=f"/exchanges/{row.id}/revoke")
    assert refused(app, token)


def test_tokens_of_other_systems_are_the_administrators_of_the_area(
    client: FlaskClient, session: Session
) -> None:
    now = clock.now()
    ours, theirs = administrator(session), administrator(session, "jilin-transport")
    lead = staff(session, Role.CHECKPOINT_LEAD, checkpoint_code="CP001")
    acting = Actor(
        ActorKind.PERSON, ours.id, frozenset({Permission.PERSON_MANAGE}), body_id=ours.body_id, area="220100"
    )
    row, _ = make_exchange_token(session, acting, "河北平台", ["pass:read"], days=1, now=now)
    session.commit()
    browser = Browser(client)
    logged_in(browser, theirs.login)
    assert "河北平台" not in browser.get("/exchanges").text
    logged_in(browser, lead.login)
    browser.get("/exchanges", status=403)
    assert "/exchanges" not in browser.get("/devices").links
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        revoke_exchange_token(session, Actor(ActorKind.PERSON, lead.id), row.id, now=now)
    revoke_exchange_token(session, acting, row.id, now=now)
    assert row.revoked_at == now
