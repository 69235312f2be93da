"""Verdicts on many readings at once, for uploads: two reads for the lot, no arithmetic for codes we know by heart.

The bytes of a code of ours are compared with the bytes we once signed: equal means a good signature. Whatever
differs from them goes the long way through `passes.judging`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from passes.credential import CredentialError, parse_text
from passes.judging import SERVER_READS, judge_text
from passes.ledgers import SigningKey
from passes.rules import Facts, KeyState, PassState, Place, PlateSeen, SignatureState, Verdict, judge
from passes.rules.moves import STATUS_OF


@dataclass(frozen=True)
class Reading:
    """One reading of a code. `number` and `plate` are what the device made of it: hints where to look, no more.

    `at` is the aware time to judge for.
    """

    text: str
    number: str | None
    plate: str
    at: datetime
    place: Place | None
    plate_seen: PlateSeen


@dataclass(frozen=True)
class _Written:
    """What a revision says, as the judge reads it."""

    revision: int
    origin: str
    destination: str
    stops: tuple[str, ...]
    roads: tuple[str, ...]
    not_before: datetime
    not_after: datetime


KNOWN = text(
    "SELECT p.plate, p.number, p.state, r.revision, r.key, r.origin, r.destination, r.stops, r.roads, r.not_before, "
    "r.duration_minutes, r.payload, r.signature, watch.since AS watched_since, watch.until AS watched_until "
    "FROM unnest(CAST(:plates AS text[]), CAST(:numbers AS bpchar[])) AS wanted (plate, number) "
    "JOIN pass AS p ON p.plate = wanted.plate AND p.number = wanted.number "
    "JOIN pass_revision AS r ON r.plate = p.plate AND r.number = p.number AND r.revision = p.revision "
    "LEFT JOIN pass_watch AS watch ON watch.number = p.number"
)
"""Two arrays instead of two thousand parameters: the statement stays the same for every size of upload."""

_Known = Mapping[tuple[str, str | None], Row[Any]]
_Keys = Mapping[tuple[str, int], KeyState]


def judge_readings(session: Session, readings: Sequence[Reading]) -> list[Verdict]:
    """A verdict for each reading with what is known now, in the same order."""
    known = _known(session, {(reading.plate, reading.number) for reading in readings if reading.number})
    keys = _key_states(session, {row.number[:6] for row in known.values()})
    return [_judge_one(session, reading, known, keys) for reading in readings]


def _known(session: Session, wanted: set[tuple[str, str | None]]) -> _Known:
    if not wanted:
        return {}
    pairs = sorted(wanted, key=str)
    rows = session.execute(
        KNOWN, {"plates": [plate for plate, _ in pairs], "numbers": [number for _, number in pairs]}
    )
    return {(row.plate, row.number): row for row in rows}


def _key_states(session: Session, areas: set[str]) -> _Keys:
    if not areas:
        return {}
    rows = session.execute(
        select(SigningKey.area, SigningKey.key, SigningKey.state).where(SigningKey.area.in_(sorted(areas)))
    )
    return {(row.area, row.key): KeyState(row.state) for row in rows}


def _judge_one(session: Session, reading: Reading, known: _Known, keys: _Keys) -> Verdict:
    row = known.get((reading.plate, reading.number))
    if row is None or not _is_the_signed_code(reading.text, row):
        return judge_text(
            session, reading.text, now=reading.at, place=reading.place, plate_seen=reading.plate_seen
        ).verdict
    facts = Facts(
        low=reading.at,
        high=reading.at,
        trust_age=timedelta(),
        list_age=timedelta(),
        status=STATUS_OF[PassState(row.state)],
        current_revision=row.revision,
        key_state=keys.get((row.number[:6], row.key), KeyState.UNKNOWN),
        area_is_ours=True,
        seen_elsewhere=_is_watched(row, reading.at),
        checkpoint=reading.place,
        plate_seen=reading.plate_seen,
        reads=SERVER_READS,
    )
    return judge(_written(row), SignatureState.GOOD, facts)


def _is_watched(row: Row[Any], at: datetime) -> bool:
    return row.watched_since is not None and row.watched_since <= at < row.watched_until


def _is_the_signed_code(read: str, row: Row[Any]) -> bool:
    try:
        scanned = parse_text(read)
    except CredentialError:
        return False
    return (scanned.payload, scanned.signature) == (row.payload, row.signature)


def _written(row: Row[Any]) -> _Written:
    return _Written(
        revision=row.revision,
        origin=row.origin,
        destination=row.destination,
        stops=tuple(row.stops),
        roads=tuple(row.roads),
        not_before=row.not_before,
        not_after=row.not_before + timedelta(minutes=row.duration_minutes),
    )
