"""One batch 批次: how far it is, its figures, and its rows with what is wrong and what was repaired in place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import person_names
from foundation import clock
from foundation.database import db
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from passes.batch_models import Batch, BatchRow
from passes.batch_queries import (
    ALL,
    LAST_PLACE,
    ROWS,
    Part,
    RowCounts,
    applications_of,
    batch_counts,
    decided_counts,
    row_page,
)
from passes.batch_service_words import BATCH_STATE_TONES, BATCH_STATE_WORDS, ROW_STATE_WORDS
from passes.catalogue import Catalogue
from passes.pages.batch_view import RowView, mending_of, problem_of, row_view
from passes.pages.blueprint import pages
from passes.pages.own_applications import GROUP_WORDS, GROUPS
from passes.pages.telling import moment
from passes.rules import PlateColour
from passes.rules.batches import BatchState, RowState, open_batch_actions
from passes.rules.content import MOST_DRIVERS
from passes.service.batches import own_batch
from passes.sheet_jobs import AT_ONCE
from passes.words import COLOUR_WORDS
from passes.workshop import catalogue

MOVING = frozenset({BatchState.READING, BatchState.ACCEPTING})
"""States in which the worker is at it."""
BECAME = {name: tuple(map(str, states)) for name, states in GROUPS.items() if name != "draft"}
PARTS: Mapping[str, Part] = {
    "bad": Part(RowState.BAD.value),
    "good": Part(RowState.GOOD.value),
    "left-out": Part(RowState.LEFT_OUT.value),
    "repaired": Part(repaired=True),
    **{name: Part(became=states) for name, states in BECAME.items()},
}
"""The tabs over the rows, by their names in the address."""
PART_WORDS = {
    "bad": ROW_STATE_WORDS[RowState.BAD],
    "good": ROW_STATE_WORDS[RowState.GOOD],
    "left-out": ROW_STATE_WORDS[RowState.LEFT_OUT],
    "repaired": _("自动修正或有提示"),
    **{name: GROUP_WORDS[name] for name in BECAME},
}
FIGURE_TONES = {
    "good": "good",
    "bad": "bad",
    "repaired": "warn",
    "waiting": "info",
    "returned": "warn",
    "issued": "good",
    "over": "bad",
}


@pages.get("/batches/<uuid:batch_id>")
@requires(Permission.APPLICATION_APPLY)
def batch(batch_id: UUID) -> str:
    """How far a batch is; once it has been read, its rows, with the form of the one that is being mended."""
    session, now = db.session(), clock.now()
    found = own_batch(session, current_actor(), batch_id)
    counts, decided = batch_counts(session, found.id), decided_counts(session, found.id)
    known = catalogue(session, now=now)
    return render_template(
        "passes/batch.html",
        **_head(session, found, decided),
        counts=counts,
        tabs=list(_tabs(found, counts, decided)),
        figures=list(_figures(found, counts, decided)),
        **_rows(session, found, known),
        **_choices(known),
    )


@pages.get("/batches/<uuid:batch_id>/progress")
@requires(Permission.APPLICATION_APPLY)
def batch_progress(batch_id: UUID) -> Response:
    """The moving part of the page alone; when it has come to rest the whole page is drawn again."""
    session = db.session()
    found = own_batch(session, current_actor(), batch_id)
    counts = batch_counts(session, found.id)
    moving = found.state in MOVING
    response = make_response(
        render_template("passes/batch_progress.html", batch=found, counts=counts, moving=moving)
    )
    if not moving:
        response.headers["HX-Refresh"] = "true"
    return response


def _head(session: Session, found: Batch, decided: Mapping[str, int]) -> dict[str, Any]:
    state, actor = BatchState(found.state), current_actor()
    sender = person_names(session, [found.person_id]).get(found.person_id) if found.person_id else None
    return {
        "batch": found,
        "moving": state in MOVING,
        "state_words": BATCH_STATE_WORDS[state],
        "tone": BATCH_STATE_TONES[state],
        "sender": sender,
        "sent_at": moment(found.created_at),
        "accepted_at": moment(found.accepted_at),
        "actions": open_batch_actions(state, actor.permissions),
        "unreadable": problem_of(found) if found.problem else None,
        "stopped": None if found.problem else problem_of(found),
        "issued": decided.get("issued", 0),
        "at_once": AT_ONCE,
    }


def asked_part() -> str:
    """The tab that was asked for by its name; nothing for all rows."""
    name = request.values.get("part", "")
    return name if name in PARTS else ""


def asked_place() -> int:
    """The row after which the page begins."""
    return min(max(0, request.values.get("after", 0, type=int)), LAST_PLACE)


def part_url(batch_id: UUID, part: str, *, after: int = 0, row: int | None = None) -> str:
    """The address of a page of rows; with `row` the form of that row is open, and the browser goes there."""
    return url_for(
        "passes.batch",
        batch_id=batch_id,
        part=part or None,
        after=after or None,
        row=row,
        _anchor=f"row-{row}" if row else None,
    )


def _rows(session: Session, found: Batch, known: Catalogue) -> dict[str, Any]:
    part, after = asked_part(), asked_place()
    rows = row_page(session, found.id, PARTS.get(part, ALL), after=after)
    shown = rows[:ROWS]
    return {
        "rows": _views(session, known, shown),
        "part": part,
        "after": after,
        "next": part_url(found.id, part, after=shown[-1].position) if len(rows) > ROWS else None,
        "first": part_url(found.id, part) if after else None,
        **_mended(known, shown),
    }


def _views(session: Session, known: Catalogue, rows: Sequence[BatchRow]) -> list[RowView]:
    applications = applications_of(session, rows)
    return [
        row_view(known, row, applications[row.application_id] if row.application_id else None) for row in rows
    ]


def _mended(known: Catalogue, rows: Sequence[BatchRow]) -> dict[str, Any]:
    """The row whose form is open, what it holds, and what is wrong with it."""
    position = request.args.get("row", type=int)
    row = next((row for row in rows if row.position == position), None)
    if row is None or row.state == RowState.ACCEPTED:
        return {"mended": None, "given": {}, "wrong": None}
    given, wrong = mending_of(known, row)
    return {"mended": row.position, "given": given, "wrong": wrong}


def _choices(known: Catalogue) -> dict[str, Any]:
    return {
        "colours": [(colour.name.lower(), COLOUR_WORDS[colour]) for colour in PlateColour],
        "goods_names": [item.name for item in known.goods.values()],
        "road_choices": list(known.roads.items()),
        "most_drivers": MOST_DRIVERS,
    }


def _held(counts: RowCounts, decided: Mapping[str, int]) -> dict[str, int]:
    """How many rows each part holds."""
    held = {"bad": counts.bad, "good": counts.good, "left-out": counts.left_out, "repaired": counts.repaired}
    return held | {name: sum(decided.get(state, 0) for state in states) for name, states in BECAME.items()}


def _figures(
    found: Batch, counts: RowCounts, decided: Mapping[str, int]
) -> Iterator[tuple[str, int, str, str]]:
    """What is still to be done with the rows while there is any, then what has become of the applications."""
    held = _held(counts, decided)
    left = [name for name in ("good", "bad", "left-out") if held[name]]
    shown = [*left, *BECAME] if counts.accepted else ["good", "bad", "repaired", "left-out"]
    for name in shown:
        tone = FIGURE_TONES.get(name, "idle") if held[name] else "idle"
        yield str(PART_WORDS[name]), held[name], part_url(found.id, name), tone


def _tabs(
    found: Batch, counts: RowCounts, decided: Mapping[str, int]
) -> Iterator[tuple[str, str, bool, int | None]]:
    """All rows, then every part that holds any or is shown."""
    asked = asked_part()
    held = _held(counts, decided)
    yield gettext("全部"), part_url(found.id, ""), not asked, counts.all
    for name in PARTS:
        if held[name] or name == asked:
            yield str(PART_WORDS[name]), part_url(found.id, name), name == asked, held[name]
