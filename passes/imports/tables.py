"""The table within a sheet: its header, wherever it stands, however many rows it has, and the rows of data below."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foundation.problems import DomainProblem
from passes.imports.cells import Cell, CellValue, is_blank
from passes.imports.columns import BY_FIELD, COLUMNS, field_of
from passes.imports.sheets import Place, Sheet

HEADER_WITHIN = 20
"""Rows in which the header begins; above it stand titles and notes."""
DEEPEST_HEADER = 3
WIDEST = 256
"""Columns that are looked at: as many as the older format of workbooks has."""
LEAST_FIELDS = 3
"""Fewer headers with a meaning than this may be words in a note."""
EXAMPLE = ("示例", "例：", "例:", "样例")
"""With one of these begins the first cell of a row that only shows how to fill in."""


@dataclass(frozen=True)
class RawRow:
    """A row of data: its number in the file, counted from 1 as the program shows it, and its cells by field path."""

    position: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Header:
    """A header: the row below it (in the sheet's own counting), fields by column, texts as found.

    `unknown` are the texts without a meaning; `twice` are the texts of a field that more than one column claims.
    """

    below: int
    fields: Mapping[int, str]
    texts: Mapping[str, str]
    unknown: tuple[str, ...]
    twice: Mapping[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of required columns that are not there."""
        return tuple(
            column.header for column in COLUMNS if column.required and column.field not in self.texts
        )

    def require_whole(self) -> None:
        """Raises `DomainProblem` batch.column_twice (column, headers) or batch.columns_missing (columns)."""
        for field, headers in self.twice.items():
            column = BY_FIELD.get(field)
            name = column.header if column else headers[0]
            raise DomainProblem("batch.column_twice", column=name, headers=list(headers))
        if self.missing:
            raise DomainProblem("batch.columns_missing", columns=list(self.missing))


def find_header(sheet: Sheet) -> Header | None:
    """The best header of a sheet: the one with most fields; of equals the one with fewer rows, then the first."""
    grid = _Top(sheet)
    starts = range(min(HEADER_WITHIN, len(sheet.rows)))
    found = (
        header
        for depth in range(1, DEEPEST_HEADER + 1)
        for start in starts
        if (header := grid.header(start, depth)) is not None
    )
    best = max(found, key=lambda header: len(header.texts), default=None)
    return best if best and len(best.texts) >= LEAST_FIELDS else None


class _Top:
    """The first rows of a sheet as texts: each as it stands, and spread over what a merged cell covers."""

    def __init__(self, sheet: Sheet) -> None:
        rows = sheet.rows[: HEADER_WITHIN + DEEPEST_HEADER]
        self._own = [[_text(value) for value in row[:WIDEST]] for row in rows]
        self._width = max(map(len, self._own), default=0)
        self._own = [row + [""] * (self._width - len(row)) for row in self._own]
        self._spread = [list(row) for row in self._own]
        self._cover(sheet)

    def _cover(self, sheet: Sheet) -> None:
        if sheet.merged is None:
            self._spread = [_filled_right(row) for row in self._own]
            return
        for (top, left), (bottom, right) in sheet.merged:
            first = (top - sheet.top, left - sheet.left)
            for row, column in self._covered(first, (bottom - sheet.top, right - sheet.left)):
                self._spread[row][column] = self._own[first[0]][first[1]]

    def _covered(self, first: Place, last: Place) -> Iterator[Place]:
        if first[0] not in range(len(self._own)) or first[1] not in range(self._width):
            return
        for row in range(first[0], min(last[0] + 1, len(self._own))):
            for column in range(first[1], min(last[1] + 1, self._width)):
                yield row, column

    def header(self, start: int, depth: int) -> Header | None:
        """The header that begins in a row and has so many; None where its last row adds nothing."""
        if start + depth > len(self._own):
            return None
        fields: dict[int, str] = {}
        texts: dict[str, list[str]] = {}
        unknown = []
        for column in range(self._width):
            text, field = self._meaning(column, start, depth)
            if field is not None:
                fields[column] = field
                texts.setdefault(field, []).append(text)
            elif text:
                unknown.append(text)
        last = self._own[start + depth - 1]
        if depth > 1 and not any(last[column] for column in fields):
            return None
        twice = {field: tuple(found) for field, found in texts.items() if len(found) > 1}
        firsts = {field: found[0] for field, found in texts.items()}
        return Header(start + depth, fields, firsts, tuple(unknown), twice)

    def _meaning(self, column: int, start: int, depth: int) -> tuple[str, str | None]:
        """The text of a column and its field: by all its rows together, else by the lowest that means something."""
        rows = range(start, start + depth)
        stack = list(dict.fromkeys(text for row in rows if (text := self._spread[row][column])))
        own = [text for row in rows if (text := self._own[row][column])]
        for text in dict.fromkeys((" ".join(stack), *reversed(own))):
            if own and (field := field_of(text)):
                return text, field
        return (" ".join(stack) if own else ""), None


def _text(value: CellValue) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _filled_right(row: Sequence[str]) -> list[str]:
    """A CSV keeps of a merged cell only its first: what is empty may belong to the text on its left."""
    filled: list[str] = []
    for text in row:
        filled.append(text or (filled[-1] if filled else ""))
    return filled


def data_rows(sheet: Sheet, header: Header) -> Iterator[RawRow]:
    """The rows below the header that hold anything, without those that only show how to fill in."""
    for index, row in enumerate(sheet.rows[header.below :], start=header.below):
        if _is_example(row):
            continue
        cells = {
            field: Cell(value, sheet.exact, sheet.epoch)
            for column, field in header.fields.items()
            if column < len(row) and not is_blank(value := _value(sheet, row, index, column))
        }
        if cells:
            yield RawRow(sheet.top + index + 1, cells)


def _is_example(row: Sequence[CellValue]) -> bool:
    first = next((value for value in row if not is_blank(value)), None)
    return isinstance(first, str) and first.strip().startswith(EXAMPLE)


def _value(sheet: Sheet, row: Sequence[CellValue], index: int, column: int) -> CellValue:
    """A cell; where a formula failed, the text of its error, which readers give as nothing."""
    return sheet.errors.get((sheet.top + index, sheet.left + column), row[column])
