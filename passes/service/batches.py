"""A batch from its file to its applications: sent, mended (`batch_rows`), accepted, or given up."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Permission
from accounts.public import Firm, Person
from audit.public import record
from foundation.base import new_id
from foundation.files import keep_file
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.batch_jobs import accept_batch, read_batch
from passes.batch_models import Batch
from passes.batch_queries import batch_counts, find_batch, owns_batch, same_file
from passes.imports.reading import LARGEST_FILE, MOST_ROWS
from passes.rules.batches import (
    LONGEST_FILE_NAME,
    STOPPED,
    BatchAction,
    BatchState,
    next_batch_move,
)
from passes.schemas import printable
from passes.service.batch_reading import JSON
from passes.service.batch_rows import held_batch, kept_plain
from passes.service.drafting import new_slip

MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "csv": "text/csv",
}
UNKNOWN_MEDIA = "application/octet-stream"
TRIES = 3
"""A batch can be discarded, or a slip be given, between two statements; not three times running."""


def send_file(
    session: Session,
    actor: Actor,
    content: bytes,
    file_name: str,
    *,
    channel: str = "online",
    now: datetime,
    replaces: UUID | None = None,
) -> Batch:
    """Keep a spreadsheet and have it read; the same file of the same owner again gives the batch there is.

    `replaces` names an own batch that this file corrects: it is given up once this one has been read, unless
    something of it was accepted. Raises `permission.missing`, `login.needed`, `NotFound` for a foreign `replaces`,
    `InvalidInput` without a file, `batch.too_large`. What is in the file is told by the batch.
    """
    if not content:
        raise InvalidInput(field_problem("file", "batch.no_file"))
    if len(content) > LARGEST_FILE:
        raise DomainProblem("batch.too_large", max_mb=LARGEST_FILE // 2**20)
    name = printable(file_name)[-LONGEST_FILE_NAME:]
    media = MEDIA.get(name.rpartition(".")[2].lower(), UNKNOWN_MEDIA)
    facts = _replacing(session, actor, replaces)
    return _send(session, actor, content, name, media, facts, channel, now)


def send_rows(
    session: Session,
    actor: Actor,
    rows: Sequence[Mapping[str, Any]],
    *,
    channel: str = "api",
    key: str,
    now: datetime,
) -> Batch:
    """Keep the rows a program sent, each a plain application, and have them read like a file.

    The same rows of the same owner are one batch; `key` is what the program calls them. Raises
    `permission.missing`, `login.needed`, `batch.empty`, `batch.too_many_rows`.
    """
    if not rows:
        raise DomainProblem("batch.empty")
    if len(rows) > MOST_ROWS:
        raise DomainProblem("batch.too_many_rows", rows=len(rows), most=MOST_ROWS)
    plain = [kept_plain(row) for row in rows]
    content = json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()
    name = printable(key)[-LONGEST_FILE_NAME:]
    return _send(session, actor, content, name, "application/json", {"form": JSON}, channel, now)


def _send(
    session: Session,
    actor: Actor,
    content: bytes,
    name: str,
    media: str,
    facts: dict[str, Any],
    channel: str,
    now: datetime,
) -> Batch:
    if not actor.may(Permission.APPLICATION_APPLY):
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_APPLY))
    demo = _sender(session, actor).demo
    sha256 = keep_file(session, content, media, now=now)
    for _ in range(TRIES):
        row = {
            "id": new_id(),
            "slip": new_slip(now),
            "firm_id": actor.firm_id,
            "person_id": actor.id if actor.kind is ActorKind.PERSON else None,
            "channel": channel,
            "file_name": name,
            "sha256": sha256,
            "state": BatchState.READING.value,
            "facts": facts,
            "version": 1,
            "rows": 0,
            "read_rows": 0,
            "created_at": now,
            "demo": demo,
        }
        # The unique index decides, also between two requests at the same instant.
        made = session.scalar(insert(Batch).values(row).on_conflict_do_nothing().returning(Batch.id))
        if made is not None:
            return _begun(session, actor, made, len(content), now)
        if (found := same_file(session, actor, sha256)) is not None:
            return found
    raise DomainProblem("edit.conflict")


def _begun(session: Session, actor: Actor, batch_id: UUID, size: int, now: datetime) -> Batch:
    record(session, actor, "batch:send", "batch", batch_id, now=now, facts={"bytes": size})
    read_batch.defer(session, batch=str(batch_id))
    return session.get_one(Batch, batch_id)


def _sender(session: Session, actor: Actor) -> Person | Firm:
    """The firm a batch is for, or the person without one."""
    firm = session.get(Firm, actor.firm_id) if actor.firm_id else None
    person = session.get(Person, actor.id) if actor.id and actor.kind is ActorKind.PERSON else None
    if firm is None and person is None:
        raise DomainProblem("login.needed")
    return firm or person  # type: ignore[return-value]  # one of them is there


def _replacing(session: Session, actor: Actor, replaces: UUID | None) -> dict[str, Any]:
    if replaces is None:
        return {}
    own_batch(session, actor, replaces)
    return {"replaces": str(replaces)}


def own_batch(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    """The actor's own batch. Raises `NotFound` for unknown and foreign alike."""
    found = find_batch(session, batch_id)
    if found is None or not owns_batch(actor, found):
        raise NotFound
    return found


def discard(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> Batch:
    """Give a batch up before anything of it is accepted. Raises `NotFound`, `NotAllowed`."""
    batch = held_batch(session, actor, batch_id, BatchAction.DISCARD)
    was = batch.state
    batch.state = next_batch_move(was, BatchAction.DISCARD).to
    batch.version += 1
    session.flush()
    record(session, actor, "batch:discard", "batch", batch.id, now=now, from_state=was, to_state=batch.state)
    return batch


def accept(session: Session, actor: Actor, batch_id: UUID, version: int, *, now: datetime) -> Batch:
    """Have all good rows become applications; bad ones and those left out stay behind.

    `version` is that of the batch as it was shown. Asked again while it is under way, it goes on. Raises `NotFound`,
    `NotAllowed`, `edit.conflict` when a row has changed since, `batch.nothing_good`.
    """
    found = find_batch(session, batch_id, lock=True)
    if found is not None and owns_batch(actor, found) and found.state == BatchState.ACCEPTING:
        return found
    batch = held_batch(session, actor, batch_id, BatchAction.ACCEPT)
    if batch.version != version:
        raise DomainProblem("edit.conflict")
    counts = batch_counts(session, batch.id)
    if not counts.good:
        raise DomainProblem("batch.nothing_good", bad=counts.bad)
    was = batch.state
    batch.state = next_batch_move(was, BatchAction.ACCEPT).to
    batch.accepted_at = None
    batch.facts = {name: fact for name, fact in batch.facts.items() if name != STOPPED}
    batch.version += 1
    session.flush()
    facts = {"good": counts.good, "bad": counts.bad, "left_out": counts.left_out}
    record(
        session,
        actor,
        "batch:accept",
        "batch",
        batch.id,
        now=now,
        from_state=was,
        to_state=batch.state,
        facts=facts,
    )
    accept_batch.defer(
        session,
        batch=str(batch.id),
        actor_kind=str(actor.kind),
        actor_id=str(actor.id) if actor.id else None,
    )
    return batch
