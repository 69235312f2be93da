"""Writing an event: in the function that changes something, in the same transaction."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPending
from foundation.base import new_id, table_of

_EVENT = table_of(AuditEvent)
ADD_EVENT = insert(_EVENT)
ADD_PENDING = insert(table_of(AuditPending))
_ADDED = ADD_EVENT.values({column.name: bindparam(column.name) for column in _EVENT.c})
# Nearly every request that changes something writes one event: one statement for it and its place in the queue.
ADD_ONE = insert(table_of(AuditPending)).from_select(
    ["event_id"], select(_ADDED.returning(_EVENT.c.id).cte("added").c.id)
)
TAG = re.compile(r"[a-z_]+:[a-z_]+")


class Acting(Protocol):
    """What the audit needs to know of the acting party."""

    @property
    def kind(self) -> Any:
        """Person, device, token, command line or system."""

    @property
    def id(self) -> UUID | None:
        """Its row, where it has one."""


def content_hash(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of the event as canonical JSON (sorted keys, no spaces, UTF-8); `at` is ISO 8601 in UTC."""
    plain = {**content, "id": str(content["id"]), "at": content["at"].astimezone(UTC).isoformat()}
    plain["actor_id"] = str(content["actor_id"]) if content["actor_id"] else None
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def record(
    session: Session,
    actor: Acting,
    tag: str,
    subject_kind: str,
    subject_id: object,
    *,
    now: datetime,
    from_state: str | None = None,
    to_state: str | None = None,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> UUID:
    """Record one deed and return the id of its event.

    `tag` is `thing:deed`. `facts` are plain JSON values and never personal data: ids, codes and numbers only.
    Raises `ValueError` for a tag that is none.
    """
    event = _event(actor, tag, subject_kind, subject_id, facts, now)
    event |= {"from_state": from_state, "to_state": to_state, "reason": reason}
    session.execute(ADD_ONE, _hashed(event))
    return UUID(str(event["id"]))


def record_many(
    session: Session,
    actor: Acting,
    tag: str,
    subject_kind: str,
    subjects: Sequence[tuple[object, Mapping[str, Any] | None]],
    *,
    now: datetime,
    from_state: str | None = None,
    to_state: str | None = None,
) -> None:
    """Record the same deed of many subjects, each with its own facts, in two statements; see `record`."""
    moved = {"from_state": from_state, "to_state": to_state, "reason": None}
    events = [
        _hashed(_event(actor, tag, subject_kind, subject, facts, now) | moved) for subject, facts in subjects
    ]
    if events:
        session.execute(ADD_EVENT, events)
        session.execute(ADD_PENDING, [{"event_id": event["id"]} for event in events])


def _event(
    actor: Acting,
    tag: str,
    subject_kind: str,
    subject_id: object,
    facts: Mapping[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    if not TAG.fullmatch(tag):
        raise ValueError(f"not a tag: {tag!r}")
    return {
        "id": new_id(),
        "at": now,
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "tag": tag,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "facts": dict(facts or {}),
    }


def _hashed(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "content_hash": content_hash(event)}
