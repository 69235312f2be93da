"""The quick way to read an event: thousands a second arrive, and nearly all of them are as they should be.

An event that is not exactly so comes back as None and takes the long way through its schema, which accepts it or
says what is wrong. What both ways accept they read alike; a test holds them to it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from checkpoints.rules import Means, RefusalReason, RoadsideAction
from checkpoints.schemas import (
    LARGEST_INT,
    LARGEST_SYMBOL,
    LONGEST_TEXT,
    LONGEST_WORD,
    YEARS,
    ActionEvent,
    ScanEvent,
)
from passes.public import Level, PlateSeen, VerdictCode

_NUMBER: Final = re.compile(r"[0-9]{12}")
_FIELDS: Final = {
    "scan": frozenset(ScanEvent._declared_fields),
    "action": frozenset(ActionEvent._declared_fields),
}
_LEVELS: Final = {str(one): one for one in Level}
_CODES: Final = {str(one): one for one in VerdictCode}
_SEEN: Final = {str(one): one for one in PlateSeen}
_ACTIONS: Final = {str(one): one for one in RoadsideAction}
_REASONS: Final = {str(one): one for one in RefusalReason}
_MEANS: Final = {str(one): one for one in Means}
_MOST_REASONS: Final = 24
_NOT_TOLD: Final[dict[str, Any]] = dict.fromkeys(
    ("means", "seen_plate", "uec", "symbol_version", "frames", "read_ms")
)
"""How a read was, of an event that says nothing of it."""


class _NotPlain(Exception):  # noqa: N818 - says that the long way is needed, not that something is wrong
    """The event is not exactly as it should be."""


def read_quickly(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The event as its schema would load it, or None when the schema must be asked."""
    kind = raw.get("kind")
    try:
        if not raw.keys() <= _FIELDS[kind]:  # type: ignore[index]  # a kind that is no text is no key either
            return None
        return _scan(raw) if kind == "scan" else _action(raw)
    except (_NotPlain, KeyError, TypeError, ValueError, AttributeError):
        return None


def _common(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": raw["kind"],
        "event_id": _uuid(raw["event_id"]),
        "plate": _word(raw["plate"]),
        "checkpoint": _word(raw["checkpoint"]),
        "time_low": _maybe(_moment, raw.get("time_low")),
        "time_high": _maybe(_moment, raw.get("time_high")),
        "sequence": _maybe(_count, raw.get("sequence")),
    }


def _scan(raw: Mapping[str, Any]) -> dict[str, Any]:
    reasons = raw["reasons"]
    if (
        type(reasons) is not list
        or not 1 <= len(reasons) <= _MOST_REASONS
        or type(raw["offline"]) is not bool
    ):
        raise _NotPlain
    return {
        **_common(raw),
        "scanned_at": _moment(raw["scanned_at"]),
        "number": _maybe(_number, raw.get("number")),
        "text": _maybe(_text, raw.get("text")),
        "level": _LEVELS[raw["level"]],
        "verdict": _CODES[raw["verdict"]],
        "reasons": [_CODES[code] for code in reasons],
        "plate_seen": _SEEN[raw["plate_seen"]],
        "offline": raw["offline"],
        "list_seq": _maybe(_count, raw.get("list_seq")),
        **(_NOT_TOLD if raw.keys().isdisjoint(_NOT_TOLD) else _told_of_read(raw)),
    }


def _told_of_read(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "means": _maybe(_MEANS.__getitem__, raw.get("means")),
        "seen_plate": _maybe(_word, raw.get("seen_plate")),
        "uec": _maybe(_share, raw.get("uec")),
        "symbol_version": _maybe(_version, raw.get("symbol_version")),
        "frames": _maybe(_count, raw.get("frames")),
        "read_ms": _maybe(_count, raw.get("read_ms")),
    }


def _action(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_common(raw),
        "acted_at": _moment(raw["acted_at"]),
        "scan_id": _uuid(raw["scan_id"]),
        "action": _ACTIONS[raw["action"]],
        "reason": _maybe(_REASONS.__getitem__, raw.get("reason")),
        "undoes": _maybe(_uuid, raw.get("undoes")),
    }


def _maybe(read: Callable[[Any], Any], value: object) -> Any:
    return None if value is None else read(value)


def _uuid(value: Any) -> UUID:
    return UUID(value)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or moment.year not in YEARS:
        raise _NotPlain
    return moment.astimezone(UTC)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_INT:
        raise _NotPlain
    return value


def _version(value: object) -> int:
    version = _count(value)
    if version > LARGEST_SYMBOL:
        raise _NotPlain
    return version


def _share(value: object) -> float:
    # A whole number is what JSON makes of a code that was read without any error.
    if type(value) not in {float, int} or not 0 <= value <= 1:  # type: ignore[operator]  # a number by its type
        raise _NotPlain
    return float(value)  # type: ignore[arg-type]  # as above


def _word(value: object) -> str:
    if type(value) is not str or not 1 <= len(value) <= LONGEST_WORD:
        raise _NotPlain
    return value


def _text(value: object) -> str:
    if type(value) is not str or not 1 <= len(value) <= LONGEST_TEXT:
        raise _NotPlain
    return value


def _number(value: str) -> str:
    if _NUMBER.fullmatch(value) is None:
        raise _NotPlain
    return value
