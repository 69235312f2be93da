"""Registration, the registers of persons and firms, and who reaches whom."""

import re
from dataclasses import replace

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken, Firm, LoginSession, Person
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission, Role
from accounts.public import mask_phone, read_identity, recipients_of
from accounts.queries import PAGE
from accounts.rules import FirmState
from accounts.service.devices import make_device_token
from accounts.service.persons import create_person
from audit.public import AuditEvent
from foundation import clock, outbox
from foundation.problems import DomainProblem, InvalidInput, NotFound
from tests.accounts.people import (
    ANOTHER_CREDIT_CODE,
    CREDIT_CODE,
    IDENTITY,
    PASSWORD,
    a_login,
    administrator,
    an_account,
    body_id,
    firm_person,
    logged_in,
    owner_driver,
    staff,
)
from tests.browser import Browser


def firm_form(**changes: str) -> dict[str, str]:
    return {
        "firm_name": "吉林粮运有限公司",
        "credit_code": CREDIT_CODE,
        "area": "长春市南关区",
        "name": "李娜",
        "phone": "13900001111",
        "login": a_login("firm"),
        "password": PASSWORD,
        "password_again": PASSWORD,
        **changes,
    }


def person_form(**changes: str) -> dict[str, str]:
    return {
        "name": "赵师傅",
        "phone": "13900002222",
        "identity_number": IDENTITY,
        "area": "220102",
        "login": a_login("driver"),
        "password": PASSWORD,
        "password_again": PASSWORD,
        **changes,
    }


def test_a_firm_registers_and_is_logged_in(client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    given = firm_form()
    browser.post_form("/register/firm", given, action="/register/firm")
    page = browser.get("/account")
    assert "吉林粮运有限公司" in page.text
    assert "吉林省长春市南关区" in page.text
    person = session.scalars(select(Person).where(Person.login == given["login"])).one()
    assert [grant.role for grant in person.grants] == [Role.FIRM_LEAD]
    firm = session.get_one(Firm, person.firm_id)
    assert (firm.credit_code, firm.area, firm.state) == (CREDIT_CODE, "220102", FirmState.APPROVED)
    assert [one.person_id for one in recipients_of(session, person_id=None, firm_id=firm.id)] == [person.id]


def test_a_firm_that_waits_for_approval_cannot_apply_until_it_has_it(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        app.extensions, "settings", replace(app.extensions["settings"], firm_approval="manual")
    )
    applicant, office = Browser(client), Browser(app.test_client())
    page = applicant.post_form("/register/firm", firm_form(), action="/register/firm")
    assert page.headings == ["吉林粮运有限公司"]
    assert "等待审批" in page.text
    assert "邀请同事" in page.text
    assert "等待审批" in applicant.get("/").text
    assert "等待审批" in applicant.get("/account").text
    assert not may(app, applicant, Permission.APPLICATION_APPLY)
    logged_in(office, administrator(session).login)
    firm = session.scalars(select(Firm).where(Firm.credit_code == CREDIT_CODE)).one()
    office.post_form("/firms?state=pending", action=f"/firms/{firm.id}/approve")
    assert may(app, applicant, Permission.APPLICATION_APPLY)
    assert "已获批准" in applicant.get("/inbox").text
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "firm:approve")).one()
    assert (event.from_state, event.to_state) == ("pending", "approved")


def may(app: Flask, browser: Browser, permission: Permission) -> bool:
    """Whether the party behind a browser has the permission in its next request."""
    cookie = browser.client.get_cookie("session", domain="ct.example.cn")
    assert cookie
    with app.test_request_context("/account", headers={"Cookie": f"session={cookie.value}"}):
        app.preprocess_request()
        allowed: bool = g.actor.may(permission)
    return allowed


