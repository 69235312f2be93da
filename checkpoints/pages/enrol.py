"""Enrolling a phone: a logged-in officer names it, and this phone or another one becomes a device of a checkpoint."""

from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from flask import session as remembered
from marshmallow import fields
from marshmallow.validate import Length, OneOf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import CODE_LIFE, Told, form_page, leave, order_enrolment, spaced_code
from checkpoints.pages.blueprint import pages
from checkpoints.pages.staff import REMEMBERED
from checkpoints.queries import points_for
from checkpoints.register import Point, register
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import lazy_gettext
from foundation.parsing import InputSchema, from_form, load
from foundation.problems import InvalidInput, field_problem
from passes.public import QUIET_ZONE, symbol_path, text_symbol, workshop

LONGEST_NAME = 60
HERE, ANOTHER = "here", "another"
SCANNER = "/scanner/"
"""The scope of the scanner. The code goes behind `#`, which browsers keep to themselves: no server and no log sees it."""
LABELS = {"name": lazy_gettext("手机名称"), "checkpoint": lazy_gettext("检查站点")}


class NewPhone(InputSchema):
    """What the page sends: what the phone is called, where it works, and whether this is the phone."""

    name = fields.String(required=True, validate=Length(1, LONGEST_NAME, error="text.too_long"))
    checkpoint = fields.String(required=True)
    which = fields.String(required=True, validate=OneOf((HERE, ANOTHER), error="choice.unknown"))
    stay = fields.Boolean(load_default=False)


@pages.route("/enrol", methods=["GET", "POST"])
@requires(Permission.SCAN_RECORD)
def enrol() -> Response:
    """Ask for a name and a checkpoint; hand the code to this phone or show it to another."""
    return form_page(_draw, _order, LABELS)


def _draw(problem: Told | None) -> str:
    offered = _offered(db.session())
    return render_template(
        "checkpoints/enrol.html",
        problem=problem,
        given=request.form if problem else {},
        points=offered,
        chosen=request.form.get("checkpoint") or _usual(offered),
        minutes=_minutes(),
    )


def _offered(session: Session) -> list[Point]:
    return points_for(current_actor(), register(session, now=clock.now()))


def _usual(offered: list[Point]) -> str:
    """The checkpoint the person belongs to, the one chosen in this browser, or the only one."""
    code: str = current_actor().checkpoint_code or remembered.get(REMEMBERED, "")
    return offered[0].code if len(offered) == 1 else code


def _minutes() -> int:
    return int(CODE_LIFE.total_seconds()) // 60


def _order() -> Response:
    given = load(NewPhone(), from_form(request.form))
    now = clock.now()
    with transaction() as session:
        point = next((one for one in _offered(session) if one.code == given["checkpoint"]), None)
        if point is None:
            raise InvalidInput(field_problem("checkpoint", "choice.unknown"))
        row, code = order_enrolment(session, current_actor(), given["name"], point.code, now=now)
        told = {"name": row.name, "point": point, "ends_at": row.expires_at}
        if given["which"] == ANOTHER:
            return make_response(_show(code, told))
        response = redirect(f"{SCANNER}#enrol={code}", 303)
        if not given["stay"]:
            # The phone goes from hand to hand; the officer's login must not go with it.
            leave(session, response, now=now)
    return response


def _show(code: str, told: dict[str, Any]) -> str:
    symbol = text_symbol(f"{workshop().public_url}{SCANNER}#enrol={code}")
    return render_template(
        "checkpoints/enrol_code.html",
        **told,
        code=spaced_code(code),
        address=f"{workshop().public_url}{SCANNER}",
        symbol=symbol_path(symbol, quiet=QUIET_ZONE),
        side=symbol.modules + 2 * QUIET_ZONE,
        again_url=url_for("checkpoints.enrol"),
    )
