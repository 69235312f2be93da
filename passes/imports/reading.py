"""Opening a spreadsheet: told by its content, held to limits, its table found."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from foundation.problems import DomainProblem
from passes.imports import biff, ooxml
from passes.imports.sheets import MOST_ROWS, Inside, Sheet, SheetScan, too_many_rows
from passes.imports.tables import HEADER_WITHIN, Header, RawRow, data_rows, find_header
from passes.imports.texts import sheet_of_text

__all__ = ["LARGEST_FILE", "MOST_ROWS", "RawRow", "Table", "read_table"]

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes of a file; what a request may carry (`web.app`)."""
ZIP = b"PK\x03\x04"
OPENER = Path(__file__).with_name("open_workbook.py")
ENCRYPTED, TOO_LARGE = 4, 5
"""Its exit codes (`open_workbook`)."""
PATIENCE = 90
"""Seconds until the program that opens a workbook is ended; it gives up by itself after 60 of its own."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in a file: 1 to 5,000 rows.

    `columns` gives the header text as found for each field path, `ignored` the headers that mean nothing here.
    """

    sheet: str
    header_row: int
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: Sequence[RawRow]


@dataclass(frozen=True)
class _Found:
    """A sheet with a header, and its first rows of data: one more than there may be."""

    sheet: Sheet
    header: Header
    rows: Sequence[RawRow]

    @property
    def fits(self) -> bool:
        return bool(self.rows) and not self.header.missing


def read_table(content: bytes, file_name: str) -> Table:
    """The table in a file: .xlsx, .xls or CSV by what is in it, whatever it is called.

    Raises `DomainProblem`: batch.too_large (max_mb), batch.not_a_table, batch.encrypted, batch.broken, batch.empty,
    batch.too_many_rows (rows, most), batch.too_spread (sheet, row, column), batch.two_sheets (sheets),
    batch.no_header (rows), batch.columns_missing (columns), batch.column_twice (column, headers).
    """
    del file_name  # A name says nothing about what is inside.
    if len(content) > LARGEST_FILE:
        raise ooxml.too_large()
    found = _best(content)
    found.header.require_whole()
    if not found.rows:
        raise DomainProblem("batch.empty")
    if len(found.rows) > MOST_ROWS:
        raise too_many_rows(sum(1 for _ in data_rows(found.sheet, found.header)))
    return Table(
        found.sheet.name,
        found.sheet.top + found.header.below,
        found.header.texts,
        found.header.unknown,
        found.rows,
    )


def _best(content: bytes) -> _Found:
    """The sheet that fits, or the one that comes nearest to it."""
    text = not content.startswith((ZIP, biff.MAGIC))
    sheets = [sheet_of_text(content)] if text else list(_workbook_sheets(content))
    if not any(sheet.rows for sheet in sheets):
        raise DomainProblem("batch.empty")
    found = [
        _Found(sheet, header, list(islice(data_rows(sheet, header), MOST_ROWS + 1)))
        for sheet in sheets
        if (header := find_header(sheet)) is not None
    ]
    fitting = [one.sheet.name for one in found if one.fits]
    if len(fitting) > 1:
        raise DomainProblem("batch.two_sheets", sheets=fitting)
    if not found:
        raise DomainProblem("batch.no_header", rows=HEADER_WITHIN)
    return max(found, key=lambda one: (one.fits, len(one.header.texts), bool(one.rows)))


def _workbook_sheets(content: bytes) -> Iterator[Sheet]:
    """The sheets that can be seen, each with what a look inside told of it."""
    inside = ooxml.inspect(content) if content.startswith(ZIP) else biff.inspect(content)
    scans = list(inside.sheets)
    for scan, told in zip(scans, _opened(content, scans), strict=False):
        if not told["shown"]:
            continue
        scan.require_small(told["name"])
        yield _sheet(told, scan, inside)


def _sheet(told: Mapping[str, Any], scan: SheetScan, inside: Inside) -> Sheet:
    top, left = told["start"]
    return Sheet(told["name"], told["rows"], top, left, told["merged"], scan.errors, epoch=inside.epoch)


def _opened(content: bytes, scans: Sequence[SheetScan]) -> list[dict[str, Any]]:
    """The sheets as `open_workbook` gives them; whatever ends it, the file is to blame."""
    left_out = json.dumps([place for place, scan in enumerate(scans) if not scan.is_small])
    command = [sys.executable, "-I", str(OPENER), left_out]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; of the file only numbers are among its arguments
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as refused:
        raise ooxml.too_large() from refused
    if done.returncode:
        raise _refusal(done.returncode)
    found: list[dict[str, Any]] = json.loads(done.stdout, object_hook=_from_json)
    return found


def _refusal(code: int) -> DomainProblem:
    if code == TOO_LARGE:
        return ooxml.too_large()
    return DomainProblem("batch.encrypted" if code == ENCRYPTED else "batch.broken")


def _from_json(told: dict[str, Any]) -> Any:
    """Days, times and durations; a day without a time is a `date`."""
    if "day" in told:
        text = told["day"]
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if "time" in told:
        return time.fromisoformat(told["time"])
    return timedelta(seconds=told["seconds"]) if "seconds" in told else told
