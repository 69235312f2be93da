"""Devices at checkpoints and their bearer tokens."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.forms import Told
from accounts.guards import current_actor, requires
from accounts.pages.blueprint import pages
from accounts.pages.tokens import given_once, token_state
from accounts.permissions import Permission
from accounts.queries import tokens_within
from accounts.rules import TOKEN_DAYS
from accounts.schemas import NewTokenInput
from accounts.service.devices import make_device_token, revoke_device_token
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load


@pages.get("/devices")
@requires(Permission.DEVICE_MANAGE)
def devices() -> str:
    """Tokens within reach: those that work first."""
    return _draw()


@pages.post("/devices")
@requires(Permission.DEVICE_MANAGE)
def make_token() -> str | tuple[str, int]:
    """Make a token and show it, once."""
    return given_once(_draw, _make)


def _make(session: Session) -> dict[str, Any]:
    given = load(NewTokenInput(), from_form(request.form))
    where, days = given["checkpoint_code"], given["days"]
    row, token = make_device_token(session, current_actor(), given["name"], where, days=days, now=clock.now())
    return {"name": row.name, "checkpoint": row.checkpoint_code, "token": token}


@pages.post("/devices/<uuid:token_id>/revoke")
@requires(Permission.DEVICE_MANAGE)
def revoke_token(token_id: UUID) -> Response:
    """End a token."""
    with transaction() as session:
        revoke_device_token(session, current_actor(), token_id, now=clock.now())
    flash(gettext("令牌已吊销，该设备不能再上传。"), "success")
    return redirect(url_for("accounts.devices"))


def _draw(*, problem: Told | None = None, made: dict[str, Any] | None = None) -> str:
    actor = current_actor()
    rows = [{"token": token, "state": token_state(token)} for token in tokens_within(db.session(), actor)]
    return render_template(
        "accounts/devices.html",
        rows=rows,
        problem=problem,
        made=made,
        given=request.form if problem else {},
        checkpoint=actor.checkpoint_code,
        days=TOKEN_DAYS,
        exchanges=actor.may(Permission.PERSON_MANAGE),
    )
