"""The parts of the docs that come from the code: the diagram of each table of moves and the matrix of roles.

`python -m web.handbook` writes them between their markers; a house test fails when they are not up to date.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from foundation.outbox import MESSAGE_MOVES
from passes.public import APPLICATION_MOVES, BATCH_MOVES, NOTICE_MOVES, PASS_MOVES

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"<!-- from the code: (?P<name>[a-z-]+) -->\n.*?<!-- end -->\n", re.DOTALL)


def diagram(moves: Mapping[tuple[Any, Any], Any]) -> str:
    """A table of moves as a state diagram; a move that needs a reason code is marked with an asterisk."""
    lines = [
        f"    {state} --> {getattr(move, 'to', move)}: {action}{'*' if getattr(move, 'needs_reason', False) else ''}"
        for (state, action), move in moves.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def matrix() -> str:
    """Roles against permissions."""
    head = f"| permission | {' | '.join(Role)} |"
    rule = "|---" * (len(Role) + 1) + "|"
    rows = [
        f"| `{permission}` | {' | '.join('●' if permission in ROLE_PERMISSIONS[role] else '' for role in Role)} |"
        for permission in Permission
    ]
    return "\n".join([head, rule, *rows])


PARTS: dict[str, Callable[[], str]] = {
    "application-moves": lambda: diagram(APPLICATION_MOVES),
    "batch-moves": lambda: diagram(BATCH_MOVES),
    "pass-moves": lambda: diagram(PASS_MOVES),
    "message-moves": lambda: diagram(MESSAGE_MOVES),
    "notice-moves": lambda: diagram(NOTICE_MOVES),
    "role-matrix": matrix,
}


def brought_up_to_date(text: str) -> str:
    """The text with every marked part as the code has it now."""
    return MARK.sub(
        lambda m: f"<!-- from the code: {m['name']} -->\n{PARTS[m['name']]()}\n<!-- end -->\n", text
    )


def pages() -> list[Path]:
    """The pages with marked parts."""
    return sorted(path for path in (ROOT / "docs").rglob("*.md") if MARK.search(path.read_text()))


if __name__ == "__main__":
    for page in pages():
        page.write_text(brought_up_to_date(page.read_text()))
