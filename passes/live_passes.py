"""Every pass that is live now, in one stream: what a program off line must know to judge it without its code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from accounts.public import Body
from foundation.base import table_of
from passes.credential import PLATE_CHARACTERS, PLATE_PREFIXES
from passes.models import Pass, PassRevision
from passes.rules.moves import PassState

AT_ONCE: Final = 5000
"""Rows fetched at a time: memory stays the same however many passes there are."""
LAST_FOUR: Final = 4
NO_CHARACTER: Final = 59
"""Stands where a plate of seven characters has no eighth."""


@dataclass(frozen=True, slots=True)
class LivePass:
    """What the newest code of a pass says, but for its key; codes as in `passes.credential.Credential`."""

    number: str
    revision: int
    kind: int
    sector: int
    goods: int
    plate: str
    colour: int
    not_before: datetime
    duration_minutes: int
    origin: str
    destination: str
    stops: tuple[str, ...]
    roads: tuple[str, ...]
    drivers: tuple[str, ...]


def live_passes(session: Session, *, now: datetime) -> Iterator[LivePass]:
    """The live passes that have not ended, by number, through a cursor of the server. Future ones are among them."""
    found = session.execute(
        _statement(),
        {"now": now},
        execution_options={"stream_results": True, "yield_per": AT_ONCE},
    )
    return map(_live, found)


@cache
def _statement() -> Select[*tuple[Any, ...]]:
    this, said, body = table_of(Pass), table_of(PassRevision), table_of(Body)
    ends = func.upper(this.c.validity)
    same = (
        (said.c.plate == this.c.plate)
        & (said.c.number == this.c.number)
        & (said.c.revision == this.c.revision)
    )
    return (
        select(
            this.c.number,
            this.c.revision,
            this.c.kind,
            func.coalesce(body.c.sector, 0).label("sector"),
            said.c.goods,
            this.c.plate,
            this.c.plate_colour,
            said.c.not_before,
            said.c.duration_minutes,
            said.c.origin,
            said.c.destination,
            said.c.stops,
            said.c.roads,
            _last_fours(said).label("drivers"),
        )
        .select_from(this.join(said, same).join(body, body.c.id == this.c.body_id))
        # A constant, not a parameter: only then can the index of live passes be used.
        .where(this.c.state == literal_column(f"'{PassState.LIVE}'"), ends > bindparam("now"))
        .order_by(this.c.number)
    )


def _last_fours(said: Table) -> ColumnElement[str]:
    """The last fours of all drivers in one text: names and phones stay in the database, and nothing parses JSON."""
    found = func.jsonb_path_query_array(said.c.drivers, cast("$[*].last4", JSONPATH))
    return func.translate(cast(found, Text), '[]", ', "")


def _live(row: Row[Any]) -> LivePass:
    plain: Sequence[Any] = row[:-3]
    drivers = tuple(row.drivers[start : start + LAST_FOUR] for start in range(0, len(row.drivers), LAST_FOUR))
    lists: Sequence[Any] = (tuple(row.stops), tuple(row.roads), drivers)
    return LivePass(*plain, *lists)


def plate_digits(plate: str) -> bytes:
    """A plate as eight numbers: the prefix, then seven characters as the credential counts them, or `NO_CHARACTER`."""
    body = [PLATE_CHARACTERS.index(character) for character in plate[1:]]
    return bytes([PLATE_PREFIXES.index(plate[0]), *body, *[NO_CHARACTER] * (7 - len(body))])
