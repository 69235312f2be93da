"""The template can be filled in and read back; nothing in a result is a formula."""

import csv
import io
import re
import zipfile
from datetime import timedelta

from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from passes.imports.columns import COLUMNS, driver_columns
from passes.imports.reading import read_table
from passes.imports.rows import plain_of
from passes.imports.workbooks import ResultRow, result_csv, result_workbook, template_workbook
from passes.rules.applying import check_asked
from passes.schemas import read_application
from tests.builders import NOON, some_tools
from tests.passes.imports.files import built, part_of, workbook

TEMPTING = (
    "=cmd|'/c calc'!A0",
    "+8613800138000",
    "-1",
    "@SUM(A1)",
    "http://example.cn",
    "\t=1",
    "00012",
    "＝1+1",
)


def sheets(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: list(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names}  # type: ignore[arg-type]  # its cells are objects


def test_the_example_of_the_template_is_a_good_row(session: Session) -> None:
    known = some_tools(session).catalogue
    header, example, *_ = sheets(template_workbook(known, "220000"))["车辆"]
    table = read_table(workbook([header, ["1", *example[1:]]]), "filled.xlsx")
    read = plain_of(table.rows[0])
    values, unread = read_application(read.plain, known)
    kind = known.kind_for(values["origin"], values["destination"])
    content = check_asked(
        values, (kind.number, kind), known, (*read.problems, *unread), now=NOON - timedelta(hours=8)
    )
    assert (content.plate, content.drivers[0].last4, table.ignored) == ("吉A12345", "001X", ("序号",))
    assert {column for column, text in table.columns.items() if "必填" in text} == {
        "plate",
        "plate_colour",
        "goods",
        "origin",
        "destination",
        "not_before",
        "hours",
        "contact_phone",
    }


def test_the_template_as_it_is_holds_no_row_and_one_table(session: Session) -> None:
    known = some_tools(session).catalogue
    content = template_workbook(known)
    lists = sheets(content)["可选内容"]
    assert [len([row for row in lists[1:] if row[column]]) for column in range(3)] == [
        len(known.goods),
        6,
        len(known.roads),
    ]
    filled = sheets(content)["车辆"][1]
    assert str(filled[0]).startswith("示例")


def test_counties_of_the_home_province_come_first(session: Session) -> None:
    known = some_tools(session).catalogue
    lists = sheets(template_workbook(known, "220000"))["可选内容"]
    assert str(lists[1][3]).startswith("吉林省")
    assert str(lists[-1][3]) == next(
        area.words for area in reversed(list(known.areas.values())) if area.level == "county"
    )


def test_columns_that_excel_would_damage_are_columns_of_text(session: Session) -> None:
    content = template_workbook(some_tools(session).catalogue)
    sheet = part_of(content, "xl/worksheets/sheet1.xml").decode()
    styles = part_of(content, "xl/styles.xml").decode()
    looks = re.findall(r"<xf [^>]*>", styles.partition("<cellXfs")[2])
    # Number format 49 is text ("@") in every workbook (ECMA-376 part 1, 18.8.30).
    text = {str(place) for place, look in enumerate(looks) if 'numFmtId="49"' in look}
    columns = [column for column in (*COLUMNS, *driver_columns()) if column.as_text]
    kept = re.findall(r'<col min="([0-9]+)" max="([0-9]+)" width="[0-9.]+" style="([0-9]+)"', sheet)
    assert sum(int(last) - int(first) + 1 for first, last, look in kept if look in text) == len(columns) == 7
    assert "dataValidation" in sheet
    assert "可选内容" in sheet


def a_result() -> list[ResultRow]:
    sent = {"plate": "吉A12345", "goods_words": "", "contact_phone": "+8613800138000"}
    return [ResultRow(2, {**sent, "goods_words": text}, "不通过", text) for text in TEMPTING]


def test_nothing_in_a_result_is_a_formula_or_a_link() -> None:
    content = result_workbook(a_result())
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        xml = "".join(
            made.read(name).decode() for name in made.namelist() if name.endswith((".xml", ".rels"))
        )
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    rows = sheets(content)["结果"]
    assert rows[0] == ["行号", "车牌号", "货物说明", "联系电话", "结果", "编号或问题"]
    assert [row[-1] for row in rows[1:]] == list(TEMPTING)
    assert {row[3] for row in rows[1:]} == {"+8613800138000"}


def test_a_result_without_rows_is_a_workbook_too() -> None:
    assert sheets(result_workbook([]))["结果"] == [["行号", "结果", "编号或问题"]]


def test_a_csv_of_a_result_runs_nothing() -> None:
    lines = list(csv.reader(io.StringIO(result_csv(a_result()).decode("utf-8-sig"))))
    assert [line[-1] for line in lines[1:]] == [
        f"'{text}" if text[0] in "=+-@\t＝" else text for text in TEMPTING
    ]


def test_a_result_can_be_sent_again_once_it_is_mended(session: Session) -> None:
    known = some_tools(session).catalogue
    header, example, *_ = sheets(template_workbook(known))["车辆"]
    read = plain_of(read_table(built(lambda book: _two_rows(book, header, example)), "rows.xlsx").rows[0])
    sent = {field: value for field, value in read.plain.items() if isinstance(value, str)}
    again = read_table(result_workbook([ResultRow(2, sent, "通过", "")]), "result.xlsx")
    assert plain_of(again.rows[0]).plain == {
        field: value for field, value in read.plain.items() if field in sent
    }
    assert again.ignored == ("行号", "结果", "编号或问题")


def _two_rows(book: object, header: list[object], example: list[object]) -> None:
    sheet = book.add_worksheet()  # type: ignore[attr-defined]  # xlsxwriter ships no types
    sheet.write_row(0, 0, header)
    sheet.write_row(1, 0, ["1", *example[1:]])
