"""Issue on the spot in a browser without scripts, the papers that come of it, and slips that are taken for passes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Role
from accounts.service.exchanges import make_exchange_token
from audit.public import history
from checkpoints.models import Checkpoint, Scan, Slip
from checkpoints.rules_slip import code_of_event, read_slip_code, slip_code
from foundation import clock
from foundation.models import Message
from passes.models import Pass, PassRevision
from passes.public import PassAction, PassReason, VerdictCode, change_pass, judge_text
from passes.rules.judge import PlateSeen
from passes.symbols import read_symbol
from tests.browser import Browser, Page
from tests.builders import a_plate
from tests.checkpoints.roadside import ELSEWHERE, HERE, a_device, a_pass_today, an_officer, browsing, call
from tests.checkpoints.slipping import a_phone, a_slip, sent
from tests.passes.papers import pages, ran, words
from tests.passes.signed_in import an_administrator, signed_in

ISSUE = "/checkpoints/issue"
MOBILE = "13900005678"
PLACE = re.compile(r"/checkpoints/issue/[0-9a-f-]{36}")
pytestmark = pytest.mark.usefixtures("keys")


def a_form(**changes: str) -> dict[str, str]:
    return {
        "plate": a_plate(),
        "plate_colour": "1",
        "driver_last4": "123x",
        "phone": MOBILE,
        "goods": "12",
        "goods_words": "大米 30 吨",
        "destination": "220102",
        **changes,
    }


def the_slip(session: Session) -> Slip:
    return session.scalars(select(Slip)).one()


def rendered(pdf: bytes, dpi: int = 200) -> Any:
    import io

    from PIL import Image

    picture = ran("pdftoppm", "-r", str(dpi), "-png", "-", of=pdf)
    return Image.open(io.BytesIO(picture)).convert("L")


# The form.


def test_an_officer_issues_on_one_page_and_shows_the_code(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    given = a_form()
    page = browser.post_form(ISSUE, given, action=ISSUE)
    slip = the_slip(session)
    assert (slip.state, slip.checkpoint, slip.plate) == ("issued", HERE, given["plate"])
    assert slip.person_id is not None
    assert read_slip_code(slip.code) == slip.code
    revision = session.scalars(select(PassRevision)).one()
    for shown in (given["plate"], revision.check_code, slip.code, "139****5678", "大米 30 吨", "扶余市"):
        assert shown in page.text
    assert MOBILE not in page.text
    assert [message.address for message in session.scalars(select(Message))] == [MOBILE]


def test_the_form_asks_for_all_that_is_missing_at_once_and_keeps_the_rest(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    given = {"plate": "吉A12345", "goods_words": "大米"}
    page = browser.post_form(ISSUE, given, action=ISSUE, status=422)
    for label in ("车牌颜色", "货物", "终点"):
        assert f"{label}：必须填写。" in page.text
    form = next(form for form in page.forms if form.action == ISSUE)
    assert (form.fields["plate"], form.fields["goods_words"]) == ("吉A12345", "大米")
    assert session.scalar(select(func.count()).select_from(Slip)) == 0


def test_without_driver_and_phone_nobody_could_use_it(client: FlaskClient, session: Session) -> None:
    page = browsing(client, session).post_form(
        ISSUE, a_form(driver_last4="", phone=""), action=ISSUE, status=422
    )
    assert "至少填写一项" in page.text


def test_a_letter_that_no_plate_has_is_pointed_out(client: FlaskClient, session: Session) -> None:
    page = browsing(client, session).post_form(ISSUE, a_form(plate="吉A1234O"), action=ISSUE, status=422)
    assert "第 7 位是字母 O" in page.text


def test_a_refusal_stands_above_the_form_with_what_to_do(client: FlaskClient, session: Session) -> None:
    browser, held = browsing(client, session), a_pass_today(session)
    page = browser.post_form(ISSUE, a_form(plate=held.plate, plate_colour="0"), action=ISSUE, status=409)
    assert held.number in page.text
    assert "不必另办" in page.text
    form = next(form for form in page.forms if form.action == ISSUE)
    assert form.fields["plate"] == held.plate
    assert form.fields["event_id"] != str(the_slip(session).event_id)
    again = browser.raw("POST", ISSUE, data={**form.fields, "plate": a_plate()})
    assert again.status_code == 200
    assert session.scalar(select(func.count()).select_from(Pass).where(Pass.channel == "roadside")) == 1


def test_a_second_click_opens_the_same_pass(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    page = browser.get(ISSUE)
    form = next(form for form in page.forms if form.action == ISSUE)
    sent_form = {**form.fields, **a_form()}
    first = browser.raw("POST", ISSUE, data=sent_form, follow=False)
    second = browser.raw("POST", ISSUE, data=sent_form, follow=False)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Pass)) == 1


def test_the_counties_offered_are_those_of_the_province(client: FlaskClient, session: Session) -> None:
    response = browsing(client, session).raw("GET", ISSUE)
    offered = re.findall(r'<option value="([0-9]{6})"', response.text)
    assert len(offered) > 55
    assert all(code.startswith("22") for code in offered)
    assert "220102" in offered


def test_an_officer_without_a_checkpoint_chooses_one(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session, checkpoint=None)
    browser.get(ISSUE)
    page = browser.post_form(ISSUE, {"checkpoint": HERE}, action="/checkpoints/staff/checkpoint")
    assert "拉林河" in page.text
    browser.post_form(ISSUE, a_form(), action=ISSUE)
    assert the_slip(session).state == "issued"


@pytest.fixture
def closed(app: Flask, session: Session) -> Iterator[None]:
    """A checkpoint that does not issue; what the app remembers of checkpoints is forgotten before and after."""
    session.execute(update(Checkpoint).where(Checkpoint.code == HERE).values(may_issue=False))
    app.extensions.pop("checkpoints", None)
    yield
    app.extensions.pop("checkpoints", None)


@pytest.mark.usefixtures("closed")
def test_where_nothing_is_issued_the_page_says_what_to_do(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    page = browser.get(ISSUE)
    assert "照常放行" in page.text
    assert not [form for form in page.forms if form.action == ISSUE]


# What comes of it.


def issued(session: Session, **changes: Any) -> Slip:
    now = clock.now()
    return sent(session, a_phone(session), a_slip(now, **changes), now)


def test_the_code_on_the_screen_is_read_and_valid(client: FlaskClient, session: Session) -> None:
    slip = issued(session)
    html = browsing(client, session).raw("GET", f"{ISSUE}/{slip.event_id}").text
    from PIL import Image, ImageDraw

    side = int(re.search(r'viewBox="0 0 ([0-9]+) ', html[html.index("code-picture") :])[1])  # type: ignore[index]
    path = re.search(r'fill="#000" d="([^"]+)"', html)
    assert path is not None
    picture = Image.new("L", ((side + 4) * 6, (side + 4) * 6), 255)
    draw = ImageDraw.Draw(picture)
    for left, top, width in re.findall(r"M([0-9]+) ([0-9]+)h([0-9]+)v1h-[0-9]+z", path[1]):
        x, y = (int(left) + 2) * 6, (int(top) + 2) * 6
        draw.rectangle((x, y, x + int(width) * 6 - 1, y + 5), fill=0)
    (text,) = read_symbol(picture)
    judged = judge_text(session, text, now=clock.now(), plate_seen=PlateSeen.MATCHES)
    assert (judged.verdict.code, judged.credential and judged.credential.plate) == (
        VerdictCode.VALID,
        slip.plate,
    )


def test_a_strip_of_58_mm_holds_a_code_of_40_mm_that_is_read(client: FlaskClient, session: Session) -> None:
    slip = issued(session)
    browser = browsing(client, session)
    page = browser.get(f"{ISSUE}/{slip.event_id}")
    action = next(form.action for form in page.forms if form.action.endswith("/print-58"))
    pdf = browser.raw("POST", action, data=form_of(page, action)).data
    assert pages(pdf) == 1
    size = re.search(r"Page size:\s+([0-9.]+) x ([0-9.]+)", ran("pdfinfo", "-", of=pdf).decode())
    assert size is not None
    assert float(size[1]) == pytest.approx(58 / 25.4 * 72, abs=0.1)
    said = words(pdf)
    revision = session.scalars(select(PassRevision)).one()
    assert str(slip.number) in said
    assert revision.check_code in said
    assert "尾号123X" in said
    picture = rendered(pdf, 203)
    (text,) = read_symbol(picture)
    assert judge_text(session, text, now=clock.now(), plate_seen=PlateSeen.MATCHES).verdict.code == "valid"
    assert code_width_mm(picture, 203) >= 40


def code_width_mm(picture: Any, dpi: int) -> float:
    """The width of the symbol between its outermost black modules, with four modules of white around it."""
    import zxingcpp

    (found,) = zxingcpp.read_barcodes(picture)
    corners = found.position
    left, right = corners.top_left.x, corners.top_right.x
    millimetres = (right - left + 1) / dpi * 25.4
    quiet = round((right - left + 1) / 53 * 4) - 2
    strip = picture.crop((left - quiet, corners.top_left.y - quiet, left - 1, corners.bottom_left.y))
    assert strip.getextrema()[0] > 200
    return float(millimetres)


def form_of(page: Page, action: str) -> dict[str, Any]:
    return next(form.fields for form in page.forms if form.action == action)


def test_the_sheet_is_printed_by_staff_who_see_no_register(client: FlaskClient, session: Session) -> None:
    slip = issued(session)
    browser = browsing(client, session)
    page = browser.get(f"{ISSUE}/{slip.event_id}")
    action = next(form.action for form in page.forms if form.action.endswith("/print-a4"))
    pdf = browser.raw("POST", action, data=form_of(page, action)).data
    assert str(slip.number) in words(pdf)
    assert browser.raw("GET", f"/passes/{slip.number}").status_code == 404
    tags = [event.tag for event in history(session, "pass", slip.number or "")]
    assert tags.count("pass:print") == 1


def test_a_pass_that_is_no_longer_good_says_so(client: FlaskClient, session: Session) -> None:
    slip = issued(session, phone=MOBILE)
    change_pass(
        session,
        COMMAND_LINE,
        slip.number or "",
        PassAction.REVOKE,
        reason=PassReason.MISUSE,
        now=clock.now(),
    )
    page = browsing(client, session).get(f"{ISSUE}/{slip.event_id}")
    assert "已不能使用" in page.text
    assert "139****5678" not in page.text


def test_a_slip_that_became_nothing_says_why_and_prints_nothing(
    client: FlaskClient, session: Session
) -> None:
    slip = issued(session, destination="210102")
    browser = browsing(client, session)
    page = browser.get(f"{ISSUE}/{slip.event_id}")
    assert "终点在省外" in page.text
    assert not [form for form in page.forms if "print" in form.action]
    token = form_of(browser.get(ISSUE), ISSUE)["csrf_token"]
    answer = browser.raw("POST", f"{ISSUE}/{slip.event_id}/print-58", data={"csrf_token": token})
    assert answer.status_code == 404


def test_the_pass_is_shown_in_the_register_as_issued_on_the_spot(
    client: FlaskClient, session: Session
) -> None:
    slip = issued(session)
    body = "songyuan-fuyu-control"
    officer = an_officer(session, checkpoint=None, role=Role.CONTROL_OFFICER, body=body)
    browser = signed_in(client, session, officer)
    assert str(slip.number) in browser.get("/passes?channel=roadside").text
    page = browser.get(f"/passes/{slip.number}")
    assert "现场" in page.text
    assert "车辆" in page.text


# The list.


def test_the_list_of_a_checkpoint_tells_what_became_of_each_and_masks_phones(
    client: FlaskClient, session: Session
) -> None:
    good, bad = issued(session, phone=MOBILE, offline=True), issued(session, destination="210102")
    lead = browsing(client, session, role=Role.CHECKPOINT_LEAD)
    page = lead.get(f"/checkpoints/{HERE}/slips")
    for shown in (good.code, bad.code, str(good.number), "终点在省外", "139****5678", "离线", "未核发"):
        assert shown in page.text
    assert MOBILE not in page.text
    command = browsing(client, session, checkpoint=None, role=Role.COMMAND, body="jl-command")
    assert good.code in command.get(f"/checkpoints/{HERE}/slips").text


def test_the_list_goes_on_by_key(client: FlaskClient, session: Session) -> None:
    now, phone = clock.now(), a_phone(session)
    made = [
        sent(session, phone, a_slip(now, destination="210102"), now + timedelta(seconds=number))
        for number in range(53)
    ]
    browser = browsing(client, session)
    first = browser.get(f"/checkpoints/{HERE}/slips")
    assert made[52].code in first.text
    assert made[2].code not in first.text
    (older,) = [link for link in first.links if "before=" in link]
    second = browser.get(older)
    assert all(slip.code in second.text for slip in made[:3])
    assert made[3].code not in second.text
    assert browser.raw("GET", f"/checkpoints/{HERE}/slips?before=x").status_code == 404


def test_an_empty_list_says_so(client: FlaskClient, session: Session) -> None:
    assert "还没有现场核发过" in browsing(client, session).get(f"/checkpoints/{HERE}/slips").text


# A slip where a pass is asked for.


def test_the_public_learns_that_a_slip_is_no_pass_and_nothing_else(
    client: FlaskClient, session: Session
) -> None:
    slip = issued(session)
    unknown = slip_code("ZZZZ", 1)
    answers = [
        Browser(client).post_form("/check", {"number_or_plate": code}, action="/check").text
        for code in (slip.code.lower().replace("-", " "), unknown)
    ]
    for text in answers:
        assert "这是受理回执，不是通行证" in text
        assert "无证" in text
        assert slip.plate not in text
        assert str(slip.number) not in text
    assert (
        answers[0].replace(slip.code, "").split("结果截至")[0]
        == answers[1].replace(unknown, "").split("结果截至")[0]
    )


def test_staff_learn_what_became_of_it(client: FlaskClient, session: Session) -> None:
    good, bad = issued(session), issued(session, destination="210102")
    browser = browsing(client, session)

    def said(code: str) -> str:
        return browser.post_form("/check", {"number_or_plate": code}, action="/check").text

    assert f"已核发通行证 {good.number}" in said(good.code)
    assert "终点在省外" in said(bad.code)
    assert "还没有收到这张回执" in said(slip_code("ZZZZ", 1))


def test_a_slip_at_the_barrier_is_recorded_as_a_vehicle_without_a_pass(
    client: FlaskClient, session: Session
) -> None:
    good = issued(session)
    browser = browsing(client, session, checkpoint=ELSEWHERE)
    for code, plate in ((good.code, good.plate), (slip_code("ZZZZ", 1), "?")):
        page = browser.post_form("/checkpoints/staff", {"entered": code}, action="/checkpoints/staff")
        assert "无证" in page.text
        assert "这是受理回执，不是通行证" in page.text
        assert "不得仅因没有通行证劝返" in page.text
        scan = session.scalars(select(Scan).order_by(Scan.event_id.desc()).limit(1)).one()
        assert (scan.verdict, scan.level, scan.plate, scan.number) == ("no_pass", "blue", plate, None)


@pytest.mark.parametrize("field", ["number", "plate", "text"])
def test_a_program_is_told_no_pass_and_a_phone_what_became_of_it(
    client: FlaskClient, session: Session, field: str
) -> None:
    slip, now = issued(session), clock.now()
    _row, exchange = make_exchange_token(
        session, an_administrator(session), "平台", ["pass:look_up"], days=1, now=now
    )
    phone = a_device(session)
    for token, number in ((phone, slip.number), (exchange, None)):
        answer = call(client, "/api/v1/verdicts", {field: slip.code}, token).get_json()
        assert (answer["level"], answer["code"], answer["content"]) == ("blue", "no_pass", None)
        assert answer["slip"]["code"] == slip.code
        assert answer["slip"]["number"] == number
        assert "受理回执" in answer["slip"]["words"]
    assert call(client, "/api/v1/verdicts", {"plate": "吉A00000"}, phone).get_json()["slip"] is None
    assert call(client, "/api/v1/verdicts", {"number": "12345"}, phone).status_code == 422


def test_a_page_gives_every_form_a_code_of_its_own() -> None:
    codes = {code_of_event(uuid4()) for _ in range(200)}
    assert len(codes) == 200
    assert all(read_slip_code(code) == code for code in codes)
