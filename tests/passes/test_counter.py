"""The counter: a walk-in's application entered by an officer, decided at once where it is his; hand-overs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from audit.public import AuditEvent, history
from foundation import clock
from foundation.problems import DomainProblem, InvalidInput, NotFound
from passes.catalogue_models import Regime
from passes.models import Application, Pass, PassHandover
from passes.public import workshop
from passes.queries import find_pass
from passes.rules.counter import Document, Receiver, receiver_of
from passes.service.counter import WalkIn, enter, hand_over, note_printing
from passes.service.reviewing import return_, take
from passes.service.sheets import sheet_pdf
from passes.sheet_jobs import press
from tests.browser import Browser
from tests.builders import NOON, a_plate, own_transaction, some_tools, with_keys
from tests.passes.applying import an_applicant, an_officer, asked, rolled_back
from tests.passes.papers import words
from tests.passes.signed_in import a_pass_of, signed_in
from tests.races import race

SOON = NOON + timedelta(minutes=10)
GRANDFATHER = WalkIn("王德福", Receiver("王德福", Document.IDENTITY_CARD, "123X"))


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def entered(
    session: Session,
    officer: Actor,
    token: UUID | None = None,
    walk_in: WalkIn = GRANDFATHER,
    **changes: Any,
) -> Application:
    return enter(session, officer, token or uuid4(), asked(**changes), walk_in, some_tools(session), now=SOON)


# What the own body decides.


@pytest.mark.usefixtures("keys")
def test_what_the_own_body_decides_is_issued_and_handed_over_in_one_step(session: Session) -> None:
    officer = an_officer(session)
    found = entered(session, officer)
    made = session.scalars(select(Pass).where(Pass.number == found.pass_number)).one()
    assert (found.state, found.channel, found.entered_by) == ("issued", "counter", officer.id)
    assert (found.person_id, found.firm_id, found.decided_by) == (None, None, officer.id)
    assert (made.channel, made.holder_name, made.body_id) == ("counter", "王德福", officer.body_id)
    tags = [event.tag for event in history(session, "application", found.id)]
    assert tags == ["application:submit", "application:take", "application:issue"]
    given = session.scalars(select(PassHandover)).one()
    assert (given.number, given.handed_to, given.document, given.document_last4) == (
        made.number,
        "王德福",
        "identity_card",
        "123X",
    )
    assert (given.handed_by, given.body_id, given.at) == (officer.id, officer.body_id, SOON)


@pytest.mark.usefixtures("keys")
def test_no_event_of_it_holds_a_name_a_phone_or_a_document_number(session: Session) -> None:
    entered(session, an_officer(session))
    facts = " ".join(str(one) for one in session.scalars(select(AuditEvent.facts)))
    assert not [secret for secret in ("王德福", "13800000000", "123X", "吉A") if secret in facts]


@pytest.mark.usefixtures("keys")
def test_on_the_sheet_a_walk_ins_name_is_masked_and_a_firms_is_not(session: Session) -> None:
    officer = an_officer(session)
    farm = WalkIn("南关合作社", Receiver("王德福", Document.BUSINESS_LICENCE, "77AB"))
    said = []
    for walk_in in (GRANDFATHER, farm):
        number = entered(session, officer, walk_in=walk_in).pass_number or ""
        document = sheet_pdf(session, officer, number, press(session, now=SOON), now=SOON)
        said.append(words(document.content))
    assert "王*福" in said[0]
    assert "王德福" not in said[0]
    assert "南关合作社" in said[1]


def test_the_same_form_sent_by_three_clicks_makes_one_pass(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        officer = an_officer(session)
    token, values = uuid4(), asked()

    def click(session: Session) -> object:
        return enter(session, officer, token, values, GRANDFATHER, some_tools(session), now=SOON).pass_number

    numbers = set(race(app, [click] * 3))
    with own_transaction(app) as session:
        assert session.scalars(select(Pass.number)).all() == list(numbers)
        assert session.scalar(select(func.count()).select_from(PassHandover)) == 1
        assert session.scalar(select(func.count()).select_from(Application)) == 1


@pytest.mark.usefixtures("keys")
def test_a_pass_the_vehicle_has_is_named_and_replaced_only_on_purpose(session: Session) -> None:
    officer, plate = an_officer(session), a_plate()
    old = a_pass_of(session, an_applicant(session), plate=plate).number
    with rolled_back(session), pytest.raises(InvalidInput) as refused:
        entered(session, officer, plate=plate)
    problem = refused.value.errors[0]
    assert (problem.field, problem.code, problem.facts["number"]) == (
        "replaces",
        "application.has_pass",
        old,
    )
    found = entered(session, officer, plate=plate, replaces=True)
    replaced = find_pass(session, old)
    assert replaced is not None
    assert (replaced.state, replaced.superseded_by) == ("superseded", found.pass_number)


def test_everything_that_is_missing_is_named_at_once_and_nothing_is_written(session: Session) -> None:
    officer = an_officer(session)
    with rolled_back(session), pytest.raises(InvalidInput) as refused:
        entered(session, officer, plate=None, goods=None, contact_phone=None)
    assert {error.field for error in refused.value.errors} == {"plate", "goods", "contact_phone"}
    assert session.scalar(select(func.count()).select_from(Application)) == 0


def test_a_trip_that_needs_no_pass_gets_none(session: Session) -> None:
    officer = an_officer(session)
    for regime in session.scalars(select(Regime)):
        session.delete(regime)
    session.flush()
    with pytest.raises(DomainProblem, match=r"regime\.not_needed"):
        entered(session, officer)


def test_an_applicant_enters_nothing_at_a_counter(session: Session) -> None:
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        entered(session, an_applicant(session))


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        (("", "identity_card", "1234"), "handed_to", "field.required"),
        (("王", "", "1234"), "document", "field.required"),
        (("王", "passport", "1234"), "document", "choice.unknown"),
        (("王", "identity_card", ""), "document_last4", "field.required"),
        (("王", "identity_card", "12中4"), "document_last4", "document.last4"),
        (("王" * 61, "identity_card", "1234"), "handed_to", "text.too_long"),
    ],
)
def test_a_hand_over_names_a_person_and_a_document(
    given: tuple[str, str, str], field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        receiver_of(*given)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


# What another body decides.


def test_what_another_body_decides_waits_in_its_queue_and_comes_back_to_the_counter_to_be_mended(
    session: Session,
) -> None:
    officer, token = an_officer(session, "changchun-nanguan-transport"), uuid4()
    found = entered(session, officer, token)
    decider = an_officer(session)
    assert (found.state, found.body_id, found.pass_number) == ("submitted", decider.body_id, None)
    assert session.scalar(select(func.count()).select_from(PassHandover)) == 0
    take(session, decider, found.id, now=SOON)
    return_(session, decider, found.id, {"plate": "请核对车牌"}, now=SOON)
    plate = a_plate()
    again = entered(session, officer, token, plate=plate)
    assert (again.id, again.state, again.plate, again.submitted_at) == (found.id, "submitted", plate, SOON)
    with pytest.raises(NotFound):
        entered(session, decider, token)


# Hand-overs later.


@pytest.mark.usefixtures("keys")
def test_a_pass_issued_on_line_is_handed_over_at_its_own_bodys_counter_only(session: Session) -> None:
    officer = an_officer(session, "changchun-transport")
    number = a_pass_of(session, an_applicant(session)).number
    hand_over(session, officer, number, GRANDFATHER.receiver, now=SOON)
    note_printing(session, officer, number, now=SOON)
    tags = [event.tag for event in history(session, "pass", number)]
    assert tags[-2:] == ["pass:hand_over", "pass:print"]
    for stranger in (an_officer(session), an_applicant(session)):
        with pytest.raises(NotFound):
            hand_over(session, stranger, number, GRANDFATHER.receiver, now=SOON)
        with pytest.raises(NotFound):
            note_printing(session, stranger, number, now=SOON)


# Pages.


@pytest.fixture
def at_counter(
    client: FlaskClient, session: Session, keys: None, monkeypatch: pytest.MonkeyPatch
) -> tuple[Browser, Actor]:
    """The browser of an officer at the counter, ten minutes past noon."""
    del keys
    monkeypatch.setattr(clock, "now", lambda: SOON)
    officer = an_officer(session)
    return signed_in(client, session, officer), officer


def typed(**changes: str) -> dict[str, str]:
    return {
        "holder_name": "王德福",
        "contact_phone": "138 0000 0000",
        "document": "identity_card",
        "document_last4": "22010219400101123x",
        "plate": a_plate(),
        "plate_colour": "blue",
        "goods": "12",
        "origin": "220102",
        "destination": "110115",
        "roads.0": "G1",
        **changes,
    }


def test_from_the_form_to_the_printed_sheet(at_counter: tuple[Browser, Actor], session: Session) -> None:
    browser, _ = at_counter
    assert "还没有窗口办理" in browser.get("/counter").text
    page = browser.post_form("/counter", typed())
    assert "已核发" in page.headings[0]
    assert "交给 王德福（居民身份证，尾号 123X）" in page.text
    number = session.scalars(select(Pass.number)).one()
    form = next(form for form in page.forms if form.action == f"/passes/{number}/print")
    for _ in range(2):
        printed = browser.raw("POST", form.action, data=form.fields)
        assert printed.mimetype == "application/pdf"
        assert printed.headers["Content-Disposition"].startswith("inline")
    events = [event.tag for event in history(session, "pass", number)]
    assert events.count("pass:print") == 2
    link = next(form for form in page.forms if form.action.endswith("/link-on-screen"))
    shown = browser.raw("POST", link.action, data=link.fields)
    assert "手机扫码" in shown.text
    assert "/d/" in shown.text
    assert "王德福" in browser.get("/counter").text
    office = browser.get(f"/passes/{number}").text
    assert "窗口交付" in office
    assert "尾号 123X" in office


def test_the_form_names_all_gaps_and_keeps_what_was_typed(at_counter: tuple[Browser, Actor]) -> None:
    browser, _ = at_counter
    page = browser.post_form(
        "/counter", typed(holder_name="", document="", plate="", goods_words="玉米种子"), status=422
    )
    for said in ("持证人：必须填写", "查验的证件：必须填写", "车牌号：必须填写"):
        assert said in page.text
    assert any(form.fields.get("goods_words") == "玉米种子" for form in page.forms)


def test_the_form_tells_of_a_live_pass_and_who_decides(
    at_counter: tuple[Browser, Actor], session: Session
) -> None:
    browser, _ = at_counter
    plate = a_plate()
    number = a_pass_of(session, an_applicant(session), plate=plate).number
    # The refused form rolls back what is not kept by then.
    session.commit()
    page = browser.get("/counter")
    form = next(form for form in page.forms if form.action == "/counter")
    told = browser.raw("POST", "/counter/check", data={**form.fields, **typed(plate=plate)}).text
    assert number in told
    assert "吉林粮运有限公司" not in told
    assert "属本单位受理范围" in told
    refused = browser.post_form("/counter", typed(plate=plate), status=422)
    assert "换发：新证核发时，原证自动作废" in refused.text


def test_the_slip_names_the_body_that_decides_and_its_phone(
    at_counter: tuple[Browser, Actor], session: Session
) -> None:
    browser, _ = at_counter
    page = browser.post_form("/counter", typed(goods="1"))
    found = session.scalars(select(Application)).one()
    assert page.headings[0].strip() == f"受理回执 {found.slip}"
    assert "本页即受理回执" in page.text
    assert "队列。凭受理回执编号打电话" in page.text


def test_a_returned_entry_is_mended_at_the_counter(
    at_counter: tuple[Browser, Actor], session: Session
) -> None:
    browser, _ = at_counter
    browser.post_form("/counter", typed(goods="1"))
    found = session.scalars(select(Application)).one()
    decider = an_officer(session, session.get_one(Body, found.body_id).code)
    take(session, decider, found.id, now=SOON)
    return_(session, decider, found.id, {"plate": "请核对车牌"}, now=SOON)
    assert "请核对车牌" in browser.get(f"/counter/{found.id}").text
    address = f"/counter/{found.id}/mend"
    page = browser.post_form(
        address, {"plate": a_plate(), "document": "identity_card", "document_last4": "1234"}, action=address
    )
    assert "本页即受理回执" in page.text
    session.refresh(found)
    assert found.state == "submitted"


def test_the_register_is_split_by_channel(at_counter: tuple[Browser, Actor], session: Session) -> None:
    browser, _ = at_counter
    browser.post_form("/counter", typed())
    number = session.scalars(select(Pass.number)).one()
    assert number in browser.get("/passes?channel=counter").text
    assert number not in browser.get("/passes?channel=online").text
    assert number in browser.get("/passes?channel=nonsense").text
