"""Rows of a batch: checked when they are read, when they are mended, and once more when they are accepted."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from audit.public import record
from foundation.problems import DomainProblem, FieldProblem, NotAllowed, NotFound
from passes.batch_models import Batch, BatchRow
from passes.batch_queries import find_batch, find_row, only_lacks_replacing, owner_of, owns_batch
from passes.catalogue import Catalogue
from passes.rules.applying import CONTENT_FIELDS
from passes.rules.batches import LONGEST_CELL, BatchAction, RowState, next_batch_move, twins
from passes.rules.plates import normalise_plate
from passes.schemas import LONGEST_LIST
from passes.service.batch_checking import Checked, Gazetteer, Row, check_rows, ride_of

FIELDS = (*CONTENT_FIELDS, "replaces")
"""What a row may say."""
CHECKED_AGAIN = 200
"""So many rows of the same vehicle are checked again at once when one is mended; accepting checks every row."""
LENGTH_OF_IDENTITY = 18
"""Characters of an identity number (GB 11643)."""
WAITING = (RowState.GOOD.value, RowState.BAD.value)


def held_batch(session: Session, actor: Actor, batch_id: UUID, action: BatchAction) -> Batch:
    """The actor's own batch, its row held, if the table of moves lets him do this.

    Raises `NotFound` for unknown and foreign alike, `NotAllowed`, `permission.missing`.
    """
    found = find_batch(session, batch_id, lock=True)
    if found is None or not owns_batch(actor, found):
        raise NotFound
    move = next_batch_move(found.state, action)
    if not actor.may(Permission(move.permission)):
        raise DomainProblem("permission.missing", permission=move.permission)
    return found


def mark_of(row: BatchRow) -> str:
    """What tells whether a row is still the one that was shown."""
    told = json.dumps([row.state, row.plain], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def mend_row(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    position: int,
    plain: Mapping[str, Any],
    known: Catalogue,
    *,
    now: datetime,
    seen: str | None = None,
) -> BatchRow:
    """Put other words into the cells of a row and check it at once, with the rows of the same vehicle.

    `plain` is what a form gives: all of the row; what it leaves out is empty. `seen` is the mark of the row that was
    shown. Raises what `held_batch` raises, `NotFound` for a row that is not there, `NotAllowed` for an accepted
    one, `edit.conflict` when the row has changed since it was shown.
    """
    batch, row = _held_row(session, actor, batch_id, position, seen)
    plates = {row.plain.get("plate")}
    given = kept_plain(plain)
    changed = {name for name in FIELDS if given.get(name) != row.plain.get(name)}
    row.repairs = [told for told in row.repairs if root(told["field"]) not in changed]
    row.problems = _still_unread(row, given)
    row.plain = given
    row.state = RowState.BAD.value
    _changed(session, actor, batch, "batch:mend", {"row": position, "fields": sorted(changed)}, now)
    _check_again(session, batch, plates | {given.get("plate")}, position, known, now)
    return row


def _still_unread(row: BatchRow, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What could not be read in the file and was not typed since; a driver who moves up takes it along."""
    found = []
    for told in row.problems:
        field = _field_now(told["field"], row.plain, given) if told.get("of_file") else None
        if field and _said(given, field) == _said(row.plain, told["field"]):
            found.append({**told, "field": field})
    return found


