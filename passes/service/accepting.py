"""Accepting a batch: its good rows become applications, some hundred in one transaction, each once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM, Actor
from accounts.public import Firm, Person, WebhookKind
from audit.public import record, record_many
from foundation.base import new_id, table_of
from foundation.database import advisory_lock
from passes.batch_models import Batch, BatchReview, BatchRow
from passes.batch_queries import find_batch
from passes.models import Application
from passes.rules.applying import CONTENT_FIELDS
from passes.rules.batches import ACCEPT_AT_ONCE, STOPPED, BatchAction, BatchState, RowState, next_batch_move
from passes.rules.moves import ApplicationState
from passes.service.announcing import announce_batch
from passes.service.batch_checking import Ask, Gazetteer
from passes.service.batch_rows import check_kept, settle
from passes.service.drafting import new_slip

LISTS = frozenset({"stops", "roads", "drivers"})


def accept_piece(session: Session, actor: Actor, batch_id: UUID, names: Gazetteer, *, now: datetime) -> bool:
    """Make applications of the next good rows; False when there is nothing more to do.

    Every row is checked once more, because the present may be days after the reading; what is no longer good stays
    behind as bad. A row, its application and its event are written together or not at all.
    """
    batch = find_batch(session, batch_id, lock=True)
    if batch is None or batch.state != BatchState.ACCEPTING:
        return False
    # Two batches of one owner must see each other's applications.
    advisory_lock(session, f"accept:{batch.firm_id or batch.person_id}")
    rows = _next_rows(session, batch)
    if not rows:
        _finish(session, actor, batch, now)
        return False
    checked = check_kept(session, batch, rows, names, now=now)
    settle(rows, checked)
    asks = [(row, found.ask) for row, found in zip(rows, checked, strict=True) if found.ask]
    if asks:
        _make(session, actor, batch, asks, now)
    session.flush()
    return True


def _next_rows(session: Session, batch: Batch) -> Sequence[BatchRow]:
    return session.scalars(
        select(BatchRow)
        .where(BatchRow.batch_id == batch.id, BatchRow.state == RowState.GOOD)
        .order_by(BatchRow.position)
        .limit(ACCEPT_AT_ONCE)
    ).all()


def _finish(session: Session, actor: Actor, batch: Batch, now: datetime) -> None:
    _come_to_rest(session, batch, now)
    event = record(session, actor, "batch:accepted", "batch", batch.id, now=now)
    announce_batch(session, batch, WebhookKind.BATCH_ACCEPTED, event, now=now)


def _come_to_rest(session: Session, batch: Batch, now: datetime) -> None:
    batch.state = next_batch_move(batch.state, BatchAction.FINISH_ACCEPTING).to
    batch.accepted_at = now
    batch.version += 1
    session.flush()


def stop_accepting(session: Session, batch_id: UUID, *, now: datetime) -> None:
    """End an accepting that has failed for the last time: what it has made stays, the rest can be accepted again."""
    batch = find_batch(session, batch_id, lock=True)
    if batch is None or batch.state != BatchState.ACCEPTING:
        return
    batch.facts = {**batch.facts, STOPPED: "batch.stopped"}
    _come_to_rest(session, batch, now)
    event = record(session, SYSTEM, "batch:stop", "batch", batch.id, now=now, reason="batch.stopped")
    announce_batch(session, batch, WebhookKind.BATCH_ACCEPTED, event, now=now)


@dataclass(frozen=True)
class _Applicant:
    """Whose applications a batch makes."""

    name: str
    phone: str
    demo: bool


def _applicant(session: Session, batch: Batch) -> _Applicant:
    firm = session.get(Firm, batch.firm_id) if batch.firm_id else None
    person = session.get(Person, batch.person_id) if batch.person_id else None
    found = firm or person
    if found is None:
        raise ValueError("a batch has an owner")
    return _Applicant(found.name, (person or found).phone, found.demo)


def _make(
    session: Session, actor: Actor, batch: Batch, asks: Sequence[tuple[BatchRow, Ask]], now: datetime
) -> None:
    applicant = _applicant(session, batch)
    slips = _free_slips(session, len(asks), now)
    made = [
        _application(batch, row, ask, applicant, slip, now)
        for (row, ask), slip in zip(asks, slips, strict=True)
    ]
    session.execute(insert(table_of(Application)), made)
    for (row, _), application in zip(asks, made, strict=True):
        row.state, row.application_id = RowState.ACCEPTED.value, application["id"]
    _queue(session, batch, made, now)
    record_many(
        session,
        actor,
        "application:submit",
        "application",
        [(one["id"], _facts(one)) for one in made],
        now=now,
        from_state=ApplicationState.DRAFT,
        to_state=ApplicationState.SUBMITTED,
    )


def _facts(made: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": made["kind"],
        "body": str(made["body_id"]),
        "again": False,
        "replaces": made["replaces"],
        "batch": str(made["batch_id"]),
    }


def _free_slips(session: Session, count: int, now: datetime) -> list[str]:
    """Numbers that no application has yet: among many drawn at random one may have been given before."""
    drawn: set[str] = set()
    while len(drawn) < count:
        more = {new_slip(now) for _ in range(count - len(drawn))}
        drawn |= more - set(session.scalars(select(Application.slip).where(Application.slip.in_(more))))
    return sorted(drawn)


def _application(
    batch: Batch, row: BatchRow, ask: Ask, applicant: _Applicant, slip: str, now: datetime
) -> dict[str, Any]:
    content = {name: ask.values.get(name) for name in CONTENT_FIELDS}
    content |= {name: list(ask.values.get(name) or []) for name in LISTS}
    return {
        **content,
        "contact_phone": ask.values.get("contact_phone") or applicant.phone,
        "area": ask.area,
        "kind": ask.content.kind,
        "body_id": ask.body.id,
        "replaces": ask.replaces,
        "id": new_id(),
        "slip": slip,
        "form_token": uuid5(batch.id, str(row.position)),
        "state": ApplicationState.SUBMITTED.value,
        "version": 1,
        "channel": batch.channel,
        "purpose": "new",
        "person_id": batch.person_id,
        "firm_id": batch.firm_id,
        "batch_id": batch.id,
        "holder_name": applicant.name,
        "submitted_at": now,
        "created_at": now,
        "updated_at": now,
        "demo": applicant.demo,
    }


def _queue(session: Session, batch: Batch, made: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """One item for each body that decides some of it, and again where it had decided all there was."""
    rows = [
        {"batch_id": batch.id, "body_id": body, "total": total, "submitted_at": now}
        for body, total in Counter(one["body_id"] for one in made).items()
    ]
    more = pg_insert(BatchReview)
    session.execute(
        more.on_conflict_do_update(
            index_elements=["batch_id", "body_id"],
            set_={"total": BatchReview.total + more.excluded.total, "finished_at": None},
        ),
        rows,
    )
