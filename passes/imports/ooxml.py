"""A look inside an .xlsx before anybody reads it: how large it unpacks, how far its sheets reach, which cells are errors.

The declared sizes of a zip are not believed: every part is unpacked piece by piece and counted.
"""

import html
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from foundation.problems import DomainProblem
from passes.imports.sheets import Inside, SheetScan
from passes.imports.values import EPOCH_1900, EPOCH_1904

MOST_UNPACKED = 400 * 1024 * 1024
"""All parts together: a million empty rows of Excel are about 60 MB, and reading goes at some 100 MB a second."""
MOST_IN_PART = 64 * 1024 * 1024
"""A part that is no sheet (texts, formats) is held in memory as a whole."""
MOST_PARTS = 2_000
PIECE = 1 << 20
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_TAG = re.compile(rb"<(?:\w{1,16}:)?(row|c)(\s[^<>]*[^/<>])?>")
"""Rows and cells with something in them; one without is written `<c …/>`. No tag is looked for beyond the next `<`: a
megabyte of `<c <c <c` would otherwise be read to its end from each of them."""
_ODD = re.compile(rb"<[^<>]*=\s*(?:\"[^\"<>]*>|'[^'<>]*>)")
"""A tag with `>` inside a value, which no program writes and which would hide the rest of the tag."""
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']\$?([A-Z]{0,3})\$?([0-9]{1,7})[\"']")
_ERROR_TYPE = re.compile(rb"\st\s*=\s*[\"']e[\"']")
_ERROR_VALUE = re.compile(rb"<(?:\w{1,16}:)?v>(#[^<]{1,20})<")
_ELEMENT = re.compile(r"<(?:\w+:)?(sheet|Relationship|workbookPr)\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"(?<![\w:])([\w:]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)')")
"""A name begins where a word does, and is not tried again from its middle."""
_TRUE = {"1", "true", "on"}


def inspect(content: bytes) -> Inside:
    """What an .xlsx holds.

    Raises `DomainProblem`: batch.broken, batch.not_a_table, batch.encrypted, batch.too_large (max_mb),
    batch.too_many_rows (rows, most).
    """
    parts = _parts(content)
    if WORKBOOK not in parts or RELATIONS not in parts:
        raise DomainProblem("batch.not_a_table")
    budget = _Budget()
    texts = {name: _whole(content, parts[name], budget) for name in (WORKBOOK, RELATIONS)}
    named = _sheet_parts(texts[WORKBOOK], texts[RELATIONS])
    scans = {
        part: _scan(_unpacked(content, parts[part], budget)) for part in dict.fromkeys(named) if part in parts
    }
    for name, part in parts.items():
        if name not in scans and name not in texts:
            _measure(content, part, budget)
    sheets = [scans.get(part, SheetScan()) for part in named]
    return Inside(sheets, EPOCH_1904 if _counts_from_1904(texts[WORKBOOK]) else EPOCH_1900)


class _Budget:
    """Bytes that may still be unpacked."""

    def __init__(self) -> None:
        self.left = MOST_UNPACKED

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise too_large()


def too_large() -> DomainProblem:
    """The problem of a file that unpacks to more than a spreadsheet of this size can be."""
    return DomainProblem("batch.too_large", max_mb=10)


def _parts(content: bytes) -> dict[str, zipfile.ZipInfo]:
    try:
        found = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as refused:
        raise DomainProblem("batch.broken") from refused
    if len(found) > MOST_PARTS or sum(part.file_size for part in found) > MOST_UNPACKED:
        raise too_large()
    if any(part.flag_bits & 1 for part in found):
        raise DomainProblem("batch.encrypted")
    # Some programs write paths the Windows way, or with a slash in front.
    return {part.filename.replace("\\", "/").lstrip("/"): part for part in found}


def _unpacked(content: bytes, part: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    """The pieces of a part, each at most `PIECE` long, as long as the budget lasts."""
    packed = _packed(content, part)
    if part.compress_type == zipfile.ZIP_STORED:
        budget.spend(len(packed))
        yield packed
        return
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed:
        try:
            piece = unpacker.decompress(packed, PIECE)
        except zlib.error as refused:
            raise DomainProblem("batch.broken") from refused
        budget.spend(len(piece))
        yield piece
        packed = unpacker.unconsumed_tail if not unpacker.eof else b""


def _packed(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """The packed bytes of a part: the central directory says where, its local header how far behind it they begin."""
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise DomainProblem("batch.broken")
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise DomainProblem("batch.broken")
    _, name, extra = _LOCAL_HEADER.unpack(header)
    begin = part.header_offset + _LOCAL_HEADER.size + name + extra
    return content[begin : begin + part.compress_size]


def _whole(content: bytes, part: zipfile.ZipInfo, budget: _Budget) -> str:
    pieces, size = [], 0
    for piece in _unpacked(content, part, budget):
        size += len(piece)
        if size > PIECE:
            raise too_large()
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", errors="replace")


def _measure(content: bytes, part: zipfile.ZipInfo, budget: _Budget) -> None:
    size = 0
    for piece in _unpacked(content, part, budget):
        size += len(piece)
        if size > MOST_IN_PART:
            raise too_large()


def _attributes(text: str, element: str) -> Iterator[dict[str, str]]:
    for found in _ELEMENT.finditer(text):
        if found[1] == element:
            yield {
                name.rpartition(":")[2]: html.unescape(double or single)
                for name, double, single in _ATTRIBUTE.findall(found[2])
            }


def _sheet_parts(workbook: str, relations: str) -> list[str]:
    """The part of each sheet, in the order of the workbook."""
    targets = {
        about.get("Id", ""): _path(about.get("Target", ""))
        for about in _attributes(relations, "Relationship")
    }
    return [targets.get(about.get("id", ""), "") for about in _attributes(workbook, "sheet")]


def _path(target: str) -> str:
    inside = target if target.startswith("/") else f"/xl/{target}"
    return posixpath.normpath(inside).lstrip("/")


def _counts_from_1904(workbook: str) -> bool:
    return any(about.get("date1904", "") in _TRUE for about in _attributes(workbook, "workbookPr"))


def _scan(pieces: Iterator[bytes]) -> SheetScan:
    """Walk through a sheet; a piece is cut where a tag begins, so that none is torn."""
    scan, at, rest = SheetScan(), [-1, -1], b""
    for piece in pieces:
        whole = rest + piece
        cut = max(whole.rfind(b"<"), 0)
        if len(whole) - cut > PIECE:
            raise DomainProblem("batch.broken")
        _look(whole[:cut], scan, at, whole[cut : cut + 64])
        rest = whole[cut:]
    _look(rest, scan, at, b"")
    return scan


def _look(text: bytes, scan: SheetScan, at: list[int], after: bytes) -> None:
    """Count the cells of a piece; `at` is the row and the column that was left off at."""
    if _ODD.search(text):
        raise DomainProblem("batch.broken")
    for tag in _TAG.finditer(text):
        found = _REFERENCE.search(tag[2] or b"")
        if tag[1] == b"row":
            at[:] = [int(found[2]) - 1 if found else at[0] + 1, -1]
        elif tag[1] == b"c":
            at[1] += 1
            if found:
                at[:] = [int(found[2]) - 1, _column(found[1])]
            scan.take(at[0], at[1])
            if _ERROR_TYPE.search(tag[2] or b""):
                value = _ERROR_VALUE.search((text[tag.end() : tag.end() + 200] + after)[:200])
                scan.errors[at[0], at[1]] = value[1].decode("ascii", "replace") if value else "#N/A"


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
