"""A file of 5,000 rows: opened, mended, read as applications and checked by the rules, as a batch does it."""

import io
import json
import time
from datetime import UTC, date, datetime, timedelta

import xlsxwriter

from bench.world import ROOT
from foundation.problems import InvalidInput
from passes.catalogue import Catalogue, County, Goods, Kind
from passes.imports.reading import MOST_ROWS, read_table
from passes.imports.rows import RowRead, plain_of
from passes.rules.applying import check_asked
from passes.schemas import read_application

NOW = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
HEADERS = (
    "序号",
    "车牌号",
    "车牌颜色",
    "货物名称",
    "始发地",
    "目的地",
    "途经点",
    "途经道路",
    "出发时间",
    "有效小时数",
    "司机姓名",
    "司机电话",
    "司机身份证号",
    "联系电话",
    "备注",
)


def catalogue() -> Catalogue:
    """The reference data without a database."""
    areas = {row["code"]: row for row in _rows("areas")}
    goods = _file("goods")
    categories = {row["code"]: row["name"] for row in goods["categories"]}
    return Catalogue(
        kinds={
            row["number"]: Kind(**{name: row[name] for name in Kind.__annotations__})
            for row in _rows("kinds")
        },
        goods={
            row["number"]: Goods(
                row["number"], row["code"], row["category"], categories[row["category"]], row["name"], ""
            )
            for row in goods["rows"]
        },
        roads={row["code"]: row["name"] for row in _rows("roads")},
        sectors={row["number"]: row["name"] for row in _rows("sectors")},
        areas={
            code: County(code, row["name"], row["level"], row["parent"], _words(code, areas))
            for code, row in areas.items()
        },
        routes=(),
    )


def _file(name: str) -> dict:
    return json.loads((ROOT / f"seeds/reference/{name}.json").read_text())


def _rows(name: str) -> list[dict]:
    return _file(name)["rows"]


def _words(code: str, areas: dict[str, dict]) -> str:
    parent = areas[code]["parent"]
    return ("" if parent is None else _words(parent, areas)) + areas[code]["name"]


def a_workbook(known: Catalogue, rows: int = MOST_ROWS, *, origin: str | None = None) -> bytes:
    """A file as Excel leaves it: phones as numbers, days as days or counted, full-width plates, a day in words.

    All trucks start from `origin`, by default each from another county.
    """
    target = io.BytesIO()
    counties = [area.words for area in known.areas.values() if area.level == "county"]
    goods = [item.name for item in known.goods.values()]
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/m/d h:mm"})
        sheet.write_row(0, 0, HEADERS)
        for row in range(1, rows + 1):
            begin = NOW.replace(tzinfo=None) + timedelta(hours=10, minutes=row % 600)
            cells = [row, f"吉Ａ{row:05d}" if row % 3 else f"吉a·{row:05d}", "蓝牌", goods[row % len(goods)]]
            cells += [origin or counties[row % 600], counties[-1 - row % 600], "", "G1、京哈高速"]
            cells += [
                f"{begin:%Y年%m月%d日%H时%M分}",
                72,
                "张三",
                13800000000 + row,
                f"{row % 1000:03d}X",
                4318_0000_000,
            ]
            sheet.write_row(row, 0, cells)
            if row % 3:
                sheet.write_datetime(row, 8, begin, day if row % 3 == 1 else None)
    return target.getvalue()


def read_and_check(content: bytes, known: Catalogue) -> tuple[int, int]:
    """(good rows, bad rows) of a file."""
    today = date(2022, 4, 16)
    good = [_is_good(plain_of(row, today=today), known) for row in read_table(content, "rows.xlsx").rows]
    return sum(good), len(good) - sum(good)


def _is_good(row: RowRead, known: Catalogue) -> bool:
    values, unread = read_application(row.plain, known)
    ends = values.get("origin"), values.get("destination")
    kind = known.kind_for(*ends) if all(ends) else None
    try:
        check_asked(values, (kind.number, kind) if kind else None, known, (*row.problems, *unread), now=NOW)
    except InvalidInput:
        return False
    return True


def seconds() -> float:
    """Seconds for 5,000 rows from the bytes of the file to the last row checked, the best of two runs."""
    known = catalogue()
    content = a_workbook(known)
    return min(_timed(content, known) for _ in range(2))


def _timed(content: bytes, known: Catalogue) -> float:
    begin = time.perf_counter()
    good, bad = read_and_check(content, known)
    assert good + bad == MOST_ROWS
    assert good > MOST_ROWS * 0.9, f"only {good} rows are good"
    return time.perf_counter() - begin
