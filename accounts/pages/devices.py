"""Devices at checkpoints: how they are, and the end of those that are lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.device_words import HEALTH_WORDS
from accounts.forms import Told
from accounts.guards import current_actor, requires
from accounts.models import ApiToken
from accounts.pages.blueprint import pages
from accounts.pages.tokens import given_once, token_state
from accounts.permissions import Permission, covers
from accounts.points import KnownPoint, known_points
from accounts.queries import PAGE, devices_within
from accounts.rules import TOKEN_DAYS
from accounts.schemas import NewTokenInput
from accounts.service.devices import make_device_token, revoke_device_token
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.problems import InvalidInput, field_problem

ENDED = "ended"


@pages.get("/devices")
@requires(Permission.DEVICE_MANAGE)
def devices() -> str:
    """A page of the devices within reach: those that work, or with `?part=ended` the others."""
    return _draw()


@pages.post("/devices")
@requires(Permission.DEVICE_MANAGE)
def make_token() -> str | tuple[str, int]:
    """Make a token and show it, once."""
    return given_once(_draw, _make)


def _make(session: Session) -> dict[str, Any]:
    given, now = load(NewTokenInput(), from_form(request.form)), clock.now()
    where, days = given["checkpoint_code"], given["days"]
    actor, point = current_actor(), known_points(session, now=now).get(where)
    # Whoever is of one checkpoint is refused any other by name; its county need not be of the own area.
    if point is None or (actor.checkpoint_code is None and not covers(actor.area, point.county)):
        raise InvalidInput(field_problem("checkpoint_code", "checkpoint.not_there"))
    row, token = make_device_token(session, actor, given["name"], where, days=days, now=now)
    return {"name": row.name, "checkpoint": row.checkpoint_code, "token": token}


@pages.post("/devices/<uuid:token_id>/revoke")
@requires(Permission.DEVICE_MANAGE)
def revoke_token(token_id: UUID) -> Response:
    """End a token."""
    with transaction() as session:
        revoke_device_token(session, current_actor(), token_id, now=clock.now())
    flash(gettext("设备已吊销，下次联网时将清除名单、通行证册和令牌。"), "success")
    return redirect(url_for("accounts.devices"))


def _draw(*, problem: Told | None = None, made: dict[str, Any] | None = None) -> str:
    actor, session, now = current_actor(), db.session(), clock.now()
    ended = request.args.get("part") == ENDED
    before = request.args.get("before", type=UUID)
    found = devices_within(session, actor, ended=ended, before=before, now=now)
    points = known_points(session, now=now)
    return render_template(
        "accounts/devices.html",
        rows=[_row(device, points) for device in found[:PAGE]],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        first_page=before is None,
        ended=ended,
        problem=problem,
        made=made,
        given=request.form if problem else {},
        checkpoint=actor.checkpoint_code,
        days=TOKEN_DAYS,
        enrols=actor.may(Permission.SCAN_RECORD),
        exchanges=actor.may(Permission.PERSON_MANAGE),
    )


def _row(device: ApiToken, points: Mapping[str, KnownPoint]) -> dict[str, Any]:
    report = device.report or {}
    complete = report.get("status_as_of")
    point = points.get(device.checkpoint_code or "")
    return {
        "token": device,
        "state": token_state(device),
        "place": point.name if point else "",
        "report": report,
        "complete": datetime.fromisoformat(complete) if complete else None,
        "waiting": report.get("waiting", 0),
        "health_words": HEALTH_WORDS.get(report.get("health", "")),
        "knows": _knows(device),
    }


def _knows(device: ApiToken) -> bool:
    """Whether a phone was in contact since its token was revoked, and so has emptied itself."""
    last, end = device.last_used_at, device.revoked_at
    return last is not None and end is not None and last >= end
