"""Pass books: for each checkpoint that has phones, the live passes that may come through it."""

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.public import ApiToken
from checkpoints.book_packing import LiveTable, columns, packed, plain
from checkpoints.models import Checkpoint, PassBook
from foundation.database import advisory_lock
from passes.public import LivePass, Place, comes_through, live_passes


@dataclass(frozen=True)
class Built:
    """What a run did: live passes read, books there are now, and how many of them were written anew."""

    passes: int
    books: int
    written: int


@dataclass(frozen=True)
class BookHere:
    """A book as it is handed out: gzip bytes and the tag of what they say."""

    etag: str
    content: bytes


def build_pass_books(session: Session, *, now: datetime) -> Built:
    """Bring every book up to date: one read of the live passes for all checkpoints together.

    A book whose content is the same stays as it is, with its time. A checkpoint without a device in force has none.
    """
    advisory_lock(session, "checkpoints.pass_books")
    places = _places(session, now)
    session.execute(delete(PassBook).where(PassBook.checkpoint.not_in(places)))
    if not places:
        return Built(0, 0, 0)
    table, rows = sorted_out(live_passes(session, now=now), places)
    known = {row.checkpoint: row.etag for row in session.execute(select(PassBook.checkpoint, PassBook.etag))}
    written = sum(
        _write(session, code, columns(table, rows[code]), known.get(code), now=now) for code in places
    )
    return Built(len(table.numbers), len(places), written)


def book_of(session: Session, checkpoint: str) -> BookHere | None:
    """The newest book of a checkpoint; None before there is one."""
    row = session.execute(
        select(PassBook.etag, PassBook.content).where(PassBook.checkpoint == checkpoint)
    ).one_or_none()
    return BookHere(row.etag, row.content) if row else None


def _places(session: Session, now: datetime) -> dict[str, Place]:
    in_force = select(ApiToken.checkpoint_code).where(
        ApiToken.holder == "device", ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    found = session.execute(
        select(Checkpoint.code, Checkpoint.road, Checkpoint.county)
        .where(Checkpoint.code.in_(in_force))
        .order_by(Checkpoint.code)
    )
    return {row.code: Place(road=row.road, county=row.county) for row in found}


def sorted_out(
    found: Iterable[LivePass], places: Mapping[str, Place]
) -> tuple[LiveTable, dict[str, Sequence[int]]]:
    """The passes that come through any place as one table, and the rows of each place."""
    table = LiveTable()
    rows: dict[str, array[int]] = {code: array("I") for code in places}

    # One road or county at a time: there are few of either, but very many routes.
    @cache
    def on(road: str) -> frozenset[str]:
        return frozenset(code for code, place in places.items() if comes_through(place, (road,), ()))

    @cache
    def within(county: str) -> frozenset[str]:
        return frozenset(code for code, place in places.items() if comes_through(place, (), (county,)))

    for one in found:
        counties = (one.origin, one.destination, *one.stops)
        at = frozenset().union(*map(on, one.roads), *map(within, counties))
        if at:
            row = table.add(one)
            for code in at:
                rows[code].append(row)
    return table, dict(rows)


def _write(session: Session, code: str, content: dict[str, Any], known: str | None, *, now: datetime) -> bool:
    # Two checkpoints may have the same passes; a phone that moved must still be given the book of the new one.
    etag = hashlib.sha256(code.encode() + plain(content)).hexdigest()
    if etag == known:
        return False
    values = {
        "etag": etag,
        "passes": content["n"],
        "built_at": now,
        "content": packed(code, now, content),
    }
    session.execute(
        insert(PassBook)
        .values(checkpoint=code, **values)
        .on_conflict_do_update(index_elements=["checkpoint"], set_=values)
    )
    return True
