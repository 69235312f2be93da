"""Events of the roadside as they come from a device: read, checked one by one, and made comparable."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from checkpoints.quick import read_quickly
from checkpoints.rules import UNREAD, Means, RefusalReason, RoadsideAction, clock_is_off, time_problem
from checkpoints.schemas import LONGEST_WORD, ActionEvent, ScanEvent, ShiftEvent
from foundation.parsing import load
from foundation.problems import DomainProblem, InvalidInput, field_problem
from passes.public import Level, PlateSeen, VerdictCode, normalise_plate, parse_plate

_SCHEMAS = {"scan": ScanEvent(), "action": ActionEvent(), "shift": ShiftEvent()}
_LEVEL_OF = {VerdictCode.VALID: Level.GREEN, VerdictCode.NO_PASS: Level.BLUE}
REVOKED = "token_revoked"
"""Flag of an event that comes with the token of a device that was revoked since; `token_expired` is the other one."""


@dataclass(frozen=True)
class Sending:
    """What is known of whoever sends events: where it belongs, and whether and when its token ended (aware)."""

    checkpoint: str | None
    ended: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Scanned:
    """A scan: what the device read and what it showed. `text` is what was read, when there was a code.

    `seen_plate` is on the truck when it differs; `uec` (0 to 1), `symbol_version`, `frames` and `read_ms`
    (milliseconds) tell how well the code could be read.
    """

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
    means: Means | None = None
    seen_plate: str | None = None
    uec: float | None = None
    symbol_version: int | None = None
    frames: int | None = None
    read_ms: int | None = None
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


@dataclass(frozen=True)
class HandedOver:
    """A shift handed over: who takes over, and the counts (`ShiftCounts`) of the shift that ends."""

    event_id: UUID
    digest: bytes
    checkpoint: str
    at: datetime
    low: datetime
    high: datetime
    officer: str
    note: str | None
    counts: dict[str, int]
    sequence: int | None
    flags: tuple[str, ...] = field(default=())
    kind: str = "shift"
    plate: str = UNREAD


Event = Scanned | Acted | HandedOver


def read_event(raw: object, sending: Sending, *, now: datetime) -> Event:
    """One event. What was made at another checkpoint or comes with a token that ended is marked.

    Raises `InvalidInput`, the `event.*` problems, and `device.revoked` for what a revoked device went on to record.
    """
    schema = _SCHEMAS.get(str(raw.get("kind"))) if isinstance(raw, Mapping) else None
    if schema is None or not isinstance(raw, Mapping):
        raise InvalidInput(field_problem("kind", "event.kind"))
    loaded = read_quickly(raw) or load(schema, raw)
    happened = loaded.pop("scanned_at", None) or loaded.pop("acted_at", None) or loaded.pop("changed_at")
    low, high = loaded.pop("time_low") or happened, loaded.pop("time_high") or happened
    if code := _time_problem(low, high, sending, now):
        raise DomainProblem(code)
    flags = _flags(loaded["checkpoint"], sending, happened, low, high, now)
    common = {**loaded, "digest": digest_of(raw), "at": happened, "flags": flags}
    return _make(common, low, high)


def digest_of(raw: Mapping[str, Any]) -> bytes:
    """SHA-256 of an event as it was sent, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).digest()


def _time_problem(low: datetime, high: datetime, sending: Sending, now: datetime) -> str | None:
    # A phone may not know yet that it was revoked, so what certainly came after that is all that is refused.
    if sending.ended == REVOKED and sending.ended_at is not None and low >= sending.ended_at:
        return "device.revoked"
    return time_problem(low, high, now)


def _flags(
    checkpoint: str, sending: Sending, at: datetime, low: datetime, high: datetime, now: datetime
) -> tuple[str, ...]:
    marks = {
        "clock_off": clock_is_off(at, low, high, now),
        "other_checkpoint": sending.checkpoint is not None and sending.checkpoint != checkpoint,
    }
    flags = tuple(name for name, set_ in marks.items() if set_)
    return (*flags, sending.ended) if sending.ended else flags


def _make(loaded: dict[str, Any], low: datetime, high: datetime) -> Event:
    if loaded["kind"] == "shift":
        return _handed_over(loaded, low, high)
    written = loaded["plate"]
    loaded["plate"] = UNREAD if written == UNREAD else parse_plate(written).text
    return _scan(loaded, low, high) if loaded["kind"] == "scan" else _action(loaded)


def _scan(loaded: dict[str, Any], low: datetime, high: datetime) -> Scanned:
    reasons = tuple(loaded.pop("reasons"))
    verdict, level = loaded["verdict"], loaded["level"]
    expected = _LEVEL_OF.get(verdict)
    if level is not expected and (expected or level in _LEVEL_OF.values()):
        raise InvalidInput(field_problem("level", "event.level_differs"))
    if verdict not in reasons:
        raise InvalidInput(field_problem("reasons", "event.reason_missing"))
    if loaded["seen_plate"] is not None:
        # Kept even when it is no plate of the usual kind: for what stands on a truck no scan may be lost.
        loaded["seen_plate"] = _writable(normalise_plate(loaded["seen_plate"]))[:LONGEST_WORD] or None
    return Scanned(**loaded, reasons=reasons, low=low, high=high)


def _action(loaded: dict[str, Any]) -> Acted:
    if (loaded["action"] is RoadsideAction.UNDONE) != (loaded["undoes"] is not None):
        raise InvalidInput(field_problem("undoes", "action.undoes_missing"))
    return Acted(**loaded)


def _handed_over(loaded: dict[str, Any], low: datetime, high: datetime) -> HandedOver:
    officer, note = _writable(loaded.pop("officer")).strip(), loaded.pop("note")
    if not officer:
        raise InvalidInput(field_problem("officer", "field.required"))
    written = _writable(note).strip() or None if note else None
    return HandedOver(**loaded, low=low, high=high, officer=officer, note=written)


def _writable(text: str) -> str:
    """Without what no database keeps and no page shows: control characters and halves of surrogate pairs."""
    return "".join(each for each in text if each.isprintable() or each == "\n")
