"""Applying: drafts, one form one application, everything wrong at once, the regime, other passes of the vehicle."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from foundation.problems import DomainProblem, InvalidInput, NotFound
from passes.application_queries import applicant_page, expected_wait, needed
from passes.catalogue_models import Regime
from passes.models import Application
from passes.public import PassAction, PassReason, change_pass, workshop
from passes.schemas import read_application
from passes.service.drafting import asked_period, hand_in, save_draft, submit, withdraw
from passes.service.reviewing import issue, return_, take
from tests.builders import NOON, a_body, a_plate, an_issued_pass, own_transaction, some_tools, with_keys
from tests.passes.applying import (
    a_firm,
    an_applicant,
    an_application,
    an_officer,
    an_owner_driver,
    asked,
    in_review,
)
from tests.races import race


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def codes(refused: pytest.ExceptionInfo[InvalidInput]) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in refused.value.errors}


def test_a_submitted_application_knows_kind_body_slip_and_holder(session: Session) -> None:
    firm = a_firm(session)
    applicant = an_applicant(session, firm)
    found = an_application(session, applicant)
    assert (found.state, found.kind, found.holder_name) == ("submitted", 0, firm.name)
    assert found.body_id == a_body(session, "changchun-nanguan-commerce").id
    assert (found.area, found.submitted_at) == ("220102", NOON)
    assert found.slip.startswith("20220416-")
    assert len(found.slip) == 15


def test_a_trip_within_the_province_goes_to_the_control_group(session: Session) -> None:
    found = an_application(session, an_owner_driver(session), destination="220202", roads=[])
    assert found.kind == 1
    assert found.body_id == a_body(session, "changchun-nanguan-control").id


def test_the_county_the_applicant_names_decides_before_the_ends_of_the_route(session: Session) -> None:
    found = an_application(session, an_applicant(session), area="220202")
    assert found.area == "220202"
    assert found.body_id != a_body(session, "changchun-nanguan-commerce").id


def test_a_route_that_only_ends_here_is_decided_where_it_ends(session: Session) -> None:
    found = an_application(session, an_applicant(session), origin="110115", destination="220102")
    assert found.body_id == a_body(session, "changchun-nanguan-commerce").id


def test_a_draft_keeps_what_is_there_and_can_be_handed_in_later(session: Session) -> None:
    applicant, token = an_applicant(session), uuid4()
    draft = save_draft(session, applicant, token, {"plate": "吉A1", "origin": "220102"}, now=NOON)
    assert (draft.state, draft.plate, draft.destination) == ("draft", "吉A1", None)
    known = some_tools(session).catalogue
    with pytest.raises(InvalidInput) as refused:
        submit(session, applicant, draft.id, known, now=NOON)
    missing = {"plate_colour", "goods", "destination", "not_before", "hours", "contact_phone"}
    assert {(name, "field.required") for name in missing} | {("plate", "plate.length")} == codes(refused)
    again = hand_in(session, applicant, token, asked(), known, now=NOON, version=draft.version)
    assert (again.id, again.state) == (draft.id, "submitted")


def test_everything_wrong_is_told_at_once_with_what_could_not_be_read(session: Session) -> None:
    known = some_tools(session).catalogue
    values, unread = read_application(
        {
            "plate": "吉AO1234",
            "plate_colour": "blue",
            "origin": "火星",
            "destination": "110115",
            "goods": "12",
            "hours": "abc",
            "not_before": "2022-04-16T12:00",
            "drivers": [{"name": "李四", "last4": "12"}],
            "contact_phone": "１３８００００００００",
        },
        known,
    )
    with pytest.raises(InvalidInput) as refused:
        hand_in(session, an_applicant(session), uuid4(), values, known, now=NOON, unread=unread)
    assert codes(refused) == {
        ("plate", "plate.letter_o_or_i"),
        ("origin", "area.unknown"),
        ("hours", "field.invalid"),
        ("drivers.0.last4", "driver.last4"),
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"hours": 0}, "hours", "period.backwards"),
        ({"hours": -5}, "hours", "period.backwards"),
        ({"hours": 721}, "hours", "period.too_long"),
        ({"destination": "220202", "hours": 169, "roads": []}, "hours", "period.too_long"),
        ({"not_before": NOON - timedelta(hours=4)}, "not_before", "period.in_the_past"),
        ({"not_before": NOON + timedelta(days=31)}, "not_before", "period.too_far_ahead"),
        ({"plate": "吉AO1234"}, "plate", "plate.letter_o_or_i"),
        ({"plate": "吉A1234挂"}, "plate", "plate.trailer"),
        ({"plate_colour": 2}, "plate_colour", "plate.colour"),
        ({"plate_colour": None}, "plate_colour", "field.required"),
        ({"roads": ["G99999"]}, "roads.0", "road.unknown"),
        ({"drivers": [{"name": "", "phone": "", "last4": "1234"}]}, "drivers.0.name", "field.required"),
        ({"contact_phone": None}, "contact_phone", "field.required"),
    ],
)
def test_bad_content_is_refused_with_field_and_code(
    session: Session, changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_application(session, an_applicant(session), **changes)
    assert codes(refused) == {(field, code)}


@pytest.mark.parametrize(
    ("plain", "read"),
    [
        ({"plate": "吉Ａ１２３４５"}, {"plate": "吉A12345"}),
        ({"plate": " 吉a·12345 "}, {"plate": "吉A12345"}),
        ({"hours": "７２"}, {"hours": 72}),
        ({"roads": ["g１", "G1 京哈高速", "京哈高速"]}, {"roads": ["G1", "G1", "G1"]}),
        ({"origin": "长春市南关区"}, {"origin": "220102"}),
        ({"origin": "南关区"}, {"origin": "220102"}),
        ({"origin": "２２０１０２"}, {"origin": "220102"}),
        ({"destination": "北京市大兴区"}, {"destination": "110115"}),
        ({"not_before": "2022-04-16T12:00"}, {"not_before": NOON}),
        ({"not_before": "2022-04-16T05:00+01:00"}, {"not_before": NOON}),
        ({"contact_phone": "0431-8509 7301"}, {"contact_phone": "043185097301"}),
        ({"contact_phone": "138 0000 0000"}, {"contact_phone": "13800000000"}),
        ({"goods_words": "两吨\x00\u200b鸡蛋"}, {"goods_words": "两吨鸡蛋"}),
        ({"goods": "eggs_dairy"}, {"goods": 12}),
        ({"plate_colour": "yellow"}, {"plate_colour": 1}),
        (
            {"drivers": [{"name": "李四", "last4": "11010119900307123x"}]},
            {"drivers": [{"name": "李四", "phone": "", "last4": "123X"}]},
        ),
    ],
)
def test_what_is_meant_is_read(session: Session, plain: dict[str, Any], read: dict[str, Any]) -> None:
    assert read_application(plain, some_tools(session).catalogue) == (read, ())


@pytest.mark.parametrize(
    ("plain", "field", "code"),
    [
        ({"origin": "火星"}, "origin", "area.unknown"),
        ({"origin": "朝阳区"}, "origin", "area.ambiguous"),
        ({"origin": "220100"}, "origin", "area.unknown"),
        ({"origin": "长" * 20_000}, "origin", "area.unknown"),
        ({"plate": "吉" * 20_000}, "plate", "text.too_long"),
        ({"goods_words": "长" * 20_000}, "goods_words", "text.too_long"),
        ({"hours": "9" * 5_000}, "hours", "number.range"),
        ({"hours": "1.5"}, "hours", "field.invalid"),
        ({"not_before": "16/04/2022"}, "not_before", "application.time"),
        ({"not_before": "0001-01-01T00:00"}, "not_before", "application.time"),
        ({"roads": ["G1"] * 1000}, "roads", "list.too_long"),
        ({"stops": "220102"}, "stops", "field.invalid"),
        ({"stops": ["220103", "220104", "220105", "220106"]}, "stops", "stops.too_many"),
        ({"roads": ["G1"] * 8}, "roads", "roads.too_many"),
        ({"drivers": ["李四"]}, "drivers.0", "field.invalid"),
        ({"contact_phone": "打给老王"}, "contact_phone", "phone.format"),
        ({"goods": "金条"}, "goods", "goods.unknown"),
        ({"plate_colour": "pink"}, "plate_colour", "choice.unknown"),
        ({"surprise": "1"}, "surprise", "field.unknown"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(
    session: Session, plain: dict[str, Any], field: str, code: str
) -> None:
    sent = {"goods_words": "鸡蛋", **plain}
    values, unread = read_application(sent, known(session))
    assert [(problem.field, problem.code) for problem in unread] == [(field, code)]
    assert "goods_words" in plain or values["goods_words"] == "鸡蛋"


def known(session: Session) -> Any:
    return some_tools(session).catalogue


_TEXT = st.text(max_size=30)
_ANYTHING = st.one_of(
    _TEXT, st.lists(_TEXT, max_size=4), st.dictionaries(_TEXT, _TEXT, max_size=3), st.integers()
)
_NAMES = st.sampled_from(
    [
        "plate",
        "plate_colour",
        "goods",
        "goods_words",
        "origin",
        "stops",
        "roads",
        "hours",
        "not_before",
        "drivers",
    ]
)


@given(plain=st.dictionaries(_NAMES | _TEXT, _ANYTHING, max_size=6))
def test_reading_never_fails_whatever_is_sent(app: Flask, plain: dict[str, Any]) -> None:
    with app.app_context():
        catalogue = _catalogue_of(app)
    values, unread = read_application(plain, catalogue)
    assert set(values) <= set(plain)
    assert all(problem.code for problem in unread)


def _catalogue_of(app: Flask) -> Any:
    cache = app.extensions["passes"].catalogues
    if cache._found is None:
        with own_transaction(app) as session:
            cache.get(session, now=NOON)
    return cache._found


def test_the_same_form_sent_again_is_the_same_application(session: Session) -> None:
    applicant, token, values, catalogue = an_applicant(session), uuid4(), asked(), known(session)
    first = hand_in(session, applicant, token, values, catalogue, now=NOON, version=1)
    second = hand_in(session, applicant, token, values, catalogue, now=NOON, version=1)
    assert first.id == second.id
    assert first.version == 2
    assert session.scalar(select(func.count()).select_from(Application)) == 1


def test_a_double_click_on_two_connections_makes_one_application(clone: Callable[[], Flask]) -> None:
    app, token, values = clone(), uuid4(), asked()
    with own_transaction(app) as session:
        applicant = an_applicant(session)
        catalogue = known(session)
    results = race(
        app, [lambda s: hand_in(s, applicant, token, values, catalogue, now=NOON, version=1).id] * 4
    )
    assert len(set(results)) == 1
    with own_transaction(app) as session:
        assert session.scalars(select(Application.state)).all() == ["submitted"]


def test_a_waiting_application_can_be_changed_and_keeps_its_place(session: Session) -> None:
    applicant, token, values = an_applicant(session), uuid4(), asked()
    found = hand_in(session, applicant, token, values, known(session), now=NOON)
    later = NOON + timedelta(minutes=30)
    changed = {**values, "hours": 48}
    hand_in(session, applicant, token, changed, known(session), now=later, version=found.version)
    assert (found.hours, found.submitted_at, found.version) == (48, NOON, 3)
    with pytest.raises(DomainProblem, match="edit.conflict"):
        hand_in(session, applicant, token, values, known(session), now=later, version=2)


def test_changing_what_an_officer_has_taken_is_a_conflict(session: Session) -> None:
    applicant, token, values = an_applicant(session), uuid4(), asked()
    found = hand_in(session, applicant, token, values, known(session), now=NOON)
    seen = found.version
    take(session, an_officer(session), found.id, now=NOON)
    with pytest.raises(DomainProblem, match="edit.conflict"):
        hand_in(session, applicant, token, {**values, "hours": 1}, known(session), now=NOON, version=seen)
    with pytest.raises(DomainProblem, match="edit.conflict"):
        save_draft(session, applicant, token, {"hours": 1}, now=NOON, version=seen)
    assert found.hours == 72


def test_a_returned_application_keeps_its_place_when_it_comes_back(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    return_(session, officer, found.id, {"hours": "太长"}, now=NOON + timedelta(hours=1))
    submit(session, applicant, found.id, known(session), now=NOON + timedelta(minutes=50))
    assert (found.state, found.submitted_at, found.taken_by, found.lease_until) == (
        "submitted",
        NOON,
        None,
        None,
    )


@pytest.mark.parametrize("deed", ["save", "hand_in", "submit", "withdraw"])
def test_somebody_elses_application_is_not_found(session: Session, deed: str) -> None:
    owner, stranger, token = an_applicant(session), an_owner_driver(session), uuid4()
    found = save_draft(session, owner, token, asked(), now=NOON)
    deeds: dict[str, Callable[[], object]] = {
        "save": lambda: save_draft(session, stranger, token, asked(), now=NOON),
        "hand_in": lambda: hand_in(session, stranger, token, asked(), known(session), now=NOON),
        "submit": lambda: submit(session, stranger, found.id, known(session), now=NOON),
        "withdraw": lambda: withdraw(session, stranger, found.id, now=NOON),
    }
    with pytest.raises(NotFound):
        deeds[deed]()
    assert found.state == "draft"


def test_an_application_is_its_firms_and_no_longer_its_persons(session: Session) -> None:
    """Who leaves a firm loses its applications; a colleague has them."""
    firm = a_firm(session)
    author, colleague = an_applicant(session, firm), an_applicant(session, firm)
    found = an_application(session, author)
    left = Actor(author.kind, author.id, author.permissions, author.roles)
    with pytest.raises(NotFound):
        withdraw(session, left, found.id, now=NOON)
    assert withdraw(session, colleague, found.id, now=NOON).state == "withdrawn"


def test_where_neither_end_asks_for_a_pass_submitting_is_refused(session: Session) -> None:
    session.execute(delete(Regime))
    applicant = an_applicant(session)
    with pytest.raises(DomainProblem, match="regime.not_needed"):
        an_application(session, applicant)


def test_one_end_that_asks_for_a_pass_is_enough(session: Session) -> None:
    catalogue = known(session)
    period = asked_period(an_application(session, an_applicant(session)), NOON)
    # Jilin and Fujian ask for it on that day, Beijing and Shanghai do not.
    assert needed(session, catalogue, "220102", "110115", period)
    assert needed(session, catalogue, "110115", "220102", period)
    assert not needed(session, catalogue, "110115", "310115", period)


def test_an_own_pass_of_the_vehicle_must_be_replaced_on_purpose(session: Session, keys: None) -> None:
    del keys
    applicant, officer, plate = an_applicant(session), an_officer(session), a_plate()
    first = issue(
        session,
        officer,
        in_review(session, applicant, officer, plate=plate).id,
        some_tools(session),
        now=NOON,
    )
    with pytest.raises(InvalidInput) as refused:
        an_application(session, applicant, plate=plate)
    assert codes(refused) == {("replaces", "application.has_pass")}
    assert refused.value.errors[0].facts["number"] == first.number
    second = an_application(session, applicant, plate=plate, replaces=True)
    assert second.replaces == first.number
    after = an_application(session, applicant, plate=plate, not_before=NOON + timedelta(hours=72))
    assert after.replaces is None


def test_a_pass_of_somebody_else_cannot_be_replaced_nor_is_it_named(session: Session, keys: None) -> None:
    del keys
    plate = a_plate()
    an_issued_pass(session, plate=plate)
    found = an_application(session, an_applicant(session), plate=plate, replaces=True)
    assert (found.state, found.replaces) == ("submitted", None)


def test_a_surrendered_pass_is_in_nobodys_way(session: Session, keys: None) -> None:
    del keys
    applicant, officer, plate = an_applicant(session), an_officer(session), a_plate()
    first = issue(
        session,
        officer,
        in_review(session, applicant, officer, plate=plate).id,
        some_tools(session),
        now=NOON,
    )
    change_pass(session, applicant, first.number, PassAction.SURRENDER, reason=PassReason.LOST, now=NOON)
    assert an_application(session, applicant, plate=plate).state == "submitted"


def test_the_expected_time_is_the_median_of_the_last_decisions(session: Session, keys: None) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    assert officer.body_id is not None
    assert expected_wait(session, officer.body_id) is None
    for minutes in (5, 12, 600):
        found = in_review(session, applicant, officer)
        issue(session, officer, found.id, some_tools(session), now=NOON + timedelta(minutes=minutes))
    assert expected_wait(session, officer.body_id) == timedelta(minutes=12)


def test_an_applicant_sees_the_own_newest_first_page_by_page(session: Session) -> None:
    firm = a_firm(session)
    applicant, colleague, stranger = (
        an_applicant(session, firm),
        an_applicant(session, firm),
        an_owner_driver(session),
    )
    made = [an_application(session, who).id for who in (applicant, colleague, applicant)]
    an_application(session, stranger)
    first = [row.id for row in applicant_page(session, applicant, limit=2)]
    assert first == made[::-1]
    rest = applicant_page(session, applicant, before=first[1], limit=2)
    assert [row.id for row in rest] == [made[0]]
