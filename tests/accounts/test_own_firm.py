"""A firm in the hands of its leads: its people, their roles, and who leaves."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from accounts.firm_queries import PAGE, leads_of
from accounts.models import ApiToken, Invitation, LoginSession, Person
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission, Role
from accounts.service.colleagues import change_role, remove_colleague
from accounts.service.firm_tokens import make_firm_token
from accounts.service.invitations import Invited, invite
from accounts.service.persons import keep_account
from audit.public import AuditEvent
from foundation import clock
from foundation.problems import DomainProblem, InvalidInput, NotFound
from foundation.settings import Settings
from tests.accounts.people import (
    ANOTHER_CREDIT_CODE,
    CREDIT_CODE,
    acting_as,
    administrator,
    an_account,
    colleague_of,
    firm_person,
    logged_in,
    owner_driver,
)
from tests.browser import Browser
from tests.builders import own_transaction, with_keys
from tests.passes.applying import an_application
from tests.passes.signed_in import a_pass_of
from tests.races import race


def lead_at_work(client: FlaskClient, session: Session) -> tuple[Browser, Person]:
    """The first person of a firm, logged in."""
    lead = firm_person(session)
    browser = Browser(client)
    logged_in(browser, lead.login)
    return browser, lead


def the_form_token(browser: Browser) -> str:
    token: str = browser.get("/account").forms[0].fields["csrf_token"]
    return token


def refused(browser: Browser, path: str, **data: str) -> int:
    """The status of a request that no page offers."""
    given = {"csrf_token": the_form_token(browser), **data}
    return browser.raw("POST", path, data=given).status_code


def roles_of(session: Session, person: Person) -> list[str]:
    session.refresh(person, ["grants"])
    return [grant.role for grant in person.grants]


def test_a_lead_sees_the_firm_and_its_people(client: FlaskClient, session: Session) -> None:
    browser, lead = lead_at_work(client, session)
    colleague = colleague_of(session, lead)
    page = browser.get("/firm")
    assert page.headings == ["吉林粮运有限公司"]
    for words in (CREDIT_CODE, "吉林省长春市南关区", lead.login, colleague.login, "经办人", "企业管理员"):
        assert words in page.text, words
    assert page.text.count("13812345678") == 1, "the firm's own number, and no person's"
    assert "/firm" in browser.get("/").links


def test_only_a_lead_gets_there(client: FlaskClient, session: Session) -> None:
    lead = firm_person(session)
    colleague = colleague_of(session, lead)
    browser = Browser(client)
    for person in (colleague, owner_driver(session), administrator(session)):
        logged_in(browser, person.login)
        for page in ("/firm", "/firm/tokens", f"/firm/people/{lead.id}"):
            browser.get(page, status=403)
        assert refused(browser, f"/firm/people/{lead.id}/remove") == 403


def test_a_firm_that_waits_reads_who_decides_and_what_it_can_do(
    client: FlaskClient, session: Session
) -> None:
    administrator(session)
    lead = firm_person(session, approval="manual")
    browser = Browser(client)
    logged_in(browser, lead.login)
    page = browser.get("/firm")
    assert "企业正在等待审批" in page.text
    assert "长春市交通运输局" in page.text
    assert "可以邀请同事" in page.text
    assert "企业正在等待审批" in browser.get("/firm/tokens").text


def test_an_administrator_sees_first_who_waits(client: FlaskClient, session: Session) -> None:
    firm_person(session)
    waiting = firm_person(session, ANOTHER_CREDIT_CODE, approval="manual")
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    page = browser.get("/firms")
    assert ANOTHER_CREDIT_CODE in page.text
    assert CREDIT_CODE not in page.text
    everybody = browser.get("/firms?state=all")
    assert ANOTHER_CREDIT_CODE in everybody.text
    assert CREDIT_CODE in everybody.text
    browser.post_form("/firms", action=f"/firms/{waiting.firm_id}/approve")
    assert CREDIT_CODE in browser.get("/firms").text


def test_a_role_is_changed_and_the_change_is_kept(client: FlaskClient, session: Session) -> None:
    browser, lead = lead_at_work(client, session)
    colleague = colleague_of(session, lead)
    url = f"/firm/people/{colleague.id}"
    browser.post_form(url, {"role": "firm_lead"}, action=f"{url}/role")
    assert roles_of(session, colleague) == [Role.FIRM_LEAD]
    audited = session.scalars(select(AuditEvent).where(AuditEvent.tag == "person:roles")).one()
    assert (audited.actor_id, audited.facts) == (lead.id, {"roles": ["firm_lead"]})
    browser.post_form(url, {"role": "administrator"}, action=f"{url}/role", status=422)
    assert roles_of(session, colleague) == [Role.FIRM_LEAD]


def test_the_last_lead_is_neither_demoted_nor_removed(client: FlaskClient, session: Session) -> None:
    browser, lead = lead_at_work(client, session)
    colleague_of(session, lead)
    url = f"/firm/people/{lead.id}"
    page = browser.post_form(url, {"role": "applicant"}, action=f"{url}/role", status=409)
    assert "唯一的企业管理员" in page.text
    page = browser.post_form(url, action=f"{url}/remove", status=409)
    assert "请先把另一位同事设为企业管理员" in page.text
    assert roles_of(session, lead) == [Role.FIRM_LEAD]
    assert lead.active


def test_a_lead_hands_over_and_becomes_one_of_the_others(client: FlaskClient, session: Session) -> None:
    browser, lead = lead_at_work(client, session)
    colleague_of(session, lead, Role.FIRM_LEAD)
    url = f"/firm/people/{lead.id}"
    page = browser.post_form(url, {"role": "applicant"}, action=f"{url}/role")
    assert page.headings == ["今日工作"]
    browser.get("/firm", status=403)
    assert roles_of(session, lead) == [Role.APPLICANT]


def test_who_is_removed_is_out_at_once_and_what_was_begun_stays_the_firms(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    with_keys(session, app.extensions["passes"].keys.folder)
    browser, lead = lead_at_work(client, session)
    leaver, now = colleague_of(session, lead, Role.FIRM_LEAD), clock.now()
    acting = acting_as(leaver)
    issued = a_pass_of(session, acting, not_before=now.replace(second=0, microsecond=0))
    application = an_application(session, acting)
    token, _ = make_firm_token(session, acting, "调度系统", ["firm:read"], days=30, now=now)
    invitation, _ = invite(session, acting, Invited("孙丽", Role.FIRM_LEAD), secret_key="test", now=now)
    session.commit()
    theirs = Browser(app.test_client())
    logged_in(theirs, leaver.login)
    url = f"/firm/people/{leaver.id}"
    page = browser.get(url)
    assert f"/passes/{issued.number}" in page.links
    assert f"/applications/{application.id}" in page.links
    for words in ("未办结的申请 · 1", "有效期内的通行证 · 1", "创建的接口令牌 · 1", "调度系统"):
        assert words in page.text, words
    page = browser.post_form(url, action=f"{url}/remove")
    assert f"/passes/{issued.number}" in page.links
    assert theirs.get("/account").headings == ["登录"]
    session.expire_all()
    assert session.get_one(ApiToken, token.id).revoked_at is None
    assert session.get_one(Invitation, invitation.id).revoked_at is not None
    rows = session.scalars(select(LoginSession).where(LoginSession.person_id == leaver.id)).all()
    assert all(row.revoked_at for row in rows)
    assert "创建人已移出" in browser.get("/firm/tokens").text
    assert leaver.login not in browser.get("/firm").text
    assert leaver.login in browser.get("/firm?part=left").text
    browser.get(f"/applications/{application.id}")


def test_removing_twice_changes_nothing_and_whoever_left_has_no_role_to_change(session: Session) -> None:
    lead, now = firm_person(session), clock.now()
    colleague = colleague_of(session, lead)
    for _ in range(2):
        remove_colleague(session, acting_as(lead), colleague.id, now=now)
    removed = AuditEvent.tag == "person:deactivate"
    assert len(session.scalars(select(AuditEvent).where(removed)).all()) == 1
    with pytest.raises(NotFound):
        change_role(session, acting_as(lead), colleague.id, Role.FIRM_LEAD, now=now)


def test_a_firm_reaches_nobody_else(session: Session) -> None:
    lead, now = firm_person(session), clock.now()
    stranger = firm_person(session, ANOTHER_CREDIT_CODE)
    for person in (stranger, owner_driver(session), administrator(session)):
        with pytest.raises(NotFound):
            remove_colleague(session, acting_as(lead), person.id, now=now)
        with pytest.raises(NotFound):
            change_role(session, acting_as(lead), person.id, Role.APPLICANT, now=now)
    with pytest.raises(InvalidInput):
        change_role(session, acting_as(lead), lead.id, Role.COMMAND, now=now)
    without = Actor(ActorKind.PERSON, lead.id, frozenset({Permission.FIRM_OWN}))
    with pytest.raises(NotFound):
        remove_colleague(session, without, lead.id, now=now)
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        remove_colleague(session, replace(acting_as(lead), permissions=frozenset()), lead.id, now=now)


Deed = Callable[[Session, Actor, UUID], None]


def demote(session: Session, actor: Actor, person_id: UUID) -> None:
    change_role(session, actor, person_id, Role.APPLICANT, now=clock.now())


def remove(session: Session, actor: Actor, person_id: UUID) -> None:
    remove_colleague(session, actor, person_id, now=clock.now())


@pytest.mark.parametrize(("one", "other"), [(demote, demote), (demote, remove), (remove, remove)])
@pytest.mark.parametrize("each_other", [True, False])
def test_two_leads_who_act_at_the_same_instant_leave_one(
    clone: Callable[..., Flask], one: Deed, other: Deed, each_other: bool
) -> None:
    app = clone()
    with own_transaction(app) as session:
        first = firm_person(session)
        second = colleague_of(session, first, Role.FIRM_LEAD)
        actors, firm_id = (acting_as(first), acting_as(second)), first.firm_id
        ids = (first.id, second.id)
    targets = tuple(reversed(ids)) if each_other else ids
    results = race(
        app,
        [
            lambda session: one(session, actors[0], targets[0]),
            lambda session: other(session, actors[1], targets[1]),
        ],
    )
    problems = [problem.code for problem in results if isinstance(problem, DomainProblem)]
    assert problems == ["permission.missing" if each_other else "firm.last_lead"]
    with own_transaction(app) as session:
        assert firm_id is not None
        assert len(leads_of(session, firm_id)) == 1


def test_an_administrator_gives_a_firm_a_lead_again(client: FlaskClient, session: Session) -> None:
    lead = firm_person(session)
    colleague = colleague_of(session, lead)
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    url = f"/people/{colleague.id}"
    browser.post_form(url, action=f"{url}/firm-lead")
    assert roles_of(session, colleague) == [Role.FIRM_LEAD]
    assert f"{url}/firm-lead" not in [form.action for form in browser.get(url).forms]
    driver = owner_driver(session)
    assert refused(browser, f"/people/{driver.id}/firm-lead") == 404


def test_a_thousand_colleagues_are_paged_by_key_with_as_many_reads_as_three(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser, lead = lead_at_work(client, session)
    few = reads_of(session, lambda: browser.get("/firm"))
    logins = set()
    for _ in range(PAGE + 5):
        account = an_account("many", firm_id=lead.firm_id, password=None)
        logins.add(keep_account(session, COMMAND_LINE, account, [Role.APPLICANT], now=clock.now()).login)
    session.commit()
    assert reads_of(session, lambda: browser.get("/firm")) == few
    first = browser.get("/firm")
    second = browser.get(next(link for link in first.links if "after=" in link))
    shown = [login for page in (first, second) for login in page.text.split() if login in logins]
    assert sorted(shown) == sorted(logins)


def reads_of(session: Session, work: Callable[[], object]) -> int:
    """How many statements the work sends."""
    sent = []

    def note(*given: object) -> None:
        sent.append(given)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    work()
    event.remove(connection, "before_cursor_execute", note)
    return len(sent)


def test_whether_firms_are_approved_is_a_setting_of_two_words() -> None:
    assert Settings.of({}).firm_approval == "auto"
    assert Settings.of({"FIRM_APPROVAL": "manual"}).firm_approval == "manual"
    with pytest.raises(ValueError, match="FIRM_APPROVAL must be auto or manual, not 'yes'"):
        Settings.of({"FIRM_APPROVAL": "yes"})
