"""Areas in words: always by their parents, never by their digits, because some counties lie right under a province."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, exists, literal, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Area

Parent = aliased(Area, name="parent")
Grandparent = aliased(Area, name="grandparent")


@dataclass(frozen=True)
class Below:
    """An area as the choice of areas shows it; `leaf` when nothing lies below."""

    code: str
    name: str
    leaf: bool


def area_words_many(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Full words of areas by code, in one query; an unknown code stands for itself."""
    wanted = set(codes)
    found = session.execute(_with_parents().where(Area.code.in_(wanted))) if wanted else ()
    return {code: code for code in wanted} | {row.code: _full(row) for row in found}


def area_words(session: Session, code: str) -> str:
    """Full words of an area: 吉林省长春市南关区."""
    return area_words_many(session, [code])[code]


def administrative_path(session: Session, code: str) -> tuple[str, ...]:
    """The codes from the area itself up to its province; empty for an unknown one."""
    row = session.execute(_with_parents().where(Area.code == code)).first()
    return tuple(step for step in (row.code, row.parent_code, row.top_code) if step) if row else ()


def find_area(session: Session, text: str, *, lowest: bool = False) -> str | None:
    """The area meant by six digits, a name, or a name after the names above it (长春市南关区).

    None for what is unknown, for a name that several areas share and, with `lowest`, for what has areas below it.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    meant = Area.code == plain if plain.isdigit() else literal(plain).endswith(Area.name)
    statement = _with_parents().where(meant)
    if lowest:
        child = aliased(Area)
        statement = statement.where(~exists().where(child.parent == Area.code))
    rows = [row for row in session.execute(statement) if plain == row.code or _is_called(row, plain)]
    return rows[0].code if len(rows) == 1 else None


def below(session: Session, parent: str | None) -> Sequence[Below]:
    """The areas right under one, or the provinces; by code."""
    child = aliased(Area)
    statement = select(Area.code, Area.name, exists().where(child.parent == Area.code).label("has_more"))
    under = Area.parent == parent if parent else Area.parent.is_(None)
    rows = session.execute(statement.where(under).order_by(Area.code))
    return [Below(row.code, row.name, not row.has_more) for row in rows]


def _with_parents() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Area.code,
            Area.name,
            Parent.code.label("parent_code"),
            Parent.name.label("parent_name"),
            Grandparent.code.label("top_code"),
            Grandparent.name.label("top_name"),
        )
        .outerjoin(Parent, Parent.code == Area.parent)
        .outerjoin(Grandparent, Grandparent.code == Parent.parent)
    )


def _full(row: Row[Any]) -> str:
    return f"{row.top_name or ''}{row.parent_name or ''}{row.name}"


def _is_called(row: Row[Any], words: str) -> bool:
    return words in {row.name, f"{row.parent_name or ''}{row.name}", _full(row)} or (
        words == f"{row.top_name or ''}{row.name}"
    )
