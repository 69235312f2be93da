"""Files as firms send them: every format, headers wherever they stand, and what is no table at all."""

import contextlib
import io
import struct
import time
import tracemalloc
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.problems import DomainProblem
from passes.imports import ooxml
from passes.imports.reading import read_table
from passes.imports.rows import plain_of
from tests.passes.imports.files import (
    HEADERS,
    ROW,
    SAMPLES,
    built,
    csv_of,
    part_of,
    read,
    with_part,
    workbook,
)

SHEET = "xl/worksheets/sheet1.xml"


def refused(content: bytes, name: str = "rows.xlsx") -> tuple[str, dict[str, Any]]:
    with pytest.raises(DomainProblem) as problem:
        read_table(content, name)
    return problem.value.code, dict(problem.value.facts)


def test_a_workbook_gives_its_rows_with_their_places() -> None:
    table = read(HEADERS, ROW, (), ROW)
    assert (table.sheet, table.header_row, table.ignored) == ("Sheet1", 1, ())
    assert [row.position for row in table.rows] == [2, 4]
    assert table.columns["plate"] == "车牌号"
    assert table.rows[0].cells["plate"].value == "吉A12345"


def test_columns_stand_in_any_order_under_any_usual_name() -> None:
    pairs = dict(zip(HEADERS, ROW, strict=True))
    order = [
        ("* 联系人手机（必填）", "联系电话"),
        ("Plate No.", "车牌号"),
        ("目的地", "终点"),
        ("号牌颜色", "车牌颜色"),
        ("始发地", "起点"),
        ("出发时间（北京时间）", "开始时间"),
        ("时长(小时)", "有效小时数"),
        ("货物名称", "货物"),
    ]
    table = read([header for header, _ in order] + ["备注"], [pairs[name] for _, name in order] + ["急"])
    assert table.ignored == ("备注",)
    assert {name: table.rows[0].cells[name].value for name in ("plate", "destination", "contact_phone")} == {
        "plate": "吉A12345",
        "destination": "北京市大兴区",
        "contact_phone": "13800138000",
    }


def test_titles_above_and_columns_beside_the_table_do_not_hide_it() -> None:
    table = read(
        (),
        ("", "某某物流公司", "填表人：张三"),
        ("", "日期", date(2022, 4, 16).isoformat()),
        ("", *HEADERS),
        ("", *ROW),
    )
    assert (table.header_row, [row.position for row in table.rows]) == (4, [5])


def test_a_header_of_two_rows_with_merged_cells_is_one_header() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 12, "车辆申请表")
        for column, header in enumerate(HEADERS):
            sheet.merge_range(1, column, 2, column, header)
        sheet.merge_range(1, 8, 1, 9, "驾驶员1")
        sheet.merge_range(1, 10, 1, 11, "驾驶员2")
        sheet.write_row(2, 8, ["姓名", "身份证号", "姓名", "身份证号"])
        sheet.write_row(3, 0, [*ROW, "张三", "001X", "李四", "1234"])

    table = read_table(built(fill), "rows.xlsx")
    assert (table.header_row, [row.position for row in table.rows]) == (3, [4])
    assert table.columns["drivers.1.last4"] == "驾驶员2 身份证号"
    assert plain_of(table.rows[0]).plain["drivers"] == [
        {"last4": "001X", "name": "张三"},
        {"last4": "1234", "name": "李四"},
    ]


def test_a_header_of_two_rows_in_a_csv_is_one_header_too() -> None:
    content = csv_of((*HEADERS, "驾驶员", ""), (*[""] * 8, "姓名", "电话"), (*ROW, "张三", "13900139000"))
    table = read_table(content.encode(), "rows.csv")
    assert table.header_row == 2
    assert plain_of(table.rows[0]).plain["drivers"] == [{"name": "张三", "phone": "13900139000"}]


def test_a_header_merged_over_part_of_the_columns_does_not_reach_further() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 1, "驾驶员")
        sheet.write_row(1, 0, ["姓名", "电话", "联系电话", *HEADERS[:7]])
        sheet.write_row(2, 0, ["张三", "13900139000", "13800138000", *ROW[:7]])

    table = read_table(built(fill), "rows.xlsx")
    assert table.rows[0].cells["contact_phone"].value == "13800138000"
    assert table.rows[0].cells["drivers.0.phone"].value == "13900139000"


