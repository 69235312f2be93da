"""Writing an event: in the function that changes something, in the same transaction."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPending
from foundation.base import new_id, table_of

ADD_EVENT = insert(table_of(AuditEvent))
ADD_PENDING = insert(table_of(AuditPending))
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
    if not TAG.fullmatch(tag):
        raise ValueError(f"not a tag: {tag!r}")
    content: dict[str, Any] = {
        "id": new_id(),
        "at": now,
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "tag": tag,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "from_state": from_state,
        "to_state": to_state,
        "reason": reason,
        "facts": dict(facts or {}),
    }
    session.execute(ADD_EVENT, {**content, "content_hash": content_hash(content)})
    session.execute(ADD_PENDING, {"event_id": content["id"]})
    return UUID(str(content["id"]))
