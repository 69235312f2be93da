"""Reading a batch: its file is opened once, its rows are checked and kept a piece at a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM
from accounts.public import WebhookKind
from audit.public import record
from foundation.clock import SHOWN_IN
from foundation.files import store
from foundation.problems import DomainProblem
from passes.batch_models import Batch, BatchRow
from passes.batch_queries import find_batch, owner_of
from passes.imports.reading import read_table
from passes.imports.rows import RowRead, plain_of
from passes.rules.batches import READ_AT_ONCE, BatchAction, BatchState, RowState, next_batch_move, twins
from passes.service.announcing import announce_batch
from passes.service.batch_checking import Checked, Gazetteer, Row, check_rows, ride_of
from passes.service.batch_rows import kept_plain, stored_problems, stored_remarks

JSON = "json"
"""The form of a file of rows that a program sent; any other is a spreadsheet."""


@dataclass(frozen=True)
class OpenedFile:
    """The rows of a file in its order, and for each the others that ask for the same vehicle in the same time."""

    rows: Sequence[RowRead]
    twins: Mapping[int, tuple[int, ...]]


def open_file(session: Session, batch_id: UUID, *, now: datetime) -> OpenedFile | None:
    """The rows of a batch that is being read; None when it no longer is.

    A file that cannot be read ends the batch as unreadable, with the problem and its facts.
    """
    batch = find_batch(session, batch_id)
    if batch is None or batch.state != BatchState.READING:
        return None
    try:
        rows, about = _rows(batch)
    except DomainProblem as problem:
        _give_up(session, batch_id, problem, now)
        return None
    rides = filter(None, (ride_of(row.position, kept_plain(row.plain)) for row in rows))
    opened = OpenedFile(rows, twins(rides))
    batch = find_batch(session, batch_id, lock=True)
    if batch is None or batch.state != BatchState.READING:
        return None
    batch.rows, batch.facts = len(rows), {**batch.facts, **about}
    return opened


def _rows(batch: Batch) -> tuple[list[RowRead], dict[str, Any]]:
    content = store().get(batch.sha256)
    if content is None:
        raise DomainProblem("batch.file_missing")
    if batch.facts.get("form") == JSON:
        given = enumerate(json.loads(content), start=1)
        return [RowRead(position, plain, (), ()) for position, plain in given], {}
    table = read_table(content, batch.file_name)
    # The day the file was sent, so that reading it again gives the same.
    today = batch.created_at.astimezone(SHOWN_IN).date()
    about = {
        "sheet": table.sheet,
        "header_row": table.header_row,
        "columns": dict(table.columns),
        "ignored": list(table.ignored),
    }
    return [plain_of(row, today=today) for row in table.rows], about


def _give_up(session: Session, batch_id: UUID, problem: DomainProblem, now: datetime) -> None:
    batch = find_batch(session, batch_id, lock=True)
    if batch is None or batch.state != BatchState.READING:
        return
    batch.state = next_batch_move(batch.state, BatchAction.FAIL).to
    batch.problem, batch.facts = problem.code, {**batch.facts, "problem": dict(problem.facts)}
    batch.version += 1
    session.flush()
    event = record(session, SYSTEM, "batch:fail", "batch", batch.id, now=now, reason=problem.code)
    # A program that waits to be told must not wait for ever; the state says how the reading ended.
    announce_batch(session, batch, WebhookKind.BATCH_READ, event, now=now)


def stop_reading(session: Session, batch_id: UUID, *, now: datetime) -> None:
    """End a batch whose reading has failed for the last time; its file can then be sent again."""
    _give_up(session, batch_id, DomainProblem("batch.unread"), now)


def read_piece(
    session: Session, batch_id: UUID, opened: OpenedFile, names: Gazetteer, *, now: datetime
) -> bool:
    """Check and keep the next rows of a batch; False when there is nothing more to do.

    Where it goes on is told by the batch itself, so that whoever does it, and however often, no row is there twice.
    """
    batch = find_batch(session, batch_id, lock=True)
    if batch is None or batch.state != BatchState.READING:
        return False
    piece = opened.rows[batch.read_rows : batch.read_rows + READ_AT_ONCE]
    given = [_row(read, opened) for read in piece]
    checked = check_rows(session, owner_of(batch), given, names, now=now)
    if piece:
        kept = [_kept(batch, *three) for three in zip(piece, given, checked, strict=True)]
        session.execute(insert(BatchRow).on_conflict_do_nothing(), kept)
    batch.read_rows += len(piece)
    if batch.read_rows < len(opened.rows):
        return True
    _finish(session, batch, now)
    return False


def _row(read: RowRead, opened: OpenedFile) -> Row:
    return Row(read.position, kept_plain(read.plain), read.problems, opened.twins.get(read.position, ()))


def _kept(batch: Batch, read: RowRead, row: Row, checked: Checked) -> dict[str, Any]:
    repairs = [{"field": told.field, "code": told.code, "was": told.was} for told in read.repairs]
    return {
        "batch_id": batch.id,
        "position": read.position,
        "plain": dict(row.plain),
        "repairs": repairs + stored_remarks(checked),
        "problems": stored_problems(checked, read.problems),
        "state": _first_state(checked).value,
        "application_id": None,
    }


def _first_state(checked: Checked) -> RowState:
    """A row that was sent before is left out by itself: sending a longer file again must not need a hand for each."""
    if checked.sent:
        return RowState.LEFT_OUT
    return RowState.BAD if checked.problems else RowState.GOOD


def _finish(session: Session, batch: Batch, now: datetime) -> None:
    batch.state = next_batch_move(batch.state, BatchAction.FINISH_READING).to
    batch.version += 1
    session.flush()
    event = record(session, SYSTEM, "batch:read", "batch", batch.id, now=now, facts={"rows": batch.rows})
    announce_batch(session, batch, WebhookKind.BATCH_READ, event, now=now)
    if earlier := batch.facts.get("replaces"):
        _put_in_place_of(session, batch, UUID(earlier), now)


def _put_in_place_of(session: Session, batch: Batch, earlier_id: UUID, now: datetime) -> None:
    """The batch that a corrected file was sent for is given up, unless something of it was accepted."""
    earlier = find_batch(session, earlier_id, lock=True)
    if earlier is None or earlier.state != BatchState.READY:
        return
    earlier.state = next_batch_move(earlier.state, BatchAction.DISCARD).to
    earlier.version += 1
    session.flush()
    facts = {"replaced_by": str(batch.id)}
    record(session, SYSTEM, "batch:discard", "batch", earlier.id, now=now, facts=facts)
