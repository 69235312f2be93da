"""Makes frontend/scanner/data/: the words, areas and roads that ship in the scanner's app.

    python -m seeds.make_scanner_data

Deterministic. Words come out of the tables and catalogues of the server, so that a verdict reads the same on the
phone, on the public page and in the office; areas and roads are those of the reference files.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from checkpoints import words as roadside
from checkpoints.rules import RECOGNISED, RefusalReason
from foundation.i18n import LOCALES, bind_i18n, in_language
from foundation.words import FIELDS, PROBLEMS, ProblemWords
from passes import words as passes
from web import rooms  # noqa: F401 - a room's problems are known once its words are imported; this imports all

FOLDER = Path(__file__).parent.parent / "frontend" / "scanner" / "data"
REFERENCE = Path(__file__).parent / "reference"
PROBLEM_ROOMS = (
    "action",
    "checkpoint",
    "device",
    "enrolment",
    "event",
    "event_conflict",
    "number",
    "pass_book",
    "plate",
    "rate",
    "server",
    "shift",
    "slip",
    "token",
)
"""First words of the codes that a phone may be answered with, or finds by itself."""

Json = Any


def words() -> Json:
    """The words of both languages, by table and code; `recognised`: reasons the national rule knows."""
    app = Flask(__name__)
    bind_i18n(app)
    with app.app_context():
        return {locale: _in(locale) for locale in LOCALES}


def _in(locale: str) -> Json:
    with in_language(locale):
        return {
            **{name: _shown(table) for name, table in _tables().items()},
            "recognised": [reason.value for reason in RefusalReason if reason in RECOGNISED],
            "valid_plate_unseen": str(roadside.GOOD_BUT_PLATE_UNSEEN),
            "watched": str(roadside.WATCHED),
            "not_read": str(roadside.NOT_READ),
            "problem": {code: _problem(PROBLEMS[code]) for code in _told(PROBLEMS)},
            "field": {code: str(FIELDS[code]) for code in _told(FIELDS)},
        }


def _tables() -> dict[str, Mapping[Any, Any]]:
    return {
        "level": passes.LEVEL_WORDS,
        "verdict": passes.VERDICT_WORDS,
        "action": roadside.ACTION_WORDS,
        "reason": roadside.REASON_WORDS,
        "may": roadside.MAY_WORDS,
        "plate_seen": roadside.PLATE_SEEN_WORDS,
        "plate_colour": {int(colour): words for colour, words in passes.COLOUR_WORDS.items()},
        "direction": roadside.DIRECTION_WORDS,
        "checkpoint_kind": roadside.KIND_WORDS,
    }


def _shown(table: Mapping[Any, Any]) -> dict[str, str]:
    return {str(code): str(said) for code, said in table.items()}


def _told(table: Iterable[str]) -> list[str]:
    return sorted(code for code in table if code.split(".")[0] in PROBLEM_ROOMS)


def _problem(said: ProblemWords) -> Json:
    """What happened, what was kept, what to do next; `%(fact)s` is left for whoever knows the facts."""
    return {"what": str(said.what), "kept": str(said.kept or ""), "steps": [str(step) for step in said.steps]}


def areas() -> Json:
    """zh: the last two digits and the name of each area, by its first four digits; en: whole names, of some.

    A parent is found by digits: XXYY00 where there is one, else XX0000 (`by_digits` holds for the reference file,
    or this raises `ValueError`).
    """
    rows = _rows("areas")
    codes = {row["code"] for row in rows}
    strays = [row["code"] for row in rows if row["parent"] != by_digits(row["code"], codes)]
    if strays:
        raise ValueError(f"not below what their digits say: {strays}")
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: str(row["code"])):
        found.setdefault(row["code"][:4], []).append(row["code"][4:] + row["name"])
    return {
        "zh": {head: " ".join(names) for head, names in found.items()},
        "en": {row["code"]: row["name_en"] for row in rows if "name_en" in row},
    }


def by_digits(code: str, codes: set[str]) -> str | None:
    """The parent of an area among all codes; None for a province."""
    above = (f"{code[:4]}00", f"{code[:2]}0000")
    return next((parent for parent in above if parent != code and parent in codes), None)


def roads() -> Json:
    """Names of roads by code."""
    return {row["code"]: row["name"] for row in _rows("roads")}


def _rows(name: str) -> list[dict[str, Any]]:
    content = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return list(content["rows"])


FILES: dict[str, Callable[[], Json]] = {"words": words, "areas": areas, "roads": roads}


def file_text(name: str) -> str:
    """The whole text of one file, an entry a line."""
    indent = 1 if name == "words" else 0
    return json.dumps(FILES[name](), ensure_ascii=False, indent=indent) + "\n"


def main() -> None:
    """Write every file and tell what it weighs in the app."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        content = file_text(name)
        (FOLDER / f"{name}.json").write_text(content, encoding="utf-8")
        print(f"{name}.json: {len(gzip.compress(content.encode(), 9))} bytes gzipped")


if __name__ == "__main__":
    main()
