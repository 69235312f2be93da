"""Files of rows as firms send them, made in the tests.

The samples beside this file were made once with xlwt 1.3 (rows.xls, rows_1904.xls: a merged title, a header in the
second row, an error cell, a phone that lost its zero, a day left as a number, an identity number as a number) and with
msoffcrypto-tool (password.xlsx, password "tongxing").
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from passes.imports.reading import Table, read_table

SAMPLES = Path(__file__).parent / "samples"
HEADERS = ("车牌号", "车牌颜色", "货物", "起点", "终点", "开始时间", "有效小时数", "联系电话")
ROW = ("吉A12345", "黄牌", "蔬菜", "长春市南关区", "北京市大兴区", "2022-04-16 14:00", 72, "13800138000")


def workbook(*sheets: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """An .xlsx with these sheets of rows."""

    def fill(book: Any) -> None:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)

    return built(fill, **options)


def built(fill: Callable[[Any], None], **options: Any) -> bytes:
    """An .xlsx made by hand."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, **options}) as book:
        fill(book)
    return target.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same zip with another part under a name."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return target.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """A part of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return found.read(name)


def read(*rows: Sequence[Any]) -> Table:
    """What is read of one sheet of rows."""
    return read_table(workbook(rows), "rows.xlsx")


def csv_of(*rows: Sequence[Any], separator: str = ",") -> str:
    """Rows as a program without much care would write them."""
    return "\r\n".join(separator.join(map(str, row)) for row in rows)
