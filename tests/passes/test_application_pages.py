"""The pages of applicants and officers, as a browser without scripts sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Role
from foundation import clock
from passes.catalogue_models import Regime
from passes.models import Application
from passes.public import PassAction, PassReason, change_pass, workshop
from passes.rules.applying import LEASE
from passes.rules.moves import RefuseReason
from passes.service.drafting import save_draft
from passes.service.reviewing import issue, refuse, return_, take
from tests.browser import Browser, Page
from tests.builders import NOON, a_body, a_plate, an_issued_pass, some_tools, with_keys
from tests.passes.applying import (
    a_firm,
    a_person,
    acting,
    an_applicant,
    an_application,
    an_officer,
    an_owner_driver,
    asked,
    in_review,
)
from tests.passes.signed_in import signed_in

LONG = "延边长白山特产进出口贸易有限责任公司珲春分公司第三物资储运中心"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon of the day of the press conference."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def typed(**changes: str | None) -> dict[str, str]:
    """What somebody types into the form; None leaves a field as it is on the page."""
    given: dict[str, str | None] = {
        "plate": a_plate(),
        "plate_colour": "blue",
        "goods": "12",
        "origin": "220102",
        "destination": "北京市大兴区",
        "roads.0": "G1",
        "not_before": "2022-04-16T12:00",
        "hours": "72",
        "drivers.0.name": "李四",
        "drivers.0.last4": "123x",
        "contact_phone": "138 0000 0000",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def sent(browser: Browser, **changes: str | None) -> tuple[int, Page | None]:
    """Fill in the form of a new application and send it; the status and the page that came back."""
    response = browser.send_form("/apply", typed(**changes), action="/apply")
    status = response.status_code
    return (status, None) if status == 303 else (status, browser._show(response, status))


def only(session: Session) -> Application:
    return session.scalars(select(Application).execution_options(populate_existing=True)).one()


def test_somebody_applies_on_one_page_and_gets_a_slip(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    page = browser.post_form("/apply", typed(), action="/apply")
    found = only(session)
    assert (found.state, found.destination, found.contact_phone) == ("submitted", "110115", "13800000000")
    assert found.drivers == [{"name": "李四", "phone": "", "last4": "123X"}]
    assert found.slip in page.headings[0]
    assert "长春市南关区商务局" in page.text


def test_the_form_sent_again_leads_to_the_same_application(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_owner_driver(session))
    form = next(form for form in browser.get("/apply").forms if form.action == "/apply")
    fields = {**form.fields, **typed()}
    first = browser.raw("POST", "/apply", data=fields, follow=False)
    second = browser.raw("POST", "/apply", data=fields, follow=False)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Application)) == 1


BAD: list[tuple[dict[str, str | None], str]] = [
    ({"plate": "吉AO1I34"}, "车牌第 3 位是字母 O"),
    ({"plate": "长" * 20_000}, "文字过长"),
    ({"plate_colour": "green"}, "车牌与颜色不符"),
    ({"origin": "火星"}, "这个县（市、区）"),
    ({"origin": "朝阳区"}, "同名"),
    ({"destination": "长" * 20_000}, "这个县（市、区）"),
    ({"goods": "62"}, "请从列表中选择货物"),
    ({"goods_words": "长" * 20_000}, "文字过长"),
    ({"not_before": "昨天"}, "年-月-日"),
    ({"not_before": "2022-04-15T12:00"}, "开始时间已过"),
    ({"not_before": "9999-12-31T23:59"}, "年-月-日"),
    ({"not_before": "2099-12-31T23:59"}, "提前 30 天"),
    ({"hours": "-3"}, "结束时间应晚于开始时间"),
    ({"hours": "99999999999999999999"}, "数值超出"),
    ({"hours": "七十二"}, "格式不正确"),
    ({"roads.0": "G99999"}, "没有编号为"),
    ({"drivers.0.last4": "12"}, "后四位"),
    ({"drivers.0.name": "", "drivers.0.phone": "13900000000"}, "必须填写"),
    ({"contact_phone": "打给老王"}, "电话"),
    ({"contact_phone": "1\x00\x0138"}, "电话"),
    ({"stops.0": "220102", "stops.1": "220103", "stops.2": "220104", "stops.3": "220105"}, "途经点最多 3 个"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_bad_input_is_answered_with_the_form_and_what_is_wrong(
    client: FlaskClient, session: Session, changes: dict[str, str | None], words: str
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    status, page = sent(browser, **changes)
    assert page is not None
    assert status == 422
    assert words in page.text
    assert "北京市大兴区" in page.forms[-1].fields.values() or "destination" in changes
    # What could be read has been kept as a draft.
    assert only(session).state == "draft"


def test_everything_typed_stays_in_the_form(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    given = typed(plate="吉AO1234", hours="48", goods_words="鸡蛋 5 吨")
    _, page = sent(browser, **given)
    assert page is not None
    form = next(form for form in page.forms if form.action == "/apply")
    kept = {name: form.fields.get(name) for name in given}
    assert kept == {**given, "roads.0": "G1"}


def test_the_top_of_the_form_names_each_field_that_is_wrong(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    _, page = sent(browser, goods="", contact_phone="打给老王")
    assert page is not None
    assert "货物：必须填写。" in page.text
    assert "请填写有效的电话号码。" in page.text


def test_full_width_characters_are_repaired(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    status, _ = sent(browser, plate="吉Ａ１２３４５", hours="７２")
    assert status == 303
    assert (only(session).plate, only(session).hours) == ("吉A12345", 72)


def test_a_draft_is_kept_while_it_is_filled_in(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    form = next(form for form in browser.get("/apply").forms if form.action == "/apply")
    for hours in ("24", "48"):
        fields = {**form.fields, "plate": "吉A1", "origin": "火星", "hours": hours}
        answer = browser.raw("POST", "/apply/draft", data=fields, follow=False)
        assert answer.status_code == 200
        assert answer.json == {"saved_at": "12:00", "fields": {"version": "1"}}
    found = only(session)
    assert (found.state, found.plate, found.origin, found.hours) == ("draft", "吉A1", None, 48)
    assert f"/applications/{found.id}/edit" in browser.get("/apply").links


def test_a_draft_is_finished_later(client: FlaskClient, session: Session) -> None:
    applicant = an_applicant(session)
    draft = save_draft(session, applicant, uuid4(), asked(plate=None), now=NOON)
    browser = signed_in(client, session, applicant)
    where = f"/applications/{draft.id}"
    page = browser.post_form(where, action=f"{where}/submit", status=422)
    assert "必须填写" in page.text
    browser.post_form(f"{where}/edit", {"plate": "吉A12345"}, action=f"{where}/edit")
    assert (only(session).id, only(session).state) == (draft.id, "submitted")


def test_what_an_officer_has_taken_meanwhile_is_not_changed_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session
) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = an_application(session, applicant)
    browser = signed_in(client, session, applicant)
    where = f"/applications/{found.id}/edit"
    form = next(form for form in browser.get(where).forms if form.action == where)
    take(session, officer, found.id, now=NOON)
    session.commit()
    answer = browser.raw("POST", where, data={**form.fields, "hours": "24"}, follow=False)
    assert answer.status_code == 409
    assert "已被修改" in answer.text
    assert only(session).hours == 72
    assert browser.get(where).headings[0].startswith("申请 ")


def outlook(browser: Browser, **changes: str | None) -> str:
    form = next(form for form in browser.get("/apply").forms if form.action == "/apply")
    return browser.raw("POST", "/apply/check", data={**form.fields, **typed(**changes)}).text


def test_the_form_tells_who_decides_and_how_long_it_takes(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    browser = signed_in(client, session, applicant)
    assert "办结时间暂无数据" in outlook(browser)
    found = in_review(session, applicant, officer)
    issue(session, officer, found.id, some_tools(session), now=NOON + timedelta(minutes=12))
    session.commit()
    said = outlook(browser)
    assert "约 12 分钟" in said
    assert "长春市南关区商务局" in said
    assert "选好货物后" in outlook(browser, goods="")


def test_where_no_pass_is_asked_for_the_form_says_so_and_submitting_is_refused(
    client: FlaskClient, session: Session
) -> None:
    session.execute(delete(Regime))
    browser = signed_in(client, session, an_applicant(session))
    assert "不需要通行证" in outlook(browser)
    status, page = sent(browser)
    assert page is not None
    assert status == 422
    assert "不需要通行证" in page.text
    assert only(session).state == "draft"


def test_the_pass_a_vehicle_has_is_shown_at_once_and_can_be_replaced(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer, plate="吉A54321")
    number = issue(session, officer, found.id, some_tools(session), now=NOON).number
    browser = signed_in(client, session, applicant)
    said = outlook(browser, plate="吉A54321")
    assert f"/passes/{number}" in said
    assert 'name="replaces"' in said
    status, page = sent(browser, plate="吉A54321")
    assert page is not None
    assert status == 422
    assert f"已有通行证 {number}" in page.text
    status, _ = sent(browser, plate="吉A54321", replaces="1")
    assert status == 303


def test_somebody_elses_pass_is_told_of_but_not_shown(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    number = an_issued_pass(session, plate="吉A54321").number
    browser = signed_in(client, session, an_applicant(session))
    said = outlook(browser, plate="吉A54321")
    assert "他人申领" in said
    assert number not in said
    browser.get(f"/passes/{number}", status=404)


def test_an_application_is_filled_in_from_an_earlier_one(client: FlaskClient, session: Session) -> None:
    applicant = an_applicant(session)
    found = an_application(session, applicant, plate="吉A77777", not_before=NOON)
    browser = signed_in(client, session, applicant)
    page = browser.get(f"/apply?like={found.id}")
    form = next(form for form in page.forms if form.action == "/apply")
    assert (form.fields["plate"], form.fields["origin"], form.fields["hours"]) == ("吉A77777", "220102", "72")
    assert form.fields["form_token"] != str(found.form_token)


@contextmanager
def queries(session: Session) -> Iterator[list[str]]:
    """The statements run meanwhile."""
    engine: Any = session.get_bind()
    target = engine.engine if isinstance(engine.engine, Engine) else engine
    seen: list[str] = []

    def note(*execution: Any) -> None:
        if "SAVEPOINT" not in execution[2]:
            seen.append(execution[2])

    event.listen(target, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(target, "before_cursor_execute", note)


COMMON_QUERIES = 2
"""Who asks, and how many unread messages there are: on every page of somebody logged in."""


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("applicant", "/applications"),
        ("applicant", "/applications?state=waiting"),
        ("applicant", "/my-passes"),
        ("officer", "/queue"),
        ("officer", "/queue?part=mine"),
        ("officer", "/queue?part=decided"),
        ("officer", "/passes"),
    ],
)
def test_a_list_takes_three_queries_however_long_it_is(
    client: FlaskClient, session: Session, keys: None, who: str, url: str
) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    for _ in range(4):
        an_application(session, applicant)
        in_review(session, applicant, officer)
        found = in_review(session, applicant, officer)
        issue(session, officer, found.id, some_tools(session), now=NOON)
    browser = signed_in(client, session, applicant if who == "applicant" else officer)
    browser.get(url)
    with queries(session) as seen:
        page = browser.get(url)
    assert len(seen) <= 3 + COMMON_QUERIES, seen
    assert "吉A" in page.text.replace(" ", "").replace("\n", "")


def test_a_list_says_what_to_do_when_it_is_empty(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_owner_driver(session))
    assert "/apply" in browser.get("/applications").links
    assert "还没有通行证" in browser.get("/my-passes").text
    assert "没有这种状态" in browser.get("/applications?state=issued").text
    officer = signed_in(client, session, an_officer(session))
    assert "没有待领取的申请" in officer.get("/queue").text
    assert "还没有核发过" in officer.get("/passes").text


def test_a_list_of_more_than_a_page_goes_on(client: FlaskClient, session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    slips = [an_application(session, applicant).slip for _ in range(52)]
    mine = signed_in(client, session, applicant)
    first = mine.get("/applications")
    second = mine.get(next(link for link in first.links if "before=" in link))
    assert [slip in first.text for slip in (slips[-1], slips[0])] == [True, False]
    assert [slip in second.text for slip in (slips[-1], slips[0])] == [False, True]
    queue = signed_in(client, session, officer)
    first = queue.get("/queue")
    second = queue.get(next(link for link in first.links if "after=" in link))
    assert [slip in first.text for slip in (slips[0], slips[-1])] == [True, False]
    assert [slip in second.text for slip in (slips[0], slips[-1])] == [False, True]


def test_the_moving_part_of_the_queue_comes_alone(client: FlaskClient, session: Session) -> None:
    found = an_application(session, an_applicant(session))
    browser = signed_in(client, session, an_officer(session))
    browser.headers["HX-Request"] = "true"
    answer = browser.raw("GET", "/queue")
    assert "<html" not in answer.text
    assert found.slip in answer.text
    assert 'id="queue"' in answer.text


def test_an_officer_takes_the_next_one_looks_at_everything_and_issues(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    applicant, officer = an_applicant(session, a_firm(session, name=LONG)), an_officer(session)
    old = in_review(session, applicant, officer, plate="吉A54321", hours=1)
    number = issue(session, officer, old.id, some_tools(session), now=NOON).number
    found = an_application(session, applicant, plate="吉A54321", not_before=NOON + timedelta(hours=2))
    browser = signed_in(client, session, officer)
    page = browser.post_form("/queue", action="/queue/next")
    for words in (found.slip, LONG, number, "吉林省长春市南关区", "G1 京哈高速", "123X"):
        assert words in page.text
    where = f"/applications/{found.id}"
    page = browser.post_form(f"{where}/review", action=f"{where}/issue")
    session.refresh(found)
    assert found.state == "issued"
    assert str(found.pass_number) in page.text


def test_an_application_that_a_colleague_has_says_who(client: FlaskClient, session: Session) -> None:
    found = in_review(session, an_applicant(session), an_officer(session, name="赵一"))
    browser = signed_in(client, session, an_officer(session))
    page = browser.get(f"/applications/{found.id}/review")
    assert "正由 赵一 审核" in page.text
    assert not [form for form in page.forms if form.action.endswith(("/issue", "/take"))]
    answer = browser.raw("POST", f"/applications/{found.id}/take", data=token_of(page), follow=False)
    assert answer.status_code == 409
    assert "赵一" in answer.text


def token_of(page: Page) -> dict[str, str]:
    return {
        "csrf_token": next(form.fields["csrf_token"] for form in page.forms if "csrf_token" in form.fields)
    }


def test_looking_at_what_one_has_begins_the_lease_again(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    later = NOON + timedelta(minutes=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    signed_in(client, session, officer).get(f"/applications/{found.id}/review")
    session.refresh(found)
    assert found.lease_until == later + LEASE


def test_taking_over_says_who_had_it(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = in_review(session, an_applicant(session), an_officer(session, name="赵一"))
    browser = signed_in(client, session, an_officer(session))
    monkeypatch.setattr(clock, "now", lambda: NOON + LEASE)
    assert "接手" in browser.get("/queue").text
    page = browser.post_form("/queue", action=f"/applications/{found.id}/take")
    assert "原由 赵一 审核" in page.text


def test_a_return_with_notes_reaches_the_form_of_the_applicant(client: FlaskClient, session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    where = f"/applications/{found.id}"
    browser = signed_in(client, session, officer)
    page = browser.post_form(f"{where}/review", action=f"{where}/return", status=422)
    assert "至少写一条" in page.text
    browser.post_form(f"{where}/review", {"notes.hours": "往返两趟即可"}, action=f"{where}/return")
    mine = signed_in(client, session, applicant)
    assert "往返两趟即可" in mine.get(where).text
    assert "补正意见：往返两趟即可" in mine.get(f"{where}/edit").text
    mine.post_form(f"{where}/edit", {"hours": "48"}, action=f"{where}/edit")
    session.refresh(found)
    assert (found.state, found.hours, found.submitted_at) == ("submitted", 48, NOON)


def test_a_refusal_needs_a_reason_and_tells_the_applicant_everything(
    client: FlaskClient, session: Session
) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    where = f"/applications/{found.id}"
    browser = signed_in(client, session, officer)
    page = browser.post_form(f"{where}/review", {"words": "工艺品"}, action=f"{where}/refuse", status=422)
    assert "必须填写" in page.text
    browser.post_form(
        f"{where}/review", {"reason": "not_key_goods", "words": "工艺品"}, action=f"{where}/refuse"
    )
    page = signed_in(client, session, applicant).get(where)
    for words in (
        "不属于重点物资",
        "工艺品",
        "无证也可通行",
        a_body(session, "changchun-nanguan-commerce").phone,
    ):
        assert words in page.text


def test_what_cannot_be_issued_stays_in_review_with_the_reason_on_the_page(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    officer, plate = an_officer(session), a_plate()
    number = an_issued_pass(session, plate=plate).number
    found = in_review(session, an_applicant(session), officer, plate=plate)
    browser = signed_in(client, session, officer)
    where = f"/applications/{found.id}"
    assert f"已有通行证 {number}" in browser.get(f"{where}/review").text
    page = browser.post_form(f"{where}/review", action=f"{where}/issue", status=409)
    assert number in page.text
    session.refresh(found)
    assert (found.state, found.taken_by) == ("in_review", officer.id)


def test_an_identity_number_is_masked_for_the_reviewer(client: FlaskClient, session: Session) -> None:
    person = a_person(session, Role.APPLICANT, identity_number="110101199003071233")
    found = an_application(session, acting(person, Role.APPLICANT))
    page = signed_in(client, session, an_officer(session)).get(f"/applications/{found.id}/review")
    assert "110101199003071233" not in page.text
    assert "110***********1233" in page.text


def a_pass(session: Session, applicant: Actor, officer: Actor, **changes: Any) -> str:
    found = in_review(session, applicant, officer, **changes)
    return issue(session, officer, found.id, some_tools(session), now=NOON).number


def test_the_register_finds_by_whole_number_and_whole_plate(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    officer = an_officer(session)
    number = a_pass(session, an_applicant(session), officer, plate="吉A54321")
    browser = signed_in(client, session, officer)
    assert number in browser.post_form("/passes", {"q": number}, action="/passes/search").headings[0]
    assert number in browser.post_form("/passes", {"q": "吉ａ·54321"}, action="/passes/search").text
    for nothing in ("吉A5432", "220102999999", "长" * 20_000, "%"):
        page = browser.post_form("/passes", {"q": nothing}, action="/passes/search")
        assert "没有找到" in page.text
    assert number in browser.post_form("/passes", {"q": "\x00"}, action="/passes/search").text


def test_an_office_sees_its_own_passes_and_command_those_of_its_area(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    number = a_pass(session, an_applicant(session), an_officer(session), plate="吉A54321")
    elsewhere = an_issued_pass(session, body="jl-transport").number
    other = signed_in(client, session, an_officer(session, "changchun-nanguan-transport"))
    assert number not in other.get("/passes").text
    assert "没有找到" in other.post_form("/passes", {"q": "吉A54321"}, action="/passes/search").text
    other.get(f"/passes/{number}", status=404)
    for body, seen in (("changchun-transport", {number}), ("jl-command", {number, elsewhere})):
        of_body = a_body(session, body)
        person = a_person(session, Role.COMMAND, body_id=of_body.id)
        command = signed_in(client, session, acting(person, Role.COMMAND, of_body.area))
        text = command.get("/passes").text
        assert {one for one in (number, elsewhere) if one in text} == seen
        command.get(f"/passes/{number}")


def test_the_states_of_the_register_tell_expired_from_revoked(
    client: FlaskClient, session: Session, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    live, over, revoked = (a_pass(session, applicant, officer, hours=hours) for hours in (72, 1, 1))
    change_pass(session, officer, revoked, PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=2))
    browser = signed_in(client, session, officer)
    for state, number in (("live", live), ("expired", over), ("revoked", revoked)):
        text = browser.get(f"/passes?state={state}").text
        assert [one in text for one in (live, over, revoked)] == [
            one == number for one in (live, over, revoked)
        ]
    assert "已过有效期" in browser.get(f"/passes/{over}").text
    assert "已吊销" in browser.get(f"/passes/{revoked}").text


def test_an_officer_revokes_with_a_reason_and_only_then(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    officer = an_officer(session)
    number = a_pass(session, an_applicant(session), officer)
    browser = signed_in(client, session, officer)
    where = f"/passes/{number}"
    page = browser.post_form(where, action=f"{where}/revoke", status=422)
    assert "必须填写" in page.text
    page = browser.post_form(where, {"reason": "misuse"}, action=f"{where}/revoke")
    assert "违规使用" in page.text
    assert not [
        form for form in page.forms if form.action.startswith(f"{where}/") and "links" not in form.action
    ]


def test_a_suspended_pass_is_resumed(client: FlaskClient, session: Session, keys: None) -> None:
    del keys
    officer = an_officer(session)
    number = a_pass(session, an_applicant(session), officer)
    browser = signed_in(client, session, officer)
    where = f"/passes/{number}"
    assert "已暂停" in browser.post_form(where, {"reason": "misuse"}, action=f"{where}/suspend").text
    page = browser.post_form(where, action=f"{where}/resume")
    assert f"{where}/suspend" in {form.action for form in page.forms}


def test_a_holder_hands_a_pass_back_but_cannot_revoke_it(
    client: FlaskClient, session: Session, keys: None
) -> None:
    del keys
    applicant = an_applicant(session)
    number = a_pass(session, applicant, an_officer(session))
    browser = signed_in(client, session, applicant)
    where = f"/passes/{number}"
    page = browser.get(where)
    assert {form.action for form in page.forms if form.action.startswith(where)} == {
        f"{where}/surrender",
        f"{where}/links",
        f"{where}/links/revoke",
        f"{where}/links/send",
    }
    answer = browser.raw("POST", f"{where}/revoke", data={**token_of(page), "reason": "misuse"}, follow=False)
    assert answer.status_code == 403
    assert "遗失" in browser.post_form(where, {"reason": "lost"}, action=f"{where}/surrender").text


def test_an_applicant_sees_the_office_not_the_officer(client: FlaskClient, session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session, name="赵一")
    found = in_review(session, applicant, officer)
    refuse(session, officer, found.id, RefuseReason.NO_ANSWER, None, now=NOON)
    page = signed_in(client, session, applicant).get(f"/applications/{found.id}")
    assert "赵一" not in page.text
    assert "长春市南关区商务局" in page.text


@pytest.mark.parametrize(
    "url", ["/applications/{id}", "/applications/{id}/edit", "/applications/{id}/review"]
)
def test_somebody_elses_application_is_not_found(client: FlaskClient, session: Session, url: str) -> None:
    found = return_(
        session,
        officer := an_officer(session),
        in_review(session, an_applicant(session), officer).id,
        {"plate": "x"},
        now=NOON,
    )
    actor = an_officer(session, "jl-commerce") if url.endswith("review") else an_applicant(session)
    signed_in(client, session, actor).get(url.format(id=found.id), status=404)


@pytest.mark.parametrize("number", ["abc", "%00", "22010200000١", "1" * 4000, "220102000001"])
def test_a_number_that_is_none_is_not_found(client: FlaskClient, session: Session, number: str) -> None:
    browser = signed_in(client, session, an_officer(session))
    browser.get(f"/passes/{number}", status=404)


@pytest.mark.parametrize("after", ["", "x_y", "20220416T040000.000000_x", "99999999T000000.0_" + "0" * 32])
def test_an_address_of_the_queue_changed_by_hand_shows_the_queue(
    client: FlaskClient, session: Session, after: str
) -> None:
    browser = signed_in(client, session, an_officer(session))
    assert browser.get(f"/queue?part=nowhere&after={after}").headings == ["待审申请"]
