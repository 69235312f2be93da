"""The pages of the roadside as officers and drivers use them, in a browser without scripts."""

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from accounts.permissions import COMMAND_LINE, Role
from checkpoints.models import Action, RoadsideFact, Scan
from checkpoints.service import take_in
from foundation import clock
from passes.models import CheckCodeAttempt, PassRevision
from passes.public import PassAction, PassReason, change_pass
from passes.symbols import make_symbol, symbol_png
from tests.browser import Browser, Page
from tests.builders import a_plate, own_transaction
from tests.checkpoints.roadside import (
    ELSEWHERE,
    HERE,
    a_pass_today,
    a_scan,
    an_officer,
    browsing,
    text_of,
)
from tests.passes.signed_in import signed_in
from tests.races import race

STAFF = "/checkpoints/staff"


def entered(browser: Browser, entry: str, **more: str) -> Page:
    return browser.post_form(STAFF, {"entered": entry, **more}, action=STAFF)


def picture_of(*texts: str) -> bytes:
    """A photo with one QR beside the other."""
    drawn = [
        Image.open(io.BytesIO(symbol_png(make_symbol(*split(text), "Q")))).convert("L") for text in texts
    ]
    photo = Image.new("L", (sum(each.width for each in drawn), max(each.height for each in drawn)), 255)
    left = 0
    for each in drawn:
        photo.paste(each, (left, 0))
        left += each.width
    buffer = io.BytesIO()
    photo.save(buffer, "PNG")
    return buffer.getvalue()


def split(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?/)([0-9]+)", text)
    assert found
    return found[1], found[2]


def photographed(browser: Browser, photo: bytes) -> Any:
    page = browser.get(STAFF)
    form = next(form for form in page.forms if form.action == STAFF)
    # The client would put a large body into a temporary file and leave it open.
    picture = FileStorage(io.BytesIO(photo), filename="a.png", name="photo")
    boundary, body = encode_multipart({**form.fields, "photo": picture})
    return browser.raw("POST", STAFF, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def scans(session: Session) -> list[Scan]:
    return list(session.scalars(select(Scan).order_by(Scan.event_id)))


@pytest.mark.usefixtures("keys")
def test_a_typed_plate_with_a_pass_is_green_and_kept_with_the_officer(
    client: FlaskClient, session: Session
) -> None:
    plate = a_plate()
    issued = a_pass_today(session, plate=plate)
    officer = an_officer(session)
    page = entered(signed_in(client, session, officer), plate)
    assert "有效" in page.text
    assert issued.number in page.text
    assert "应当优先放行" in page.text
    (scan,) = scans(session)
    assert (scan.number, scan.level, scan.plate_seen, scan.checkpoint) == (
        issued.number,
        "green",
        "matches",
        HERE,
    )
    assert (scan.person_id, scan.device_id, scan.means) == (officer.id, None, "typed")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("answer", "level"), [("matches", "green"), ("differs", "red"), ("unknown", "green")]
)
def test_a_number_asks_for_the_plate_first_and_the_colour_comes_with_the_answer(
    client: FlaskClient, session: Session, answer: str, level: str
) -> None:
    issued = a_pass_today(session)
    browser = browsing(client, session)
    page = entered(browser, issued.number)
    assert "比对" in page.headings[0]
    assert scans(session) == []
    form = next(form for form in page.forms if form.action == STAFF)
    browser.raw("POST", STAFF, data={**form.fields, "plate_seen": answer})
    (scan,) = scans(session)
    assert (scan.level, scan.plate_seen) == (level, answer)


@pytest.mark.usefixtures("keys")
def test_a_photo_of_the_code_is_read_and_judged(client: FlaskClient, session: Session) -> None:
    issued = a_pass_today(session)
    answer = photographed(browsing(client, session), picture_of(text_of(issued)))
    assert "先比对车牌" in answer.text
    assert text_of(issued) in answer.text


@pytest.mark.usefixtures("keys")
def test_two_codes_in_a_picture_are_asked_about(client: FlaskClient, session: Session) -> None:
    issued = a_pass_today(session)
    advertisement = "https://shop.example.cn/item/123456"
    answer = photographed(browsing(client, session), picture_of(text_of(issued), advertisement))
    assert "照片中有几个二维码" in answer.text
    assert issued.number in answer.text
    assert "不是可信的通行证二维码" in answer.text
    assert scans(session) == []


@pytest.mark.parametrize(
    ("photo", "status", "words"),
    [
        (b"\x89PNG junk", 422, "文件不是照片"),
        (b"x" * 9_000_000, 422, "文件不是照片"),
        (b"x" * 11_000_000, 413, "太大"),
    ],
)
def test_junk_as_a_photo_gets_a_clear_error_and_leaves_nothing(
    client: FlaskClient, session: Session, photo: bytes, status: int, words: str
) -> None:
    answer = photographed(browsing(client, session), photo)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert scans(session) == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("220100999999", "没有核发过这个编号"),
        ("吉AO1234", "是否应为数字 0"),
        ("123", "车牌长度不对"),
    ],
)
def test_what_cannot_be_judged_is_said_at_the_field_and_kept_as_typed(
    client: FlaskClient, session: Session, entry: str, words: str
) -> None:
    browser = browsing(client, session)
    page = browser.post_form(STAFF, {"entered": entry}, action=STAFF, status=422)
    assert words in page.text
    assert page.forms[0].fields["entered"] == entry or page.forms[1].fields["entered"] == entry
    assert scans(session) == []


