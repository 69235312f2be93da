"""The format of a pass book (docs/rooms/checkpoints.md, "Pass book"): columns of digits that gzip packs well.

A column is a list of texts, one a digit, the most significant first; character i of each text is a digit of row i.
Equal things stand side by side that way, and no comma or quote lies between them.
"""

import json
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any, Final

from passes.public import LivePass, plate_digits

FORMAT: Final = "changtong-book/1"
DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
RADIX: Final = len(DIGITS)
EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Minutes are counted from here, as in the credential."""
START: Final = (60, 60, 60, 24, 60)
DURATION: Final = (60, 60, 24, 60)
"""Days (several digits), hours, minutes: most passes begin and last whole hours, which cost nothing then."""
DRIVER: Final = (10, 10, 10, 11)
PLATE_PLACES: Final = 8
SERIALS: Final = 1_000_000
_MINUTE: Final = 60
_SMALL: Final = ("revision", "kind", "sector", "goods", "colour")
_DRIVER_BITS: Final = 14
_LAST: Final = "0123456789X"


class Names:
    """Codes, or lists of codes, by the order in which they were first seen."""

    def __init__(self) -> None:
        self.known: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, name: Any) -> int:
        """The place of a name, given now if it is new."""
        found = self._places.get(name)
        if found is None:
            found = self._places[name] = len(self.known)
            self.known.append(name)
        return found


@dataclass
class LiveTable:
    """Passes as columns of machine numbers: about 60 bytes each, so that all of a province fit.

    Rows must be added in the order of their numbers.
    """

    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    small: dict[str, bytearray] = field(default_factory=lambda: {name: bytearray() for name in _SMALL})
    plates: bytearray = field(default_factory=bytearray)
    starts: "array[int]" = field(default_factory=lambda: array("I"))
    durations: "array[int]" = field(default_factory=lambda: array("I"))
    origins: "array[int]" = field(default_factory=lambda: array("I"))
    destinations: "array[int]" = field(default_factory=lambda: array("I"))
    stops: "array[int]" = field(default_factory=lambda: array("I"))
    roads: "array[int]" = field(default_factory=lambda: array("I"))
    drivers: "array[int]" = field(default_factory=lambda: array("Q"))
    names: Names = field(default_factory=Names)

    def add(self, found: LivePass) -> int:
        """Keep a pass; its row."""
        for name, column in self.small.items():
            column.append(getattr(found, name))
        self.numbers.append(int(found.number))
        self.plates.extend(plate_digits(found.plate))
        self.starts.append(
            (found.not_before - EPOCH).days * 1440 + (found.not_before - EPOCH).seconds // _MINUTE
        )
        self.durations.append(found.duration_minutes)
        self.origins.append(self.names.place(found.origin))
        self.destinations.append(self.names.place(found.destination))
        self.stops.append(self.names.place(found.stops))
        self.roads.append(self.names.place(found.roads))
        self.drivers.append(_drivers(found.drivers))
        return len(self.numbers) - 1


def columns(table: LiveTable, rows: Sequence[int]) -> dict[str, Any]:
    """The content of the book of these rows, as plain JSON values; without the head."""
    numbers = [divmod(table.numbers[row], SERIALS) for row in rows]
    return {
        "n": len(rows),
        "issuers": [[f"{area:06d}", len(list(some))] for area, some in groupby(area for area, _ in numbers)],
        "serial": planes(_steps(numbers)),
        **{name: planes([column[row] for row in rows]) for name, column in table.small.items()},
        "plate": [_place_of_plates(table.plates, rows, place) for place in range(PLATE_PLACES)],
        "start": planes([table.starts[row] for row in rows], START),
        "duration": planes([table.durations[row] for row in rows], DURATION),
        **_routes(table, rows),
        **_lists("driver", [tuple(_each_driver(table.drivers[row])) for row in rows], DRIVER),
    }


def _routes(table: LiveTable, rows: Sequence[int]) -> dict[str, Any]:
    origins, destinations, stops, roads = (
        [table.names.known[column[row]] for row in rows]
        for column in (table.origins, table.destinations, table.stops, table.roads)
    )
    areas, ways = _ranked(origins, destinations, *stops), _ranked(*roads)
    return {
        "areas": list(areas),
        "roads": list(ways),
        "origin": planes([areas[code] for code in origins]),
        "destination": planes([areas[code] for code in destinations]),
        **_lists("stop", [[areas[code] for code in some] for some in stops]),
        **_lists("road", [[ways[code] for code in some] for some in roads]),
    }


def _lists(name: str, lists: Sequence[Sequence[int]], radices: Sequence[int] | None = None) -> dict[str, Any]:
    """How many each row has, and all of them one after another."""
    return {
        f"{name}_count": planes([len(some) for some in lists]),
        name: planes([value for some in lists for value in some], radices),
    }


def packed(checkpoint: str, built_at: datetime, content: dict[str, Any]) -> bytes:
    """The bytes a phone is given: gzip, the same for the same content."""
    head = {"format": FORMAT, "checkpoint": checkpoint, "built_at": built_at.isoformat(timespec="seconds")}
    # Level 9; 31: with the head of gzip; filtered: such columns hold few long repeats, so codes should be short.
    press = zlib.compressobj(9, zlib.DEFLATED, 31, 8, zlib.Z_FILTERED)
    return press.compress(plain(head | content)) + press.flush()


def plain(content: dict[str, Any]) -> bytes:
    """JSON without spaces; its hash tells whether a book has changed."""
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def planes(values: Sequence[int], radices: Sequence[int] | None = None) -> list[str]:
    """The digits of each value, a text for each digit; as many digits of sixty as are needed if no radices are given.

    Raises `OverflowError` for a value that the radices cannot hold.
    """
    found = []
    for radix in reversed(radices or _sixties(max(values, default=0))):
        found.append("".join([DIGITS[value % radix] for value in values]))
        values = [value // radix for value in values]
    if any(values):
        raise OverflowError("a value needs more digits")
    return found[::-1]


def _sixties(most: int) -> list[int]:
    return [RADIX] if most < RADIX else [RADIX, *_sixties(most // RADIX)]


def _steps(numbers: Iterable[tuple[int, int]]) -> list[int]:
    """Each serial as the distance to the one before it of the same area."""
    steps, before = [], (-1, 0)
    for area, serial in numbers:
        steps.append(serial - before[1] if area == before[0] else serial)
        before = (area, serial)
    return steps


def _ranked(*lists: Iterable[str]) -> dict[str, int]:
    """Places of codes, the most frequent first, so that the first digit is mostly 0."""
    ranked = sorted(Counter(chain.from_iterable(lists)).items(), key=lambda item: (-item[1], item[0]))
    return {code: place for place, (code, _) in enumerate(ranked)}


def _place_of_plates(plates: bytearray, rows: Sequence[int], place: int) -> str:
    return "".join([DIGITS[plates[row * PLATE_PLACES + place]] for row in rows])


def _drivers(last_fours: Sequence[str]) -> int:
    """At most three last fours in one number; each plus one, so that 0000 is a driver and 0 is none."""
    return sum(
        int(last4[:3]) * 11 + _LAST.index(last4[3]) + 1 << place * _DRIVER_BITS
        for place, last4 in enumerate(last_fours)
    )


def _each_driver(kept: int) -> Iterator[int]:
    while kept:
        yield kept % (1 << _DRIVER_BITS) - 1
        kept >>= _DRIVER_BITS
