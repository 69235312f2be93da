"""Batches: what is told of rows, mending them, accepting, and everything once however often it is asked for."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Permission
from audit.public import AuditEvent
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound
from passes.batch_models import Batch, BatchReview, BatchRow
from passes.batch_queries import batch_counts, owner_of
from passes.models import Application
from passes.rules.batches import BATCH_MOVES, BatchAction, BatchState, Ride, open_batch_actions, twins
from passes.service.batch_rows import leave_out, mark_of, mend_row, replace_all
from passes.service.batches import accept, discard, own_batch, send_file, send_rows
from passes.service.drafting import withdraw
from passes.workshop import workshop
from tests.builders import NOON, a_plate, some_tools, with_keys
from tests.passes.applying import a_firm, an_applicant, an_application, an_owner_driver
from tests.passes.batching import a_batch, a_row, accepted, codes, read_to_end, rows_of
from tests.passes.signed_in import a_pass_of
from tests.passes.test_sheets import counted

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


@pytest.fixture
def firm(session: Session) -> Actor:
    """Somebody of a firm."""
    return an_applicant(session)


def made(session: Session, batch: Batch) -> list[Application]:
    found = select(Application).where(Application.batch_id == batch.id).order_by(Application.plate)
    return list(session.scalars(found))


def test_good_rows_become_applications_and_bad_ones_stay_behind(session: Session, firm: Actor) -> None:
    plates = sorted(a_plate() for _ in range(3))
    rows = [a_row(plate=plate) for plate in plates] + [a_row(goods="黄金"), a_row(hours=None)]
    batch = a_batch(session, firm, rows)
    assert (batch.state, batch.rows, batch.read_rows) == ("ready", 5, 5)
    assert codes(rows_of(session, batch)[4]) == [("goods", "goods.unknown")]
    assert codes(rows_of(session, batch)[5]) == [("hours", "field.required")]
    accepted(session, firm, batch)
    applications = made(session, batch)
    assert [one.plate for one in applications] == plates
    assert {(one.state, one.channel, one.firm_id, one.origin, one.kind) for one in applications} == {
        ("submitted", "online", firm.firm_id, "220102", 0)
    }
    assert all(one.submitted_at == NOON and one.body_id and one.area == "220102" for one in applications)
    counts = batch_counts(session, batch.id)
    assert (counts.accepted, counts.bad, counts.good) == (3, 2, 0)
    assert batch.accepted_at == NOON
    (review,) = session.scalars(select(BatchReview).where(BatchReview.batch_id == batch.id))
    assert (review.total, review.body_id) == (3, applications[0].body_id)
    events = select(AuditEvent.subject_id).where(AuditEvent.tag == "application:submit")
    assert {str(one.id) for one in applications} <= set(session.scalars(events))


def test_the_same_rows_sent_again_are_the_batch_there_is(session: Session, firm: Actor) -> None:
    rows = [a_row()]
    first = a_batch(session, firm, rows)
    assert send_rows(session, firm, rows, key="other", now=LATER).id == first.id
    assert send_rows(session, an_applicant(session), rows, key="k", now=LATER).id != first.id
    discard(session, firm, first.id, now=LATER)
    assert send_rows(session, firm, rows, key="k", now=LATER).id != first.id


def test_a_colleague_reaches_the_batch_of_the_firm_and_a_stranger_does_not(session: Session) -> None:
    firm = a_firm(session)
    batch = a_batch(session, an_applicant(session, firm), [a_row()])
    assert own_batch(session, an_applicant(session, firm), batch.id) == batch
    for stranger in (an_applicant(session), an_owner_driver(session)):
        with pytest.raises(NotFound):
            own_batch(session, stranger, batch.id)
        with pytest.raises(NotFound):
            accept(session, stranger, batch.id, batch.version, now=NOON)
        with pytest.raises(NotFound):
            discard(session, stranger, batch.id, now=NOON)


def test_a_person_without_a_firm_and_a_program_of_a_firm_send_batches(session: Session) -> None:
    driver = an_owner_driver(session)
    (mine,) = made(session, accepted(session, driver, a_batch(session, driver, [a_row()])))
    assert (mine.person_id, mine.firm_id) == (driver.id, None)
    firm = a_firm(session)
    rights = frozenset({Permission.APPLICATION_APPLY})
    token = Actor(ActorKind.FIRM_TOKEN, an_owner_driver(session).id, rights, firm_id=firm.id)
    (theirs,) = made(session, accepted(session, token, a_batch(session, token, [a_row()])))
    assert (theirs.person_id, theirs.firm_id, theirs.holder_name) == (None, firm.id, firm.name)
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        send_rows(
            session, Actor(ActorKind.FIRM_TOKEN, token.id, firm_id=firm.id), [a_row()], key="k", now=NOON
        )


def test_one_vehicle_twice_at_the_same_time_is_named_on_both_rows(session: Session, firm: Actor) -> None:
    plate = a_plate()
    rows = [
        a_row(plate=plate),
        a_row(),
        a_row(plate=f"{plate[:2]}·{plate[2:].lower()}"),
        a_row(plate=plate, not_before="2022-05-01 08:00"),
    ]
    batch = a_batch(session, firm, rows)
    found = rows_of(session, batch)
    assert {position: row.state for position, row in found.items()} == {
        1: "bad",
        2: "good",
        3: "bad",
        4: "good",
    }
    assert found[1].problems[0]["facts"] == {"rows": [3]}
    assert found[3].problems[0]["facts"] == {"rows": [1]}
    leave_out(session, firm, batch.id, 3, some_tools(session).catalogue, now=NOON)
    assert rows_of(session, batch)[1].state == "good"
    leave_out(session, firm, batch.id, 3, some_tools(session).catalogue, now=NOON, out=False)
    assert {rows_of(session, batch)[1].state, rows_of(session, batch)[3].state} == {"bad"}


def test_every_row_that_meets_another_is_in_some_pair() -> None:
    rides = [
        Ride(position, "A", NOON + timedelta(hours=position), NOON + timedelta(hours=position + length))
        for position, length in enumerate((100, 1, 1, 1, 1, 1, 1, 1, 2, 1), start=1)
    ]
    found = twins([*rides, Ride(50, "B", None, None), Ride(51, "C", NOON, NOON)])
    assert set(found) == set(range(1, 11))
    assert found[10] == (1, 9)
    assert twins([Ride(1, "A", NOON, NOON), Ride(2, "A", NOON, NOON + timedelta(hours=1))]) == {}
    assert set(twins([Ride(1, "A", None, None), Ride(2, "A", NOON, LATER)])) == {1, 2}


@pytest.mark.usefixtures("_keys")
def test_own_passes_are_named_with_the_number_and_those_of_others_without(
    session: Session, firm: Actor
) -> None:
    own, foreign = a_plate(), a_plate()
    number = a_pass_of(session, firm, plate=own).number
    a_pass_of(session, an_applicant(session), plate=foreign)
    batch = a_batch(session, firm, [a_row(plate=own), a_row(plate=foreign)])
    first, second = rows_of(session, batch).values()
    assert first.problems == [
        {"field": "replaces", "code": "application.has_pass", "facts": {"number": number}}
    ]
    assert (second.state, second.problems) == ("good", [])
    assert [told["code"] for told in second.repairs] == ["batch.held_elsewhere"]
    assert "number" not in second.repairs[0]["facts"]
    assert batch_counts(session, batch.id).replaceable == 1
    assert replace_all(session, firm, batch.id, batch.version, now=NOON) == 1
    applications = {one.plate: one.replaces for one in made(session, accepted(session, firm, batch))}
    assert applications == {own: number, foreign: None}


def test_a_route_that_needs_no_pass_or_that_nobody_decides_is_told(session: Session, firm: Actor) -> None:
    rows = [a_row(destination="北京市大兴区", origin="天津市武清区"), a_row(area="北京市大兴区")]
    batch = a_batch(session, firm, rows)
    first, second = rows_of(session, batch).values()
    assert ("destination", "batch.not_needed") in codes(first)
    assert second.state == "good", "an end of the route decides where the named county cannot"


def test_what_was_sent_before_is_left_out_and_what_waits_is_named(session: Session, firm: Actor) -> None:
    row, changed, other = a_row(), a_row(), a_row()
    accepted(session, firm, a_batch(session, firm, [row, changed]))
    batch = a_batch(session, firm, [row, {**changed, "hours": "48"}, other])
    states = {position: found.state for position, found in rows_of(session, batch).items()}
    assert states == {1: "left_out", 2: "bad", 3: "good"}
    assert codes(rows_of(session, batch)[1]) == [("plate", "batch.already_sent")]
    assert codes(rows_of(session, batch)[2]) == [("plate", "batch.open_application")]
    assert [one.plate for one in made(session, accepted(session, firm, batch))] == [other["plate"]]
    taken_back = leave_out(session, firm, batch.id, 1, some_tools(session).catalogue, now=NOON, out=False)
    assert taken_back.state == "bad"


def test_what_came_to_nothing_may_be_sent_again(session: Session, firm: Actor) -> None:
    row = a_row()
    (sent,) = made(session, accepted(session, firm, a_batch(session, firm, [row])))
    withdraw(session, firm, sent.id, now=NOON)
    again = a_batch(session, firm, [row, a_row()])
    assert {found.state for found in rows_of(session, again).values()} == {"good"}


def test_an_application_of_somebody_else_stands_in_nobodys_way(session: Session, firm: Actor) -> None:
    other = an_application(session, an_applicant(session))
    batch = a_batch(session, firm, [a_row(plate=other.plate)])
    assert batch_counts(session, batch.id).good == 1


def test_a_mended_row_is_checked_at_once_and_with_it_the_rows_of_its_vehicle(
    session: Session, firm: Actor
) -> None:
    plate, known = a_plate(), some_tools(session).catalogue
    batch = a_batch(session, firm, [a_row(plate=plate), a_row(plate=plate), a_row(goods="黄金")])
    seen, version = rows_of(session, batch)[2], batch.version
    mark = mark_of(seen)
    row = mend_row(session, firm, batch.id, 2, a_row(plate=a_plate()), known, now=NOON, seen=mark)
    assert {row.state, rows_of(session, batch)[1].state} == {"good"}
    assert batch.version > version
    with pytest.raises(DomainProblem, match=r"edit\.conflict"):
        mend_row(session, firm, batch.id, 2, a_row(), known, now=NOON, seen=mark)
    with pytest.raises(NotFound):
        mend_row(session, firm, batch.id, 99, a_row(), known, now=NOON)
    still = mend_row(session, firm, batch.id, 3, a_row(plate="吉AO1234"), known, now=NOON)
    assert codes(still) == [("plate", "plate.letter_o_or_i")]


def lost(session: Session, firm: Actor, *fields: str, **changes: Any) -> BatchRow:
    """A row of two drivers with cells of the file that could not be read."""
    drivers = [{"name": "李四", "last4": "123X"}, {"name": "王五", "last4": "0012"}]
    batch = a_batch(session, firm, [a_row(drivers=drivers, **changes)])
    row = rows_of(session, batch)[1]
    told = {"code": "cell.digits_lost", "facts": {"was": "1.39E+10"}, "of_file": True}
    row.problems, row.state = [{**told, "field": field} for field in fields], "bad"
    session.flush()
    return row


def mended(session: Session, firm: Actor, row: BatchRow, **changes: Any) -> list[tuple[str, str]]:
    """What is wrong after a form was sent that changes so much."""
    known = some_tools(session).catalogue
    return codes(mend_row(session, firm, row.batch_id, 1, {**row.plain, **changes}, known, now=NOON))


def test_what_the_file_lost_stays_told_until_somebody_types_it(session: Session, firm: Actor) -> None:
    row = lost(session, firm, "drivers.1.phone", "goods_words")
    first, second = row.plain["drivers"]
    given = [{**first, "name": "李思"}, second]
    assert mended(session, firm, row, drivers=given, hours="24") == [
        ("drivers.1.phone", "cell.digits_lost"),
        ("goods_words", "cell.digits_lost"),
    ]
    given = [first, {**second, "phone": "13900000000"}]
    assert mended(session, firm, row, drivers=given) == [("goods_words", "cell.digits_lost")]
    assert mended(session, firm, row, drivers=given, goods_words="玉米") == []
    assert row.state == "good"


def test_what_was_lost_of_a_driver_goes_with_him(session: Session, firm: Actor) -> None:
    row = lost(session, firm, "drivers.1.phone")
    first, second = row.plain["drivers"]
    assert mended(session, firm, row, drivers=[second]) == [("drivers.0.phone", "cell.digits_lost")]
    again = lost(session, firm, "drivers.1.phone")
    assert mended(session, firm, again, drivers=[first]) == []


def test_only_what_was_seen_is_accepted(session: Session, firm: Actor) -> None:
    batch = a_batch(session, firm, [a_row(), a_row()])
    seen = batch.version
    leave_out(session, firm, batch.id, 2, some_tools(session).catalogue, now=NOON)
    with pytest.raises(DomainProblem, match=r"edit\.conflict"):
        accept(session, firm, batch.id, seen, now=NOON)
    accepted(session, firm, batch)
    assert len(made(session, batch)) == 1


def test_a_batch_without_a_good_row_is_not_accepted(session: Session, firm: Actor) -> None:
    batch = a_batch(session, firm, [a_row(goods="黄金")])
    with pytest.raises(DomainProblem, match=r"batch\.nothing_good"):
        accept(session, firm, batch.id, batch.version, now=NOON)


def test_rows_left_behind_are_mended_and_sent_after_the_rest(session: Session, firm: Actor) -> None:
    batch = a_batch(session, firm, [a_row(), a_row(goods="黄金")])
    accepted(session, firm, batch)
    review = session.scalars(select(BatchReview).where(BatchReview.batch_id == batch.id)).one()
    review.finished_at = NOON
    mend_row(session, firm, batch.id, 2, a_row(), some_tools(session).catalogue, now=LATER)
    with pytest.raises(NotAllowed):
        mend_row(session, firm, batch.id, 1, a_row(), some_tools(session).catalogue, now=LATER)
    with pytest.raises(NotAllowed):
        discard(session, firm, batch.id, now=LATER)
    accepted(session, firm, batch, now=LATER)
    assert len(made(session, batch)) == 2
    session.refresh(review)
    assert (review.total, review.submitted_at) == (2, NOON)
    assert not review.finished_at


@pytest.mark.usefixtures("_keys")
def test_rows_are_checked_once_more_when_they_are_accepted(session: Session, firm: Actor) -> None:
    plate = a_plate()
    batch = a_batch(session, firm, [a_row(plate=plate), a_row()])
    a_pass_of(session, firm, plate=plate)
    late = NOON + timedelta(hours=2)
    accepted(session, firm, batch, now=late)
    assert [row.state for row in rows_of(session, batch).values()] == ["bad", "accepted"]
    next_day = a_batch(session, firm, [a_row(), a_row()], key="late")
    accepted(session, firm, next_day, now=NOON + timedelta(days=1))
    assert codes(rows_of(session, next_day)[1]) == [("not_before", "period.in_the_past")]
    assert (next_day.state, made(session, next_day)) == ("accepted", [])


def test_a_corrected_file_takes_the_place_of_the_batch_it_corrects(session: Session, firm: Actor) -> None:
    earlier = a_batch(session, firm, [a_row(), a_row(goods="黄金")])
    later = send_rows(session, firm, [a_row(), a_row()], key="k", now=LATER)
    later.facts = {**later.facts, "replaces": str(earlier.id)}
    assert earlier.state == "ready"
    read_to_end(session, later)
    session.refresh(earlier)
    assert (later.state, earlier.state) == ("ready", "discarded")
    with pytest.raises(NotFound):
        send_file(session, an_applicant(session), b"x", "a.csv", now=NOON, replaces=later.id)


def test_a_discarded_batch_is_not_read_on(session: Session, firm: Actor) -> None:
    batch = send_rows(session, firm, [a_row()], key="k", now=NOON)
    discard(session, firm, batch.id, now=NOON)
    read_to_end(session, batch)
    assert (batch.state, rows_of(session, batch)) == ("discarded", {})


def test_nothing_is_no_file_and_too_much_is_refused(session: Session, firm: Actor) -> None:
    with pytest.raises(InvalidInput):
        send_file(session, firm, b"", "", now=NOON)
    with pytest.raises(DomainProblem, match=r"batch\.too_large"):
        send_file(session, firm, bytes(10 * 2**20 + 1), "a.xlsx", now=NOON)
    with pytest.raises(DomainProblem, match=r"batch\.empty"):
        send_rows(session, firm, [], key="k", now=NOON)
    with pytest.raises(DomainProblem, match=r"batch\.too_many_rows"):
        send_rows(session, firm, [{}] * 5001, key="k", now=NOON)


def test_rows_of_any_shape_are_read_without_a_stumble(session: Session, firm: Actor) -> None:
    odd: list[dict[str, Any]] = [
        {"plate": ["吉A12345"], "hours": {"a": 1}, "stops": "长春", "drivers": "李四"},
        {"plate": 12345, "goods": None, "roads": [1, {"x": []}], "drivers": [None, 3]},
        {"plate": "\0\ud800", "not_before": "2022-13-45", "hours": "9" * 5000, "unknown": 1},
        {},
    ]
    batch = a_batch(session, firm, odd)
    assert {row.state for row in rows_of(session, batch).values()} == {"bad"}
    assert batch.state == "ready"


def test_checking_asks_the_database_as_often_for_many_rows_as_for_one(session: Session, firm: Actor) -> None:
    def asked(count: int) -> int:
        batch = send_rows(session, firm, [a_row() for _ in range(count)], key="k", now=NOON)
        with counted(session) as statements:
            read_to_end(session, batch)
        return len([one for one in statements if one.startswith("SELECT")])

    few, many = asked(2), asked(60)
    assert many == few


def test_the_table_of_moves_leads_from_every_state_to_an_end() -> None:
    assert {state for state, _ in BATCH_MOVES} == set(BatchState) - {
        BatchState.UNREADABLE,
        BatchState.DISCARDED,
    }
    assert open_batch_actions("ready", {"application:apply"}) == {
        BatchAction.MEND,
        BatchAction.ACCEPT,
        BatchAction.DISCARD,
    }
    assert open_batch_actions("ready", set()) == frozenset()


def test_a_batch_of_a_firm_owns_nothing_of_its_sender_alone(session: Session, firm: Actor) -> None:
    batch = a_batch(session, firm, [a_row()])
    assert (owner_of(batch).firm_id, owner_of(batch).permissions) == (firm.firm_id, frozenset())
    assert session.scalar(select(func.count()).select_from(BatchRow)) == 1
