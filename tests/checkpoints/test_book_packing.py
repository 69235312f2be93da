"""The format of the pass book: what both suites read, and how small it is."""

import gzip
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

import pytest

from checkpoints.book_packing import DIGITS, LiveTable, columns, packed, planes
from passes.public import LivePass
from seeds.make_book_vectors import BOOK, BUILT_AT, CHECKPOINT, EXPECTED, document, expected_text, passes
from tests.checkpoints.book_reading import read_book
from tests.seeds.test_reference_files import rows as reference

MOST_BYTES_EACH = 20
"""Design of the scanner: 20,000 passes in at most 400 KB, fetched at the roadside by mobile network."""
MANY = 20_000
NOW = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)


def test_the_sample_book_says_what_is_expected_of_it() -> None:
    expected: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    book, found = read_book(BOOK.read_bytes())
    assert found == expected["passes"]
    assert (book["format"], book["checkpoint"], book["n"]) == ("changtong-book/1", CHECKPOINT, 20)
    assert book["built_at"] == expected["built_at"] == BUILT_AT.isoformat()


def test_the_sample_files_are_what_the_maker_makes() -> None:
    kept = json.loads(gzip.decompress(BOOK.read_bytes()))
    assert {name: kept[name] for name in document()} == document(), "run: python -m seeds.make_book_vectors"
    assert EXPECTED.read_text(encoding="utf-8") == expected_text()


def test_a_book_without_passes_can_be_read() -> None:
    book, found = read_book(packed("CP001", NOW, columns(LiveTable(), [])))
    assert (book["n"], found) == (0, [])


def test_a_book_of_some_rows_names_no_area_and_no_road_of_the_others() -> None:
    table = LiveTable()
    kept = [table.add(one) for one in passes()]
    book, found = read_book(packed("CP001", NOW, columns(table, kept[3:4])))
    assert [one["number"] for one in found] == ["220100000001"]
    assert (book["areas"], book["roads"]) == (["110115", "220102"], ["G1"])


def test_the_same_content_packs_into_the_same_bytes() -> None:
    assert packed("CP001", NOW, document()) == packed("CP001", NOW, document())


def test_a_value_that_the_digits_cannot_hold_is_refused_and_not_cut_off() -> None:
    assert planes([0, 59, 60], [60, 60]) == ["001", "0x0"]
    assert DIGITS.index("x") == 59
    with pytest.raises(OverflowError):
        planes([3600], [60, 60])


def test_twenty_thousand_passes_weigh_at_most_400_kilobytes_and_lose_nothing() -> None:
    table, made = LiveTable(), _realistic(MANY)
    content = packed("CP002", NOW, columns(table, [table.add(one) for one in made]))
    _, found = read_book(content)
    assert [(one["number"], one["plate"], one["drivers"]) for one in found] == [
        (one.number, one.plate, list(one.drivers)) for one in made
    ]
    assert len(content) <= MANY * MOST_BYTES_EACH


def _realistic(many: int) -> list[LivePass]:
    """Passes of a week as sixty counties issue them, every fourteenth of which comes through here."""
    dice = random.Random(4)  # noqa: S311 - the same passes every time, nothing secret
    counties = [row["code"] for row in reference("areas") if row["level"] == "county"]
    jilin = [code for code in counties if code[:2] == "22"]
    issued = Counter(dice.choices(jilin, cum_weights=_falling(len(jilin)), k=many))
    made = []
    for area in sorted(issued):
        serial = dice.randint(1, 30_000)
        for minute in sorted(dice.randint(0, 7 * 1440) for _ in range(issued[area])):
            serial += 1 + int(dice.expovariate(1 / 13))
            at = NOW - timedelta(minutes=7 * 1440 - minute)
            made.append(LivePass(number=f"{area}{serial:06d}", **_content(dice, at, jilin, counties)))
    return made


def _content(dice: random.Random, at: datetime, jilin: list[str], counties: list[str]) -> dict[str, Any]:
    """Half of the passes begin at once, half at a whole hour of the next two days; three of four leave the province."""
    leaves, new_energy = dice.random() < 0.75, dice.random() < 0.08
    at_home, other = (
        dice.choices(places, cum_weights=_falling(len(places)))[0]
        for places in (jilin, counties if leaves else jilin)
    )
    whole_hour = at.replace(minute=0) + timedelta(hours=dice.randint(1, 48))
    ends = (at_home, other) if dice.random() < 0.6 else (other, at_home)
    return {
        "revision": int(dice.random() < 0.06),
        "kind": 0 if leaves else 1,
        "sector": dice.choices(range(7), [40, 8, 10, 3, 15, 15, 9])[0],
        "goods": dice.choices(range(49), cum_weights=_falling(49))[0],
        "plate": _plate(dice, 6 if new_energy else 5),
        "colour": 3 if new_energy else dice.choices([1, 0], [75, 25])[0],
        "not_before": at if dice.random() < 0.5 else whole_hour,
        "duration_minutes": dice.choices([24, 48, 72, 120, 168, 720], [8, 10, 45, 15, 15, 7])[0] * 60,
        "origin": ends[0],
        "destination": ends[1],
        "stops": (dice.choice(counties),) if dice.random() < 0.12 else (),
        "roads": tuple(
            dict.fromkeys(["G1"] * (dice.random() < 0.7) + dice.sample(_roads(), dice.randint(1, 3)))
        ),
        "drivers": tuple(
            f"{dice.randint(0, 999):03d}{dice.choice('0123456789X')}"
            for _ in range(dice.choices([1, 2, 3], [60, 35, 5])[0])
        ),
    }


def _plate(dice: random.Random, length: int) -> str:
    tail = "".join(
        dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZ" if dice.random() < 0.22 else "0123456789")
        for _ in range(length)
    )
    return dice.choice("吉吉吉吉吉吉辽辽黑黑冀鲁豫京津蒙苏浙皖") + dice.choice("ABCDEFGHJK") + tail


@cache
def _falling(many: int) -> list[float]:
    """Few places have much of the traffic: weights, each with all before it."""
    return list(accumulate(1 / (place + 1) ** 0.7 for place in range(many)))


@cache
def _roads() -> list[str]:
    return [row["code"] for row in reference("roads")]
