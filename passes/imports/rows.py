"""A row of a spreadsheet as the plain application that a form would have given."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from foundation.problems import FieldProblem, field_problem
from passes.imports.cells import Repaired, repair
from passes.imports.tables import RawRow

LISTS = {
    "stops": re.compile(r"[、,;/|→>]+|-{2,}|—+"),
    # Between roads people also write a dash, or nothing but a space: G1—G12, G1 G12.
    "roads": re.compile(r"[、,;/|→>+—–-]+|\s+(?=[GSXYCgsxyc][0-9])"),
}


@dataclass(frozen=True, slots=True)
class RowRepair:
    """A repair of one field: `field` is the path in the plain application, `was` is masked where it must be."""

    field: str
    code: str
    was: str


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row as `passes.schemas.read_application` takes it. A field with a problem is left out of `plain`.

    `problems` go before those of the application's own reading, and must last until their field is given anew:
    what a cell lost, the rest of the row cannot tell. Each has the fact `was`.
    """

    position: int
    plain: dict[str, Any]
    repairs: tuple[RowRepair, ...]
    problems: tuple[FieldProblem, ...]


def plain_of(row: RawRow, *, today: date | None = None) -> RowRead:
    """The plain application of a row. `today` (in Beijing) gives the year to a day that was written without one."""
    paths = _driver_paths(row.cells)
    read = [
        (paths.get(field, field), repair(field, cell, today=today))
        for field, cell in sorted(row.cells.items())
    ]
    problems = tuple(
        field_problem(_problem_path(field), found.problem, was=found.was)
        for field, found in read
        if found.problem
    )
    repairs = tuple(
        RowRepair(_problem_path(field), mended.code, mended.was)
        for field, found in read
        for mended in found.repairs
    )
    return RowRead(row.position, _gathered(read), repairs, problems)


def _driver_paths(cells: Mapping[str, Any]) -> dict[str, str]:
    """Paths of drivers without gaps: a row that names only the second driver names one driver."""
    named = sorted({field.split(".")[1] for field in cells if field.startswith("drivers.")})
    return {
        field: f"drivers.{named.index(field.split('.')[1])}.{field.split('.')[2]}"
        for field in cells
        if field.startswith("drivers.")
    }


def _problem_path(field: str) -> str:
    """A problem of a place in a list is one of the list: without what cannot be read its places are others."""
    return field if field.startswith("drivers.") else field.partition(".")[0]


def _gathered(read: list[tuple[str, Repaired]]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field, found in read:
        root, _, rest = field.partition(".")
        if root == "drivers":
            driver = _driver(plain, int(rest.partition(".")[0]))
            driver.update(_driver_part(rest.partition(".")[2], found.text))
        elif root in LISTS:
            plain.setdefault(root, []).extend(_items(root, found.text))
        elif found.text:
            plain[root] = found.text
    return {field: value for field, value in plain.items() if value}


def _driver(plain: dict[str, Any], index: int) -> dict[str, str]:
    drivers: list[dict[str, str]] = plain.setdefault("drivers", [])
    while len(drivers) <= index:
        drivers.append({})
    return drivers[index]


def _driver_part(part: str, text: str) -> dict[str, str]:
    """A part of a driver; of an identity number only the last four are kept from here on."""
    if not text:
        return {}
    return {part: text[-4:] if part == "last4" else text}


def _items(root: str, text: str) -> Iterator[str]:
    return filter(None, map(str.strip, LISTS[root].split(text)))
