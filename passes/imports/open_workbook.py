"""Opening a workbook, as a program of its own: the one file that touches calamine.

calamine reads what a file says of itself, and a spoilt or hostile file makes it panic or ask for terabytes, which ends
the whole process. So it runs in one that may end: `reading` starts this file with limits on memory and time, gives it
the workbook on standard input, and takes the sheets as JSON. It imports nothing of the house and so starts at once.

Arguments: the places of the sheets that must not be read (from 0), as a JSON list. Answer: a list of sheets, each
`{"name", "shown", "rows", "start", "merged"}`; a sheet that was not read has no `rows`.
Days, times and durations are `{"day": …}`, `{"time": …}` (ISO) and `{"seconds": …}`. Exits with one of the codes below.
"""

import contextlib
import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

ENCRYPTED, TOO_LARGE = 4, 5
"""Exit codes; any other than these and 0 means a broken file."""
MEMORY = 1_536 * 1024 * 1024
"""Bytes of address space: 2,000,000 cells take about 300 MB."""
SECONDS = 60
LONGEST_TEXT = 1_000
"""Characters kept of a cell; every field refuses less."""
MOST_TEXT = 50_000_000
"""Characters of all cells together: one long text may be used by a million cells."""
MOST_MERGES = 10_000
"""Merged ranges beyond this are no header."""


def main() -> int:
    """Read the workbook, write its sheets."""
    with contextlib.suppress(ValueError, OSError):
        # Not every system lets a process limit itself; where one does not, the parent's patience still ends.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    left_out = set(json.loads(sys.argv[1]))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        found = list(_sheets(workbook, left_out))
    except PasswordError:
        return ENCRYPTED
    except OverflowError:
        return TOO_LARGE
    json.dump(found, sys.stdout, default=_as_json)
    return 0


def _sheets(workbook: CalamineWorkbook, left_out: set[int]) -> Iterator[dict[str, Any]]:
    left = MOST_TEXT
    for place, about in enumerate(workbook.sheets_metadata):
        shown = about.visible == SheetVisibleEnum.Visible and about.typ == SheetTypeEnum.WorkSheet
        told: dict[str, Any] = {"name": about.name, "shown": shown}
        if shown and place not in left_out:
            told |= _read(workbook.get_sheet_by_name(about.name))
            left -= sum(len(cell) for row in told["rows"] for cell in row if isinstance(cell, str))
        if left < 0:
            raise OverflowError
        yield told


def _read(sheet: CalamineSheet) -> dict[str, Any]:
    rows = [
        [cell[:LONGEST_TEXT] if isinstance(cell, str) else cell for cell in row] for row in sheet.to_python()
    ]
    merged = sheet.merged_cell_ranges or []
    return {"rows": rows, "start": sheet.start or (0, 0), "merged": merged[:MOST_MERGES]}


def _as_json(value: object) -> dict[str, Any]:
    if isinstance(value, date | datetime):
        return {"day": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    sys.exit(main())
