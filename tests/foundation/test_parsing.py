"""Input is read the same way whatever it came by, and every mistake is told at once, by code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from foundation.parsing import InputSchema, from_form, load
from foundation.problems import InvalidInput


class DriverInput(InputSchema):
    """A row of a list."""

    name = fields.String(required=True, validate=validate.Length(1, 10, error="text.too_long"))
    last4 = fields.String()


class TripInput(InputSchema):
    """Something with all the shapes that the product's forms have."""

    plate = fields.String(required=True)
    hours = fields.Integer(validate=validate.Range(1, 720, error="number.range"))
    day = fields.Date()
    stops = fields.List(fields.String(validate=validate.Length(equal=6, error="area.unknown")))
    drivers = fields.List(fields.Nested(DriverInput))


def codes(plain: dict[str, Any], **options: Any) -> set[tuple[str, str]]:
    """(field, code) of everything that is wrong."""
    with pytest.raises(InvalidInput) as refused:
        load(TripInput(), plain, **options)
    return {(problem.field, problem.code) for problem in refused.value.errors}


def form(**fields_of_form: str) -> MultiDict[str, str]:
    return MultiDict({name.replace("__", "."): value for name, value in fields_of_form.items()})


def test_a_form_becomes_one_plain_dict() -> None:
    given_form = form(
        csrf_token="x",
        plate="\u3000 吉A12345 \u3000",
        hours="",
        stops__1="220102",
        stops__0="220101",
        drivers__0__name="李四",
        drivers__0__last4="123X",
        drivers__2__name="王五",
    )
    assert from_form(given_form) == {
        "plate": "吉A12345",
        "stops": ["220101", "220102"],
        "drivers": [{"name": "李四", "last4": "123X"}, {"name": "王五"}],
    }


def test_a_row_said_in_two_ways_is_no_accident_of_ours() -> None:
    both = {"drivers": [{"name": "李四"}]}
    assert from_form(form(drivers__0="x", drivers__0__name="李四")) == both
    assert from_form(form(drivers__0__name="李四", drivers__0="x")) == both


def test_a_zero_byte_is_left_out() -> None:
    assert from_form(form(plate="吉A\x0012345", hours="\x00")) == {"plate": "吉A12345"}


def test_only_what_is_named_is_left_out() -> None:
    assert from_form(form(csrf_token="x", version="1"), ignore=("version",)) == {"csrf_token": "x"}


@given(st.dictionaries(st.text(), st.text()))
def test_no_form_breaks_the_reader(anything: dict[str, str]) -> None:
    plain = from_form(MultiDict(anything))
    assert all(value not in ("", None) for value in plain.values())


@given(
    st.dictionaries(
        st.sampled_from(["stops.0", "stops.1", "stops.0.a", "stops.0.b", "stops.1.a", "stops", "stops.1000"]),
        st.sampled_from(["x", " ", "y\x00"]),
    )
)
def test_no_mixture_of_rows_breaks_the_reader(names: dict[str, str]) -> None:
    plain = from_form(MultiDict(names))
    assert all(row for row in plain.get("stops", []))


def test_what_is_right_is_loaded_with_its_types() -> None:
    loaded = load(TripInput(), {"plate": "吉A12345", "hours": "72", "stops": ["220102"]})
    assert loaded == {"plate": "吉A12345", "hours": 72, "stops": ["220102"]}


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    wrong = {
        "hours": "721",
        "day": "31.02.2022",
        "stops": ["220102", "1"],
        "drivers": [{"name": "李四"}, {"last4": "1"}, {"name": "x" * 11}],
        "colour": "blue",
    }
    assert codes(wrong) == {
        ("plate", "field.required"),
        ("hours", "number.range"),
        ("day", "field.invalid"),
        ("stops.1", "area.unknown"),
        ("drivers.1.name", "field.required"),
        ("drivers.2.name", "text.too_long"),
        ("colour", "field.unknown"),
    }


@pytest.mark.parametrize("hours", ["many", "1.5", None, [], {}])
def test_what_is_no_number_is_told_by_code(hours: object) -> None:
    ((field, code),) = codes({"plate": "吉A12345", "hours": hours})
    assert field == "hours"
    assert code.startswith("field.")


@pytest.mark.parametrize("stops", ["220102", {"0": "220102"}, 7])
def test_a_list_that_is_none_is_told(stops: object) -> None:
    assert codes({"plate": "吉A12345", "stops": stops}) == {("stops", "field.invalid")}


@pytest.mark.parametrize("row", ["李四", 7, ["李四"]])
def test_a_row_that_is_none_is_told(row: object) -> None:
    ((field, code),) = codes({"plate": "吉A12345", "drivers": [row]})
    assert field.startswith("drivers.0")
    assert code.startswith("field.")


def test_a_draft_may_lack_what_is_needed_but_not_be_wrong() -> None:
    assert load(TripInput(), {"hours": 5}, partial=True) == {"hours": 5}
    assert codes({"hours": 0}, partial=True) == {("hours", "number.range")}


def test_a_mistake_of_the_whole_is_told_without_a_field() -> None:
    class Picky(InputSchema):
        @validates_schema
        def refuse(self, data: dict[str, Any], **options: Any) -> None:
            del data, options
            raise ValidationError("route.too_short")

    with pytest.raises(InvalidInput) as refused:
        load(Picky(), {})
    assert [(problem.field, problem.code) for problem in refused.value.errors] == [("", "route.too_short")]
