"""The edges of the house: one commit, one clock, and imports that go one way."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, ROOT, product, tracked

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}
CLOCK_OWNERS = {"datetime", "date", "time", "dt"}
REGISTRIES = ("pypi.org", "pythonhosted.org", "registry.npmjs", "npmjs.org", "deb.debian.org")
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|farm)/")
"""Folders of whoever worked here, not of a machine that a reader has."""
LOCKS = {"uv.lock", "package-lock.json"}


def test_there_is_one_commit() -> None:
    found = [source.at(call) for source in product() for call in source.calls("commit")]
    assert [place.split(":")[0] for place in found] == ["foundation/database.py"], found


def test_there_is_one_reading_of_the_clock() -> None:
    found = [
        source.at(node)
        for source in product()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in CLOCK_OWNERS
    ]
    assert [place.split(":")[0] for place in found] == ["foundation/clock.py"], found


@pytest.mark.parametrize("kind", ["service", "rules", "queries", "models"])
def test_only_the_edges_read_it(kind: str) -> None:
    readers = [
        source.at(node)
        for source in product()
        if source.path.stem == kind or kind in source.path.parent.parts[-1:]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"clock.now", "present"}
    ]
    assert readers == []


def test_imports_go_one_way_and_through_the_doors() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    answer = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout


def test_every_package_of_the_product_is_under_the_contracts() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    named = re.search(r"root_packages = \[(?P<names>.*)\]", settings)
    assert named is not None
    assert set(re.findall(r'"(\w+)"', named["names"])) == {*PACKAGES, "seeds"}


def test_the_files_of_the_project_name_no_registry_and_no_machine() -> None:
    found = []
    for path in tracked():
        if path.name in LOCKS or path == Path(__file__):
            continue
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            if MACHINE.search(line) or any(host in line for host in REGISTRIES):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []
