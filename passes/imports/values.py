"""What goes into the repair of a cell and what comes out."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

CellValue = str | int | float | bool | date | datetime | time | timedelta
EPOCH_1900, EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
"""The days of serial number 0 in the two systems of dates; for the first it holds from 1 March 1900 on."""
KEPT_DIGITS = 15
"""Digits of a number that a spreadsheet program keeps (IEEE 754 double, as Excel shows it)."""
LONGEST_CELL = 200
"""Of a longer text the rest is only kept long enough for the fields to refuse it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a file holds in one place.

    `exact` says that a text is what was typed: in a workbook it is, in a CSV the program may have rewritten it.
    `epoch` is the day that serial number 0 of the workbook stands for.
    """

    value: CellValue
    exact: bool = True
    epoch: date = EPOCH_1900


@dataclass(frozen=True, slots=True)
class Repair:
    """What was mended in a cell, and what it was (phones and identity numbers masked)."""

    code: str
    was: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """The text meant by a cell; with a problem there is none, and `was` tells what stood there (masked)."""

    text: str
    repairs: tuple[Repair, ...] = ()
    problem: str | None = None
    was: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A cell on its way: its value cleaned, beside what it was."""

    value: CellValue
    cell: Cell
    today: date | None


def mended(code: str) -> tuple[Repair, ...]:
    """A repair by its code; what was there is told at the end, for the whole cell."""
    return (Repair(code, ""),)


def problem(code: str) -> Repaired:
    """No text, but the code of what is wrong."""
    return Repaired("", problem=code)


def narrow(text: str) -> tuple[str, tuple[Repair, ...]]:
    """Full-width letters, digits and signs as half-width ones."""
    half = unicodedata.normalize("NFKC", text)
    return half, mended("cell.width") if half != text else ()
