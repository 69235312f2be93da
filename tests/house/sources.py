"""The source of the product, parsed: what the tests of the house look at."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("accounts", "passes", "checkpoints", "hotline")
PACKAGES = ("foundation", "audit", *ROOMS, "web")
"""The code of the product: without seeds, tests and bench, and without migrations, which are history."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


@dataclass(frozen=True)
class Source:
    """One file of the product."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path from the root of the project."""
        return str(self.path.relative_to(ROOT))

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Function]:
        """Every function and method in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of anything by one of these last names: `commit` finds `session.commit()`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and last_name(node.func) in names:
                yield node

    def at(self, node: ast.expr | ast.stmt) -> str:
        """Where a node stands, for a message that an editor can follow."""
        return f"{self.name}:{node.lineno}"


@cache
def product() -> tuple[Source, ...]:
    """Every file of the product, parsed once."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(
        Source(path, path.read_text(), ast.parse(path.read_text()))
        for path in [*paths, ROOT / "wsgi.py"]
        if "versions" not in path.parts and "node_modules" not in path.parts
    )


@cache
def templates() -> tuple[Path, ...]:
    """Every template of a page."""
    return tuple(
        path for package in PACKAGES for path in sorted((ROOT / package / "templates").rglob("*.html"))
    )


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c` and of `c`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def literal(node: ast.expr | None) -> str | None:
    """The text of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def body_lines(function: Function) -> int:
    """Lines of a function's body, its docstring and the functions inside it not counted."""
    first = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not first:
        return 0
    inner = sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(function)
        if node is not function and isinstance(node, Function)
    )
    return (first[-1].end_lineno or 0) - first[0].lineno + 1 - inner


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project, committed or about to be."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())