def _field_now(field: str, plain: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """The path that a field of a row has after mending; None for one of a driver who is gone."""
    if not field.startswith("drivers."):
        return field
    _, place, part = field.split(".")
    before, after = plain.get("drivers", []), given.get("drivers", [])
    if len(before) == len(after):
        return field
    name = _said(plain, f"drivers.{place}.name")
    places = range(len(after))
    found = next((other for other in places if _said(given, f"drivers.{other}.name") == name), None)
    return None if found is None else f"drivers.{found}.{part}"


def _said(plain: Mapping[str, Any], field: str) -> Any:
    """What a row says at a path such as `hours` or `drivers.0.phone`; None where it says nothing."""
    if not field.startswith("drivers."):
        return plain.get(field)
    _, place, part = field.split(".")
    drivers = plain.get("drivers")
    driver = drivers[int(place)] if isinstance(drivers, list) and int(place) < len(drivers) else None
    return (driver.get(part) or None) if isinstance(driver, Mapping) else None


def leave_out(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    position: int,
    known: Catalogue,
    *,
    now: datetime,
    out: bool = True,
    seen: str | None = None,
) -> BatchRow:
    """Leave a row out of the batch, or take it back (`out=False`). Raises what `mend_row` raises."""
    batch, row = _held_row(session, actor, batch_id, position, seen)
    if out == (row.state == RowState.LEFT_OUT):
        return row
    row.state = (RowState.LEFT_OUT if out else RowState.BAD).value
    _changed(session, actor, batch, "batch:leave_out" if out else "batch:take_back", {"row": position}, now)
    _check_again(session, batch, {row.plain.get("plate")}, position, known, now)
    return row


def replace_all(session: Session, actor: Actor, batch_id: UUID, version: int, *, now: datetime) -> int:
    """Ask for a new pass in place of the present one in every row that lacks nothing else; how many there were.

    Raises what `held_batch` raises, `edit.conflict`.
    """
    batch = held_batch(session, actor, batch_id, BatchAction.MEND)
    if batch.version != version:
        raise DomainProblem("edit.conflict")
    mended = session.execute(
        update(BatchRow)
        .where(BatchRow.batch_id == batch.id, only_lacks_replacing())
        .values(plain=BatchRow.plain.concat({"replaces": "1"}), problems=[], state=RowState.GOOD.value)
        .returning(BatchRow.position)
        .execution_options(synchronize_session=False)
    ).all()
    session.expire_all()
    if mended:
        _changed(session, actor, batch, "batch:replace_all", {"rows": len(mended)}, now)
    return len(mended)


def _held_row(
    session: Session, actor: Actor, batch_id: UUID, position: int, seen: str | None
) -> tuple[Batch, BatchRow]:
    batch = held_batch(session, actor, batch_id, BatchAction.MEND)
    row = find_row(session, batch.id, position, lock=True)
    if row is None:
        raise NotFound
    if row.state == RowState.ACCEPTED:
        raise NotAllowed(row.state, BatchAction.MEND)
    if seen is not None and seen != mark_of(row):
        raise DomainProblem("edit.conflict")
    return batch, row


def _changed(
    session: Session, actor: Actor, batch: Batch, tag: str, facts: Mapping[str, Any], now: datetime
) -> None:
    batch.version += 1
    session.flush()
    record(session, actor, tag, "batch", batch.id, now=now, facts=facts)


def _check_again(
    session: Session,
    batch: Batch,
    plates: Iterable[str | None],
    position: int,
    known: Catalogue,
    now: datetime,
) -> None:
    """Check a row and those with the same vehicles, which a change of one may set right or wrong."""
    wanted = [plate for plate in plates if plate]
    near = select(BatchRow).where(BatchRow.batch_id == batch.id, BatchRow.state.in_(WAITING))
    rows = session.scalars(
        near.where(BatchRow.plain["plate"].astext.in_(wanted) | (BatchRow.position == position))
        .order_by(func.abs(BatchRow.position - position))
        .limit(CHECKED_AGAIN)
    ).all()
    settle(rows, check_kept(session, batch, rows, Gazetteer(known), now=now))
    session.flush()


def check_kept(
    session: Session, batch: Batch, rows: Sequence[BatchRow], names: Gazetteer, *, now: datetime
) -> list[Checked]:
    """Check rows of a batch against the present: its other rows, passes and applications."""
    meeting = twins(_rides(session, batch, {row.plain.get("plate") for row in rows}))
    given = [Row(row.position, row.plain, _unread(row), meeting.get(row.position, ())) for row in rows]
    return check_rows(session, owner_of(batch), given, names, now=now)


def _rides(session: Session, batch: Batch, plates: Iterable[Any]) -> Iterable[Any]:
    """What the waiting rows with these plates ask for, as other rows see it."""
    rows = session.execute(
        select(BatchRow.position, BatchRow.plain).where(
            BatchRow.batch_id == batch.id,
            BatchRow.state.in_(WAITING),
            BatchRow.plain["plate"].astext.in_([plate for plate in plates if plate]),
        )
    )
    return filter(None, (ride_of(position, plain) for position, plain in rows))


def settle(rows: Sequence[BatchRow], checked: Sequence[Checked]) -> None:
    """Write down what was found; a row without problems is good."""
    for row, found in zip(rows, checked, strict=True):
        row.problems = stored_problems(found, _unread(row))
        row.repairs = [told for told in row.repairs if "was" in told] + stored_remarks(found)
        row.state = (RowState.BAD if found.problems else RowState.GOOD).value


def stored_problems(found: Checked, unread: Sequence[FieldProblem]) -> list[dict[str, Any]]:
    """The problems of a row as they are kept; those of the file are marked, because no check can find them again."""
    of_file = {(problem.field, problem.code) for problem in unread}
    return [
        _stored(problem) | ({"of_file": True} if (problem.field, problem.code) in of_file else {})
        for problem in found.problems
    ]


def stored_remarks(found: Checked) -> list[dict[str, Any]]:
    """The remarks of a row as they are kept, beside its repairs."""
    return [_stored(remark) for remark in found.remarks]


def _stored(problem: FieldProblem) -> dict[str, Any]:
    return {"field": problem.field, "code": problem.code, "facts": dict(problem.facts)}


def _unread(row: BatchRow) -> tuple[FieldProblem, ...]:
    return tuple(
        FieldProblem(told["field"], told["code"], told["facts"])
        for told in row.problems
        if told.get("of_file")
    )


def kept_plain(plain: Mapping[str, Any]) -> dict[str, Any]:
    """What a row keeps of what was given: fields of an application, short, without what JSON or the database refuse."""
    kept = {name: _kept(plain[name]) for name in FIELDS if plain.get(name) not in (None, "", [])}
    if "plate" in kept:
        kept["plate"] = normalise_plate(str(kept["plate"]))[:LONGEST_CELL]
    for driver in kept["drivers"] if isinstance(kept.get("drivers"), list) else ():
        # Whoever writes all eighteen means the last four, and the rest is nobody's business here.
        if isinstance(driver, dict) and len(str(driver.get("last4"))) == LENGTH_OF_IDENTITY:
            driver["last4"] = str(driver["last4"])[-4:]
    return kept


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name)[:LONGEST_CELL]: _kept(inner) for name, inner in list(value.items())[:LONGEST_LIST]}
    if isinstance(value, list | tuple):
        # One more than a list may have, so that the schema still says that it is too long.
        return [_kept(inner) for inner in value[: LONGEST_LIST + 1]]
    if isinstance(value, str):
        clean = value.replace("\0", "").encode("utf-8", "replace").decode()
        return clean[:LONGEST_CELL]
    return value


def root(field: str) -> str:
    """The field of an application that a path such as `drivers.0.phone` leads into."""
    return field.partition(".")[0]
