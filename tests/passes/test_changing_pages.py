"""The pages of changing a pass: two clicks for another truck, a list of what ends soon, and what an officer sees."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.models import Message, TaskProgress
from passes.application_queries import find_application
from passes.change_jobs import (
    FIRST,
    carry_out,
    order_renewals,
    remind_some,
    renewals_of,
)
from passes.library_models import LibraryDriver, Vehicle
from passes.models import Application
from passes.service.links import pass_of_token
from tests.builders import NOON, a_plate
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.passes.applying import a_firm, an_applicant, an_officer, an_owner_driver
from tests.passes.changing import (
    LI,
    OFFICE,
    SOON,
    ZHAO,
    a_reviewed_pass,
    amended,
    renewed,
    the_pass,
)
from tests.passes.links import link_in
from tests.passes.signed_in import a_pass_of, signed_in


@pytest.fixture(autouse=True)
def _day(keys: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture imported above
    del keys
    monkeypatch.setattr(clock, "now", lambda: SOON)


def test_the_page_of_a_pass_offers_its_holder_every_change(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    page = signed_in(client, session, holder).get(f"/passes/{number}")
    for change in ("renew", "vehicle", "drivers", "amend"):
        assert f"/passes/{number}/{change}" in page.links
    officer = an_officer(session, OFFICE)
    page = signed_in(client, session, officer).get(f"/passes/{number}")
    assert f"/passes/{number}/renew" not in page.links


def test_another_truck_of_the_library_takes_two_clicks(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[LI]).number
    truck = Vehicle(firm_id=holder.firm_id, plate=a_plate(), plate_colour=0, created_at=NOON)
    session.add(truck)
    session.flush()
    browser = signed_in(client, session, holder)
    address = f"/passes/{number}/vehicle"
    page = browser.get(address)
    assert truck.plate in "".join(page.text.split())
    token = next(form.fields["form_token"] for form in page.forms if form.action == address)
    fields = {"vehicle_id": str(truck.id), "form_token": token}
    page = browser.post_form(address, fields, action=address)
    new = str(the_pass(session, number).superseded_by)
    assert new in page.headings[0]
    assert f"/passes/{new}/sheet.pdf" in page.links
    link = page.forms and _address_of(page.text, browser)
    assert link is not None


def _address_of(text: str, browser: Any) -> Any:
    """The driver's link of the page opens the new pass."""
    assert browser.last is not None
    shown = [one for one in browser.last.inputs if one[0] == "address"]
    assert shown, text[:200]
    return shown


def test_a_typed_plate_works_as_well_and_a_wrong_one_is_told_in_place(
    client: FlaskClient, session: Session
) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    browser = signed_in(client, session, holder)
    address = f"/passes/{number}/vehicle"
    page = browser.post_form(address, {"plate": "吉a·o1234", "plate_colour": "blue"}, status=422)
    assert "是否应为数字" in page.text
    page = browser.post_form(address, {"plate": "", "plate_colour": "blue"}, status=422)
    assert "必须填写" in page.text
    browser.post_form(address, {"plate": "吉ａ·61234", "plate_colour": "blue"})
    assert the_pass(session, str(the_pass(session, number).superseded_by)).plate == "吉A61234"


def test_another_driver_of_the_library_takes_two_clicks(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[LI]).number
    driver = LibraryDriver(firm_id=holder.firm_id, **ZHAO, created_at=NOON)
    session.add(driver)
    session.flush()
    browser = signed_in(client, session, holder)
    address = f"/passes/{number}/drivers"
    page = browser.post_form(address, {"driver_id": str(driver.id)}, action=address)
    assert number in page.headings[0]
    assert the_pass(session, number).revision == 1


def test_the_drivers_typed_are_those_of_the_pass_until_they_are_changed(
    client: FlaskClient, session: Session
) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[LI]).number
    browser = signed_in(client, session, holder)
    address = f"/passes/{number}/drivers"
    page = browser.post_form(address, {"drivers.0.name": LI["name"]}, status=422)
    assert "没有需要变更的" in page.text
    second = {f"drivers.1.{name}": value for name, value in ZHAO.items()}
    browser.post_form(address, second)
    found = the_pass(session, number)
    assert found.revision == 1


def test_a_renewal_offers_the_end_or_now_and_the_hours_of_the_trip(
    client: FlaskClient, session: Session
) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    browser = signed_in(client, session, holder)
    page = browser.get(f"/passes/{number}/renew")
    (form,) = [form for form in page.forms if form.action == f"/passes/{number}/renew"]
    assert (form.fields["start"], form.fields["hours"]) == ("end", "72")
    browser.post_form(f"/passes/{number}/renew", {"start": "now", "hours": "24"})
    assert the_pass(session, number).state == "superseded"
    page = browser.get(f"/passes/{number}/renew")
    assert not [form for form in page.forms if form.action == f"/passes/{number}/renew"]


