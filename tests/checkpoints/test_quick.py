"""The quick way and the long way read an event alike, and what is not exactly right always takes the long way."""

from datetime import timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from checkpoints.quick import read_quickly
from checkpoints.schemas import ActionEvent, ScanEvent
from tests.builders import NOON
from tests.checkpoints.roadside import a_blue_scan, a_scan, an_action, an_undo

SHANGHAI = timezone(timedelta(hours=8))
SCAN = a_scan(NOON)
ACTION = an_action(NOON, SCAN, "held", reason="fever")
FULL = a_scan(
    NOON.astimezone(SHANGHAI),
    number="220100000001",
    text="https://ct.example.cn/p/1",
    time_low="2022-04-16T04:00:00Z",
    time_high="2022-04-16T04:00:00.25+00:00",
    list_seq=0,
    sequence=2**31 - 1,
    reasons=["valid", "seen_elsewhere"],
)
READ = {"means": "camera", "uec": 0.62, "symbol_version": 9, "frames": 3, "read_ms": 24}


@pytest.mark.parametrize(
    "event",
    [
        SCAN,
        FULL,
        a_blue_scan(NOON, plate="?"),
        {**SCAN, "number": None, "text": None},
        {**FULL, **READ},
        {**SCAN, **READ, "uec": 1, "symbol_version": 40, "seen_plate": "京A 12345", "means": "picture"},
        {**SCAN, **READ, "uec": 0, "symbol_version": 0, "frames": 0, "read_ms": 0},
        {**SCAN, **dict.fromkeys((*READ, "seen_plate"))},
    ],
)
def test_a_good_scan_is_read_alike(event: dict[str, Any]) -> None:
    assert read_quickly(event) == ScanEvent().load(event)


@pytest.mark.parametrize("event", [ACTION, an_action(NOON, SCAN, "passed"), an_undo(NOON, ACTION)])
def test_a_good_action_is_read_alike(event: dict[str, Any]) -> None:
    assert read_quickly(event) == ActionEvent().load(event)


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "blue"},
        {"kind": "photo"},
        {"kind": ["scan"]},
        {"event_id": 7},
        {"event_id": None},
        {"plate": ""},
        {"plate": "x" * 33},
        {"plate": 7},
        {"number": 220100000001},
        {"number": "22010000000１"},
        {"text": "x" * 601},
        {"text": ""},
        {"level": ["green"]},
        {"reasons": []},
        {"reasons": "valid"},
        {"reasons": [["valid"]]},
        {"offline": "no"},
        {"offline": 0},
        {"list_seq": -1},
        {"list_seq": True},
        {"list_seq": 2**31},
        {"list_seq": 1.0},
        {"scanned_at": "2022-04-16T12:00:00"},
        {"scanned_at": 1650081600},
        {"time_low": "yesterday"},
        {"means": "telescope"},
        {"means": ["camera"]},
        {"seen_plate": ""},
        {"seen_plate": 7},
        {"seen_plate": "x" * 33},
        {"uec": 1.01},
        {"uec": -0.5},
        {"uec": float("nan")},
        {"uec": True},
        {"uec": "0.5"},
        {"symbol_version": 41},
        {"symbol_version": 7.0},
        {"frames": -1},
        {"read_ms": 24.5},
    ],
)
def test_anything_odd_takes_the_long_way(changes: dict[str, Any]) -> None:
    assert read_quickly({**SCAN, **changes}) is None


@pytest.mark.parametrize("name", sorted(SCAN))
def test_a_missing_field_takes_the_long_way(name: str) -> None:
    assert read_quickly({key: value for key, value in SCAN.items() if key != name}) is None


def test_an_action_with_a_field_of_a_scan_takes_the_long_way() -> None:
    assert read_quickly({**ACTION, "level": "green"}) is None
    assert read_quickly({**ACTION, "scan_id": str(uuid4()), "reason": "none"}) is None
