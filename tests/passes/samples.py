"""Credentials for tests: an ordinary one, the largest, and any that the format can hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from passes.credential import EPOCH, Credential

ORDINARY: dict[str, Any] = {
    "key": 7,
    "area": "220000",
    "serial": 20416,
    "sector": 5,
    "kind": 0,
    "revision": 1,
    "plate": "吉A12345",
    "plate_colour": 1,
    "origin": "220102",
    "destination": "110115",
    "roads": ("G1", "G102", "S206"),
    "goods": 3,
    "not_before": datetime(2022, 4, 9, tzinfo=UTC),
    "duration_minutes": 4320,
    "drivers": ("123X",),
}


def a_credential(**changed: Any) -> Credential:
    """An ordinary credential, but for what is given."""
    return Credential(**ORDINARY | changed)


def the_largest(**changed: Any) -> Credential:
    """Three stops, seven roads, three drivers, every number as high as it goes."""
    most: dict[str, Any] = {
        "key": 255,
        "area": "999999",
        "serial": 999_999,
        "sector": 31,
        "kind": 7,
        "revision": 15,
        "plate": "使急急急急急急急",
        "plate_colour": 5,
        "origin": "999999",
        "destination": "999999",
        "stops": ("999999",) * 3,
        "roads": ("C9999",) * 7,
        "goods": 63,
        "not_before": EPOCH + timedelta(minutes=2**24 - 1),
        "duration_minutes": 2**17 - 1,
        "drivers": ("999X",) * 3,
    }
    return Credential(**most | changed)


COUNTIES = st.from_regex(r"[0-9]{6}", fullmatch=True)

CREDENTIALS = st.builds(
    Credential,
    key=st.integers(0, 255),
    area=COUNTIES,
    serial=st.integers(0, 999_999),
    sector=st.integers(0, 31),
    kind=st.integers(0, 7),
    revision=st.integers(0, 15),
    plate=st.from_regex(
        r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使][0-9A-Z挂学警港澳使领应急]{6,7}",
        fullmatch=True,
    ),
    plate_colour=st.integers(0, 5),
    origin=COUNTIES,
    destination=COUNTIES,
    stops=st.lists(COUNTIES, max_size=3).map(tuple),
    roads=st.lists(st.from_regex(r"[GSXYC][0-9]{1,4}", fullmatch=True), max_size=7).map(tuple),
    goods=st.integers(0, 63),
    not_before=st.integers(0, 2**24 - 1).map(lambda minutes: EPOCH + timedelta(minutes=minutes)),
    duration_minutes=st.integers(0, 2**17 - 1),
    drivers=st.lists(st.from_regex(r"[0-9]{3}[0-9X]", fullmatch=True), max_size=3).map(tuple),
)
"""Everything that version 1 can hold."""
