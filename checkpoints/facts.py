"""Facts for the hotline: a vehicle that may go on was turned back or held, and when that was undone.

Written once for each action, whichever of scan and action arrived first; a tick writes what two uploads that
crossed each other could not see.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from checkpoints.models import RoadsideFact
from checkpoints.rules import RECOGNISED, REFUSALS, RoadsideAction, Standing, consequence, undo_problem
from checkpoints.verdicts import standing
from foundation.base import new_id
from passes.public import VerdictCode, counts_as_no_pass

REFUSAL = "refusal"
"""Kind of the fact that a good, pass-less or as-good-as-pass-less vehicle was turned back or held."""
REFUSAL_UNDONE = "refusal_undone"
LOOK_BACK = timedelta(hours=2)

REFUSED = text(
    "SELECT DISTINCT scan_id FROM action WHERE scan_id = ANY(:scans) AND action IN ('turned_back', 'held')"
)
OF_SCANS = text(
    "SELECT a.event_id, a.scan_id, a.plate, a.checkpoint, a.device_id, a.person_id, a.acted_at, a.action, a.reason, "
    "a.undoes, s.number, s.level, s.verdict, s.server_verdict, s.plate_seen "
    "FROM action AS a JOIN scan_receipt AS r ON r.event_id = a.scan_id AND r.kind = 'scan' "
    "JOIN scan AS s ON s.plate = r.plate AND s.received_at = r.received_at AND s.event_id = r.event_id "
    "WHERE a.scan_id = ANY(:scans)"
)
MISSED = text(
    "SELECT DISTINCT a.scan_id FROM action AS a "
    "WHERE a.action IN ('turned_back', 'held') AND a.received_at > :since "
    "AND NOT EXISTS (SELECT 1 FROM roadside_fact AS f WHERE f.unique_key = a.event_id::text)"
)


def write_facts(session: Session, scans: Iterable[UUID], *, now: datetime) -> int:
    """Write what is missing about these scans; how many facts there are now that were not there before."""
    # Nearly no scan is followed by a refusal: asking that first by index spares the join.
    refused = session.scalars(REFUSED, {"scans": list(scans)}).all()
    if not refused:
        return 0
    rows = session.execute(OF_SCANS, {"scans": list(refused)}).all()
    refusals = {row.event_id: row for row in rows if row.action in REFUSALS and _opens_case(row)}
    if not refusals:
        return 0
    undone = {row.undoes: row for row in rows if _undoes(row, refusals)}
    written = _written(session, refusals)
    facts = [
        _fact(str(event), REFUSAL, row, now)
        for event, row in refusals.items()
        if event not in undone and str(event) not in written
    ]
    # Whoever has read of the refusal must also read that it was undone; nobody needs to read of neither.
    facts += [
        _fact(str(undo.event_id), REFUSAL_UNDONE, refusals[event], now)
        for event, undo in undone.items()
        if str(event) in written
    ]
    return _insert(session, facts)


def write_missed_facts(session: Session, *, now: datetime) -> int:
    """Write the facts of actions whose scan was committed at the same instant by another upload."""
    missed = session.scalars(MISSED, {"since": now - LOOK_BACK}).all()
    return write_facts(session, missed, now=now) if missed else 0


def _opens_case(row: Row[Any]) -> bool:
    """Whether the verdict the officer saw, or the one the server would have given, speaks for the vehicle."""
    action = RoadsideAction(row.action)
    seen = standing(row.level, row.verdict)
    return consequence(seen, action).opens_case or (
        consequence(_server_standing(row.server_verdict), action).opens_case
    )


def _server_standing(code: str | None) -> Standing:
    if code == VerdictCode.VALID:
        return Standing.GOOD
    as_none = code is not None and counts_as_no_pass(VerdictCode(code))
    return Standing.LIKE_NO_PASS if as_none else Standing.NOT_VALID


def _undoes(row: Row[Any], refusals: Mapping[UUID, Row[Any]]) -> bool:
    undone = refusals.get(row.undoes)
    return undone is not None and (
        undo_problem(RoadsideAction(undone.action), undone.acted_at, row.acted_at) is None
    )


def _written(session: Session, refusals: Mapping[UUID, Row[Any]]) -> set[str]:
    keys = [str(event) for event in refusals]
    return set(session.scalars(select(RoadsideFact.unique_key).where(RoadsideFact.unique_key.in_(keys))))


def _fact(key: str, kind: str, row: Row[Any], now: datetime) -> dict[str, Any]:
    subject = {
        "action_id": str(row.event_id),
        "scan_id": str(row.scan_id),
        "plate": row.plate,
        "number": row.number,
        "checkpoint": row.checkpoint,
        "action": row.action,
        "reason": row.reason,
        "recognised": row.reason in RECOGNISED,
        "level": row.level,
        "verdict": row.verdict,
        "server_verdict": row.server_verdict,
        "plate_seen": row.plate_seen,
        "device_id": str(row.device_id) if row.device_id else None,
        "person_id": str(row.person_id) if row.person_id else None,
        "acted_at": row.acted_at.isoformat(),
    }
    return {
        "id": new_id(),
        "unique_key": key,
        "kind": kind,
        "subject": subject,
        "at": now,
        "handled_at": None,
    }


def _insert(session: Session, facts: list[dict[str, Any]]) -> int:
    if not facts:
        return 0
    statement = insert(RoadsideFact).on_conflict_do_nothing().returning(RoadsideFact.id)
    return len(session.scalars(statement, facts).all())
