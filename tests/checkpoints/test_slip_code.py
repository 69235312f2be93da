"""Codes of slips: the file that both suites read, and what the rules make of it."""

import itertools
import json

import pytest

from checkpoints.rules_slip import ALPHABET, read_slip_code, slip_code
from seeds.make_slip_vectors import FILE, slip_vectors_text

VECTORS = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_file_is_up_to_date_and_large_enough() -> None:
    assert FILE.read_text(encoding="utf-8") == slip_vectors_text()
    assert len(VECTORS["cases"]) + len(VECTORS["bad"]) >= 40


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["code"])
def test_a_code_is_made_and_read(case: dict[str, str | int]) -> None:
    code = slip_code(str(case["device"]), int(case["counter"]))
    assert code == case["code"]
    assert read_slip_code(code) == code


@pytest.mark.parametrize("text", VECTORS["bad"])
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert read_slip_code(text) is None


@pytest.mark.parametrize("case", VECTORS["typed"], ids=lambda case: case["text"])
def test_what_people_type_is_understood(case: dict[str, str]) -> None:
    assert read_slip_code(case["text"]) == case["code"]


def test_one_wrong_character_is_always_found() -> None:
    good = slip_code("K7QM", 12).replace("-", "")
    for place, sign in itertools.product(range(len(good)), ALPHABET):
        if sign != good[place]:
            assert read_slip_code(good[:place] + sign + good[place + 1 :]) is None


def test_no_code_is_made_of_what_no_device_has() -> None:
    for device, counter in (("K7Q", 1), ("K7UM", 1), ("k7qm", 1), ("K7QM", -1), ("K7QM", 10_000)):
        with pytest.raises(ValueError, match="no such slip"):
            slip_code(device, counter)
