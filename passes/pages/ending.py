"""Passes that end soon: the list, renewing some or all of them, and what became of that."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.database import db, transaction
from foundation.models import TaskProgress
from foundation.words import ProblemWords, words_of
from passes.application_queries import PAGE
from passes.catalogue import Catalogue
from passes.change_jobs import (
    AT_ONCE,
    Renewal,
    carry_out,
    find_renewals,
    order_renewals,
    renewals_of,
)
from passes.change_queries import ending_count, ending_numbers, ending_page
from passes.models import Application, Pass, PassRevision
from passes.pages.application_form import form_token
from passes.pages.blueprint import pages
from passes.pages.telling import moment, pass_line
from passes.service.issue import ends_of
from passes.workshop import catalogue

SHOWN = 200
"""Passes of an order whose outcome is listed; those that need somebody come first."""
NUMBER_LENGTH = 12


@pages.route("/passes/ending", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def ending_passes() -> Response:
    """The applicant's passes that end within 48 hours, with boxes to renew them."""
    return form_page(_draw, _order)


def _draw(problem: Told | None) -> str:
    session, now, actor = db.session(), clock.now(), current_actor()
    found = ending_page(session, actor, now=now, after=_place(request.args.get("after", "")))
    known = catalogue(session, now=now)
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    return render_template(
        "passes/ending.html",
        problem=problem,
        rows=[_line(known, row[0], row[1], row[2], now) for row in found[:PAGE]],
        count=ending_count(session, actor, now=now),
        token=uuid4(),
        older=url_for("passes.ending_passes", after=f"{ends_of(last):%Y%m%dT%H%M%S}_{last.number}")
        if last
        else None,
    )


def _place(text: str) -> tuple[datetime, str] | None:
    """Where a page begins; an address that was changed by hand begins at the beginning."""
    at, _, number = text.partition("_")
    try:
        return datetime.strptime(f"{at}+0000", "%Y%m%dT%H%M%S%z"), number[:NUMBER_LENGTH]
    except ValueError:
        return None


def _line(
    known: Catalogue, found: Pass, revision: PassRevision, waiting: Application | None, now: datetime
) -> dict[str, Any]:
    return {"pass": pass_line(known, found, revision, now), "waiting": waiting}


def _order() -> Response:
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        numbers = (
            ending_numbers(session, actor, now=now)
            if request.form.get("deed") == "all"
            else [number for number in request.form.getlist("numbers") if len(number) == NUMBER_LENGTH]
        )
        order = order_renewals(session, actor, numbers, form_token(), now=now)
        order_id, total = order.id, order.total
    if total <= AT_ONCE:
        carry_out(order_id, actor)
    return redirect(url_for("passes.renewals", order_id=order_id), 303)


@pages.get("/renewals/<uuid:order_id>")
@requires(Permission.APPLICATION_APPLY)
def renewals(order_id: UUID) -> str:
    """What became of an order; the page can be left and come back to."""
    return _draw_order("passes/renewals.html", order_id)


@pages.get("/renewals/<uuid:order_id>/progress")
@requires(Permission.APPLICATION_APPLY)
def renewals_progress(order_id: UUID) -> str:
    """The moving part of the page alone."""
    return _draw_order("passes/renewals_progress.html", order_id)


def _draw_order(template: str, order_id: UUID) -> str:
    session = db.session()
    order = find_renewals(session, current_actor(), order_id)
    return render_template(template, order=order, **_results(session, order))


def _results(session: Session, order: TaskProgress) -> dict[str, Any]:
    """How many were renewed, wait or could not be, and the lines: whatever needs somebody first."""
    every = renewals_of(session, order) if order.state not in {"waiting", "running"} else []
    lines = [_result(renewal) for renewal in every]
    counts = {
        state: sum(line["state"] == state for line in lines) for state in ("done", "waiting", "refused")
    }
    lines.sort(key=lambda line: ("refused", "waiting", "done", "left").index(line["state"]))
    why = words_of(order.problem).what if order.problem else None
    return {"lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN), "counts": counts, "why": why}


def _result(renewal: Renewal) -> dict[str, Any]:
    made = renewal.application
    state = "left"
    if made is not None:
        state = "done" if made.pass_number else "waiting"
    elif renewal.problem is not None:
        state = "refused"
    return {
        "number": renewal.number,
        "state": state,
        "new": made.pass_number if made else None,
        "begins": moment(made.not_before) if made else None,
        "application": made.id if made else None,
        "why": _why(renewal),
    }


def _why(renewal: Renewal) -> str | None:
    if renewal.problem is None:
        return None
    return ProblemWords.fill(words_of(renewal.problem).what, renewal.facts)
