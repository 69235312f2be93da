"""What ships in the scanner's app is what the server says, and small."""

import gzip
import json
from typing import Any

import pytest

from checkpoints.rules import RefusalReason, RoadsideAction, Standing
from passes.rules import VerdictCode
from seeds.make_scanner_data import FILES, FOLDER, areas, by_digits, file_text, words

SIZES = {"words": 12_000, "areas": 22_000, "roads": 1_000}
"""Bytes gzipped: the app may weigh 600 KB in all, and most of that is the decoder."""


@pytest.mark.parametrize("name", FILES)
def test_the_file_in_the_app_is_what_the_server_says_now(name: str) -> None:
    kept = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert kept == file_text(name), "run: python -m seeds.make_scanner_data"


@pytest.mark.parametrize("name", FILES)
def test_the_file_weighs_little_in_the_app(name: str) -> None:
    assert len(gzip.compress(file_text(name).encode(), 9)) <= SIZES[name]


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_code_a_phone_can_show_has_words(locale: str) -> None:
    said: dict[str, Any] = words()[locale]
    assert set(said["verdict"]) == {code.value for code in VerdictCode}
    assert set(said["action"]) == {action.value for action in RoadsideAction}
    assert set(said["reason"]) == {reason.value for reason in RefusalReason}
    assert set(said["may"]) == {standing.value for standing in Standing}


def test_both_languages_say_the_same_things() -> None:
    both = words()
    assert _keys(both["zh"]) == _keys(both["en"])


def test_every_area_of_the_reference_is_there_and_its_parent_found_by_digits() -> None:
    listed = {head + entry[:2] for head, names in areas()["zh"].items() for entry in names.split(" ")}
    rows = json.loads((FOLDER.parents[2] / "seeds/reference/areas.json").read_text(encoding="utf-8"))["rows"]
    assert listed == {row["code"] for row in rows}
    assert by_digits("220102", listed) == "220100"
    assert by_digits("441900", listed) == "440000"
    assert by_digits("220000", listed) is None


def _keys(said: Any) -> Any:
    return {key: _keys(value) for key, value in said.items()} if isinstance(said, dict) else None
