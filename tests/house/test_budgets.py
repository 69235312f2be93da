"""The house stays small: functions, files, and a word about everything that others may use."""

import ast
import statistics
from collections.abc import Iterator

import pytest

from tests.house.sources import Documented, Function, Source, body_lines, last_name, product

MEAN, P95, MOST, FILE = 8, 25, 50, 400
"""Lines: budgets of design.md 3."""


def bodies() -> dict[str, int]:
    return {
        f"{source.at(function)} {function.name}": body_lines(function)
        for source in product()
        for function in source.functions()
    }


def test_functions_are_short_on_the_whole() -> None:
    lengths = sorted(bodies().values())
    assert len(lengths) > 100
    assert statistics.mean(lengths) <= MEAN
    assert statistics.quantiles(lengths, n=20)[-1] <= P95


def test_no_function_is_long() -> None:
    assert {name: lines for name, lines in bodies().items() if lines > MOST} == {}


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_no_file_is_long(source: Source) -> None:
    assert source.lines <= FILE


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_everything_public_says_what_it_is(source: Source) -> None:
    if source.text.strip():
        assert [name for name, node in public(source) if ast.get_docstring(node) is None] == []


def public(source: Source) -> Iterator[tuple[str, Documented]]:
    """The module, its public classes and functions, and the public methods of those classes."""
    yield source.name, source.tree
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield source.at(node), node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from ((source.at(method), method) for method in public_methods(node))


def public_methods(owner: ast.ClassDef) -> Iterator[Function]:
    """What a reader calls. The members of a protocol are told by the protocol, and a setter by its getter."""
    if "Protocol" in map(last_name, owner.bases):
        return
    for node in owner.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            marks = [last_name(mark) for mark in node.decorator_list]
            if not {"overload", "setter"} & set(marks):
                yield node
