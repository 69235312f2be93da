"""Pass books: one run over the live passes of a province for all of its checkpoints, and the size of a book."""

import time
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, text

from accounts.models import ApiToken
from accounts.permissions import SCOPES, ActorKind
from accounts.tokens import hash_of, new_token
from bench.world import NOW
from checkpoints.models import Checkpoint, PassBook
from checkpoints.pass_books import build_pass_books
from foundation.base import new_id
from foundation.database import transaction

LIVE = 320_000
ROUTES = text(
    """
    WITH roads AS (SELECT array_agg(code ORDER BY code) AS codes FROM road),
        counties AS (SELECT array_agg(code ORDER BY code) AS codes FROM area WHERE level = 'county' AND code LIKE '22%'),
        numbered AS (SELECT number, right(number, 6)::int AS n FROM pass_revision)
    UPDATE pass_revision AS r SET
        roads = ARRAY[roads.codes[1 + n % 57], roads.codes[1 + n * 7 % 55]],
        origin = counties.codes[1 + n % cardinality(counties.codes)]
    FROM numbered, roads, counties WHERE numbered.number = r.number
    """
)
"""Routes over all roads and counties, so that each checkpoint has some tens of thousands of passes."""


@dataclass(frozen=True)
class Books:
    """Seconds of a first run, and of a second one that finds nothing changed; books, and passes of the largest."""

    first: float
    again: float
    books: int
    largest: int
    bytes_each: float


def prepare() -> None:
    """A device at every checkpoint, and passes on all roads."""
    with transaction() as session:
        session.execute(ROUTES)
        session.add_all(
            ApiToken(
                id=new_id(),
                token_hash=hash_of(new_token()),
                holder="device",
                name="bench",
                scopes=sorted(map(str, SCOPES[ActorKind.DEVICE])),
                checkpoint_code=code,
                created_at=NOW,
                expires_at=NOW + timedelta(days=90),
            )
            for code in session.scalars(select(Checkpoint.code))
        )


def measure(app: Flask) -> Books:
    """Both runs on an app whose database holds the live passes."""
    with app.app_context():
        prepare()
        first, again = _run(), _run()
        with transaction() as session:
            sizes = session.execute(select(PassBook.passes, PassBook.content)).all()
        largest = max(sizes, key=lambda row: row.passes)
        return Books(first, again, len(sizes), largest.passes, len(largest.content) / largest.passes)


def _run() -> float:
    began = time.perf_counter()
    with transaction() as session:
        build_pass_books(session, now=NOW + timedelta(hours=1))
    return time.perf_counter() - began
