"""The rows of scans, actions and hand-overs: what is known of events already, and new ones written in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from checkpoints.events import Acted, Event, HandedOver, Scanned
from checkpoints.models import ShiftChange
from foundation.base import table_of
from foundation.database import psycopg_connection

RECEIPTS = text(
    "SELECT event_id, kind, plate, received_at, content_hash FROM scan_receipt WHERE event_id = ANY(:ids)"
)
TAKE = text(
    "INSERT INTO scan_receipt (event_id, kind, plate, content_hash, received_at) "
    "SELECT e, k, p, h, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:plates AS text[]), "
    "CAST(:hashes AS bytea[])) AS t (e, k, p, h) ON CONFLICT DO NOTHING RETURNING event_id"
)
SCANS = text(
    "SELECT s.event_id, s.level, s.verdict, s.server_verdict, s.checkpoint "
    "FROM unnest(CAST(:plates AS text[]), CAST(:times AS timestamptz[]), CAST(:ids AS uuid[])) AS w (p, t, e) "
    "JOIN scan AS s ON s.plate = w.p AND s.received_at = w.t AND s.event_id = w.e"
)
ACTIONS = text(
    "SELECT a.event_id, a.scan_id, a.action, a.acted_at "
    "FROM unnest(CAST(:plates AS text[]), CAST(:times AS timestamptz[]), CAST(:ids AS uuid[])) AS w (p, t, e) "
    "JOIN action AS a ON a.plate = w.p AND a.received_at = w.t AND a.event_id = w.e"
)
SCAN_COLUMNS = (
    "plate, received_at, event_id, number, checkpoint, device_id, person_id, scanned_at, time_low, time_high, "
    "level, verdict, reasons, server_verdict, plate_seen, offline, list_seq, sequence, flags, means, seen_plate, uec, "
    "symbol_version, frames, read_ms"
)
ACTION_COLUMNS = (
    "plate, received_at, event_id, scan_id, checkpoint, device_id, person_id, acted_at, action, reason, undoes, "
    "sequence, flags"
)


@dataclass(frozen=True)
class Receipt:
    """Where an event is kept, and the digest of its content."""

    kind: str
    plate: str
    received_at: datetime
    digest: bytes


@dataclass(frozen=True)
class Sender:
    """Who sent events: a device or a person, never both."""

    device_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True)
class KnownScan:
    """The verdict of a scan that has arrived."""

    level: str
    verdict: str


@dataclass(frozen=True)
class KnownAction:
    """An action that has arrived; `at` by its device's clock."""

    scan_id: UUID
    action: str
    at: datetime


def receipts_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, Receipt]:
    """The receipts there are of these events."""
    rows = session.execute(RECEIPTS, {"ids": list(ids)})
    return {
        row.event_id: Receipt(row.kind, row.plate, row.received_at, bytes(row.content_hash)) for row in rows
    }


def scans_of(session: Session, receipts: Mapping[UUID, Receipt]) -> dict[UUID, KnownScan]:
    """The verdicts of the scans among the receipts."""
    found = _places(receipts, "scan")
    rows = session.execute(SCANS, found) if found["ids"] else ()
    return {row.event_id: KnownScan(row.level, row.verdict) for row in rows}


def actions_of(session: Session, receipts: Mapping[UUID, Receipt]) -> dict[UUID, KnownAction]:
    """The actions among the receipts."""
    found = _places(receipts, "action")
    rows = session.execute(ACTIONS, found) if found["ids"] else ()
    return {row.event_id: KnownAction(row.scan_id, row.action, row.acted_at) for row in rows}


def _places(receipts: Mapping[UUID, Receipt], kind: str) -> dict[str, list[object]]:
    """The full keys of rows, so that each is found in its own partition."""
    wanted = [(event, receipt) for event, receipt in receipts.items() if receipt.kind == kind]
    return {
        "ids": [event for event, _ in wanted],
        "plates": [receipt.plate for _, receipt in wanted],
        "times": [receipt.received_at for _, receipt in wanted],
    }


def take(session: Session, events: Sequence[Event], *, now: datetime) -> set[UUID]:
    """Claim the events: the ids this transaction now owns. Another upload of the same event is waited for."""
    # All uploads claim in the same order, so two that hold each other's events cannot wait for each other.
    ordered = sorted(events, key=lambda event: event.event_id.int)
    if not ordered:
        return set()
    given = {
        "ids": [event.event_id for event in ordered],
        "kinds": [event.kind for event in ordered],
        "plates": [event.plate for event in ordered],
        "hashes": [event.digest for event in ordered],
        "now": now,
    }
    return set(session.scalars(TAKE, given))


def write_scans(
    session: Session,
    scans: Sequence[tuple[Scanned, str | None]],
    sender: Sender,
    *,
    now: datetime,
) -> None:
    """Write scans, each with the server's verdict where it differs."""
    rows = (_scan_row(scan, server_verdict, sender, now) for scan, server_verdict in scans)
    _copy(session, "scan", SCAN_COLUMNS, rows)


def _scan_row(scan: Scanned, server_verdict: str | None, sender: Sender, now: datetime) -> tuple[object, ...]:
    return (
        scan.plate,
        now,
        scan.event_id,
        scan.number,
        scan.checkpoint,
        sender.device_id,
        sender.person_id,
        scan.at,
        scan.low,
        scan.high,
        scan.level.value,
        scan.verdict.value,
        [reason.value for reason in scan.reasons],
        server_verdict,
        scan.plate_seen.value,
        scan.offline,
        scan.list_seq,
        scan.sequence,
        list(scan.flags),
        scan.means.value if scan.means else None,
        scan.seen_plate,
        scan.uec,
        scan.symbol_version,
        scan.frames,
        scan.read_ms,
    )


def write_actions(session: Session, actions: Sequence[Acted], sender: Sender, *, now: datetime) -> None:
    """Write actions."""
    rows = (
        (
            action.plate,
            now,
            action.event_id,
            action.scan_id,
            action.checkpoint,
            sender.device_id,
            sender.person_id,
            action.at,
            action.action.value,
            action.reason.value if action.reason else None,
            action.undoes,
            action.sequence,
            list(action.flags),
        )
        for action in actions
    )
    _copy(session, "action", ACTION_COLUMNS, rows)


def write_hand_overs(
    session: Session, hand_overs: Sequence[HandedOver], sender: Sender, *, now: datetime
) -> None:
    """Write hand-overs of shifts."""
    rows = [
        {
            "event_id": one.event_id,
            "checkpoint": one.checkpoint,
            "device_id": sender.device_id,
            "person_id": sender.person_id,
            "changed_at": one.at,
            "time_low": one.low,
            "time_high": one.high,
            "officer": one.officer,
            "note": one.note,
            "counts": one.counts,
            "sequence": one.sequence,
            "received_at": now,
            "flags": list(one.flags),
        }
        for one in hand_overs
    ]
    session.execute(insert(table_of(ShiftChange)), rows)


def _copy(session: Session, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """COPY takes a thousand rows in a few milliseconds, inside the session's transaction."""
    with (
        psycopg_connection(session).cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy,
    ):
        for row in rows:
            copy.write_row(row)
