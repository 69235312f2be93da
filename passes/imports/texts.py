"""Texts of tables (CSV): which alphabet, which sign between the columns, and whether it is a text at all."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from foundation.problems import DomainProblem
from passes.imports.sheets import MOST_CELLS, MOST_ROWS, Sheet, too_many_rows
from passes.imports.tables import find_header

SEPARATORS = (",", ";", "\t")
BEFORE_DATA = 60
"""Rows that may stand around the data: titles, headers, notes below."""
_NOT_TEXT = (
    b"%PDF",
    b"{\\rtf",
    b"<",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BM",
    b"\x00",
)
"""How files begin that are no CSV, but could pass for a text in some alphabet; `<` is a web page named .xls."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r")) + b"\x7f"


def sheet_of_text(content: bytes) -> Sheet:
    """The table, read with the separator that gives its header most columns.

    Raises `DomainProblem`: batch.not_a_table, batch.empty, batch.broken, batch.too_many_rows (rows, most).
    """
    text = text_of(content)
    separator = max(SEPARATORS, key=lambda separator: _columns(text, separator))
    return Sheet("CSV", list(_rows(text, separator)), exact=False)


def _columns(text: str, separator: str) -> int:
    first = list(islice(_rows(text, separator), BEFORE_DATA))
    header = find_header(Sheet("CSV", first, exact=False))
    return len(header.texts) if header else 0


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16 with its mark, else in GB 18030. Raises batch.not_a_table, batch.empty."""
    if not content.strip():
        raise DomainProblem("batch.empty")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16")
    if content.lstrip().startswith(_NOT_TEXT) or _mostly_controls(content):
        raise DomainProblem("batch.not_a_table")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(content, "gb18030")


def _decoded(content: bytes, alphabet: str) -> str:
    try:
        return content.decode(alphabet)
    except UnicodeDecodeError as refused:
        raise DomainProblem("batch.not_a_table") from refused


def _mostly_controls(content: bytes) -> bool:
    """One sign in a hundred that no keyboard makes: a file of a program, not a text."""
    return len(content) - len(content.translate(None, _CONTROLS)) > len(content) // 100


def _rows(text: str, separator: str) -> Iterator[Sequence[str]]:
    """Rows as a program would number them; one without content is the same empty one each time."""
    filled = cells = 0
    try:
        for position, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1
        ):
            if not any(row):
                yield ()
                continue
            filled, cells = filled + 1, cells + len(row)
            if cells > MOST_CELLS and filled > MOST_ROWS + BEFORE_DATA:
                raise too_many_rows(position)
            yield row
    except csv.Error as refused:
        raise DomainProblem("batch.broken") from refused
