"""A spreadsheet of fifty trucks as a dispatcher's Excel leaves it: 47 rows can be meant, three cannot."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from python_calamine import CalamineWorkbook

from foundation.clock import SHOWN_IN

TRUCKS = 50
HEADERS = (
    "序号",
    "车 号",
    "车牌颜色",
    "品名",
    "始发地",
    "目的地",
    "行驶路线",
    "出发时间",
    "有效小时数",
    "联系电话",
    "驾驶员姓名",
    "驾驶员身份证号",
    "备注",
)
FIRST_ROW = 4
"""Where the first truck stands, as Excel counts: below a title over all columns, an empty line and the headers."""
TRAILER, LOST_DIGITS, NO_SUCH_COUNTY = 7, 23, 41
"""The trucks (counted from 0) whose rows no repair can save."""
BAD_ROWS = tuple(FIRST_ROW + truck for truck in (TRAILER, LOST_DIGITS, NO_SUCH_COUNTY))

PLATES: Sequence[Callable[[str], str]] = (
    lambda plate: plate,
    lambda plate: plate.lower(),
    lambda plate: f" {plate[:2]} {plate[2:]} ",
    lambda plate: f"{plate[:2]}·{plate[2:]}",
    lambda plate: plate.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789A"}),
    lambda plate: f"\u200b{plate}\u00a0",
)
"""How people write a plate, and what pasting adds to it."""
HOURS: Sequence[Any] = (72.0, "72小时", "3天", "７２", 72)
COUNTIES = ("吉林省长春市南关区", "长春市南关区", " 长春市\u3000南关区", 220102.0)


@dataclass(frozen=True)
class Outcome:
    """A row of the result file: its place in the file that was sent, what became of it, and the number or the words."""

    position: int
    outcome: str
    detail: str


def damaged(now: datetime) -> bytes:
    """The .xlsx: numbers as floats, times as serials and as text, a title that is merged, empty rows at the end."""
    target = io.BytesIO()
    begin = (now.astimezone(SHOWN_IN) + timedelta(days=1)).replace(
        hour=8, minute=0, second=0, microsecond=0, tzinfo=None
    )
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("春耕用车")
        sheet.merge_range(0, 0, 0, len(HEADERS) - 1, "春耕农资运输车辆表（第一批）")
        sheet.write_row(FIRST_ROW - 2, 0, HEADERS)
        times = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for truck in range(TRUCKS):
            row = FIRST_ROW - 1 + truck
            sheet.write_row(row, 0, _cells(truck))
            if truck % 3 == 0:
                sheet.write_datetime(row, 7, begin, times)
            else:
                sheet.write_string(row, 7, f"{begin.year}年{begin.month}月{begin.day}日 8:00")
        for empty in range(30):
            sheet.write_string(FIRST_ROW - 1 + TRUCKS + empty, 3, " ")
    return target.getvalue()


def _cells(truck: int) -> list[Any]:
    plate = PLATES[truck % len(PLATES)](f"吉A{60000 + truck}")
    identity: Any = f"22010219800101{truck:03d}X"
    county: Any = COUNTIES[truck % len(COUNTIES)]
    if truck == TRAILER:
        plate = "吉A0007挂"
    if truck == LOST_DIGITS:
        # Excel keeps fifteen digits of a number and writes zeros for the rest.
        identity = 220102198001010000.0
    if truck == NO_SUCH_COUNTY:
        county = "长春市南光区"
    names = ("张三", "李四", "欧阳建国")
    phone = 13800000000.0 + truck
    goods = "=种子" if truck == 11 else "种子"
    return [
        truck + 1,
        plate,
        "黄牌",
        goods.removeprefix("="),
        county,
        "北京市大兴区",
        "Ｇ1",
        "",
        HOURS[truck % len(HOURS)],
        phone,
        names[truck % 3],
        identity[-4:] if isinstance(identity, str) else identity,
        "=cmd|' /C calc'!A0" if truck == 3 else "",
    ]


def outcomes(result: Path) -> list[Outcome]:
    """What the result file says, read by a reader of its own."""
    rows = CalamineWorkbook.from_path(str(result)).get_sheet_by_index(0).to_python()
    return [Outcome(int(float(str(row[0]))), str(row[-2]), str(row[-1])) for row in rows[1:]]
