"""Many applications sent together: read by the worker, looked at, accepted; then decided by officers as one item."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from foundation import clock
from foundation.api import Answer, check_match
from foundation.api_description import KEY_HEADER
from foundation.database import db, transaction
from foundation.problems import NotFound
from foundation.words import field_words
from passes.api.applications import defaults_of
from passes.api.batch_schemas import BatchAnswer, BatchBody, RowPage, RowQuery
from passes.api.room import CHANNEL, listed, room
from passes.batch_models import Batch, BatchRow
from passes.batch_queries import (
    Part,
    applications_of,
    batch_counts,
    decided_counts,
    find_batch,
    owns_batch,
    row_page,
)
from passes.models import Application
from passes.service.batches import accept, send_rows


@room.route(
    "/batches",
    "POST",
    takes=BatchBody,
    gives=BatchAnswer,
    status=201,
    problems=("batch.empty", "batch.too_many_rows", "edit.conflict"),
    idempotent=True,
    tagged=True,
    sends=("Location",),
)
@requires(Permission.APPLICATION_APPLY)
def send_batch(session: Session, asked: dict[str, Any]) -> Answer:
    """Send up to 5,000 applications. The worker reads them; the same rows of the same firm are one batch."""
    actor, name = current_actor(), asked["name"] or request.headers[KEY_HEADER]
    unsaid = defaults_of(session, actor)
    rows = [{**unsaid, **row} for row in asked["rows"]]
    sent = send_rows(session, actor, rows, channel=CHANNEL, key=name, now=clock.now())
    return _told(session, sent, {"Location": url_for("passes_api.batch", batch_id=sent.id)})


@room.route("/batches/<uuid:batch_id>", gives=BatchAnswer, tagged=True)
@requires(Permission.FIRM_READ)
def batch(batch_id: UUID) -> Answer:
    """How far a batch is: read, accepted, decided."""
    session = db.session()
    return _told(session, _own(session, batch_id))


@room.route("/batches/<uuid:batch_id>/rows", query=RowQuery, gives=RowPage, sends=("Link",))
@requires(Permission.FIRM_READ)
def batch_rows(asked: dict[str, Any], batch_id: UUID) -> Answer:
    """Rows in the order sent, a page at a time: what is wrong with each, or the application it became."""
    session = db.session()
    found = _own(session, batch_id)
    rows = row_page(session, found.id, Part(asked["state"]), after=asked["after"], limit=asked["limit"])
    became = applications_of(session, rows)
    return listed(
        rows, {**asked, "batch_id": batch_id}, lambda row: row.position, lambda row: _row(row, became)
    )


@room.route(
    "/batches/<uuid:batch_id>/accept",
    "POST",
    gives=BatchAnswer,
    problems=("move.not_allowed", "edit.conflict", "batch.nothing_good"),
    tagged=True,
    matched=True,
)
@requires(Permission.APPLICATION_APPLY)
def accept_batch(batch_id: UUID) -> Answer:
    """Have the good rows become applications; the others stay behind. The worker does it, each row once."""
    with transaction() as session:
        found = _own(session, batch_id, lock=True)
        check_match(_tag(_content(session, found)))
        accepted = accept(session, current_actor(), batch_id, found.version, now=clock.now())
        return _told(session, accepted)


def _own(session: Session, batch_id: UUID, *, lock: bool = False) -> Batch:
    """A batch of the firm. Raises `NotFound` for unknown and foreign alike."""
    found = find_batch(session, batch_id, lock=lock)
    if found is None or not owns_batch(current_actor(), found):
        raise NotFound
    return found


def _told(session: Session, found: Batch, headers: Mapping[str, str] | None = None) -> Answer:
    content = _content(session, found)
    return Answer(content, _tag(content), headers or {})


def _content(session: Session, found: Batch) -> dict[str, Any]:
    counts = batch_counts(session, found.id)
    return {
        "id": str(found.id),
        "slip": found.slip,
        "name": found.file_name,
        "state": found.state,
        "problem": found.problem,
        "rows": found.rows,
        "read_rows": found.read_rows,
        "counts": {name: getattr(counts, name) for name in ("good", "bad", "left_out", "accepted")},
        "decided": dict(decided_counts(session, found.id)),
        "created_at": found.created_at.isoformat(),
        "accepted_at": found.accepted_at.isoformat() if found.accepted_at else None,
        "version": found.version,
    }


def _tag(content: Mapping[str, Any]) -> str:
    """Officers decide its applications without touching the batch, so its tag is made of all that is told."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _row(row: BatchRow, became: Mapping[UUID, Application]) -> dict[str, Any]:
    found = became.get(row.application_id) if row.application_id else None
    problems = [
        {
            "field": told["field"],
            "code": told["code"],
            "message": field_words(told["code"], told.get("facts", {})),
        }
        for told in row.problems
    ]
    made = {"id": str(found.id), "state": found.state, "pass_number": found.pass_number} if found else None
    return {"position": row.position, "state": row.state, "problems": problems, "application": made}
