"""Codes have words, and what is data is not code."""

import ast
import json
from collections.abc import Iterator

from flask import Flask

from foundation.words import FIELDS, PROBLEMS
from tests.house.sources import ROOT, Source, last_name, literal, product

REFERENCE = ROOT / "seeds" / "reference"
BESIDE_REFERENCE_DATA = {
    # An English word that is also the code of a sector, a category or an item, with what it means here.
    "other": "the last choice of many a list",
    "post": "a method of HTTP",
    "transport": "the sector that takes what is unclear (design.md 5), and e-mail's way",
    "mail": "the demo's mailbox",
    "seed": "a command",
}


def codes_of_problems(source: Source) -> Iterator[tuple[str, str]]:
    """(place, code) of every DomainProblem whose code stands in the source."""
    for call in source.calls("DomainProblem"):
        if call.args and (code := literal(call.args[0])):
            yield source.at(call), code
    for node in ast.walk(source.tree):
        # `super().__init__("move.not_allowed")` in a subclass of DomainProblem.
        if isinstance(node, ast.ClassDef) and "DomainProblem" in map(last_name, node.bases):
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                if last_name(call.func) == "__init__" and call.args and (code := literal(call.args[0])):
                    yield source.at(call), code


def codes_of_fields(source: Source) -> Iterator[tuple[str, str]]:
    """(place, code) of every problem of one field: ours, and those that marshmallow is given."""
    for call in source.calls("field_problem", "FieldProblem"):
        if len(call.args) > 1 and (code := literal(call.args[1])):
            yield source.at(call), code
    for call in source.calls("ValidationError"):
        yield from (
            (source.at(call), code) for code in map(literal, expressions(call)) if code and "." in code
        )
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.keyword)
            and node.arg == "error"
            and "." in (code := literal(node.value) or "")
        ):
            yield source.at(node.value), code


def expressions(node: ast.expr) -> Iterator[ast.expr]:
    """Every expression within one."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.expr))


def test_every_problem_has_words(app: Flask) -> None:
    del app  # Its making registers the words of every room.
    found = [place for source in product() for place in codes_of_problems(source)]
    assert len(found) > 10
    missing = sorted({(code, place) for place, code in found if code not in PROBLEMS})
    assert missing == [], missing


def test_every_problem_of_a_field_has_words(app: Flask) -> None:
    del app
    found = [place for source in product() for place in codes_of_fields(source)]
    assert len(found) > 10
    missing = sorted({(code, place) for place, code in found if code not in FIELDS})
    assert missing == [], missing


def test_every_problem_says_a_status_and_what_happened(app: Flask) -> None:
    del app
    odd = [
        code
        for code, words in PROBLEMS.items()
        if not (400 <= words.status < 600 and str(words.what).strip())
    ]
    assert odd == []


def codes_of_reference_data() -> set[str]:
    """Codes of kinds, sectors, categories and items."""
    files = [json.loads((REFERENCE / f"{name}.json").read_text()) for name in ("kinds", "sectors", "goods")]
    rows = [row for file in files for row in [*file["rows"], *file.get("categories", [])]]
    return {row["code"] for row in rows}


def test_no_code_of_a_kind_a_sector_or_goods_stands_in_the_source() -> None:
    codes = codes_of_reference_data() - BESIDE_REFERENCE_DATA.keys()
    assert {"national", "grain", "police"} <= codes
    found = [
        f"{source.at(node)} {node.value}"
        for source in product()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in codes
    ]
    assert found == []
