"""Passes seen where they cannot be: found once, told to every scanner with the next list, kept for command."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission
from checkpoints.models import Scan, Sighting
from checkpoints.service import take_in
from checkpoints.sighting_jobs import look_for_sightings
from checkpoints.sightings import AFTER_THE_END, PAIRS, find_sightings
from foundation import clock
from foundation.jobs import Tick, run_tick
from passes.ledgers import ListKey, PassWatch
from passes.public import Issued, PassAction, PassReason, change_pass, unwatch_pass, watch_pass, watched_until
from passes.signing import key_from_jwk, verify_jws
from passes.status import StatusBook, delta, publish
from passes.watches import drop_ended_watches, watched_numbers
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction, with_keys
from tests.checkpoints.roadside import ELSEWHERE, HERE, a_scan, text_of
from tests.races import race

DEVICE = Actor(ActorKind.DEVICE, uuid4(), frozenset({Permission.SCAN_RECORD}))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEXT_DOOR = "CP012"
"""On the other road at the same border, 4 km from `HERE`; `ELSEWHERE` is 253 km away."""
BEGIN = NOON + HOUR
LATER = NOON + 6 * HOUR


def read(issued: Issued, at: datetime, checkpoint: str = HERE, **changes: Any) -> dict[str, Any]:
    """The code of a pass as a camera read it."""
    shown = {"plate": issued.plate, "number": issued.number, "means": "camera"}
    return a_scan(at, **{"checkpoint": checkpoint, **shown, **changes})


def differs(issued: Issued, at: datetime, checkpoint: str, seen: str) -> dict[str, Any]:
    """The same on a truck with another plate."""
    shown = {"level": "red", "verdict": "plate_mismatch", "reasons": ["plate_mismatch"]}
    return read(issued, at, checkpoint, plate_seen="differs", seen_plate=seen, **shown)


def took(session: Session, *events: dict[str, Any], now: datetime = LATER) -> None:
    outcomes = take_in(session, DEVICE, events, now=now)
    assert [outcome.problem for outcome in outcomes] == [None] * len(events)


def found(session: Session, *events: dict[str, Any], now: datetime = LATER) -> list[str]:
    """The rules that find something in these scans."""
    took(session, *events, now=now)
    find_sightings(session, since=now - MINUTE, now=now)
    return list(session.scalars(select(Sighting.rule).order_by(Sighting.rule)))


@pytest.mark.usefixtures("keys")
class TestTwoPlaces:
    """Faster than the road allows."""

    def test_it_is_found_once_and_stands_in_the_next_delta_until_the_pass_ends(
        self, session: Session
    ) -> None:
        issued = an_issued_pass(session)
        publish(session, now=NOON)
        since = StatusBook().full(session, now=NOON)["seq"]
        first, second = read(issued, BEGIN), read(issued, BEGIN + HOUR, ELSEWHERE)
        assert found(session, first, second) == ["too_fast"]
        for _ in range(3):
            assert find_sightings(session, since=LATER - MINUTE, now=LATER) == 0
        row = session.scalars(select(Sighting)).one()
        assert (str(row.scan_id), row.checkpoint) == (second["event_id"], ELSEWHERE)
        assert (str(row.other_scan_id), row.other_checkpoint) == (first["event_id"], HERE)
        assert row.km == pytest.approx(253, abs=1)
        assert (row.minutes, row.at, row.found_at) == (60, BEGIN + HOUR, LATER)
        for listed in (delta(session, since, now=LATER), StatusBook().full(session, now=LATER)):
            assert listed is not None
            assert listed["watch"] == [issued.number]
        end = NOON + 72 * HOUR
        assert watched_until(session, issued.number, now=LATER) == end
        late = delta(session, since, now=end)
        assert late is not None
        assert late["watch"] == []

    def test_the_order_of_arrival_does_not_matter(self, session: Session) -> None:
        issued = an_issued_pass(session)
        assert found(session, read(issued, BEGIN + HOUR, ELSEWHERE)) == []
        assert found(session, read(issued, BEGIN), now=LATER + 5 * HOUR) == ["too_fast"]

    @pytest.mark.parametrize(
        ("minutes", "checkpoint", "rules"),
        [
            (0, ELSEWHERE, ["too_fast"]),
            (100, ELSEWHERE, ["too_fast"]),
            (110, ELSEWHERE, []),
            (0, NEXT_DOOR, []),
            (3, NEXT_DOOR, []),
            (0, HERE, []),
        ],
    )
    def test_the_limit_is_130_kilometres_an_hour_with_ten_minutes_for_two_clocks(
        self, session: Session, minutes: int, checkpoint: str, rules: list[str]
    ) -> None:
        issued = an_issued_pass(session)
        then = BEGIN + minutes * MINUTE
        assert found(session, read(issued, BEGIN), read(issued, then, checkpoint)) == rules

    @pytest.mark.parametrize(
        "changes",
        [
            {"means": "typed"},
            {"means": "book"},
            {"means": "plate"},
            {"means": None},
            {"number": None},
            {"level": "red", "verdict": "revoked", "reasons": ["revoked"]},
            {"level": "red", "verdict": "bad_signature", "reasons": ["bad_signature"]},
            {"level": "amber", "verdict": "unknown_key", "reasons": ["unknown_key"]},
            {"scanned_at": (BEGIN - timedelta(days=30)).isoformat()},
            {"time_low": (BEGIN - 2 * HOUR).isoformat()},
            {"time_high": (BEGIN + timedelta(days=366)).isoformat()},
        ],
        ids=lambda changes: next(iter(changes)) + str(next(iter(changes.values())))[:6],
    )
    def test_what_was_not_read_or_has_no_certain_time_proves_nothing(
        self, session: Session, changes: dict[str, Any]
    ) -> None:
        issued = an_issued_pass(session)
        span = {"time_low": BEGIN.isoformat(), "time_high": BEGIN.isoformat()}
        doubtful = read(issued, BEGIN, **{**span, **changes})
        assert found(session, doubtful, read(issued, BEGIN + HOUR, ELSEWHERE)) == []

    def test_a_code_that_the_server_knows_to_be_forged_proves_nothing(self, session: Session) -> None:
        issued = an_issued_pass(session)
        forged = text_of(issued)[:-1] + ("1" if text_of(issued)[-1] != "1" else "2")
        assert found(session, read(issued, BEGIN, text=forged), read(issued, BEGIN, ELSEWHERE)) == []

    def test_what_a_revoked_phone_hands_in_proves_nothing(self, session: Session) -> None:
        issued = an_issued_pass(session)
        stolen = replace(DEVICE, ended="token_revoked", ended_at=LATER - HOUR)
        outcomes = take_in(session, stolen, [read(issued, BEGIN)], now=LATER)
        assert [outcome.status for outcome in outcomes] == ["accepted"]
        assert found(session, read(issued, BEGIN + MINUTE, ELSEWHERE)) == []

    def test_a_copy_in_use_is_one_entry_a_day_for_a_pair_of_places(self, session: Session) -> None:
        issued = an_issued_pass(session)
        scans = [read(issued, BEGIN + n * 20 * MINUTE, (HERE, ELSEWHERE)[n % 2]) for n in range(8)]
        assert found(session, *scans) == ["too_fast"]
        tomorrow = LATER + 24 * HOUR
        again = [read(issued, tomorrow, place) for place in (HERE, ELSEWHERE)]
        assert found(session, *again, now=tomorrow) == ["too_fast", "too_fast"]

    def test_a_number_of_another_province_is_told_to_command_and_watched_by_nobody(
        self, session: Session
    ) -> None:
        foreign = replace(an_issued_pass(session), number="330100000001")
        assert found(session, read(foreign, BEGIN), read(foreign, BEGIN, ELSEWHERE)) == ["too_fast"]
        assert watched_numbers(session, now=LATER) == []


@pytest.mark.usefixtures("keys")
class TestTwoPlates:
    """One pass, two trucks."""

    def test_a_plate_that_matches_here_and_differs_there_is_found(self, session: Session) -> None:
        issued = an_issued_pass(session)
        events = read(issued, BEGIN), differs(issued, BEGIN + 4 * HOUR, ELSEWHERE, "辽B77777")
        assert found(session, *events) == ["two_plates"]
        assert watched_numbers(session, now=LATER) == [issued.number]

    def test_two_other_plates_are_found(self, session: Session) -> None:
        issued = an_issued_pass(session)
        events = (
            differs(issued, BEGIN, HERE, "辽B77777"),
            differs(issued, BEGIN + HOUR, HERE, "黑A00001"),
        )
        assert found(session, *events) == ["two_plates"]

    def test_a_correction_at_the_same_place_is_not(self, session: Session) -> None:
        issued = an_issued_pass(session)
        events = (
            differs(issued, BEGIN, HERE, "辽B77771"),
            differs(issued, BEGIN + MINUTE, HERE, "辽B77777"),
            read(issued, BEGIN + 2 * MINUTE),
        )
        assert found(session, *events) == []

    def test_a_day_apart_it_is_not(self, session: Session) -> None:
        issued = an_issued_pass(session)
        later = BEGIN + 25 * HOUR
        events = read(issued, BEGIN), differs(issued, later, ELSEWHERE, "辽B77777")
        assert found(session, *events, now=later) == []


@pytest.mark.usefixtures("keys")
class TestAfterTheEnd:
    """A pass that was given back is shown again."""

    def ended(self, session: Session, reason: PassReason = PassReason.HOLDER_REQUEST) -> Issued:
        issued = an_issued_pass(session)
        change_pass(session, COMMAND_LINE, issued.number, PassAction.SURRENDER, reason=reason, now=BEGIN)
        return issued

    def test_a_surrendered_pass_that_is_read_again_is_found_once_a_day(self, session: Session) -> None:
        issued = self.ended(session)
        red: dict[str, Any] = {"level": "red", "verdict": "surrendered", "reasons": ["surrendered"]}
        events = [read(issued, BEGIN + HOUR, **red), read(issued, BEGIN + 2 * HOUR, ELSEWHERE)]
        assert "after_surrender" in found(session, *events)
        row = session.scalars(select(Sighting).where(Sighting.rule == "after_surrender")).one()
        assert (str(row.scan_id), row.other_scan_id, row.km) == (events[0]["event_id"], None, None)

    def test_before_it_was_given_back_it_was_good(self, session: Session) -> None:
        issued = self.ended(session, PassReason.LOST)
        assert found(session, read(issued, BEGIN - MINUTE), read(issued, BEGIN + 9 * MINUTE)) == []

    @pytest.mark.parametrize(("other_truck", "rules"), [(True, ["after_surrender"]), (False, [])])
    def test_a_replaced_pass_counts_when_another_truck_has_the_new_one(
        self, session: Session, other_truck: bool, rules: list[str]
    ) -> None:
        """A truck that was renewed and still shows its old paper is no second truck."""
        issued = an_issued_pass(session)
        plate = a_plate() if other_truck else issued.plate
        statement = text(
            "UPDATE pass SET state = 'superseded', superseded_by = :next, state_changed_at = :at "
            "WHERE number = :number"
        )
        start = NOON + timedelta(days=10)
        successor = an_issued_pass(session, plate=plate, not_before=start, asked_at=start)
        given = {"next": successor.number, "at": BEGIN, "number": issued.number}
        session.execute(statement, given)
        assert found(session, read(issued, BEGIN + HOUR)) == rules


@pytest.mark.usefixtures("keys")
def test_a_watch_is_the_longest_asked_for_and_ends_by_itself(session: Session) -> None:
    number = an_issued_pass(session).number
    watch_pass(session, number, "too_fast", NOON + 2 * HOUR, now=NOON)
    watch_pass(session, number, "two_plates", NOON + HOUR, now=NOON)
    watch_pass(session, number, "two_plates", NOON - HOUR, now=NOON)
    watch_pass(session, "330100000001", "too_fast", NOON + HOUR, now=NOON)
    assert watched_until(session, number, now=NOON) == NOON + 2 * HOUR
    assert watched_numbers(session, now=NOON + 2 * HOUR) == []
    drop_ended_watches(session, now=NOON + HOUR)
    assert watched_numbers(session, now=NOON) == [number]
    watch_pass(session, number, "two_plates", NOON + 5 * HOUR, now=NOON + 3 * HOUR)
    kept = session.get_one(PassWatch, number)
    session.refresh(kept)
    assert (kept.reason, kept.since) == ("two_plates", NOON + 3 * HOUR)
    unwatch_pass(session, number)
    assert watched_numbers(session, now=NOON + 3 * HOUR) == []


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("hint", [True, False])
def test_the_server_says_seen_elsewhere_of_a_scan_made_while_the_pass_was_watched(
    session: Session, hint: bool
) -> None:
    issued = an_issued_pass(session)
    watch_pass(session, issued.number, "too_fast", NOON + 2 * HOUR, now=BEGIN)
    more: dict[str, Any] = {"text": text_of(issued), **({} if hint else {"number": None, "plate": "?"})}
    scans = [read(issued, at, **more) for at in (BEGIN - MINUTE, BEGIN, BEGIN + HOUR)]
    took(session, *scans)
    verdicts = {row.scanned_at: row.server_verdict for row in session.scalars(select(Scan))}
    assert verdicts == {BEGIN - MINUTE: None, BEGIN: "seen_elsewhere", BEGIN + HOUR: None}


def a_world(clone: Callable[[], Flask]) -> tuple[Flask, Issued]:
    """A database of its own with one pass seen at two places."""
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        issued = an_issued_pass(session)
        took(session, read(issued, BEGIN), read(issued, BEGIN + HOUR, ELSEWHERE))
    return app, issued


def test_two_workers_that_look_at_once_make_one_entry(clone: Callable[[], Flask]) -> None:
    app, issued = a_world(clone)
    look = [lambda session: find_sightings(session, since=LATER - MINUTE, now=LATER)] * 4
    assert sorted(map(str, race(app, list(look)))) == ["0", "0", "0", "1"]
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Sighting)) == 1
        assert watched_numbers(session, now=LATER) == [issued.number]


def test_a_worker_that_was_away_finds_what_arrived_meanwhile_and_then_looks_at_little(
    clone: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = a_world(clone)
    looked: list[datetime] = []

    def look(session: Session, *, since: datetime, now: datetime) -> int:
        looked.append(since)
        return find_sightings(session, since=since, now=now)

    monkeypatch.setattr("checkpoints.sighting_jobs.find_sightings", look)
    times = iter([LATER + 30 * HOUR, LATER + 30 * HOUR + MINUTE])
    monkeypatch.setattr("foundation.jobs.clock.now", lambda: next(times))
    tick = Tick("look", 10, look_for_sightings)
    run_tick(app, tick)
    run_tick(app, tick)
    assert looked == [LATER - 18 * HOUR, LATER + 30 * HOUR - 2 * MINUTE]
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Sighting)) == 1


def test_a_run_that_fails_is_made_up_for_by_the_next(
    clone: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = a_world(clone)
    monkeypatch.setattr("foundation.jobs.clock.now", lambda: LATER)

    def fail(session: Session, now: datetime) -> None:
        look_for_sightings(session, now)
        raise ZeroDivisionError

    run_tick(app, Tick("fail", 10, fail))
    assert app.extensions["checkpoints.sightings"].at is None
    run_tick(app, Tick("look", 10, look_for_sightings))
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Sighting)) == 1


MANY = text(
    """
    INSERT INTO scan (plate, received_at, event_id, number, checkpoint, scanned_at, time_low, time_high, level, verdict,
        reasons, plate_seen, offline, flags, means)
    SELECT '吉A' || lpad((n % 20000)::text, 5, '0'), t, uuidv7(), '2201' || lpad((n % 20000)::text, 8, '0'),
        'CP0' || lpad((1 + n % 40)::text, 2, '0'), t, t, t, 'green', 'valid', '{valid}', 'matches', false, '{}', 'camera'
    FROM (SELECT n, CAST(:now AS timestamptz) - n * interval '500 ms' AS t FROM generate_series(0, :rows - 1) AS n) AS made
    """
)


def test_of_many_scans_a_run_reads_the_newest_by_index(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None]
) -> None:
    app = clone()
    with own_transaction(app) as session:
        now = session.scalars(text("SELECT now()")).one()
        session.execute(MANY, {"now": now, "rows": 60_000})
        name = str(session.scalar(text("SELECT current_database()")))
    as_owner(name, "ANALYZE")
    with own_transaction(app) as session:
        since = {"since": now - 2 * MINUTE, "clocks": 10}
        more = {"within": 24 * HOUR, "oldest": now - timedelta(days=14), "others": 60, "fastest": 130}
        for statement, given in ((PAIRS, {**since, **more}), (AFTER_THE_END, since)):
            explained = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
            plan = session.execute(explained, given).scalar_one()[0]
            assert [node for node in whole_reads(plan["Plan"]) if node.startswith("scan")] == []
            assert plan["Execution Time"] < 1000, json.dumps(plan)


def whole_reads(plan: dict[str, Any]) -> list[str]:
    """The tables of more than a few rows that a plan reads as a whole."""
    own = (
        [str(plan["Relation Name"])]
        if plan["Node Type"] == "Seq Scan"
        and plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) > 1000
        else []
    )
    return own + [name for part in plan.get("Plans", []) for name in whole_reads(part)]


@pytest.mark.usefixtures("keys")
def test_the_public_list_carries_the_watch(client: FlaskClient, session: Session) -> None:
    """Through the address itself: what a phone is given."""
    number = an_issued_pass(session).number
    now = clock.now()
    watch_pass(session, number, "too_fast", now + HOUR, now=now)
    session.commit()
    keys = {row.kid: key_from_jwk(row.jwk) for row in session.query(ListKey) if row.purpose == "status"}
    for query in ("", "?since=0"):
        answer = client.get(f"/.well-known/changtong/status.jws{query}")
        assert json.loads(verify_jws(answer.text, keys))["watch"] == [number]
