"""Reading notices: within the area of whoever asks, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, area_prefix, covers
from accounts.public import Area
from foundation.problems import NotFound
from passes.catalogue_models import GoodsCategory
from passes.notice_models import Notice

PAGE: Final = 30


@dataclass(frozen=True)
class AreaGroup:
    """A prefecture and the counties below it, for a choice; `code` is the prefecture's own."""

    code: str
    name: str
    below: tuple[tuple[str, str], ...]


def notices_within(session: Session, actor: Actor, *, before: UUID | None = None) -> Sequence[Notice]:
    """A page of notices, newest first, with one more to see whether there are more."""
    statement = select(Notice).where(_within(actor))
    if before:
        statement = statement.where(Notice.id < before)
    return session.scalars(statement.order_by(Notice.id.desc()).limit(PAGE + 1)).all()


def find_notice(session: Session, actor: Actor, notice_id: UUID, *, lock: bool = False) -> Notice:
    """A notice of the actor's area or below it. Raises `NotFound` for any other."""
    notice = session.get(Notice, notice_id, with_for_update=lock, populate_existing=lock)
    if notice is None or not covers(actor.area, notice.area):
        raise NotFound
    return notice


def _within(actor: Actor) -> ColumnElement[bool]:
    return Notice.area.startswith(area_prefix(actor.area)) if actor.area else false()


def areas_for(session: Session, actor: Actor) -> tuple[AreaGroup, ...]:
    """The actor's area and everything below it, by prefecture; the actor's own stands first."""
    if actor.area is None:
        return ()
    rows = session.execute(
        select(Area.code, Area.name, Area.level)
        .where(Area.code.startswith(area_prefix(actor.area)))
        .order_by(Area.code)
    ).all()
    heads = [row for row in rows if row.level != "county" or row.code == actor.area]
    return tuple(
        AreaGroup(
            head.code,
            head.name,
            tuple(
                (row.code, row.name)
                for row in rows
                if row.level == "county" and row.code != head.code and _is_next_above(head.code, row.code)
            ),
        )
        for head in heads
    )


def _is_next_above(head: str, county: str) -> bool:
    """Whether the head is the county's prefecture (a county right under the province stands under the province)."""
    return head == f"{county[:4]}00"


def categories(session: Session) -> Sequence[tuple[str, str]]:
    """(code, name) of the categories of goods, in their order."""
    rows = session.execute(
        select(GoodsCategory.code, GoodsCategory.name).order_by(GoodsCategory.position, GoodsCategory.code)
    )
    return [(row.code, row.name) for row in rows]
