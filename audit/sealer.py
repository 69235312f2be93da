"""The chain: sealing what has committed, walking it, and signing its head."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPending, AuditSeal
from audit.record import content_hash
from foundation.database import advisory_lock

GENESIS = bytes(32)
BATCH = 1000
CONTENT = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.actor_kind,
    AuditEvent.actor_id,
    AuditEvent.tag,
    AuditEvent.subject_kind,
    AuditEvent.subject_id,
    AuditEvent.from_state,
    AuditEvent.to_state,
    AuditEvent.reason,
    AuditEvent.facts,
)


@dataclass(frozen=True)
class ChainReport:
    """What a walk found: how many events the chain holds, its head, and the first break if there is one."""

    length: int
    head: bytes
    broken_at: int | None = None
    what: str | None = None


def link(previous: bytes, content: bytes) -> bytes:
    """The hash of a seal: SHA-256(previous ‖ content hash)."""
    return hashlib.sha256(previous + content).digest()


def seal_pending(session: Session, *, now: datetime) -> int:
    """Append a seal for up to `BATCH` committed events and return how many; one sealer at a time."""
    advisory_lock(session, "audit.seal")
    pending = session.execute(
        select(AuditEvent.id, AuditEvent.content_hash)
        .join(AuditPending, AuditPending.event_id == AuditEvent.id)
        .order_by(AuditEvent.id)
        .limit(BATCH)
    ).all()
    if not pending:
        return 0
    position, previous = chain_head(session)
    seals = []
    for event_id, content in pending:
        position, hashed = position + 1, link(previous, content)
        seals.append(_seal(position, event_id, previous, hashed, now))
        previous = hashed
    session.execute(insert(AuditSeal), seals)
    session.execute(delete(AuditPending).where(AuditPending.event_id.in_([row.id for row in pending])))
    return len(seals)


def _seal(position: int, event_id: UUID, previous: bytes, hashed: bytes, now: datetime) -> dict[str, Any]:
    return {
        "position": position,
        "event_id": event_id,
        "previous": previous,
        "hash": hashed,
        "sealed_at": now,
    }


def chain_head(session: Session) -> tuple[int, bytes]:
    """Position and hash of the newest seal; (0, 32 zero bytes) when there is none."""
    newest = session.execute(
        select(AuditSeal.position, AuditSeal.hash).order_by(AuditSeal.position.desc()).limit(1)
    ).one_or_none()
    return (newest.position, newest.hash) if newest else (0, GENESIS)


def verify_chain(session: Session) -> ChainReport:
    """Walk the whole chain, recompute every hash from the rows, and name the first break."""
    position, previous = 0, GENESIS
    with closing(_sealed_events(session)) as rows:
        for row in rows:
            position += 1
            what = _fault(row, position, previous)
            if what:
                return ChainReport(position - 1, previous, row.position, what)
            previous = row.hash
    missing = _unsealed_for_good(session)
    if missing:
        return ChainReport(
            position, previous, position + 1, f"{missing} events are neither sealed nor pending"
        )
    return ChainReport(position, previous)


def _sealed_events(session: Session) -> Generator[Row[Any], None, None]:
    statement = (
        select(AuditSeal.position, AuditSeal.previous, AuditSeal.hash, AuditEvent.content_hash, *CONTENT)
        .join(AuditEvent, AuditEvent.id == AuditSeal.event_id, isouter=True)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=BATCH)
    )
    with session.execute(statement) as rows:
        yield from rows


def _fault(row: Row[Any], position: int, previous: bytes) -> str | None:
    content = {column.key: getattr(row, column.key) for column in CONTENT}
    checks = (
        (row.position == position, "a seal is missing"),
        (row.previous == previous, "the seal does not follow the one before it"),
        (row.id is not None, "the event is gone"),
        (row.id is None or content_hash(content) == row.content_hash, "the event was changed"),
        (row.id is None or link(previous, row.content_hash) == row.hash, "the seal was changed"),
    )
    return next((what for holds, what in checks if not holds), None)


def _unsealed_for_good(session: Session) -> int:
    sealed = select(AuditSeal.event_id)
    pending = select(AuditPending.event_id)
    statement = (
        select(func.count())
        .select_from(AuditEvent)
        .where(AuditEvent.id.not_in(sealed), AuditEvent.id.not_in(pending))
    )
    return session.scalar(statement) or 0
