"""Writing workbooks: the template to fill in and the result of a batch. The one file that touches xlsxwriter."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types, and only this file uses it

from passes.catalogue import Catalogue
from passes.imports.columns import COLUMNS, Column, driver_columns
from passes.imports.sheets import MOST_ROWS, column_letters
from passes.rules.content import MOST_DRIVERS

ROWS_SHEET, LISTS_SHEET = "车辆", "可选内容"
NUMBER_HEADER, EXAMPLE_MARK = "序号", "示例（可删除）"
"""A row that begins with 示例 is not read (`tables.EXAMPLE`)."""
REQUIRED_MARK = "（必填）"
COLOUR_CHOICES = ("蓝牌", "黄牌", "绿牌", "黄绿牌", "白牌", "黑牌")
EXAMPLE_DAY = "2022-04-16 08:00"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What programs take for the beginning of a formula in a CSV (OWASP, CSV injection); Chinese ones the wide signs too."""
RESULT_BEFORE, RESULT_AFTER = ("行号",), ("结果", "编号或问题")
TEXT = 49
"""The number of the format of text, "@", in every workbook (ECMA-376 part 1, 18.8.30)."""
_HEAD = {
    "bold": True,
    "text_wrap": True,
    "valign": "top",
    "border": 1,
    "bg_color": "#E8EDF2",
    "num_format": TEXT,
}
_REQUIRED = {**_HEAD, "bg_color": "#F6E3B4"}
_FAINT = {"italic": True, "font_color": "#6B7280", "num_format": TEXT}


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of a result: `sent` by field path as text, `outcome` in words, `detail` the pass or slip number, or
    the words of its problems."""

    position: int
    sent: Mapping[str, str]
    outcome: str
    detail: str


def template_workbook(known: Catalogue, home: str | None = None) -> bytes:
    """An .xlsx to fill in: headers, an example, lists to choose from; counties of the province `home` come first.

    Plates, phones, identity numbers and times stand in columns of text, so that no program makes numbers of them.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        rows, lists = book.add_worksheet(ROWS_SHEET), book.add_worksheet(LISTS_SHEET)
        columns = (*COLUMNS, *driver_columns())
        _heads(book, rows, columns)
        choices = _choices(known, home)
        _lists(book, lists, choices)
        _validate(rows, columns, choices)
        for place, text in enumerate((EXAMPLE_MARK, *_example(columns, choices, _abroad(known, home)))):
            rows.write_string(1, place, text, book.add_format(_FAINT))
    return target.getvalue()


def _heads(book: xlsxwriter.Workbook, sheet: Any, columns: Sequence[Column]) -> None:
    as_text, head, required = (book.add_format(look) for look in ({"num_format": TEXT}, _HEAD, _REQUIRED))
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 34)
    sheet.set_column(0, 0, 14)
    sheet.write_string(0, 0, NUMBER_HEADER, head)
    for place, column in enumerate(columns, start=1):
        sheet.set_column(place, place, column.width, as_text if column.as_text else None)
        mark = REQUIRED_MARK if column.required else ""
        sheet.write_string(0, place, column.header + mark, required if column.required else head)


def _choices(known: Catalogue, home: str | None) -> dict[str, list[str]]:
    counties = sorted(
        (area for area in known.areas.values() if area.level == "county"),
        key=lambda area: (known.province_of(area.code) != home, area.code),
    )
    return {
        "goods": [item.name for item in known.goods.values()],
        "plate_colour": list(COLOUR_CHOICES),
        "roads": [f"{code} {name}" for code, name in known.roads.items()],
        "origin": [county.words for county in counties],
    }


def _lists(book: xlsxwriter.Workbook, sheet: Any, choices: Mapping[str, Sequence[str]]) -> None:
    """The second sheet: one list a column, in the order of `_choices`."""
    head = book.add_format(_HEAD)
    for place, (title, texts) in enumerate(
        zip(("货物", "车牌颜色", "道路", "县（市、区）"), choices.values(), strict=True)
    ):
        sheet.set_column(place, place, max(map(len, texts), default=10) * 2 + 2)
        sheet.write_string(0, place, title, head)
        for row, text in enumerate(texts, start=1):
            sheet.write_string(row, place, text)
    sheet.freeze_panes(1, 0)


