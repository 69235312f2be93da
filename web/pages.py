"""Pages that belong to no room: home, health, the audit trail, the choice of language."""

from uuid import UUID

from flask import Blueprint, current_app, g, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from accounts.guards import open_to_all, requires
from accounts.permissions import Actor, Permission
from accounts.public import person_names
from audit.public import PAGE, newest_events
from foundation import clock, outbox
from foundation.api import api_description
from foundation.database import db
from foundation.i18n import LOCALES
from foundation.problems import NotFound
from hotline.public import lines
from web.api_docs import groups, shapes
from web.caught import caught_row
from web.health import look
from web.home import figures, trips

pages = Blueprint("web", __name__, template_folder="templates")
YEAR = 365 * 24 * 3600
CAUGHT = 50
"""Messages on a page of the catcher."""


@pages.get("/")
@open_to_all("the first page says what the product is for")
def home() -> str:
    """Where everybody starts: his figures for who is logged in, what the product is for everybody else."""
    actor: Actor | None = g.get("actor")
    session, now = db.session(), clock.now()
    return render_template(
        "home.html",
        figures=figures(session, actor, now=now) if actor else [],
        trips=trips(session, actor, now=now) if actor else [],
        lines=lines(session),
    )


@pages.get("/api/docs")
@open_to_all("who writes a program must be able to read what there is")
def api_docs() -> str:
    """What there is to ask below `/api/v1`, for those who write programs."""
    description = api_description(current_app)
    settings = current_app.extensions["settings"]
    shown = shapes(description)
    return render_template(
        "api_docs.html",
        address=settings.public_url,
        per_minute=settings.api_per_minute,
        groups=groups(description, settings.public_url),
        shapes=shown,
        shape_names={shape.name for shape in shown},
    )


@pages.get("/healthz")
@open_to_all("tells a supervisor that the process lives")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify({"status": "alive"})


@pages.get("/readyz")
@open_to_all("tells a load balancer whether requests can be served")
def readyz() -> Response:
    """Database, migrations, signing key, partitions and worker; 503 with the failed checks named by code."""
    findings = list(look(db.session(), clock.now(), current_app.extensions["settings"]))
    failed = [finding for finding in findings if finding.problem]
    response = jsonify({"ready": not failed, "checks": {f.check: f.problem or "ok" for f in findings}})
    response.status_code = 503 if failed else 200
    return response


@pages.get("/language/<locale>")
@open_to_all("the language is everybody's choice")
def switch_language(locale: str) -> Response:
    """Keep the choice of language in a cookie and go back to where the reader was."""
    if locale not in LOCALES:
        raise NotFound
    back = request.referrer if request.referrer and request.referrer.startswith(request.host_url) else "/"
    response = make_response(redirect(back))
    response.set_cookie("locale", locale, max_age=YEAR, samesite="Lax", httponly=True)
    return response


@pages.get("/audit")
@requires(Permission.AUDIT_READ)
def audit_trail() -> str:
    """Who did what, newest first, a page at a time; by tag where one is given."""
    before, tag = request.args.get("before", type=UUID), request.args.get("tag") or None
    events = newest_events(db.session(), tag=tag, before=before)
    names = person_names(db.session(), [event.actor_id for event in events if event.actor_id])
    return render_template("audit.html", events=events, names=names, tag=tag, page_size=PAGE)


@pages.get("/demo/mail")
@open_to_all("a demo sends no messages; here everybody sees what would have been sent")
def caught_mail() -> str:
    """The local catcher: e-mails and text messages of a demo, newest first. There is no such page outside one."""
    settings = current_app.extensions["settings"]
    if not settings.demo:
        raise NotFound
    found = outbox.caught(db.session(), before=request.args.get("before", type=UUID), limit=CAUGHT + 1)
    return render_template(
        "mail.html",
        rows=[caught_row(message, settings) for message in found[:CAUGHT]],
        older=found[CAUGHT - 1].id if len(found) > CAUGHT else None,
    )
