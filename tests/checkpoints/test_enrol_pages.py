"""Enrolling a phone and looking after phones, as officers and leads do it in a browser without scripts."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken, LoginSession, Person
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Role
from accounts.queries import PAGE
from accounts.service.devices import make_device_token, note_report
from accounts.tokens import hash_of
from foundation import clock
from tests.browser import Browser
from tests.checkpoints.roadside import HERE, a_device, an_officer, browsing, call
from tests.passes.signed_in import signed_in

ENROL, DEVICES = "/enrol", "/devices"
SHOWN = re.compile(r"\b([0-9A-Z]{4})-([0-9A-Z]{4})\b")


def used(client: FlaskClient, code: str) -> int:
    """How the server answers a phone that has read the code."""
    return call(client, "/api/v1/devices", {"code": code, "app_version": "1.0.0"}, None).status_code


@pytest.fixture
def lead(client: FlaskClient, session: Session) -> Browser:
    """A lead of the checkpoint of the tests."""
    return browsing(client, session, role=Role.CHECKPOINT_LEAD)


def test_this_phone_is_sent_to_the_scanner_with_the_code_behind_the_hash(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    answer = browser.send_form(ENROL, {"name": "3 号机", "which": "here"})
    assert answer.status_code == 303
    path, _, code = answer.headers["Location"].partition("#enrol=")
    assert path == "/scanner/"
    assert used(app.test_client(), code) == 201
    row = session.scalars(select(ApiToken)).one()
    assert (row.name, row.checkpoint_code) == ("3 号机", HERE)


def test_the_officers_login_does_not_stay_on_the_phone_unless_it_is_wanted(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    browser.send_form(ENROL, {"name": "3 号机", "which": "here", "stay": "1"})
    assert browser.get(ENROL).headings == ["登记查验手机"]
    browser.send_form(ENROL, {"name": "4 号机", "which": "here"})
    assert "/login" in browser.raw("GET", ENROL, follow=False).headers["Location"]
    assert session.scalars(select(LoginSession)).one().revoked_at is not None


def test_another_phone_is_shown_a_symbol_and_a_code_and_the_officer_stays(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    page = browser.post_form(ENROL, {"name": "4 号机", "which": "another"})
    shown = SHOWN.search(page.text)
    assert shown
    assert "https://ct.example.cn/scanner/" in page.text
    assert used(app.test_client(), shown.group()) == 201
    assert used(app.test_client(), shown.group()) == 404
    assert shown.group() not in browser.get(ENROL).text


def test_the_answer_with_a_code_is_kept_nowhere(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    for which in ("another", "here"):
        answer = browser.send_form(ENROL, {"name": "4 号机", "which": which})
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_own_checkpoint_is_chosen_and_no_other_is_taken(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    page = browser.get(ENROL)
    assert page.forms[0].fields["checkpoint"] == HERE
    given = {"name": "5 号机", "which": "another", "checkpoint": "CP003"}
    assert "请从列出的选项中选择" in browser.post_form(ENROL, given, status=422).text
    assert session.scalars(select(ApiToken)).all() == []


def test_a_roaming_officer_chooses_among_the_checkpoints_of_the_area(
    client: FlaskClient, session: Session
) -> None:
    who = {"checkpoint": None, "role": Role.CONTROL_OFFICER}
    browser = browsing(client, session, **who)
    assert browser.get(ENROL).forms[0].fields["checkpoint"] == ""
    page = browser.post_form(ENROL, {"name": "5 号机", "which": "another"}, status=422)
    assert "检查站点" in page.text
    assert SHOWN.search(
        browser.post_form(ENROL, {"name": "5 号机", "which": "another", "checkpoint": HERE}).text
    )


@pytest.mark.parametrize("given", [{"which": "here"}, {"name": "甲" * 61, "which": "here"}, {"name": "甲机"}])
def test_what_is_missing_is_told_and_what_was_typed_is_kept(
    client: FlaskClient, session: Session, given: dict[str, str]
) -> None:
    page = browsing(client, session).post_form(ENROL, given, status=422)
    assert page.forms[0].fields["name"] == given.get("name", "")


def test_who_belongs_nowhere_is_told_whom_to_ask(client: FlaskClient, session: Session) -> None:
    officer = an_officer(session, checkpoint=None)
    session.get_one(Person, officer.id).body_id = None
    page = signed_in(client, session, officer).get(ENROL)
    assert "没有关联检查站点" in page.text


def reported(session: Session, name: str, **told: object) -> ApiToken:
    """A device that has told how it is."""
    row, _ = make_device_token(session, COMMAND_LINE, name, HERE, now=clock.now())
    well = {
        "app_version": "1.2.0", "waiting": 0, "refused": 0, "status_seq": 1, "trust_seq": 1, "book_etag": None,
        "persisted": True, "health": "ok", "status_as_of": "2022-04-16T04:00:00+00:00",
    }  # fmt: skip
    device = Actor(ActorKind.DEVICE, row.id)
    note_report(session, device, {**well, **told}, now=clock.now())
    session.commit()
    return row


def test_the_lead_sees_how_each_phone_is(lead: Browser, session: Session) -> None:
    row = reported(session, "1 号机", waiting=12, refused=3, health="full")
    text = lead.get(DEVICES).text
    for word in (
        "1 号机",
        row.device_code or "",
        "待上传 12 条",
        "3 条未被接收",
        "存储空间已满",
        "版本 1.2.0",
    ):
        assert word in text
    assert "名单完整至 2022-04-16 12:00" in text


def test_who_revokes_is_told_what_it_means_and_of_what_waits(lead: Browser, session: Session) -> None:
    reported(session, "1 号机", waiting=12)
    page = lead.get(DEVICES)
    assert "这台设备还有 12 条记录没有上传" in page.text
    assert "不能恢复，只能重新登记" in page.text


def test_a_revoked_phone_is_listed_apart_with_whether_it_knows(
    app: Flask, lead: Browser, session: Session
) -> None:
    token = a_device(session)
    row = session.scalars(select(ApiToken).where(ApiToken.token_hash == hash_of(token))).one()
    lead.post_form(DEVICES, action=f"{DEVICES}/{row.id}/revoke")
    assert "手机" not in [line.strip() for line in lead.get(DEVICES).text.splitlines()]
    assert "手机尚未得知" in lead.get(f"{DEVICES}?part=ended").text
    app.test_client().get("/api/v1/device", headers={"Authorization": f"Bearer {token}"})
    assert "手机已得知并清除" in lead.get(f"{DEVICES}?part=ended").text


def test_an_empty_list_says_what_to_do(lead: Browser) -> None:
    assert ENROL in lead.get(DEVICES).links
    assert "没有吊销或到期的设备" in lead.get(f"{DEVICES}?part=ended").text
    page = lead.get(f"{DEVICES}?before=00000000-0000-0000-0000-000000000000")
    assert "后面没有更多设备了" in page.text


def test_many_devices_are_turned_page_by_page(lead: Browser, session: Session) -> None:
    start = clock.now() - timedelta(hours=1)
    for number in range(PAGE + 1):
        make_device_token(session, COMMAND_LINE, f"第{number}机", HERE, now=start)
    session.commit()
    first = lead.get(DEVICES)
    assert "第0机" not in first.text
    onward = next(link for link in first.links if "before=" in link)
    assert "第0机" in lead.get(onward).text


def test_an_administrator_is_offered_no_enrolment_of_phones(client: FlaskClient, session: Session) -> None:
    who = an_officer(session, checkpoint=None, role=Role.ADMINISTRATOR)
    page = signed_in(client, session, who).get(DEVICES)
    assert ENROL not in page.links


def test_no_token_is_made_for_a_checkpoint_that_is_not_there(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session, checkpoint=None, role=Role.ADMINISTRATOR)
    given = {"name": "终端", "checkpoint_code": "CP999", "days": "9"}
    assert "没有这个检查站点" in browser.post_form(DEVICES, given, action=DEVICES, status=422).text


def test_an_administrator_makes_no_token_beyond_the_own_area(client: FlaskClient, session: Session) -> None:
    """A token reads the book of its checkpoint and issues there. 长春 is not answerable for a border of 松原."""
    who = an_officer(session, checkpoint=None, role=Role.ADMINISTRATOR, body="changchun-transport")
    given = {"name": "终端", "checkpoint_code": HERE, "days": "9"}
    page = signed_in(client, session, who).post_form(DEVICES, given, action=DEVICES, status=422)
    assert "没有这个检查站点" in page.text
    assert session.scalars(select(ApiToken)).all() == []