def test_stopping_a_firm_needs_a_reason_and_is_told_to_its_people(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    person = firm_person(session)
    office, applicant = Browser(client), Browser(app.test_client())
    logged_in(office, administrator(session).login)
    logged_in(applicant, person.login)
    stop = f"/firms/{person.firm_id}/suspend"
    office.post_form("/firms", {"reason": " "}, action=stop, status=422)
    office.post_form("/firms", {"reason": "车辆信息不实"}, action=stop)
    assert not may(app, applicant, Permission.APPLICATION_APPLY)
    assert may(app, applicant, Permission.PASS_SURRENDER)
    assert "车辆信息不实" in applicant.get("/inbox").text
    assert outbox.unread(session, person.id) == 0
    office.post_form("/firms", action=f"/firms/{person.firm_id}/resume")
    assert may(app, applicant, Permission.APPLICATION_APPLY)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("credit_code", "91220101MA0Y3KXG04", "统一社会信用代码不正确"),
        ("credit_code", "123", "统一社会信用代码不正确"),
        ("area", "没有这个地方", "没有找到这个县"),
        ("area", "长春市", "没有找到这个县"),
        ("phone", "not a phone", "有效的电话号码"),
        ("email", "nobody", "有效的电子邮箱"),
        ("login", "ab", "登录名为"),
        ("password", "short", "两次输入的密码不一致"),
        ("firm_name", "", "必须填写"),
    ],
)
def test_what_is_wrong_with_a_firm_is_said_at_the_field_and_nothing_is_lost(
    client: FlaskClient, session: Session, field: str, value: str, words: str
) -> None:
    browser = Browser(client)
    given = firm_form(**{field: value})
    page = browser.post_form("/register/firm", given, action="/register/firm", status=422)
    assert words in page.text
    form = next(form for form in page.forms if form.action == "/register/firm")
    assert form.fields["name"] == given["name"]
    assert form.fields["password"] == ""
    assert not session.scalars(select(Firm).where(Firm.credit_code == CREDIT_CODE)).all()


def test_a_firm_registers_once_and_a_login_is_given_once(client: FlaskClient, session: Session) -> None:
    person = firm_person(session)
    browser = Browser(client)
    page = browser.post_form("/register/firm", firm_form(), action="/register/firm", status=422)
    assert "已经登记" in page.text
    given = firm_form(credit_code=ANOTHER_CREDIT_CODE, login=person.login.upper())
    page = browser.post_form("/register/firm", given, action="/register/firm", status=422)
    assert "已被使用" in page.text
    assert not session.scalars(select(Firm).where(Firm.credit_code == ANOTHER_CREDIT_CODE)).all()


def test_an_owner_driver_registers_without_a_firm_and_the_number_stays_hidden(
    client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    browser.post_form("/register/person", person_form(), action="/register/person")
    page = browser.get("/account")
    assert "360***********0071" in page.text
    assert IDENTITY not in page.text
    page = browser.post_form(
        "/register/person",
        person_form(identity_number="220102199001011234"),
        action="/register/person",
        status=422,
    )
    assert "身份证号不正确" in page.text


def new_person_form(session: Session, **changes: str | list[str]) -> dict[str, str | list[str]]:
    return {
        "name": "孙丽",
        "phone": "13700003333",
        "login": a_login("new"),
        "body": str(body_id(session, "changchun-transport")),
        "roles": [str(Role.ISSUING_OFFICER), str(Role.LIAISON)],
        **changes,
    }


def test_an_administrator_makes_a_person_with_roles_and_nobody_types_a_password(
    client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    given = new_person_form(session)
    page = browser.post_form("/people/new", given, action="/people/new")
    assert page.headings == ["孙丽"]
    made = session.scalars(select(Person).where(Person.login == given["login"])).one()
    assert {grant.role for grant in made.grants} == {Role.ISSUING_OFFICER, Role.LIAISON}
    assert "孙丽" in browser.get(f"/people?q={made.login}").text
    assert "孙丽" in browser.get("/people?q=孙").text
    assert "孙丽" in browser.get("/people?q=13700003333").text
    assert "没有找到" in browser.get("/people?q=丽").text
    assert "13700003333" not in browser.get("/people").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": []}, "至少选择一个角色"),
        ({"roles": [str(Role.CHECKPOINT_STAFF)]}, "必须填写检查站编号"),
        ({"roles": [str(Role.APPLICANT)]}, "请从列出的选项中选择"),
        ({"roles": ["king"]}, "请从列出的选项中选择"),
        ({"checkpoint_code": "检查站"}, "检查站编号为大写字母和数字"),
    ],
)
def test_a_person_of_a_body_has_roles_that_make_sense(
    client: FlaskClient, session: Session, changes: dict[str, str | list[str]], words: str
) -> None:
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    page = browser.post_form(
        "/people/new", new_person_form(session, **changes), action="/people/new", status=422
    )
    assert words in page.text


