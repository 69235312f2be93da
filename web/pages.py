"""Pages that belong to no room: home, health, the audit trail, the choice of language."""

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from accounts.guards import open_to_all, requires
from accounts.permissions import Permission
from audit.public import newest_events
from foundation import clock
from foundation.database import db
from foundation.i18n import LOCALES
from foundation.problems import NotFound
from web.health import look

pages = Blueprint("web", __name__, template_folder="templates")
YEAR = 365 * 24 * 3600


@pages.get("/")
@open_to_all("the first page says what the product is for")
def home() -> str:
    """Where everybody starts."""
    return render_template("home.html")


@pages.get("/healthz")
@open_to_all("tells a supervisor that the process lives")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify({"status": "alive"})


@pages.get("/readyz")
@open_to_all("tells a load balancer whether requests can be served")
def readyz() -> Response:
    """Database, migrations, signing key, partitions and worker; 503 with the failed checks named by code."""
    findings = list(look(db.session(), clock.now()))
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
    """Who did what, newest first."""
    before = request.args.get("before")
    tag = request.args.get("tag")
    events = newest_events(db.session(), tag=tag, before=before)
    return render_template("audit.html", events=events, tag=tag)
