"""A row becomes the plain application a form would have given, and every code has words."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from foundation.problems import DomainProblem
from foundation.words import FIELDS, PROBLEMS, field_words
from passes.imports import columns, workbooks
from passes.imports.cells import Cell
from passes.imports.columns import COLUMNS, column_for, field_of, header_for
from passes.imports.rows import RowRead, plain_of
from passes.imports.tables import RawRow
from passes.rules.applying import CONTENT_FIELDS, REQUIRED
from passes.schemas import read_application
from tests.builders import some_tools

SOURCES = Path(columns.__file__).parent
TODAY = date(2022, 4, 16)


def row(**cells: Any) -> RowRead:
    """A row with these cells; `__` stands for the dot of a path."""
    given = {field.replace("__", "."): Cell(value) for field, value in cells.items()}
    return plain_of(RawRow(7, given), today=TODAY)


def problems(read: RowRead) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in read.problems]


def test_a_damaged_row_reads_as_the_application_that_was_meant(session: Session) -> None:
    read = row(
        plate="吉Ａ·12345",
        plate_colour="黄牌",
        goods=12.0,
        origin="长春市南关区\u00a0",
        destination=110115.0,
        stops="四平市铁西区，锦州市古塔区",
        roads="G1—G12 G25",
        not_before=44667.5,
        hours="3天",
        drivers__0__name="张三",
        drivers__0__phone=13900139000.0,
        drivers__0__last4=12.0,
        contact_phone=43188888888.0,
    )
    values, unread = read_application(read.plain, some_tools(session).catalogue)
    assert (read.problems, unread) == ((), ())
    assert values["roads"] == ["G1", "G12", "G25"]
    assert values["stops"] == ["220302", "210702"]
    assert (values["plate"], values["plate_colour"], values["goods"]) == ("吉A12345", 1, 12)
    assert (values["origin"], values["destination"], values["hours"]) == ("220102", "110115", 72)
    assert f"{values['not_before']:%Y-%m-%d %H:%M %Z}" == "2022-04-16 04:00 UTC"
    assert values["drivers"] == [{"name": "张三", "phone": "13900139000", "last4": "0012"}]
    assert values["contact_phone"] == "043188888888"
    assert {repair.field for repair in read.repairs} >= {"plate", "not_before", "drivers.0.last4"}


def test_a_field_with_a_problem_is_left_out_and_its_secret_is_masked() -> None:
    read = row(contact_phone="1.38E+10", drivers__0__name="张三", drivers__0__last4=2.201021980010112e17)
    assert problems(read) == [
        ("contact_phone", "cell.digits_lost"),
        ("drivers.0.last4", "cell.digits_lost"),
    ]
    assert read.plain == {"drivers": [{"name": "张三"}]}
    assert "2.20102" not in repr(read)


def test_of_an_identity_number_only_the_last_four_go_on() -> None:
    read = row(drivers__0__name="张三", drivers__0__last4="11010519491231002x")
    assert read.plain == {"drivers": [{"name": "张三", "last4": "002X"}]}


def test_drivers_and_stops_close_ranks_over_empty_columns() -> None:
    read = row(drivers__1__name="李四", drivers__1__phone="1E+10", stops__0="甲", stops__2="乙、丙")
    assert read.plain == {"drivers": [{"name": "李四"}], "stops": ["甲", "乙", "丙"]}
    assert problems(read) == [("drivers.0.phone", "cell.digits_lost")]


def test_a_row_of_nothing_but_errors_is_named_in_every_field() -> None:
    read = row(**{field: "#N/A" for field in CONTENT_FIELDS if field != "drivers"})
    assert {field for field, _ in problems(read)} == set(CONTENT_FIELDS) - {"drivers"}
    assert read.plain == {}


def test_every_required_field_has_a_column_that_is_marked() -> None:
    assert {column.field for column in COLUMNS if column.required} == set(REQUIRED)
    assert all(field_of(column.header) == column.field for column in COLUMNS)
    assert all(field_of(column.header) == column.field for column in columns.driver_columns(3))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("*车牌号（必填）", "plate"),
        ("牵引车车牌号", "plate"),
        ("Licence Plate", None),
        ("License plate", "plate"),
        ("司机2手机号码", "drivers.1.phone"),
        ("主驾姓名", "drivers.0.name"),
        ("第二驾驶员身份证号", "drivers.1.last4"),
        ("身份证号码", "drivers.0.last4"),
        ("driver 1 phone", "drivers.0.phone"),
        ("途经点②", "stops.1"),
        ("途经点4", None),
        ("道路7", "roads.6"),
        ("时长（小时）", "hours"),
        ("时长（天）", None),
        ("电话（司机）", None),
        ("所在县（市、区）", "area"),
        ("挂车号牌", None),
        ("序号", None),
        ("", None),
    ],
)
def test_headers_mean_a_field_or_nothing(header: str, field: str | None) -> None:
    assert field_of(header) == field


def test_a_problem_is_shown_under_the_header_of_its_column() -> None:
    found = {"plate": "车号", "stops.1": "途经2", "drivers.0.name": "司机"}
    assert header_for(found, "plate") == "车号"
    assert header_for(found, "stops.1") == "途经2"
    assert header_for(found, "stops.0") == "途经点"
    assert header_for(found, "drivers.1.phone") == "驾驶员2电话"
    assert header_for(found, "replaces") == "replaces"
    assert column_for("roads.3") is columns.BY_FIELD["roads"]


def test_every_code_of_the_package_has_words(app: Flask) -> None:
    text = "".join(source.read_text() for source in SOURCES.glob("*.py"))
    cells = set(re.findall(r'"(cell\.[a-z_0-9]+)"', text))
    files = set(re.findall(r'"(batch\.[a-z_0-9]+)"', text))
    assert len(cells) > 20
    assert len(files) == 11
    assert (cells - FIELDS.keys(), files - PROBLEMS.keys()) == (set(), set())
    with app.test_request_context():
        assert all(
            "x9" in field_words(code, {"was": "x9"}) for code in cells if "%(was)s" in str(FIELDS[code])
        )


def test_the_facts_of_a_problem_fill_its_words(app: Flask) -> None:
    problem = DomainProblem("batch.columns_missing", columns=["起点", "终点"])
    words = PROBLEMS[problem.code]
    with app.test_request_context():
        assert "起点、终点" in words.fill(words.what, problem.facts)


def test_only_one_file_each_touches_the_libraries() -> None:
    for library, home in (
        ("python_calamine", "open_workbook.py"),
        ("xlsxwriter", Path(workbooks.__file__).name),
    ):
        users = [
            source.name
            for source in SOURCES.glob("*.py")
            if f"import {library}" in source.read_text() or f"from {library}" in source.read_text()
        ]
        assert users == [home]
