"""What every kind of file becomes before its table is looked for: sheets of rows, with what a look inside told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from foundation.problems import DomainProblem
from passes.imports.values import EPOCH_1900, CellValue

MOST_ROWS = 5_000
"""Rows of data in one batch."""
MOST_CELLS = 1_000_000
"""Cells with content in one sheet: 5,000 rows of 200; beyond it nobody looks further."""
LARGEST_AREA = 2_000_000
"""Cells between the first and the last used one: a reader holds them all, also the empty ones (about 60 bytes each)."""

Place = tuple[int, int]
"""Row and column, counted from 0."""


@dataclass
class SheetScan:
    """What was seen of a sheet without reading it: its corners and its cells with errors."""

    first: Place | None = None
    last: Place | None = None
    cells: int = 0
    errors: dict[Place, str] = field(default_factory=dict)

    def take(self, row: int, column: int) -> None:
        """Count a cell with content. Raises `DomainProblem` batch.too_many_rows once there are too many of them."""
        self.cells += 1
        if self.first is None or self.last is None:
            self.first = self.last = (row, column)
        else:
            self.first = (min(self.first[0], row), min(self.first[1], column))
            self.last = (max(self.last[0], row), max(self.last[1], column))
        if self.cells > MOST_CELLS:
            raise too_many_rows(row + 1)

    @property
    def is_small(self) -> bool:
        """Whether a reader can hold all between the first and the last cell."""
        if self.first is None or self.last is None:
            return True
        height, width = (end - begin + 1 for begin, end in zip(self.first, self.last, strict=True))
        return height * width <= LARGEST_AREA

    def require_small(self, sheet: str) -> None:
        """Raises `DomainProblem` batch.too_spread (sheet, row, column) when a reader would have to hold too much."""
        if self.last is not None and not self.is_small:
            row, column = self.last
            raise DomainProblem("batch.too_spread", sheet=sheet, row=row + 1, column=column_letters(column))


@dataclass(frozen=True)
class Inside:
    """What a look inside a workbook told: its sheets in their order, and the day of serial number 0."""

    sheets: Sequence[SheetScan]
    epoch: date = EPOCH_1900


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of cells from `top` (0 is the first row of the file) and `left` on.

    `merged` are the corners of merged ranges, or None where the file cannot tell (CSV).
    """

    name: str
    rows: Sequence[Sequence[CellValue]]
    top: int = 0
    left: int = 0
    merged: Sequence[tuple[Place, Place]] | None = None
    errors: Mapping[Place, str] = field(default_factory=dict)
    exact: bool = True
    epoch: date = EPOCH_1900


def too_many_rows(rows: int) -> DomainProblem:
    """The problem of a file with at least so many rows."""
    return DomainProblem("batch.too_many_rows", rows=rows, most=MOST_ROWS)


def column_letters(column: int) -> str:
    """The letters of a column as programs show them: 0 is A, 26 is AA."""
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return letters
