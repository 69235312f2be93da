"""Plates: written in one way, and each slip of the keyboard named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.problems import InvalidInput
from passes.credential import Credential, decode_payload, encode_payload
from passes.rules.plates import (
    PROVINCES,
    Plate,
    PlateColour,
    check_colour,
    default_colour,
    normalise_plate,
    parse_plate,
    require_tractor,
)
from tests.passes.samples import a_credential


def codes(text: str) -> list[tuple[str, str]]:
    """Field and code of every problem of a plate."""
    with pytest.raises(InvalidInput) as caught:
        parse_plate(text)
    return [(error.field, error.code) for error in caught.value.errors]


@pytest.mark.parametrize(
    "typed",
    [
        "吉A12345",
        "吉a12345",
        "吉Ａ１２３４５",
        "吉ａ１２３４５",
        "吉A·12345",
        "吉A•12345",
        "吉A．12345",
        "吉A・12345",
        "吉A-12345",
        "吉A—12345",
        "吉A－12345",
        "  吉 A 123 45 ",
        "吉A\u300012345\n",
        "\ufeff吉A12345\u200b",
    ],
)
def test_one_plate_is_written_in_one_way_however_it_was_typed(typed: str) -> None:
    assert normalise_plate(typed) == "吉A12345"
    assert parse_plate(typed) == Plate("吉", "A12345", 7)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_plate(normalise_plate(text)) == normalise_plate(text)


def test_ten_megabytes_are_no_plate() -> None:
    assert codes("吉" * 3_500_000) == [("plate", "plate.length")]


@pytest.mark.parametrize("province", PROVINCES)
def test_every_province_has_plates(province: str) -> None:
    assert parse_plate(f"{province}B6789Z").text == f"{province}B6789Z"


KINDS = (
    "吉AD12345 吉A12345D 吉A1234挂 吉A1234学 吉A1234警 粤Z1234港 粤Z1234澳 沪A0023领 沪A0023使 川X3301应急 "
    "使014578 吉ABCDEF 京A00000"
)


@pytest.mark.parametrize("plate", KINDS.split())
def test_plates_of_every_kind_are_taken(plate: str) -> None:
    assert parse_plate(plate).text == plate


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "plate.length"),
        ("吉A1234", "plate.length"),
        ("吉AD123456", "plate.length"),
        ("吉", "plate.length"),
        ("XA12345", "plate.prefix"),
        ("军A12345", "plate.prefix"),
        ("1234567", "plate.prefix"),
        ("吉112345", "plate.character"),
        ("吉挂12345", "plate.character"),
        ("吉A12挂45", "plate.character"),
        ("吉A挂1234", "plate.character"),
        ("吉A123应急", "plate.character"),
        ("吉A1234急", "plate.character"),
        ("吉A12345急", "plate.character"),
        ("吉A1234*", "plate.character"),
        ("吉A1234吉", "plate.character"),
        ("吉A1234é", "plate.character"),
        ("使A14578", "plate.character"),
        ("吉AO2345", "plate.letter_o_or_i"),
        ("吉A1234I", "plate.letter_o_or_i"),
        ("吉Ai2345", "plate.letter_o_or_i"),
        ("吉Ｏ12345", "plate.letter_o_or_i"),
    ],
)
def test_each_mistake_has_its_code(typed: str, code: str) -> None:
    assert ("plate", code) in codes(typed)


def test_somebody_who_typed_letters_for_digits_hears_what_was_meant_and_where() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_plate("吉AO234I")
    assert [dict(error.facts) for error in caught.value.errors] == [
        {"position": 3, "letter": "O", "meant": "0"},
        {"position": 7, "letter": "I", "meant": "1"},
    ]


def test_every_mistake_of_a_plate_is_told_at_once() -> None:
    assert [code for _, code in codes("X1O345挂D")] == [
        "plate.prefix",
        "plate.character",
        "plate.letter_o_or_i",
        "plate.character",
    ]


@pytest.mark.parametrize(
    ("plate", "colours"),
    [
        ("吉A12345", {PlateColour.BLUE, PlateColour.YELLOW, PlateColour.WHITE, PlateColour.BLACK}),
        ("吉AD12345", {PlateColour.GREEN, PlateColour.YELLOW_GREEN}),
        ("川X3301应急", {PlateColour.WHITE}),
    ],
)
def test_length_and_colour_of_a_plate_belong_together(plate: str, colours: set[PlateColour]) -> None:
    for colour in colours:
        check_colour(parse_plate(plate), colour)
    for colour in set(PlateColour) - colours:
        with pytest.raises(InvalidInput) as caught:
            check_colour(parse_plate(plate), colour)
        assert [(error.field, error.code) for error in caught.value.errors] == [
            ("plate_colour", "plate.colour")
        ]
    assert default_colour(parse_plate(plate)) in colours


@pytest.mark.parametrize(
    ("plate", "colour"),
    [
        ("吉A12345", PlateColour.BLUE),
        ("吉AD12345", PlateColour.GREEN),
        ("吉A1234学", PlateColour.YELLOW),
        ("吉A1234警", PlateColour.WHITE),
        ("使014578", PlateColour.BLACK),
    ],
)
def test_a_plate_without_a_colour_gets_the_usual_one(plate: str, colour: PlateColour) -> None:
    assert default_colour(parse_plate(plate)) is colour


def test_a_trailer_is_sent_to_its_tractor() -> None:
    with pytest.raises(InvalidInput) as caught:
        require_tractor(parse_plate("吉A1234挂"))
    assert caught.value.errors[0].code == "plate.trailer"
    require_tractor(parse_plate("吉A12345"))


@given(st.from_regex(r"[京吉新使][A-Z0-9挂]{6,7}", fullmatch=True), st.sampled_from(PlateColour))
def test_every_plate_that_is_taken_fits_into_the_credential(text: str, colour: PlateColour) -> None:
    try:
        plate = parse_plate(text)
    except InvalidInput:
        return
    credential: Credential = a_credential(plate=plate.text, plate_colour=int(colour))
    assert decode_payload(encode_payload(credential)).plate == text
