"""Batches for tests: rows as a program or a file gives them, read and accepted in the transaction of the test."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from passes.batch_models import Batch, BatchRow
from passes.service.accepting import accept_piece
from passes.service.batch_checking import Gazetteer
from passes.service.batch_reading import open_file, read_piece
from passes.service.batches import accept, send_rows
from tests.builders import NOON, a_plate, some_tools


def a_row(**changes: Any) -> dict[str, Any]:
    """A row that is good: words as people write them into a spreadsheet."""
    row = {
        "plate": a_plate(),
        "plate_colour": "blue",
        "goods": "12",
        "origin": "吉林省长春市南关区",
        "destination": "北京市大兴区",
        "roads": ["G1 京哈高速"],
        "not_before": "2022-04-16 12:00",
        "hours": "72",
        "contact_phone": "13800000000",
        "drivers": [{"name": "李四", "phone": "13900000000", "last4": "123X"}],
        **changes,
    }
    return {name: value for name, value in row.items() if value is not None}


def read_to_end(session: Session, batch: Batch, now: datetime = NOON) -> Batch:
    """What the job of reading does, without its own transactions."""
    names = Gazetteer(some_tools(session, now).catalogue)
    opened = open_file(session, batch.id, now=now)
    while opened is not None and read_piece(session, batch.id, opened, names, now=now):
        pass
    session.refresh(batch)
    return batch


def a_batch(
    session: Session, actor: Actor, rows: Sequence[dict[str, Any]], *, now: datetime = NOON, key: str = "k"
) -> Batch:
    """A batch that has been read."""
    return read_to_end(session, send_rows(session, actor, rows, channel="online", key=key, now=now), now)


def accepted(session: Session, actor: Actor, batch: Batch, *, now: datetime = NOON) -> Batch:
    """The same batch with its good rows accepted."""
    accept(session, actor, batch.id, batch.version, now=now)
    names = Gazetteer(some_tools(session, now).catalogue)
    while accept_piece(session, actor, batch.id, names, now=now):
        pass
    session.refresh(batch)
    return batch


def rows_of(session: Session, batch: Batch) -> dict[int, BatchRow]:
    """The rows of a batch by their places in the file."""
    session.flush()
    found = session.scalars(select(BatchRow).where(BatchRow.batch_id == batch.id))
    return {row.position: row for row in found}


def codes(row: BatchRow) -> list[tuple[str, str]]:
    """What is wrong with a row: fields and codes."""
    return [(told["field"], told["code"]) for told in row.problems]
