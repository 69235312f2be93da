"""The saved routes of the library: the list with its search, a new one, the page of one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import load
from passes.catalogue import Catalogue
from passes.library_models import SavedRoute
from passes.library_queries import PAGE, called, library_page
from passes.library_schemas import RouteInput
from passes.library_words import ROUTE_LABELS
from passes.pages.application_form import choices
from passes.pages.blueprint import pages
from passes.pages.library import kept_or_not_found, many_found, older, searched, tabs, typed, version
from passes.pages.telling import goods, hours_words, place, roads, route
from passes.rules.library import RouteGiven
from passes.service.library import add_route, archive_one, change_route
from passes.workshop import catalogue


@pages.get("/library/routes")
@requires(Permission.APPLICATION_APPLY)
def routes() -> str:
    """The saved routes by name, a page at a time."""
    session = db.session()
    rows = library_page(session, current_actor(), SavedRoute, after=request.args.get("after", type=UUID))
    return _draw_list(session, rows[:PAGE], older=older("passes.routes", rows))


@pages.post("/library/routes/search")
@requires(Permission.APPLICATION_APPLY)
def search_routes() -> Response:
    """The routes with these words in their name."""
    session, text = db.session(), searched()
    if not text:
        return redirect(url_for("passes.routes"), 303)
    rows = library_page(session, current_actor(), SavedRoute, called(SavedRoute, text))
    return make_response(_draw_list(session, rows[:PAGE], searched=text, many=many_found(rows)))


def _draw_list(
    session: Session,
    rows: Sequence[SavedRoute],
    *,
    searched: str = "",
    older: str | None = None,
    many: int | None = None,
) -> str:
    known = catalogue(session, now=clock.now())
    return render_template(
        "passes/library_routes.html",
        tabs=tabs(session, "routes"),
        rows=[_line(known, row) for row in rows],
        searched=searched,
        older=older,
        many=many,
    )


def _line(known: Catalogue, row: SavedRoute) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "route": route(known, row.origin, row.destination),
        "stops": "、".join(place(known, code) for code in row.stops),
        "roads": roads(known, row.roads),
        "goods": goods(known, row.goods),
        "hours": hours_words(row.hours),
    }


@pages.route("/library/routes/new", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def new_route() -> Response:
    """A new saved route."""
    return form_page(lambda problem: _draw(None, problem), lambda: _save(None), ROUTE_LABELS)


@pages.route("/library/routes/<uuid:route_id>", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def saved_route(route_id: UUID) -> Response:
    """One saved route, to change or to apply with."""
    kept_or_not_found(db.session(), SavedRoute, route_id)
    return form_page(lambda problem: _draw(route_id, problem), lambda: _save(route_id), ROUTE_LABELS)


def _draw(route_id: UUID | None, problem: Told | None) -> str:
    session = db.session()
    found = kept_or_not_found(session, SavedRoute, route_id) if route_id else None
    given = typed() if problem or found is None else _filled(found)
    return render_template(
        "passes/library_route.html",
        found=found,
        problem=problem,
        given=given,
        version=version() if problem else found.version if found else 1,
        **choices(catalogue(session, now=clock.now()), given),
    )


def _filled(found: SavedRoute) -> dict[str, Any]:
    names = ("name", "origin", "destination", "stops", "roads", "goods", "goods_words", "hours")
    return {name: value for name in names if (value := getattr(found, name)) is not None}


def _save(route_id: UUID | None) -> Response:
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        known = catalogue(session, now=now)
        given: RouteGiven = load(RouteInput(known), typed())  # type: ignore[assignment]  # its post_load makes one
        if route_id is None:
            add_route(session, actor, given, known, now=now)
        else:
            change_route(session, actor, route_id, given, known, version(), now=now)
    flash(gettext("常用线路已保存。"), "success")
    return redirect(url_for("passes.routes"), 303)


@pages.post("/library/routes/<uuid:route_id>/archive")
@requires(Permission.APPLICATION_APPLY)
def archive_route(route_id: UUID) -> Response:
    """Take the route out of the library."""
    with transaction() as session:
        archive_one(session, current_actor(), SavedRoute, route_id, "archive", now=clock.now())
    flash(gettext("常用线路已移出。"), "success")
    return redirect(url_for("passes.routes"), 303)
