"""Applications of a firm by its program: handed in, read, changed while they may be, taken back."""

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Actor, Permission
from accounts.public import firm
from foundation import clock
from foundation.api import Answer, check_match
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.problems import NotFound
from passes.api.room import CHANNEL, listed, room
from passes.api.schemas import ApplicationAnswer, ApplicationBody, ApplicationPage, ApplicationQuery
from passes.api.telling import application_answer, application_line, application_tag
from passes.application_queries import applicant_page, find_application, owns
from passes.models import Application
from passes.schemas import read_application
from passes.service.applications import own_application
from passes.service.drafting import hand_in, withdraw
from passes.workshop import catalogue

OF_CONTENT = ("regime.not_needed", "edit.conflict", "server.busy")
"""What handing in can raise besides problems of single fields."""


@room.route(
    "/applications",
    "POST",
    takes=ApplicationBody,
    gives=ApplicationAnswer,
    status=201,
    problems=OF_CONTENT,
    idempotent=True,
    tagged=True,
    sends=("Location",),
)
@requires(Permission.APPLICATION_APPLY)
def apply(session: Session, asked: dict[str, Any]) -> Answer:
    """Hand in one application. What is wrong is named at once, field by field, and nothing is kept then."""
    made = _handed_in(session, new_id(), asked)
    return application_answer(session, made, {"Location": _address(made)})


def _handed_in(session: Session, form_token: UUID, asked: dict[str, Any]) -> Application:
    now, actor = clock.now(), current_actor()
    known = catalogue(session, now=now)
    values, unread = read_application({**defaults_of(session, actor), **asked}, known)
    return hand_in(session, actor, form_token, values, known, now=now, unread=unread, channel=CHANNEL)


def defaults_of(session: Session, actor: Actor) -> dict[str, Any]:
    """What a firm need not say each time."""
    applicant = firm(session, actor.firm_id) if actor.firm_id else None
    return {"contact_phone": applicant.phone} if applicant else {}


def _address(found: Application) -> str:
    return url_for("passes_api.application", application_id=found.id)


@room.route("/applications", query=ApplicationQuery, gives=ApplicationPage, sends=("Link",))
@requires(Permission.FIRM_READ)
def applications(asked: dict[str, Any]) -> Answer:
    """The firm's applications, newest first, a page at a time; by whatever way they came."""
    states = [asked["state"]] if asked["state"] else ()
    rows = applicant_page(db.session(), current_actor(), states, before=asked["after"], limit=asked["limit"])
    return listed(rows, asked, lambda row: row.id, application_line)


@room.route("/applications/<uuid:application_id>", gives=ApplicationAnswer, tagged=True)
@requires(Permission.FIRM_READ)
def application(application_id: UUID) -> Answer:
    """One application. Ask with If-None-Match while you wait for its decision."""
    session = db.session()
    found = find_application(session, application_id)
    if found is None or not owns(current_actor(), found):
        raise NotFound
    return application_answer(session, found)


@room.route(
    "/applications/<uuid:application_id>",
    "PUT",
    takes=ApplicationBody,
    gives=ApplicationAnswer,
    problems=OF_CONTENT,
    tagged=True,
    matched=True,
)
@requires(Permission.APPLICATION_APPLY)
def change_application(asked: dict[str, Any], application_id: UUID) -> Answer:
    """Say anew what is asked for, while it waits or after it was returned; it is handed in and keeps its place."""
    with transaction() as session:
        found = _held(session, application_id)
        return application_answer(session, _handed_in(session, found.form_token, asked))


@room.route(
    "/applications/<uuid:application_id>/withdraw",
    "POST",
    gives=ApplicationAnswer,
    problems=("move.not_allowed",),
    tagged=True,
    matched=True,
)
@requires(Permission.APPLICATION_APPLY)
def withdraw_application(application_id: UUID) -> Answer:
    """Take an application back before somebody has taken it up."""
    with transaction() as session:
        _held(session, application_id)
        gone = withdraw(session, current_actor(), application_id, now=clock.now())
        return application_answer(session, gone)


def _held(session: Session, application_id: UUID) -> Application:
    """The firm's own application, its row held, as the program has read it. Raises `NotFound`, `etag.stale`."""
    found = own_application(session, current_actor(), application_id)
    check_match(application_tag(found))
    return found
