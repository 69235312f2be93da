"""A pass book as a phone reads it: written from the page docs/rooms/checkpoints.md, not from the code that packs."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
PREFIXES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ挂学警港澳使领应急"
RADICES = {"start": [60, 60, 60, 24, 60], "duration": [60, 60, 24, 60], "driver": [10, 10, 10, 11]}
Book = dict[str, Any]


def read_book(content: bytes) -> tuple[Book, list[dict[str, Any]]]:
    """The document, and its passes in the words of tests/vectors/pass_book.json."""
    book: Book = json.loads(gzip.decompress(content))
    return book, list(_rows(book))


def _rows(book: Book) -> Iterator[dict[str, Any]]:
    columns = {name: _values(name, book[name]) for name in book if _is_column(name, book)}
    stops, roads, drivers = (_lists(columns, name) for name in ("stop", "road", "driver"))
    for row, number in enumerate(_numbers(book, columns["serial"])):
        start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=columns["start"][row])
        yield {
            "number": number,
            **{name: columns[name][row] for name in ("revision", "kind", "sector", "goods")},
            "plate": _plate([digit[row] for digit in book["plate"]]),
            "colour": columns["colour"][row],
            "not_before": start.isoformat(),
            "duration_minutes": columns["duration"][row],
            "origin": book["areas"][columns["origin"][row]],
            "destination": book["areas"][columns["destination"][row]],
            "stops": [book["areas"][place] for place in stops[row]],
            "roads": [book["roads"][place] for place in roads[row]],
            "drivers": [_driver(value) for value in drivers[row]],
        }


def _is_column(name: str, book: Book) -> bool:
    return name not in {"issuers", "areas", "roads", "plate"} and isinstance(book[name], list)


def _values(name: str, digits: list[str]) -> list[int]:
    values = [0] * len(digits[0])
    for radix, text in zip(RADICES.get(name, [60] * len(digits)), digits, strict=True):
        values = [value * radix + DIGITS.index(digit) for value, digit in zip(values, text, strict=True)]
    return values


def _lists(columns: dict[str, list[int]], name: str) -> list[list[int]]:
    left = iter(columns[name])
    return [[next(left) for _ in range(count)] for count in columns[f"{name}_count"]]


def _numbers(book: Book, steps: list[int]) -> Iterator[str]:
    left = iter(steps)
    for area, count in book["issuers"]:
        serial = 0
        for _ in range(count):
            serial += next(left)
            yield f"{area}{serial:06d}"


def _plate(digits: list[str]) -> str:
    places = [DIGITS.index(digit) for digit in digits]
    return PREFIXES[places[0]] + "".join(CHARACTERS[place] for place in places[1:] if place != 59)


def _driver(value: int) -> str:
    return f"{value // 11:03d}{'0123456789X'[value % 11]}"