@pytest.mark.usefixtures("keys")
def test_a_forged_code_is_red_and_shows_nothing_of_the_pass_it_names(
    client: FlaskClient, session: Session
) -> None:
    text = text_of(a_pass_today(session, plate=(plate := a_plate())))
    page = entered(browsing(client, session), text[:-1] + ("1" if text[-1] != "1" else "2"))
    assert "疑为伪造" in page.text
    assert plate not in page.text
    (scan,) = scans(session)
    assert (scan.plate, scan.number, scan.level) == ("?", None, "red")


def test_a_vehicle_without_a_pass_is_blue_and_turning_it_back_needs_a_reason_and_is_seen(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    page = entered(browser, a_plate())
    assert "无证" in page.text
    assert "自动生成热线工单" in page.text
    (scan,) = scans(session)
    here = f"{STAFF}/scans/{scan.event_id}"
    form = act_form(page, "turned_back")
    assert browser.raw("POST", form.action, data={**form.fields, "reason": ""}).status_code == 422
    browser.raw("POST", form.action, data={**form.fields, "reason": "lacks_pass"})
    assert "已记录：劝返" in browser.get(here).text
    assert session.scalars(select(RoadsideFact.kind)).all() == ["refusal"]


def act_form(page: Page, action: str) -> Any:
    return next(form for form in page.forms if form.fields.get("action") == action)


def test_an_action_is_recorded_once_and_undone_within_two_minutes(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    page = entered(browser, a_plate())
    form = act_form(page, "passed")
    for _ in range(2):
        browser.raw("POST", form.action, data=form.fields)
    assert session.scalars(select(Action.action)).all() == ["passed"]
    here = f"{STAFF}/scans/{scans(session)[0].event_id}"
    undo = act_form(browser.get(here), "undone")
    page = browser._show(browser.raw("POST", undo.action, data=undo.fields), 200)
    assert "已记录" not in page.text
    assert act_form(page, "held").fields["action"] == "held"


def test_the_same_page_sent_twice_is_one_scan(client: FlaskClient, session: Session) -> None:
    browser = browsing(client, session)
    form = browser.get(STAFF).forms[0]
    for _ in range(2):
        assert browser.raw("POST", STAFF, data={**form.fields, "entered": "吉A10001"}).status_code == 200
    assert len(scans(session)) == 1


def test_an_officer_without_a_fixed_place_chooses_one_of_the_area_and_it_is_remembered(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session, checkpoint=None, role=Role.CONTROL_OFFICER)
    page = browser.get(STAFF)
    assert [form.action for form in page.forms if form.action.startswith(STAFF)] == [f"{STAFF}/checkpoint"]
    form = browser.get(STAFF).forms
    post = next(each for each in form if each.action == f"{STAFF}/checkpoint")
    assert browser.raw("POST", post.action, data={**post.fields, "checkpoint": "CP999"}).status_code == 404
    browser.raw("POST", post.action, data={**post.fields, "checkpoint": ELSEWHERE})
    entered(browser, a_plate())
    assert scans(session)[0].checkpoint == ELSEWHERE


def test_recent_scans_are_of_the_own_place_and_the_first_has_words(
    client: FlaskClient, session: Session
) -> None:
    browser = browsing(client, session)
    assert "还没有查验记录" in browser.get(STAFF).text
    plate = a_plate()
    entered(browser, plate)
    assert plate in browser.get(STAFF).text
    other = browsing(client, session, checkpoint=ELSEWHERE)
    assert plate not in other.get(STAFF).text


@pytest.mark.parametrize("role", [Role.CHECKPOINT_STAFF, Role.COMMAND, Role.ADMINISTRATOR, Role.INSPECTOR])
def test_scans_of_a_checkpoint_are_for_its_staff_and_for_command(
    client: FlaskClient, session: Session, role: Role
) -> None:
    fixed = HERE if role is Role.CHECKPOINT_STAFF else None
    browser = browsing(client, session, role=role, checkpoint=fixed)
    answers = [
        browser.raw("GET", f"/checkpoints/{code}/scans").status_code for code in (HERE, ELSEWHERE, "CP999")
    ]
    assert (
        answers
        == {
            Role.CHECKPOINT_STAFF: [200, 404, 404],
            Role.COMMAND: [200, 200, 404],
            Role.ADMINISTRATOR: [403, 403, 403],
            Role.INSPECTOR: [404, 404, 404],
        }[role]
    )


def test_a_foreign_scan_is_not_found_and_cannot_be_acted_on(client: FlaskClient, session: Session) -> None:
    first = browsing(client, session)
    page = entered(first, a_plate())
    form = act_form(page, "passed")
    stranger = browsing(client, session, checkpoint=ELSEWHERE)
    assert stranger.raw("GET", form.action.removesuffix("/actions")).status_code == 404
    token = stranger.get(STAFF).forms[0].fields["csrf_token"]
    assert stranger.raw("POST", form.action, data={**form.fields, "csrf_token": token}).status_code == 404
    assert session.scalar(select(func.count()).select_from(Action)) == 0


def test_the_list_of_scans_is_read_page_by_page_without_losing_any(
    client: FlaskClient, session: Session
) -> None:
    now, officer = clock.now(), an_officer(session)
    take_in(session, officer, [a_scan(now, plate=a_plate()) for _ in range(120)], now=now)
    browser = browsing(client, session)
    seen: list[str] = []
    address: str | None = f"/checkpoints/{HERE}/scans"
    while address:
        page = browser.get(address)
        seen += re.findall(r"吉A\d{5}", page.text)
        address = next((link for link in page.links if "before=" in link), None)
    assert (len(seen), len(set(seen))) == (120, 120)
    assert browser.raw("GET", f"/checkpoints/{HERE}/scans?before=x").status_code == 404


def test_the_register_lists_every_checkpoint(client: FlaskClient, session: Session) -> None:
    page = browsing(client, session).get("/checkpoints")
    assert "京哈高速吉黑省界拉林河检查站" in page.text
    assert [link for link in page.links if link.endswith("/scans")] == [f"/checkpoints/{HERE}/scans"]


def code_of(session: Session, number: str) -> str:
    return session.scalars(select(PassRevision.check_code).where(PassRevision.number == number)).one()


def checked(client: FlaskClient, asked: str, code: str, *, status: int = 200) -> Page:
    fields = {"number_or_plate": asked, "check_code": code}
    return Browser(client).post_form("/check", fields, action="/check", status=status)


@pytest.mark.usefixtures("keys")
def test_anybody_with_the_paper_sees_the_pass_but_no_person(client: FlaskClient, session: Session) -> None:
    plate = a_plate()
    number = a_pass_today(session, plate=plate).number
    by_number = checked(client, number, code_of(session, number))
    by_plate = checked(client, plate, code_of(session, number))
    assert "与车头号牌" in by_number.text
    assert "有效" in by_plate.text
    for page in (by_number, by_plate):
        assert plate[2:] in page.text
        assert "身份证" not in page.text
        assert "/service-areas" in page.links
    change_pass(session, COMMAND_LINE, number, PassAction.REVOKE, reason=PassReason.MISUSE, now=clock.now())
    assert "已被吊销" in checked(client, number, code_of(session, number)).text


@pytest.mark.usefixtures("keys")
def test_unknown_foreign_and_wrong_get_the_same_page_and_five_of_them_a_lock(
    client: FlaskClient, session: Session
) -> None:
    number = a_pass_today(session).number
    session.commit()

    def answer(asked: str) -> tuple[int, str]:
        browser = Browser(client)
        sent = browser.send_form(
            "/check", {"number_or_plate": asked, "check_code": "ZZZZZZ"}, action="/check"
        )
        plain = re.sub(r'name="csrf_token" value="[^"]*"', "", sent.text)
        return sent.status_code, plain.replace(asked, "ASKED")

    asked = (number, "220100999999", "110000000001", "吉A99999")
    for expected in (404, 404, 404, 404, 404, 429):
        answers = {answer(each) for each in asked}
        assert {status for status, _ in answers} == {expected}
        assert len(answers) == 1
    assert session.scalar(select(func.count()).select_from(CheckCodeAttempt)) == 20


@pytest.mark.usefixtures("keys")
def test_staff_need_no_code_and_the_public_does(client: FlaskClient, session: Session) -> None:
    number = a_pass_today(session).number
    session.commit()
    refused = Browser(client).post_form("/check", {"number_or_plate": number}, action="/check", status=422)
    assert "必须填写" in refused.text
    staff = browsing(client, session, role=Role.OPERATOR, checkpoint=None)
    page = staff.post_form("/check", {"number_or_plate": number}, action="/check")
    assert "身份证后四位" in page.text
    nobody = staff.post_form("/check", {"number_or_plate": a_plate()}, action="/check")
    assert "无证" in nobody.text
    unknown = staff.post_form("/check", {"number_or_plate": "220100999999"}, action="/check", status=422)
    assert "没有核发过这个编号" in unknown.text


def test_the_road_page_names_five_lines_and_eight_service_areas(client: FlaskClient) -> None:
    page = Browser(client).get("/service-areas")
    assert [link for link in page.links if link.startswith("tel:")] == [
        f"tel:0431-8509730{n}" for n in range(1, 6)
    ]
    assert page.text.count("服务区") >= 8
    assert "吉林省长春市公主岭市" in page.text


def test_a_double_click_by_two_connections_is_one_scan(clone: Callable[[], Flask]) -> None:
    app = clone()
    event, now = str(uuid4()), clock.now()

    def click(session: Session) -> object:
        scan = a_scan(now, event_id=event, plate=a_plate())
        return take_in(session, COMMAND_LINE, [scan], now=now)[0].status

    assert sorted(map(str, race(app, [click, click]))) == ["accepted", "refused"]
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 1