def test_roles_are_changed_and_the_change_is_kept(client: FlaskClient, session: Session) -> None:
    browser, person = Browser(client), staff(session)
    logged_in(browser, administrator(session).login)
    url = f"/people/{person.id}"
    browser.post_form(url, {"roles": []}, action=f"{url}/roles", status=422)
    browser.post_form(
        url, {"roles": [str(Role.CHECKPOINT_LEAD)], "checkpoint_code": "CP001"}, action=f"{url}/roles"
    )
    session.refresh(person)
    assert [grant.role for grant in person.grants] == [Role.CHECKPOINT_LEAD]
    assert person.checkpoint_code == "CP001"
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "person:roles")).one()
    assert event.facts == {"roles": ["checkpoint_lead"]}


def test_one_click_puts_somebody_out_with_every_session_and_token(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    lead = staff(session, Role.CHECKPOINT_LEAD, checkpoint_code="CP001")
    acting = Actor(ActorKind.PERSON, lead.id, checkpoint_code="CP001")
    token, _ = make_device_token(session, acting, "3 号机", "CP001", now=clock.now())
    session.commit()
    office, phone = Browser(client), Browser(app.test_client())
    logged_in(phone, lead.login)
    logged_in(office, administrator(session).login)
    office.post_form(f"/people/{lead.id}", action=f"/people/{lead.id}/deactivate")
    assert phone.get("/account").headings == ["登录"]
    session.expire_all()
    assert session.get_one(ApiToken, token.id).revoked_at is not None
    rows = session.scalars(select(LoginSession).where(LoginSession.person_id == lead.id)).all()
    assert all(row.revoked_at for row in rows)
    office.post_form(f"/people/{lead.id}", action=f"/people/{lead.id}/activate")
    logged_in(phone, lead.login)
    assert phone.get("/account").headings == ["账户与安全"]


def test_nobody_locks_the_own_door_from_outside(client: FlaskClient, session: Session) -> None:
    admin = administrator(session)
    browser = Browser(client)
    logged_in(browser, admin.login)
    page = browser.get(f"/people/{admin.id}")
    assert not [form for form in page.forms if form.action.endswith("/deactivate")]
    token = page.forms[0].fields["csrf_token"]
    answer = browser.raw("POST", f"/people/{admin.id}/deactivate", data={"csrf_token": token})
    assert answer.status_code == 409


def test_a_second_step_is_required_and_forgotten_by_an_administrator(
    client: FlaskClient, session: Session
) -> None:
    browser, person = Browser(client), staff(session)
    person.totp_secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    session.commit()
    logged_in(browser, administrator(session).login)
    url = f"/people/{person.id}"
    browser.post_form(url, action=f"{url}/totp/require")
    browser.post_form(url, action=f"{url}/totp/clear")
    session.refresh(person)
    assert person.totp_required
    assert person.totp_secret is None
    browser.post_form(url, action=f"{url}/totp/allow")
    session.refresh(person)
    assert not person.totp_required


POSTS = ("roles", "deactivate", "activate", "totp/require", "totp/allow", "totp/clear", "code", "identity")


def test_an_administrator_reaches_the_own_area_and_sees_nothing_of_others(
    client: FlaskClient, session: Session
) -> None:
    browser = Browser(client)
    foreign = [staff(session, body="jilin-transport"), owner_driver(session, "220202")]
    logged_in(browser, administrator(session).login)
    token = browser.get("/account").forms[0].fields["csrf_token"]
    unknown = browser.raw("GET", "/people/01a20a0c-0000-7000-8000-000000000000")
    for person in foreign:
        assert person.login not in browser.get("/people").text
        assert "没有找到" in browser.get(f"/people?q={person.login}").text
        answer = browser.raw("GET", f"/people/{person.id}")
        assert (answer.status_code, _plain(answer.text)) == (404, _plain(unknown.text))
        for deed in POSTS:
            data = {"csrf_token": token, "reason": "x", "roles": "liaison"}
            assert browser.raw("POST", f"/people/{person.id}/{deed}", data=data).status_code == 404, deed


def _plain(html: str) -> str:
    return re.sub(r'value="[^"]+"', "", html)


def test_an_administrator_of_the_province_reaches_everybody(client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    driver = owner_driver(session, "220202")
    logged_in(browser, administrator(session, "jl-transport").login)
    assert browser.get(f"/people/{driver.id}").headings == [driver.name]


def test_no_person_is_made_for_a_body_out_of_reach(client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    given = new_person_form(session, body=str(body_id(session, "jl-transport")))
    page = browser.post_form("/people/new", given, action="/people/new", status=422)
    assert "请从列出的单位中选择" in page.text


def test_a_firm_of_another_area_is_not_there(client: FlaskClient, session: Session) -> None:
    person = firm_person(session, area="220202")
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    assert "吉林粮运" not in browser.get("/firms").text
    token = browser.get("/account").forms[0].fields["csrf_token"]
    answer = browser.raw(
        "POST", f"/firms/{person.firm_id}/suspend", data={"csrf_token": token, "reason": "x"}
    )
    assert answer.status_code == 404


def test_firms_are_found_by_code_phone_and_the_beginning_of_the_name(
    client: FlaskClient, session: Session
) -> None:
    firm_person(session)
    browser = Browser(client)
    logged_in(browser, administrator(session).login)
    for search in (CREDIT_CODE, CREDIT_CODE.lower(), "吉林粮", "13812345678"):
        assert "吉林粮运有限公司" in browser.get(f"/firms?q={search}").text, search
    assert "没有找到" in browser.get("/firms?q=粮运").text
    assert "13812345678" not in browser.get("/firms").text


def test_a_long_list_is_paged_by_key_and_shows_everybody_once(client: FlaskClient, session: Session) -> None:
    admin = administrator(session)
    logins = set()
    for _ in range(PAGE + 3):
        account = an_account("paged", body_id=body_id(session, "changchun-transport"), password=None)
        logins.add(create_person(session, COMMAND_LINE, account, [Role.LIAISON], now=clock.now()).login)
    session.commit()
    browser = Browser(client)
    logged_in(browser, admin.login)
    first = browser.get("/people")
    second = browser.get(next(link for link in first.links if "before=" in link))
    shown = [login for login in logins if login in first.text.split()] + [
        login for login in logins if login in second.text.split()
    ]
    assert sorted(shown) == sorted(logins)


def test_a_whole_identity_number_is_shown_for_a_reason_that_is_kept(
    client: FlaskClient, session: Session
) -> None:
    browser, driver = Browser(client), owner_driver(session)
    admin = administrator(session)
    logged_in(browser, admin.login)
    url = f"/people/{driver.id}"
    assert IDENTITY not in browser.get(url).text
    browser.post_form(url, {"reason": " "}, action=f"{url}/identity", status=422)
    page = browser.post_form(url, {"reason": "核对申请人身份"}, action=f"{url}/identity")
    assert IDENTITY in page.text
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "identity:read")).one()
    assert (event.actor_id, event.reason, event.subject_id) == (admin.id, "核对申请人身份", str(driver.id))
    assert IDENTITY not in str(event.facts)


def test_an_officer_may_read_an_identity_number_and_checkpoint_staff_may_not(session: Session) -> None:
    driver, now = owner_driver(session), clock.now()
    officer = Actor(ActorKind.PERSON, staff(session).id, frozenset({Permission.IDENTITY_READ}))
    assert read_identity(session, officer, driver.id, "核对", now=now) == IDENTITY
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        read_identity(session, Actor(ActorKind.DEVICE), driver.id, "核对", now=now)
    with pytest.raises(NotFound):
        read_identity(session, officer, staff(session).body_id or driver.id, "核对", now=now)


@pytest.mark.parametrize("url", ["/people", "/people/new", "/firms", "/devices"])
def test_the_registers_are_closed_to_officers_and_applicants(
    client: FlaskClient, session: Session, url: str
) -> None:
    browser = Browser(client)
    assert browser.get(url).headings == ["登录"]
    for person in (staff(session), owner_driver(session)):
        logged_in(browser, person.login)
        browser.get(url, status=403)


def test_nobody_makes_a_person_without_a_body(session: Session) -> None:
    with pytest.raises(InvalidInput):
        create_person(session, COMMAND_LINE, an_account("staff"), [Role.LIAISON], now=clock.now())


def test_a_short_number_is_masked_whole() -> None:
    assert mask_phone("12345") == "*****"


def test_a_summary_of_what_is_wrong_names_the_fields_down_the_page(client: FlaskClient) -> None:
    given = firm_form(firm_name="", phone="", password="", password_again="")
    page = Browser(client).post_form("/register/firm", given, action="/register/firm", status=422)
    wrong = [
        page.text.index(f"{label}：必须填写。")
        for label in ("企业名称", "联系电话", "密码", "再输入一次密码")
    ]
    assert wrong == sorted(wrong)
    assert "返回上一页" not in page.text
