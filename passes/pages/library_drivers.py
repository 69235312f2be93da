"""The drivers of the library: the list with its search, a new one, the page of one, and what follows when he leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page, mask_identity, mask_phone, told
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import load
from foundation.problems import DomainProblem, NotFound
from passes.library_models import LibraryDriver
from passes.library_queries import PAGE, bound_passes, called, library_page
from passes.library_schemas import ChangeDriverInput, NewDriverInput
from passes.library_words import DRIVER_LABELS
from passes.models import Pass, PassRevision
from passes.pages.blueprint import pages
from passes.pages.library import kept_or_not_found, many_found, older, searched, tabs, typed, version
from passes.pages.telling import pass_line
from passes.rules.library import DriverGiven
from passes.rules.moves import PassState
from passes.schemas import narrow, printable
from passes.service.library_drivers import (
    add_driver,
    change_driver,
    driver_left,
    read_driver,
    surrender_bound,
)
from passes.workshop import catalogue

LONGEST_REASON = 200


@pages.get("/library/drivers")
@requires(Permission.APPLICATION_APPLY)
def drivers() -> str:
    """The drivers by name, a page at a time."""
    session = db.session()
    rows = library_page(session, current_actor(), LibraryDriver, after=request.args.get("after", type=UUID))
    return _draw_list(session, rows[:PAGE], older=older("passes.drivers", rows))


@pages.post("/library/drivers/search")
@requires(Permission.APPLICATION_APPLY)
def search_drivers() -> Response:
    """Drivers by a part of the name, the last four or the whole of the identity number."""
    session, text = db.session(), narrow(searched())
    if not text:
        return redirect(url_for("passes.drivers"), 303)
    rows = library_page(session, current_actor(), LibraryDriver, called(LibraryDriver, text))
    return make_response(_draw_list(session, rows[:PAGE], searched=text, many=many_found(rows)))


def _draw_list(
    session: Session,
    rows: Sequence[LibraryDriver],
    *,
    searched: str = "",
    older: str | None = None,
    many: int | None = None,
) -> str:
    return render_template(
        "passes/library_drivers.html",
        tabs=tabs(session, "drivers"),
        rows=[{"id": row.id, "name": row.name, **_masked(row)} for row in rows],
        searched=searched,
        older=older,
        many=many,
    )


def _masked(row: LibraryDriver) -> dict[str, Any]:
    return {
        "phone": mask_phone(row.phone),
        "identity": mask_identity(row.identity_number) if row.identity_number else f"···{row.last4}",
    }


@pages.route("/library/drivers/new", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def new_driver() -> Response:
    """A new driver; one that is there already is opened instead."""
    return form_page(_draw_new, _add, DRIVER_LABELS)


def _draw_new(problem: Told | None) -> str:
    return render_template("passes/library_driver_new.html", problem=problem, given=request.form)


def _add() -> Response:
    given: DriverGiven = load(NewDriverInput(), typed())  # type: ignore[assignment]  # its post_load makes one
    with transaction() as session:
        found, new = add_driver(session, current_actor(), given, now=clock.now())
        driver_id = found.id
    if new:
        flash(gettext("驾驶员已加入车辆库。"), "success")
    else:
        flash(gettext("车辆库里已有这名驾驶员，没有重复添加。"), "info")
    return _back(driver_id)


def _back(driver_id: UUID) -> Response:
    return redirect(url_for("passes.library_driver", driver_id=driver_id), 303)


@pages.route("/library/drivers/<uuid:driver_id>", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def library_driver(driver_id: UUID) -> Response:
    """One driver, masked: the data to change, and the passes that name him."""
    kept_or_not_found(db.session(), LibraryDriver, driver_id)
    return form_page(lambda problem: _draw(driver_id, problem), lambda: _change(driver_id), DRIVER_LABELS)


def _draw(driver_id: UUID, problem: Told | None, *, whole: bool = False, typed_in: bool = True) -> str:
    session, now = db.session(), clock.now()
    found = kept_or_not_found(session, LibraryDriver, driver_id)
    shown = {"phone": found.phone, "identity": found.identity_number or f"···{found.last4}"}
    again = problem is not None and typed_in
    return render_template(
        "passes/library_driver.html",
        found=found,
        problem=problem,
        given=request.form if again else {"name": found.name},
        version=version() if again else found.version,
        known=shown if whole else _masked(found),
        whole=whole,
        bound=_bound(session, found, now),
    )


def _bound(session: Session, found: LibraryDriver, now: datetime) -> list[dict[str, Any]]:
    known = catalogue(session, now=now)
    rows: Sequence[Row[Pass, PassRevision]] = bound_passes(
        session, current_actor(), found.name, found.last4, now
    )
    return [
        {
            "pass": pass_line(known, row[0], row[1], now),
            "others": len(row[1].drivers) - 1,
            "live": row[0].state == PassState.LIVE,
        }
        for row in rows
    ]


def _change(driver_id: UUID) -> Response:
    given: DriverGiven = load(ChangeDriverInput(), typed())  # type: ignore[assignment]  # its post_load makes one
    with transaction() as session:
        change_driver(session, current_actor(), driver_id, given, version(), now=clock.now())
    flash(gettext("已保存。"), "success")
    return _back(driver_id)


@pages.post("/library/drivers/<uuid:driver_id>/identity")
@requires(Permission.APPLICATION_APPLY)
def read_library_driver(driver_id: UUID) -> Response:
    """Show phone and identity number in full on this one page, for a reason that is kept."""
    reason = printable(request.form.get("reason", ""))[:LONGEST_REASON]
    try:
        with transaction() as session:
            read_driver(session, current_actor(), driver_id, reason, now=clock.now())
    except NotFound:
        raise
    except DomainProblem as problem:
        return _again(driver_id, problem)
    shown = make_response(_draw(driver_id, None, whole=True))
    shown.headers["Cache-Control"] = "no-store"
    return shown


def _again(driver_id: UUID, problem: DomainProblem) -> Response:
    db.session.rollback()
    found = told(problem, DRIVER_LABELS)
    return make_response(_draw(driver_id, found, typed_in=False), found.status)


@pages.post("/library/drivers/<uuid:driver_id>/left")
@requires(Permission.APPLICATION_APPLY)
def library_driver_left(driver_id: UUID) -> Response:
    """The driver has left the firm; his page goes on showing the passes to hand back or to give to somebody else."""
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        found = driver_left(session, actor, driver_id, now=now)
        bound = len(bound_passes(session, actor, found.name, found.last4, now))
    if bound:
        flash(
            gettext("已登记离职。还有 %(count)s 张通行证绑定这名驾驶员，请在下面处理。", count=bound),
            "warning",
        )
    else:
        flash(gettext("已登记离职，没有绑定这名驾驶员的有效通行证。"), "success")
    return _back(driver_id)


@pages.post("/library/drivers/<uuid:driver_id>/surrender")
@requires(Permission.APPLICATION_APPLY)
def surrender_passes_of_driver(driver_id: UUID) -> Response:
    """Hand back one of the passes that name him (`number`), or all of them."""
    try:
        with transaction() as session:
            handed_back = surrender_bound(
                session, current_actor(), driver_id, request.form.get("number") or None, now=clock.now()
            )
    except NotFound:
        raise
    except DomainProblem as problem:
        return _again(driver_id, problem)
    flash(gettext("已交回 %(count)s 张通行证。", count=len(handed_back)), "success")
    return _back(driver_id)