def test_missing_columns_are_named() -> None:
    code, facts = refused(workbook([("车牌号", "起点", "终点", "货物"), ("吉A12345", "a", "b", "c")]))
    assert code == "batch.columns_missing"
    assert facts == {"columns": ["车牌颜色", "开始时间", "有效小时数", "联系电话"]}


def test_hours_in_days_are_not_taken_for_hours() -> None:
    code, facts = refused(workbook([(*HEADERS[:6], "时长（天）", HEADERS[7]), ROW]))
    assert (code, facts) == ("batch.columns_missing", {"columns": ["有效小时数"]})


def test_a_field_that_two_columns_claim_is_named() -> None:
    code, facts = refused(workbook([(*HEADERS, "车号"), (*ROW, "吉A99999")]))
    assert (code, facts) == ("batch.column_twice", {"column": "车牌号", "headers": ["车牌号", "车号"]})


def test_a_file_without_a_header_is_told_so() -> None:
    assert refused(workbook([("一", "二"), ("三", "四")])) == ("batch.no_header", {"rows": 20})
    deep: list[Any] = [("说明",)] * 25
    assert refused(workbook([*deep, HEADERS, ROW]))[0] == "batch.no_header"


def test_no_rows_no_cells_no_bytes_are_all_empty() -> None:
    for content in (
        workbook([HEADERS]),
        workbook([()]),
        workbook([HEADERS, (" ", "\u200b", "\u3000")]),
        b"",
        b" \n",
    ):
        assert refused(content)[0] == "batch.empty"


def test_the_sheet_with_the_table_is_found_among_others() -> None:
    table = read_table(workbook([("说明", "请填写")], [HEADERS, ROW], [HEADERS]), "rows.xlsx")
    assert table.sheet == "Sheet2"


def test_two_sheets_that_both_fit_are_named() -> None:
    assert refused(workbook([HEADERS, ROW], [HEADERS, ROW])) == (
        "batch.two_sheets",
        {"sheets": ["Sheet1", "Sheet2"]},
    )


def test_a_hidden_sheet_is_not_read() -> None:
    def fill(book: Any) -> None:
        for number in range(2):
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADERS)
            sheet.write_row(1, 0, ROW)
            if number:
                sheet.hide()

    assert read_table(built(fill), "rows.xlsx").sheet == "Sheet1"


def test_a_row_that_shows_how_to_fill_in_is_not_data() -> None:
    table = read(("序号", *HEADERS), ("示例（可删除）", *ROW), (1, *ROW))
    assert [row.position for row in table.rows] == [3]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("alphabet", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_alphabet_and_with_every_separator(alphabet: str, separator: str) -> None:
    content = csv_of(("申请表",), HEADERS, ROW, separator=separator).encode(alphabet)
    table = read_table(content, "rows.csv")
    assert (table.header_row, table.rows[0].position) == (2, 3)
    assert table.rows[0].cells["origin"].value == "长春市南关区"
    assert not table.rows[0].cells["origin"].exact


def test_quoted_cells_of_a_csv_may_hold_lines_and_separators() -> None:
    content = csv_of((*HEADERS, "途经点"), (*ROW, '"四平市铁西区,\n锦州市古塔区"'), ROW)
    table = read_table(content.encode("gb18030"), "rows.csv")
    assert [row.position for row in table.rows] == [2, 3]
    assert plain_of(table.rows[0]).plain["stops"] == ["四平市铁西区", "锦州市古塔区"]


@pytest.mark.parametrize("name", ["rows.xls", "rows_1904.xls"])
def test_an_old_workbook_is_read_with_its_days_and_errors(name: str) -> None:
    table = read_table((SAMPLES / name).read_bytes(), name)
    assert (table.sheet, table.header_row, [row.position for row in table.rows]) == ("车辆", 2, [3, 4, 5])
    read_ = [plain_of(row, today=date(2022, 4, 15)) for row in table.rows]
    assert {row.plain["not_before"] for row in read_} == {"2022-04-16T08:00"}
    assert [row.plain["contact_phone"] for row in read_] == ["13800138000", "043188888888", "13800138002"]
    assert [(problem.field, problem.code) for row in read_ for problem in row.problems] == [
        ("goods_words", "cell.error"),
        ("drivers.0.last4", "cell.digits_lost"),
    ]


@pytest.mark.parametrize("since_1904", [False, True])
def test_days_of_a_workbook_are_counted_from_its_own_beginning(since_1904: bool) -> None:
    serial = 44667.25 - (1462 if since_1904 else 0)
    row = (*ROW[:5], serial, *ROW[6:])
    table = read_table(workbook([HEADERS, row], date_1904=since_1904), "rows.xlsx")
    assert plain_of(table.rows[0]).plain["not_before"] == "2022-04-16T06:00"


def test_errors_of_formulas_are_named_by_row_and_column() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, HEADERS)
        sheet.write_row(3, 1, ROW)
        sheet.write_formula(3, 3, "=VLOOKUP(1,A1,9)", None, "#REF!")

    table = read_table(built(fill), "rows.xlsx")
    found = plain_of(table.rows[0])
    assert (found.position, [(one.field, one.code, one.facts) for one in found.problems]) == (
        4,
        [("goods", "cell.error", {"was": "#REF!"})],
    )
    assert table.columns["goods"] == "货物"
    assert "goods" not in found.plain


