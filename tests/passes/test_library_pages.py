"""The pages of the library, and the form of an application filled in from it, as a browser without scripts sees them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.public import AuditEvent
from foundation import clock
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.models import Application, Pass
from passes.public import Driver, workshop
from passes.service.library import remember_many
from tests.browser import Form, Page
from tests.builders import NOON, with_keys
from tests.passes.applying import (
    a_firm,
    an_applicant,
    an_application,
    an_officer,
    an_owner_driver,
    asked,
)
from tests.passes.library import WHOLE, a_driver, a_route, a_vehicle
from tests.passes.signed_in import a_pass_of, signed_in
from tests.passes.test_application_pages import typed


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


def form_to(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action == action)


def one(session: Session, model: type[Any]) -> Any:
    return session.scalars(select(model).execution_options(populate_existing=True)).one()


def test_a_vehicle_is_added_shown_changed_and_taken_out(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    assert "车辆库还是空的" in browser.get("/library/vehicles").text
    given = {"plate": "吉ａ·１２３４５", "plate_colour": "yellow", "papers_end_on": "2022-05-01"}
    page = browser.post_form("/library/vehicles/new", given, action="/library/vehicles/new")
    found = one(session, Vehicle)
    where = f"/library/vehicles/{found.id}"
    assert (found.plate, found.plate_colour) == ("吉A12345", 1)
    assert "即将到期" in page.text
    page = browser.post_form(where, {"words": "冷藏 1 号"}, action=where)
    assert "冷藏 1 号" in page.text
    listed = browser.get("/library/vehicles")
    assert where in listed.links
    assert "1 辆车的道路运输证 30 天内到期" in listed.text
    page = browser.post_form(where, action=f"{where}/archive")
    assert "车辆库还是空的" in page.text
    assert "已移出车辆库" in browser.get(where).text


def test_a_vehicle_that_is_there_is_opened_instead_of_added(client: FlaskClient, session: Session) -> None:
    actor = an_applicant(session)
    a_vehicle(session, actor, plate="吉A12345", words="冷藏 1 号")
    browser = signed_in(client, session, actor)
    page = browser.post_form(
        "/library/vehicles/new",
        {"plate": "吉A12345", "plate_colour": "yellow"},
        action="/library/vehicles/new",
    )
    assert "没有重复添加" in page.text
    assert "冷藏 1 号" in page.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"plate": "吉A1234挂", "plate_colour": "yellow"}, "请填写牵引车的号牌"),
        ({"plate": "吉AO1234", "plate_colour": "blue"}, "是否应为数字 0"),
        ({"plate": "吉A12345", "plate_colour": "green"}, "车牌与颜色不符"),
        ({"plate": "长" * 20_000, "plate_colour": "blue"}, "文字过长"),
        ({"plate": "吉A12345", "plate_colour": "pink"}, "请从列出的选项中选择"),
        ({"plate": "吉A12345", "plate_colour": "blue", "papers_end_on": "明天"}, "年-月-日"),
        ({"plate": "", "plate_colour": "blue"}, "必须填写"),
    ],
)
def test_a_vehicle_that_cannot_be_is_answered_with_the_form(
    client: FlaskClient, session: Session, given: dict[str, str], words: str
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    page = browser.post_form("/library/vehicles/new", given, action="/library/vehicles/new", status=422)
    assert words in page.text
    assert form_to(page, "/library/vehicles/new").fields["plate"] == given["plate"]


def test_who_did_not_say_the_colour_chooses_among_those_the_plate_has(
    client: FlaskClient, session: Session
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    page = browser.post_form(
        "/library/vehicles/new", {"plate": "吉AD12345"}, action="/library/vehicles/new", status=422
    )
    assert "请选择车牌颜色" in page.text
    assert ("绿牌" in page.text, "黄绿牌" in page.text, "蓝牌" in page.text) == (True, True, False)
    form = form_to(page, "/library/vehicles/new")
    part = browser.raw("POST", "/library/vehicles/colours", data={**form.fields, "plate": "吉A12345"}).text
    assert ("蓝牌" in part, "绿牌" in part) == (True, False)


def test_a_change_on_an_old_page_says_so_and_keeps_what_was_typed(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    found = a_vehicle(session, actor)
    where = f"/library/vehicles/{found.id}"
    browser = signed_in(client, session, actor)
    form = form_to(browser.get(where), where)
    browser.raw("POST", where, data={**form.fields, "words": "甲"})
    answer = browser.raw("POST", where, data={**form.fields, "words": "乙"}, follow=False)
    assert answer.status_code == 409
    assert "已被修改" in answer.text
    assert 'value="乙"' in answer.text
    assert one(session, Vehicle).words == "甲"


def test_vehicles_are_found_by_a_part_of_the_plate_and_no_plate_stands_in_an_address(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    values = [asked(plate=f"吉C{number}", drivers=[]) for number in range(10_000, 10_130)]
    remember_many(session, actor, values, now=NOON)
    browser = signed_in(client, session, actor)
    page = browser.get("/library/vehicles")
    plates = 0
    while following := [link for link in page.links if "after=" in link]:
        plates += page.text.count("C10")
        page = browser.get(following[0])
    assert page.text.count("C10") == 30
    assert plates == 100
    page = browser.post_form("/library/vehicles", {"q": " 吉ｃ·10077"}, action="/library/vehicles/search")
    found = session.scalars(select(Vehicle).where(Vehicle.plate == "吉C10077")).one()
    assert f"/library/vehicles/{found.id}" in page.links
    assert page.text.count("C10") == 2
    page = browser.post_form("/library/vehicles", {"q": "c1007"}, action="/library/vehicles/search")
    assert page.text.count("C1007") == 11
    page = browser.post_form("/library/vehicles", {"q": "吉C1"}, action="/library/vehicles/search")
    assert "只列出前 50 项" in page.text
    for nowhere in ("吉D1007", "%", "C_0077"):
        page = browser.post_form("/library/vehicles", {"q": nowhere}, action="/library/vehicles/search")
        assert "没有这个车牌" in page.text


def test_a_driver_is_masked_everywhere_but_on_the_page_that_answers_a_reason(
    client: FlaskClient, session: Session
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    given = {"name": "李四", "phone": "139 0000 1234", "identity": WHOLE.lower()}
    page = browser.post_form("/library/drivers/new", given, action="/library/drivers/new")
    found = one(session, LibraryDriver)
    where = f"/library/drivers/{found.id}"
    assert (found.identity_number, found.phone) == (WHOLE, "13900001234")
    for shown in (page, browser.get("/library/drivers"), browser.get(where)):
        assert WHOLE not in shown.text
        assert "13900001234" not in shown.text
        assert "139****1234" in shown.text
    refused = browser.post_form(where, action=f"{where}/identity", status=422)
    assert "必须填写" in refused.text
    assert WHOLE not in refused.text
    whole = browser.post_form(where, {"reason": "核对证件"}, action=f"{where}/identity")
    assert WHOLE in whole.text
    assert "13900001234" in whole.text
    assert WHOLE not in browser.get(where).text
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.tag == "driver:identity_read"))
    assert event.reason == "核对证件"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"identity": "110101199003071091"}, "身份证号不正确"),
        ({"identity": "12"}, "后四位"),
        ({"identity": ""}, "必须填写"),
        ({"phone": "打给老王"}, "电话"),
        ({"name": "\u200b"}, "必须填写"),
        ({"name": "长" * 20_000}, "文字过长"),
    ],
)
def test_a_driver_that_cannot_be_is_answered_with_the_form(
    client: FlaskClient, session: Session, given: dict[str, str], words: str
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    fields = {"name": "李四", "phone": "13900001234", "identity": "1234", **given}
    page = browser.post_form("/library/drivers/new", fields, action="/library/drivers/new", status=422)
    assert words in page.text


def test_drivers_are_found_by_a_part_of_the_name_last_four_or_whole_number(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    found = a_driver(session, actor)
    a_driver(session, actor, name="王五", identity="2222")
    browser = signed_in(client, session, actor)
    for text in ("李四", "李", "109x", "109X", WHOLE):
        page = browser.post_form("/library/drivers", {"q": text}, action="/library/drivers/search")
        assert f"/library/drivers/{found.id}" in page.links
        assert "王五" not in page.text
    for nowhere in ("赵", "09X", WHOLE[:-1]):
        page = browser.post_form("/library/drivers", {"q": nowhere}, action="/library/drivers/search")
        assert "没有找到" in page.text


@pytest.mark.usefixtures("keys")
def test_a_driver_leaves_and_the_passes_that_name_him_are_dealt_with(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    driver = a_driver(session, actor)
    names = (Driver("李四", "13900001234", driver.last4),)
    numbers = [a_pass_of(session, actor, drivers=names).number for _ in range(3)]
    where = f"/library/drivers/{driver.id}"
    browser = signed_in(client, session, actor)
    page = browser.post_form(where, action=f"{where}/left")
    assert "还有 3 张通行证" in page.text
    assert {f"/passes/{number}/drivers" for number in numbers} <= set(page.links)
    assert "没有驾驶员" in browser.get("/library/drivers").text
    browser.raw(
        "POST",
        f"{where}/surrender",
        data={**form_to(page, f"{where}/surrender").fields, "number": numbers[0]},
    )
    page = browser.get(where)
    assert numbers[0] not in page.text
    everything = [
        form for form in page.forms if form.action == f"{where}/surrender" and "number" not in form.fields
    ]
    answer = browser.raw("POST", f"{where}/surrender", data=everything[0].fields)
    assert "已交回 2 张通行证" in answer.text
    assert set(session.scalars(select(Pass.state))) == {"surrendered"}


def test_a_route_is_added_changed_and_taken_out(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_applicant(session))
    new = "/library/routes/new"
    given = {
        "name": "老线",
        "origin": "220102",
        "destination": "北京市大兴区",
        "roads.0": "g1",
        "hours": "48",
    }
    page = browser.post_form(new, given, action=new)
    found = one(session, SavedRoute)
    assert (found.destination, found.roads, found.hours, found.goods) == ("110115", ["G1"], 48, None)
    assert "老线" in page.text
    where = f"/library/routes/{found.id}"
    browser.post_form(where, {"goods": "12", "name": "新线"}, action=where)
    assert (one(session, SavedRoute).goods, one(session, SavedRoute).version) == (12, 2)
    for changes, words in (
        ({"name": ""}, "必须填写"),
        ({"destination": "火星"}, "这个县（市、区）"),
        ({"roads.0": "G99999"}, "没有编号为"),
        ({"hours": "99999"}, "有效期最长"),
    ):
        assert words in browser.post_form(where, changes, action=where, status=422).text
    page = browser.post_form(where, action=f"{where}/archive")
    assert "还没有常用线路" in page.text
    assert "已移出" in browser.get(where).text


# --- applying with it --------------------------------------------------------------------------------------


def test_the_form_is_filled_in_from_the_library_and_keeps_what_was_typed(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    vehicle, driver, route = a_vehicle(session, actor), a_driver(session, actor), a_route(session, actor)
    browser = signed_in(client, session, actor)
    form = form_to(browser.get("/apply"), "/apply")
    chosen = {
        "from_vehicle": str(vehicle.id),
        "from_route": str(route.id),
        "from_drivers.0": str(driver.id),
        "drivers.0.name": "王五",
        "drivers.0.last4": "2222",
        "contact_phone": "13711112222",
        "deed": "fill",
    }
    page = browser._show(browser.raw("POST", "/apply", data={**form.fields, **chosen}), 200)
    filled = form_to(page, "/apply").fields
    told = {
        "plate": vehicle.plate,
        "plate_colour": "yellow",
        "origin": "220102",
        "destination": "110115",
        "stops.0": "210102",
        "roads.0": "G1",
        "roads.1": "G102",
        "goods": "12",
        "hours": "48",
        "drivers.0.name": "王五",
        "drivers.1.name": "李四",
        "drivers.1.last4": driver.last4,
        "contact_phone": "13711112222",
        "form_token": form.fields["form_token"],
    }
    assert {name: filled[name] for name in told} == told
    # Nothing is kept by filling in, and what is there is all that is needed.
    assert session.scalars(select(Application)).all() == []
    answer = browser.raw("POST", "/apply", data=filled, follow=False)
    assert answer.status_code == 303
    assert [each["name"] for each in one(session, Application).drivers] == ["王五", "李四"]


def test_a_driver_chosen_twice_is_one_and_a_fourth_finds_no_room(
    client: FlaskClient, session: Session
) -> None:
    actor = an_applicant(session)
    drivers = [a_driver(session, actor, name=name, identity="1234") for name in "甲乙丙丁"]
    browser = signed_in(client, session, actor)
    form = form_to(browser.get("/apply"), "/apply")
    chosen = {"deed": "fill", "from_drivers.0": str(drivers[0].id), "from_drivers.1": str(drivers[0].id)}
    page = browser._show(browser.raw("POST", "/apply", data={**form.fields, **chosen}), 200)
    filled = form_to(page, "/apply").fields
    assert (filled["drivers.0.name"], filled["drivers.1.name"]) == ("甲", "")
    more = {f"from_drivers.{place}": str(row.id) for place, row in enumerate(drivers[1:])}
    page = browser._show(browser.raw("POST", "/apply", data={**filled, **more, "deed": "fill"}), 200)
    assert [form_to(page, "/apply").fields[f"drivers.{row}.name"] for row in range(3)] == ["甲", "乙", "丙"]


def test_a_draft_is_filled_in_from_the_library_too(client: FlaskClient, session: Session) -> None:
    actor = an_applicant(session)
    vehicle = a_vehicle(session, actor)
    browser = signed_in(client, session, actor)
    browser.raw("POST", "/apply", data={**form_to(browser.get("/apply"), "/apply").fields, "deed": "draft"})
    where = f"/applications/{one(session, Application).id}/edit"
    form = form_to(browser.get(where), where)
    chosen = {"from_vehicle": str(vehicle.id), "deed": "fill"}
    page = browser._show(browser.raw("POST", where, data={**form.fields, **chosen}), 200)
    assert form_to(page, where).fields["plate"] == vehicle.plate


def test_a_foreign_or_broken_choice_is_not_found(client: FlaskClient, session: Session) -> None:
    foreign = a_vehicle(session, an_applicant(session))
    browser = signed_in(client, session, an_applicant(session))
    for text in (str(foreign.id), "1", "吉A12345"):
        assert browser.raw("GET", "/apply", query_string={"from_vehicle": text}).status_code == 404


def test_the_library_leads_to_a_form_that_is_filled_in(client: FlaskClient, session: Session) -> None:
    actor = an_applicant(session)
    vehicle, driver, route = a_vehicle(session, actor), a_driver(session, actor), a_route(session, actor)
    browser = signed_in(client, session, actor)
    for address, name, value in (
        (f"/apply?from_vehicle={vehicle.id}", "plate", vehicle.plate),
        (f"/apply?from_route={route.id}", "destination", "110115"),
        (f"/apply?from_drivers.0={driver.id}", "drivers.0.last4", driver.last4),
    ):
        assert form_to(browser.get(address), "/apply").fields[name] == value
    assert f"/apply?from_vehicle={vehicle.id}" in browser.get("/library/vehicles").links


def test_the_colour_of_a_typed_plate_comes_from_the_library(client: FlaskClient, session: Session) -> None:
    actor = an_applicant(session)
    vehicle = a_vehicle(session, actor)
    browser = signed_in(client, session, actor)
    form = form_to(browser.get("/apply"), "/apply")
    fields = {**form.fields, "plate": vehicle.plate.lower(), "deed": "fill"}
    page = browser._show(browser.raw("POST", "/apply", data=fields), 200)
    assert form_to(page, "/apply").fields["plate_colour"] == "yellow"


def test_what_was_typed_is_kept_for_the_next_time_where_asked_for(
    client: FlaskClient, session: Session
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    given = typed(plate="吉A54321", **{"drivers.0.phone": "13900001234"})
    page = browser.post_form("/apply", {**given, "remember": "1", "route_name": "老线"}, action="/apply")
    assert "已存入车辆库：车辆 1 辆，驾驶员 1 名。" in page.text
    assert (one(session, Vehicle).plate, one(session, LibraryDriver).last4) == ("吉A54321", "123X")
    assert one(session, SavedRoute).roads == ["G1"]


def test_nothing_is_kept_unasked_or_from_a_form_that_was_refused(
    client: FlaskClient, session: Session
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    page = browser.post_form("/apply", {**typed(goods=""), "remember": "1"}, action="/apply", status=422)
    assert form_to(page, "/apply").fields["remember"] == "1"
    browser.post_form("/apply", typed(), action="/apply")
    assert session.scalars(select(Vehicle)).all() == []


@pytest.mark.parametrize("start", ["/", "/applications", "vehicle"])
def test_the_same_again_takes_two_clicks(client: FlaskClient, session: Session, start: str) -> None:
    actor = an_applicant(session)
    found = an_application(session, actor, plate="吉A77777", hours=24)
    vehicle = a_vehicle(session, actor, plate="吉A77777", plate_colour=0)
    browser = signed_in(client, session, actor)
    page = browser.get(f"/library/vehicles/{vehicle.id}" if start == "vehicle" else start)
    again = f"/apply?like={found.id}"
    assert again in page.links
    page = browser.post_form(again, action="/apply")
    made = session.scalars(select(Application).where(Application.id != found.id)).one()
    assert made.slip in page.headings[0]
    assert (made.plate, made.hours, made.drivers, made.state) == ("吉A77777", 24, found.drivers, "submitted")
    assert made.not_before == NOON - timedelta(minutes=30)


@pytest.mark.usefixtures("keys")
def test_the_same_again_begins_when_the_pass_at_hand_ends(client: FlaskClient, session: Session) -> None:
    actor = an_applicant(session)
    found = an_application(session, actor, plate="吉A77777")
    a_pass_of(session, actor, plate="吉A77777", goods=12)
    browser = signed_in(client, session, actor)
    browser.post_form(f"/apply?like={found.id}", action="/apply")
    made = session.scalars(select(Application).where(Application.id != found.id)).one()
    assert (made.state, made.not_before) == ("submitted", NOON + timedelta(hours=72))


def test_an_officer_has_neither_library_nor_trips(client: FlaskClient, session: Session) -> None:
    browser = signed_in(client, session, an_officer(session))
    assert "/library/vehicles" not in browser.get("/").links
    assert browser.raw("GET", "/library/vehicles").status_code == 403


def test_an_owner_driver_has_a_library_of_his_own(client: FlaskClient, session: Session) -> None:
    firm = a_firm(session)
    foreign = a_vehicle(session, an_applicant(session, firm))
    actor = an_owner_driver(session)
    own = a_vehicle(session, actor)
    browser = signed_in(client, session, actor)
    assert "/library/vehicles" in browser.get("/").links
    links = browser.get("/library/vehicles").links
    assert f"/library/vehicles/{own.id}" in links
    assert f"/library/vehicles/{foreign.id}" not in links
    browser.get(f"/library/vehicles/{foreign.id}", status=404)