def _validate(sheet: Any, columns: Sequence[Column], choices: Mapping[str, Sequence[str]]) -> None:
    """A list to choose from where there is one, and the hint of each column when a cell of it is chosen."""
    for place, column in enumerate(columns, start=1):
        source = _source(column.field, choices)
        options = {
            "validate": "list" if source else "any",
            "input_title": column.header,
            "input_message": column.hint,
            # A short name of a county or the number of an item is as good: whoever types one is not stopped.
            "show_error": False,
        }
        if source:
            options["source"] = source
        if source or column.hint:
            sheet.data_validation(1, place, MOST_ROWS + 1, place, options)


def _source(field: str, choices: Mapping[str, Sequence[str]]) -> str | None:
    """The range of the second sheet that a column chooses from; several roads cannot be chosen, so they are typed."""
    chosen = "origin" if field in {"destination", "area"} else field
    if chosen not in choices or chosen == "roads":
        return None
    letter = column_letters(list(choices).index(chosen))
    return f"='{LISTS_SHEET}'!${letter}$2:${letter}${len(choices[chosen]) + 1}"


def _abroad(known: Catalogue, home: str | None) -> str:
    """A county outside of the province in which the first of the list lies."""
    counties = [area for area in known.areas.values() if area.level == "county"]
    province = home or known.province_of(counties[0].code)
    return next(area.words for area in counties if known.province_of(area.code) != province)


def _example(columns: Sequence[Column], choices: Mapping[str, Sequence[str]], destination: str) -> list[str]:
    """An example that reads back to a good row, but for its day."""
    counties, roads = choices["origin"], choices["roads"]
    of_lists = {
        "goods": choices["goods"][0],
        "origin": counties[0],
        "destination": destination,
        "roads": roads[0].partition(" ")[0] if roads else "",
        "not_before": EXAMPLE_DAY,
    }
    return [of_lists.get(column.field, column.example) for column in columns]


def result_workbook(rows: Iterable[ResultRow]) -> bytes:
    """An .xlsx with a line for each row of a batch; every cell is a text, so nothing in it is a formula."""
    target = io.BytesIO()
    lines, columns = _lines(rows)
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("结果")
        as_text, head = book.add_format({"num_format": TEXT}), book.add_format(_HEAD)
        widths = [8, *(column.width for column in columns), 12, 60]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, as_text)
        for row, line in enumerate(lines):
            _write(sheet, row, line, head if row == 0 else as_text)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(len(lines) - 1, 1), len(widths) - 1)
    return target.getvalue()


def _write(sheet: Any, row: int, line: Sequence[str], look: Any) -> None:
    for place, text in enumerate(line):
        # `write` would make formulas and links of texts that begin like one.
        sheet.write_string(row, place, text[:32_767], look)


def result_csv(rows: Iterable[ResultRow]) -> bytes:
    """The same as CSV (UTF-8 with its mark); what a program could take for a formula has an apostrophe in front."""
    target = io.StringIO(newline="")
    lines, _ = _lines(rows)
    csv.writer(target).writerows([harmless(text) for text in line] for line in lines)
    return target.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """A text for a CSV that no program runs as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _lines(rows: Iterable[ResultRow]) -> tuple[list[list[str]], list[Column]]:
    """The header and a line for each row, with the columns that any row fills."""
    found = list(rows)
    sent = {field for row in found for field, text in row.sent.items() if text}
    columns = [column for column in (*COLUMNS, *driver_columns(MOST_DRIVERS)) if column.field in sent]
    head = [*RESULT_BEFORE, *(column.header for column in columns), *RESULT_AFTER]
    lines = [
        [str(row.position), *(row.sent.get(column.field, "") for column in columns), row.outcome, row.detail]
        for row in found
    ]
    return [head, *lines], columns
