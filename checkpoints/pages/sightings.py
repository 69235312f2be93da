"""Passes seen where they cannot be: command looks into each, and writes down what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Actor, Permission
from accounts.public import Told, form_page, person_names
from checkpoints.models import Scan, Sighting
from checkpoints.pages.blueprint import pages
from checkpoints.pages.figures import TONES, notes_of, span
from checkpoints.queries import reaches_point
from checkpoints.register import Point, Register, register
from checkpoints.scan_words import RULE_EXPLAINED, RULE_WORDS, SETTLING_LABELS
from checkpoints.settling import (
    PAGE,
    commands,
    others_of_pass,
    settle,
    sighting_for,
    sightings_for,
    with_scans,
)
from checkpoints.words import PLATE_SEEN_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import InputSchema, from_form, load
from foundation.problems import DomainProblem
from passes.public import LEVEL_WORDS, VERDICT_WORDS, VerdictCode, find_pass, reaches, watched_until

LONGEST_NOTE = 500


class Settling(InputSchema):
    """What command writes down."""

    note = fields.String(required=True, validate=validate.Length(2, LONGEST_NOTE, error="text.too_long"))
    unwatch = fields.Boolean(load_default=False)


@pages.get("/sightings")
@requires(Permission.AUDIT_READ)
def sightings() -> str:
    """What was found at the checkpoints of the reader's area, the open ones first asked for."""
    session, actor, places = _entered()
    settled, before = request.args.get("settled") == "1", request.args.get("before", type=UUID)
    found = sightings_for(session, actor, places, settled=settled, before=before)
    last = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template(
        "checkpoints/sightings.html",
        rows=[_row(one, places) for one in found[:PAGE]],
        settled=settled,
        first=before is None,
        tabs=[
            (gettext("待核实"), url_for("checkpoints.sightings"), not settled, None),
            (gettext("已处理"), url_for("checkpoints.sightings", settled=1), settled, None),
        ],
        older=url_for("checkpoints.sightings", before=last, settled=1 if settled else None) if last else None,
    )


@pages.route("/sightings/<uuid:sighting_id>", methods=["GET", "POST"])
@requires(Permission.AUDIT_READ)
def sighting(sighting_id: UUID) -> Response:
    """One of them with both scans; a POST settles it."""
    return form_page(
        lambda problem: _draw(sighting_id, problem), lambda: _settle(sighting_id), SETTLING_LABELS
    )


def _entered() -> tuple[Session, Actor, Register]:
    """Only command looks in here. Raises `permission.missing` for an administrator."""
    session, actor = db.session(), current_actor()
    if not commands(actor):
        raise DomainProblem("permission.missing", permission=str(Permission.PASS_READ))
    return session, actor, register(session, now=clock.now())


def _settle(sighting_id: UUID) -> Response:
    _, actor, places = _entered()
    # Foreign and unknown are told before what is wrong with the form.
    sighting_for(db.session(), actor, places, sighting_id)
    given: dict[str, Any] = load(Settling(), from_form(request.form))
    with transaction() as session:
        settle(
            session,
            actor,
            places,
            sighting_id,
            given["note"],
            unwatch=given["unwatch"],
            now=clock.now(),
        )
    flash(gettext("已记录处理结果。"), "success")
    return redirect(url_for("checkpoints.sightings"))


def _draw(sighting_id: UUID, problem: Told | None) -> str:
    session, actor, places = _entered()
    now = clock.now()
    found = sighting_for(session, actor, places, sighting_id)
    seen = with_scans(session, found)
    of_pass = find_pass(session, found.number)
    names = person_names(session, [found.settled_by] if found.settled_by else [])
    return render_template(
        "checkpoints/sighting.html",
        row=_row(found, places),
        explained=RULE_EXPLAINED[found.rule],
        scans=[_scan(one, places, actor) for one in (seen.other, seen.scan) if one is not None],
        watched=watched_until(session, found.number, now=now),
        pass_url=url_for("passes.pass_page", number=found.number)
        if of_pass is not None and reaches(session, actor, of_pass)
        else None,
        settled=_settled(found, names),
        others=[_row(one, places) for one in others_of_pass(session, actor, places, found)],
        problem=problem,
        given=request.form if problem else {},
    )


def _row(found: Sighting, places: Register) -> dict[str, Any]:
    return {
        "url": url_for("checkpoints.sighting", sighting_id=found.id),
        "rule": RULE_WORDS[found.rule],
        "number": found.number,
        "plate": found.plate,
        "where": _name(places, found.checkpoint),
        "other": _name(places, found.other_checkpoint) if found.other_checkpoint else None,
        "at": found.at,
        "found_at": found.found_at,
        "km": f"{found.km:.0f}" if found.km is not None else None,
        "between": span(found.minutes * 60) if found.minutes is not None else None,
        "speed": _speed(found),
        "settled_at": found.settled_at,
    }


def _speed(found: Sighting) -> str | None:
    """Kilometres an hour it would have taken at least; None where no distance was travelled."""
    if not found.km or found.minutes is None or found.rule != "too_fast":
        return None
    return f"{found.km / found.minutes * 60:.0f}" if found.minutes >= 1 else gettext("几乎同时")


def _name(places: Register, code: str) -> str:
    point = places.points.get(code)
    return point.name if point else code


def _scan(scan: Scan, places: Register, actor: Actor) -> dict[str, Any]:
    point = places.points.get(scan.checkpoint)
    return {
        "scan": scan,
        "point": point,
        "url": _scans_url(scan, point, actor),
        "level": LEVEL_WORDS[scan.level],
        "tone": TONES[scan.level],
        "verdict": VERDICT_WORDS[VerdictCode(scan.verdict)],
        "plate_seen": PLATE_SEEN_WORDS[scan.plate_seen],
        "span": _span(scan),
        "notes": notes_of(scan),
    }


def _scans_url(scan: Scan, point: Point | None, actor: Actor) -> str | None:
    if point is None or not reaches_point(actor, point):
        return None
    day = scan.received_at.astimezone(clock.SHOWN_IN).date().isoformat()
    return url_for("checkpoints.scans", code=point.code, day=day)


def _span(scan: Scan) -> tuple[datetime, datetime] | None:
    """Between when and when it was made, where that is not the same."""
    latest = max(scan.time_low, min(scan.time_high, scan.received_at))
    return (scan.time_low, latest) if latest > scan.time_low else None


def _settled(found: Sighting, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    if found.settled_at is None or found.settled_by is None:
        return None
    return {"at": found.settled_at, "who": names.get(found.settled_by), "note": found.note}
