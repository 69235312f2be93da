"""A look inside an .xls before anybody reads it: the same as `ooxml`, for the older format.

The container is [MS-CFB] (sectors chained by a table), the records in it are [MS-XLS] 2.3 and 2.4.
"""

import struct
from collections.abc import Iterable, Iterator
from datetime import date

from foundation.problems import DomainProblem
from passes.imports.sheets import Inside, SheetScan
from passes.imports.values import EPOCH_1900, EPOCH_1904

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
STREAMS = ("Workbook", "Book")
ENCRYPTED = "EncryptedPackage"
"""The stream that holds an .xlsx with a password."""
_LAST_SECTOR = 0xFFFFFFFA
"""Numbers above this one are marks: free, end of chain, table ([MS-CFB] 2.1)."""
_DATE_MODE, _PASSWORD, _BOUND_SHEET, _BEGIN = 0x0022, 0x002F, 0x0085, 0x0809
_FORMULA, _BOOL_OR_ERROR, _MANY_NUMBERS = 0x0006, 0x0205, 0x00BD
_CELLS = frozenset({_FORMULA, _BOOL_OR_ERROR, _MANY_NUMBERS, 0x00FD, 0x0203, 0x027E, 0x0204, 0x00D6})
"""Records of cells with content: formula, error, numbers, text by number, number, short number, text, rich text."""
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def inspect(content: bytes) -> Inside:
    """What an .xls holds.

    Raises `DomainProblem`: batch.broken, batch.not_a_table, batch.encrypted, batch.too_many_rows (rows, most).
    """
    try:
        return _records(_stream(content))
    except (struct.error, IndexError, ValueError, OverflowError) as refused:
        raise DomainProblem("batch.broken") from refused


class _Container:
    """The sectors of the file and the table that chains them."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift = struct.unpack_from("<H", content, 30)[0]
        if shift not in {9, 12}:
            raise DomainProblem("batch.broken")
        self._size = 1 << shift
        directory, self.least = struct.unpack_from("<I4xI", content, 48)
        table = b"".join(map(self._sector, self._table_sectors()))
        self._table = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
        self.entries = self.stream(directory)

    def _sector(self, number: int) -> bytes:
        begin = (number + 1) * self._size
        return self._content[begin : begin + self._size]

    def _table_sectors(self) -> list[int]:
        """The sectors of the table: 109 are told by the header, more by a chain of sectors.

        Raises `DomainProblem` batch.broken when they are more than the file has: a chain that names one sector again
        and again would make gigabytes of a table.
        """
        sectors = _used(struct.unpack_from("<109I", self._content, 76))
        following, left = struct.unpack_from("<II", self._content, 68)
        there = len(self._content) // self._size
        for _ in range(min(left, there)):
            if following > _LAST_SECTOR:
                break
            *numbers, following = struct.unpack(f"<{self._size // 4}I", self._sector(following))
            sectors += _used(numbers)
            if len(sectors) > there:
                raise DomainProblem("batch.broken")
        return sectors

    def stream(self, first: int) -> bytes:
        """The sectors of a chain. Raises `DomainProblem` batch.broken for one that bites its tail."""
        found: list[int] = []
        while first <= _LAST_SECTOR:
            found.append(first)
            if len(found) > len(self._table):
                raise DomainProblem("batch.broken")
            first = self._table[first]
        return b"".join(map(self._sector, found))


def _used(sectors: Iterable[int]) -> list[int]:
    return [sector for sector in sectors if sector <= _LAST_SECTOR]


def _stream(content: bytes) -> bytes:
    """The records of the workbook."""
    container = _Container(content)
    found = {}
    for at in range(0, len(container.entries) - 127, 128):
        entry = container.entries[at : at + 128]
        length = struct.unpack_from("<H", entry, 64)[0]
        name = entry[: max(length - 2, 0)].decode("utf-16-le", "replace")
        found[name] = struct.unpack_from("<II", entry, 116)
    if ENCRYPTED in found:
        raise DomainProblem("batch.encrypted")
    name = next((name for name in STREAMS if name in found), "")
    if not name:
        raise DomainProblem("batch.not_a_table")
    first, size = found[name]
    if size < container.least:
        # Streams this small lie elsewhere in the file; no program writes a workbook of less than 4,096 bytes.
        raise DomainProblem("batch.broken")
    return container.stream(first)[:size]


def _walk(stream: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(record, its place, where its content begins, its length) of each record."""
    at, end = 0, len(stream) - 4
    unpack = struct.Struct("<HH").unpack_from
    while at <= end:
        record, length = unpack(stream, at)
        yield record, at, at + 4, length
        at += 4 + length


def _records(stream: bytes) -> Inside:
    epoch: date = EPOCH_1900
    sheets: dict[int, SheetScan] = {}
    scan = SheetScan()
    for record, place, at, length in _walk(stream):
        if record in _CELLS:
            _take(scan, record, stream, at, length)
        elif record == _BEGIN and place in sheets:
            scan = sheets[place]
        elif record == _BOUND_SHEET:
            sheets[struct.unpack_from("<I", stream, at)[0]] = SheetScan()
        elif record == _DATE_MODE and stream[at : at + 2] == b"\x01\x00":
            epoch = EPOCH_1904
        elif record == _PASSWORD:
            raise DomainProblem("batch.encrypted")
    return Inside(list(sheets.values()), epoch)


def _take(scan: SheetScan, record: int, stream: bytes, at: int, length: int) -> None:
    row, column = struct.unpack_from("<HH", stream, at)
    scan.take(row, column)
    if record == _MANY_NUMBERS:
        scan.take(row, struct.unpack_from("<H", stream, at + length - 2)[0])
    error = _error(record, stream[at + 6 : at + 14])
    if error is not None:
        scan.errors[row, column] = _ERRORS.get(error, "#N/A")


def _error(record: int, value: bytes) -> int | None:
    """The number of the error a cell holds. A formula's result that is no number ends with FF FF ([MS-XLS] 2.5.133)."""
    if record == _BOOL_OR_ERROR and value[1:2] == b"\x01":
        return value[0]
    if record == _FORMULA and value[6:8] == b"\xff\xff" and value[0] == 2:
        return value[2]
    return None