def test_a_formula_in_a_text_is_a_text() -> None:
    table = read((*HEADERS, "货物说明"), (*ROW, "=cmd|'/c calc'!A0"))
    assert plain_of(table.rows[0]).plain["goods_words"] == "=cmd|'/c calc'!A0"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"<html><table><tr><td>\xe8\xbd\xa6\xe7\x89\x8c</td></tr></table></html>",
        b"\x7fELF" + bytes(range(256)) * 4,
        b"\xff\xfe\x00\xd8",
    ],
)
def test_what_is_no_table_is_told_so_whatever_its_name(content: bytes) -> None:
    for name in ("rows.xlsx", "rows.xls", "rows.csv"):
        assert refused(content, name)[0] == "batch.not_a_table"


def test_another_zip_is_no_table() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("word/document.xml", "<w:document/>")
    assert refused(target.getvalue())[0] == "batch.not_a_table"


def test_a_password_is_told() -> None:
    assert refused((SAMPLES / "password.xlsx").read_bytes())[0] == "batch.encrypted"


@pytest.mark.parametrize("name", ["rows.xls", "password.xlsx"])
def test_a_file_that_was_cut_off_is_broken(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    assert refused(content[: len(content) // 3])[0] in {"batch.broken", "batch.encrypted"}
    assert refused(workbook([HEADERS, ROW])[:-200])[0] == "batch.broken"


def test_a_file_above_the_limit_is_not_opened() -> None:
    assert refused(bytes(10 * 1024 * 1024 + 1)) == ("batch.too_large", {"max_mb": 10})


@pytest.mark.parametrize("lies", [False, True])
def test_a_zip_bomb_is_stopped_by_what_it_unpacks_to(lies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ooxml, "MOST_UNPACKED", 20 * 1024 * 1024)
    bomb = with_part(workbook([HEADERS, ROW]), "xl/media/bomb.bin", bytes(40 * 1024 * 1024))
    if lies:
        # The declared size, in the local header and in the directory.
        bomb = bomb.replace((40 * 1024 * 1024).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    tracemalloc.start()
    assert refused(bomb)[0] == "batch.too_large"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * 1024 * 1024


def test_one_far_cell_does_not_make_a_reader_hold_everything_before_it() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ROW)
        sheet.write(1_048_575, 16_383, "x")

    code, facts = refused(built(fill))
    assert (code, facts) == ("batch.too_spread", {"sheet": "Sheet1", "row": 1_048_576, "column": "XFD"})


def test_a_cell_hidden_behind_a_strange_tag_is_broken() -> None:
    content = workbook([HEADERS, ROW])
    sheet = part_of(content, SHEET)
    strange = sheet.replace(b"</row></sheetData>", b'<c a="/>" r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert strange != sheet
    assert refused(with_part(content, SHEET, strange))[0] == "batch.broken"


def test_a_million_empty_rows_are_read_quickly() -> None:
    content = workbook([HEADERS, ROW])
    empty = b"".join(
        b'<row r="%d" spans="1:8"><c r="A%d" s="1"/></row>' % (row, row) for row in range(3, 1_000_003)
    )
    full = with_part(
        content, SHEET, part_of(content, SHEET).replace(b"</sheetData>", empty + b"</sheetData>")
    )
    begin = time.process_time()
    table = read_table(full, "rows.xlsx")
    assert [row.position for row in table.rows] == [2]
    assert time.process_time() - begin < 20


def test_a_million_empty_lines_are_read_quickly() -> None:
    content = csv_of(HEADERS, ROW).encode() + b"\r\n,,,,,,," * 1_000_000
    begin = time.process_time()
    assert [row.position for row in read_table(content, "rows.csv").rows] == [2]
    assert time.process_time() - begin < 20


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<c " * 20_000),
        ("xl/worksheets/sheet1.xml", b'<c t="e">' * 300_000),
        ("xl/workbook.xml", b"<workbook><sheet " + b"a" * 900_000 + b"></workbook>"),
    ],
    ids=["tags that never end", "nothing but errors", "a name that never ends"],
)
def test_a_part_made_to_be_slow_to_search_is_not(part: str, content: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(DomainProblem):
        ooxml.inspect(with_part(workbook([HEADERS, ROW]), part, content))
    assert time.process_time() - began < 10


def test_an_old_workbook_whose_table_names_one_sector_again_and_again_is_broken() -> None:
    content = bytearray(_file("rows.xls") + bytes(2 * 2**20))
    sector = len(content) // 512 - 2
    content[68:76] = struct.pack("<II", sector, 2**31)
    at = (sector + 1) * 512
    content[at : at + 512] = struct.pack("<128I", *[0] * 127, sector)
    tracemalloc.start()
    try:
        assert refused(bytes(content), "rows.xls")[0] == "batch.broken"
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_more_rows_than_a_batch_may_have_are_counted() -> None:
    assert refused(workbook([HEADERS, *[ROW] * 5_001])) == (
        "batch.too_many_rows",
        {"rows": 5_001, "most": 5_000},
    )
    code, facts = refused(csv_of(HEADERS, *[ROW] * 6_000).encode())
    assert (code, facts["rows"]) == ("batch.too_many_rows", 6_000)
    assert len(read(HEADERS, *[ROW] * 5_000).rows) == 5_000


def test_a_sheet_full_of_cells_is_given_up_in_the_middle() -> None:
    content = csv_of(HEADERS, *[ROW] * 130_000).encode()[: 9 * 1024 * 1024]
    code, facts = refused(content)
    assert code == "batch.too_many_rows"
    assert facts["rows"] > 50_000


@settings(max_examples=60)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")]))
def test_any_bytes_are_a_table_or_a_problem(content: bytes, magic: bytes) -> None:
    with pytest.raises(DomainProblem):
        read_table(magic + content, "rows.xlsx")


@settings(max_examples=30)
@given(st.sampled_from(["rows.xls", "xlsx"]), st.data())
def test_a_file_with_spoilt_bytes_is_a_table_or_a_problem(name: str, data: st.DataObject) -> None:
    content = bytearray(_file(name))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DomainProblem):
        for row in read_table(bytes(content), name).rows:
            assert row.position > 1
            plain_of(row)


def test_a_file_that_ends_the_program_that_opens_it_is_broken() -> None:
    content = bytearray((SAMPLES / "rows.xls").read_bytes())
    # A count of texts that asks for two terabytes: calamine reserves room for all of them, and its process is ended.
    content[1914] = 0xD3
    assert refused(bytes(content), "rows.xls")[0] == "batch.broken"


def test_one_long_text_in_very_many_cells_does_not_fill_the_memory() -> None:
    table = read(HEADERS, (*ROW[:2], "粮" * 30_000, *ROW[3:]))
    assert len(str(table.rows[0].cells["goods"].value)) == 1_000
    full = workbook([HEADERS, *[["粮" * 30_000] * 20] * 1_000])
    assert refused(full)[0] in {"batch.broken", "batch.too_large"}


@cache
def _file(name: str) -> bytes:
    """A workbook's length changes with the second it is written in, so each is made once."""
    path = Path(SAMPLES / name)
    return path.read_bytes() if path.exists() else workbook([HEADERS, ROW])