def test_an_amendment_shows_the_officer_what_is_different(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    browser = signed_in(client, session, holder)
    browser.post_form(f"/passes/{number}/amend", {"destination": "120112", "hours": "96"})
    asked = session.scalars(select(Application).where(Application.about == number)).one()
    page = browser.get(f"/passes/{number}")
    assert asked.slip in page.text
    assert f"/passes/{number}/renew" not in page.links
    page = browser.get(f"/passes/{number}/renew")
    assert asked.slip in page.text
    assert "天津市" in browser.get(f"/applications/{asked.id}").text
    officer = signed_in(client, session, an_officer(session, OFFICE))
    page = officer.get(f"/applications/{asked.id}/review")
    assert "与原证" in page.text
    assert "北京市大兴区" in page.text
    assert "天津市津南区" in page.text
    assert "没有改动：" in page.text
    assert "没有选择换发" not in page.text


def test_a_change_that_waits_is_mended_on_a_page_of_its_own(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    asked = amended(session, holder, number, hours=96).application
    which = asked.id
    browser = signed_in(client, session, holder)
    page = browser.get(f"/applications/{which}/edit")
    assert f"/applications/{which}/change" in [form.action for form in page.forms]
    browser.post_form(f"/applications/{which}/change", {"hours": "120"})
    found = find_application(session, which, lock=True)
    assert found is not None
    assert (found.hours, found.about, found.state) == (120, number, "submitted")


def test_all_passes_that_end_soon_are_renewed_with_one_click(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    numbers = [a_reviewed_pass(session, holder).number for _ in range(2)]
    unseen = a_pass_of(session, holder).number
    done = renewed(session, holder, numbers[1]).number
    browser = signed_in(client, session, holder)
    assert "/passes/ending" in browser.get("/").links
    page = browser.post_form("/passes/ending", {"deed": "all"}, action="/passes/ending")
    assert "1 张已即时续期" in page.text
    assert "1 张已转工作人员审核" in page.text
    assert str(done) not in page.text
    assert unseen in page.text
    page = browser.get("/passes/ending")
    assert "变更办理中" in page.text
    assert "全部续期（共 1 张）" in page.text


def test_only_the_ticked_ones_are_renewed_and_a_strangers_is_not_there(
    client: FlaskClient, session: Session
) -> None:
    holder = an_applicant(session)
    first, second = (a_reviewed_pass(session, holder).number for _ in range(2))
    foreign = a_reviewed_pass(session, an_applicant(session)).number
    browser = signed_in(client, session, holder)
    fields = {"numbers": [first, foreign], "deed": "some"}
    page = browser.post_form("/passes/ending", fields, action="/passes/ending")
    assert "1 张已即时续期" in page.text
    assert "没有找到这项内容" in page.text
    assert second in browser.get("/passes/ending").text
    assert the_pass(session, foreign).state == "live"
    page = browser.post_form(
        "/passes/ending", {"deed": "some", "numbers": ["x"]}, action="/passes/ending", status=422
    )
    assert "没有选中" in page.text


def test_an_order_of_many_counts_and_taken_up_again_renews_nothing_twice(session: Session) -> None:
    holder = an_applicant(session)
    numbers = [a_reviewed_pass(session, holder).number for _ in range(22)]
    form = uuid4()
    order = order_renewals(session, holder, numbers, form, now=SOON)
    assert order_renewals(session, holder, numbers, form, now=SOON).id == order.id
    which = order.id
    session.commit()
    carry_out(which, holder, lambda: SOON)
    first = {line.number: line.application.pass_number for line in _lines(session, which) if line.application}
    assert len(first) == 22
    row = session.get_one(TaskProgress, which)
    assert (row.state, row.done) == ("done", 22)
    # A worker that died before it could count goes over the same passes again.
    row.state, row.done = "running", 0
    session.commit()
    carry_out(which, holder, lambda: SOON)
    assert {
        line.number: line.application.pass_number for line in _lines(session, which) if line.application
    } == first


def _lines(session: Session, which: Any) -> Any:
    return renewals_of(session, session.get_one(TaskProgress, which))


def test_holders_are_told_once_a_day_that_passes_end(session: Session) -> None:
    firm = a_firm(session)
    holder, colleague, person = (
        an_applicant(session, firm),
        an_applicant(session, firm),
        an_owner_driver(session),
    )
    other = an_applicant(session)
    for actor in (holder, holder, person):
        a_reviewed_pass(session, actor)
    a_reviewed_pass(session, other, hours=240)
    done = a_reviewed_pass(session, other)
    renewed(session, other, done.number)

    def remind(now: Any) -> None:
        after: Any = FIRST
        while after is not None:
            after = remind_some(session, after, now=now, limit=2)

    for hours in (0, 3, 24):
        remind(SOON + timedelta(hours=hours))
    told = session.execute(
        select(Message.recipient_id, Message.facts["count"].as_integer())
        .where(Message.template == "pass.ends_soon", Message.channel == "inbox")
        .order_by(Message.created_at)
    ).all()
    counts = {
        who: [row[1] for row in told if row[0] == who]
        for who in (holder.id, colleague.id, person.id, other.id)
    }
    assert counts == {holder.id: [2, 2], colleague.id: [2, 2], person.id: [1, 1], other.id: []}
    assert not session.scalars(select(Message.urgent).where(Message.urgent)).all()


def test_the_link_goes_to_the_drivers_phones_once_a_click(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[LI, ZHAO]).number
    browser = signed_in(client, session, holder)
    action = f"/passes/{number}/links/send"
    page = browser.post_form(f"/passes/{number}", {}, action=action)
    assert "已短信发给 2 名驾驶员" in page.text
    sent = session.scalars(select(Message).where(Message.channel == "sms")).all()
    assert {message.address for message in sent} == {LI["phone"], ZHAO["phone"]}
    found = pass_of_token(session, link_in(sent[0]))
    assert found is not None
    assert found.number == number


def test_without_a_phone_no_message_goes_out_and_it_says_so(client: FlaskClient, session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[{**LI, "phone": ""}]).number
    browser = signed_in(client, session, holder)
    page = browser.get(f"/passes/{number}")
    assert f"/passes/{number}/links/send" not in [form.action for form in page.forms]
    token = page.forms[0].fields["csrf_token"]
    answer = browser.raw("POST", f"/passes/{number}/links/send", data={"csrf_token": token}, follow=False)
    assert answer.status_code == 422
    assert "没有填写手机号" in answer.text
