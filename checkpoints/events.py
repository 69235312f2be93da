"""Events of the roadside as they come from a device: read, checked one by one, and made comparable."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from checkpoints.quick import read_quickly
from checkpoints.rules import UNREAD, RefusalReason, RoadsideAction, clock_is_off, time_problem
from checkpoints.schemas import ActionEvent, ScanEvent
from foundation.parsing import load
from foundation.problems import DomainProblem, InvalidInput, field_problem
from passes.public import Level, PlateSeen, VerdictCode, parse_plate

_SCHEMAS = {"scan": ScanEvent(), "action": ActionEvent()}
_LEVEL_OF = {VerdictCode.VALID: Level.GREEN, VerdictCode.NO_PASS: Level.BLUE}


@dataclass(frozen=True)
class Scanned:
    """A scan: what the device read and what it showed. `text` is what was read, when there was a code."""

    event_id: UUID
    digest: bytes
    plate: str
    checkpoint: str
    at: datetime
    low: datetime
    high: datetime
    number: str | None
    text: str | None
    level: Level
    verdict: VerdictCode
    reasons: tuple[VerdictCode, ...]
    plate_seen: PlateSeen
    offline: bool
    list_seq: int | None
    sequence: int | None
    flags: tuple[str, ...] = field(default=())
    kind: str = "scan"


@dataclass(frozen=True)
class Acted:
    """An action: what the officer did after a scan, or the undoing of an action."""

    event_id: UUID
    digest: bytes
    plate: str
    checkpoint: str
    at: datetime
    scan_id: UUID
    action: RoadsideAction
    reason: RefusalReason | None
    undoes: UUID | None
    sequence: int | None
    flags: tuple[str, ...] = field(default=())
    kind: str = "action"


def read_event(raw: object, *, at_checkpoint: str | None, now: datetime) -> Scanned | Acted:
    """One event. `at_checkpoint` is where the sender belongs; an event of another checkpoint is marked.

    Raises `InvalidInput` and the `event.*` problems.
    """
    schema = _SCHEMAS.get(str(raw.get("kind"))) if isinstance(raw, Mapping) else None
    if schema is None or not isinstance(raw, Mapping):
        raise InvalidInput(field_problem("kind", "event.kind"))
    loaded = read_quickly(raw) or load(schema, raw)
    loaded["plate"] = _plate(loaded["plate"])
    happened = loaded.pop("scanned_at", None) or loaded.pop("acted_at")
    low, high = loaded.pop("time_low") or happened, loaded.pop("time_high") or happened
    if code := time_problem(low, high, now):
        raise DomainProblem(code)
    flags = _flags(loaded["checkpoint"], at_checkpoint, happened, low, high, now)
    common = {**loaded, "digest": digest_of(raw), "at": happened, "flags": flags}
    return _scan(common, low, high) if loaded["kind"] == "scan" else _action(common)


def digest_of(raw: Mapping[str, Any]) -> bytes:
    """SHA-256 of an event as it was sent, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).digest()


def _plate(written: str) -> str:
    return UNREAD if written == UNREAD else parse_plate(written).text


def _flags(
    checkpoint: str, own: str | None, at: datetime, low: datetime, high: datetime, now: datetime
) -> tuple[str, ...]:
    marks = {
        "clock_off": clock_is_off(at, low, high, now),
        "other_checkpoint": own is not None and own != checkpoint,
    }
    return tuple(name for name, set_ in marks.items() if set_)


def _scan(loaded: dict[str, Any], low: datetime, high: datetime) -> Scanned:
    reasons = tuple(loaded.pop("reasons"))
    verdict, level = loaded["verdict"], loaded["level"]
    expected = _LEVEL_OF.get(verdict)
    if level is not expected and (expected or level in _LEVEL_OF.values()):
        raise InvalidInput(field_problem("level", "event.level_differs"))
    if verdict not in reasons:
        raise InvalidInput(field_problem("reasons", "event.reason_missing"))
    return Scanned(**loaded, reasons=reasons, low=low, high=high)


def _action(loaded: dict[str, Any]) -> Acted:
    if (loaded["action"] is RoadsideAction.UNDONE) != (loaded["undoes"] is not None):
        raise InvalidInput(field_problem("undoes", "action.undoes_missing"))
    return Acted(**loaded)
