"""Passes of a firm: read, printed, sent to the driver, handed back."""

import re
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import Row
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from foundation import clock
from foundation.api import Answer, check_match
from foundation.database import db, transaction
from foundation.problems import NotFound
from passes.api.room import listed, room
from passes.api.schemas import LinkAnswer, PassAnswer, PassPage, PassQuery, SurrenderBody
from passes.api.telling import pass_answer, pass_line, pass_tag
from passes.holder_queries import firm_pass, firm_passes
from passes.models import Pass, PassRevision
from passes.rules.moves import PassAction, PassReason
from passes.service.change import change_pass
from passes.service.links import make_link
from passes.service.sheets import PDF, sheet_pdf
from passes.sheet_jobs import press
from passes.workshop import catalogue, workshop

NUMBER = re.compile(r"[0-9]{12}")


@room.route("/passes", query=PassQuery, gives=PassPage, sends=("Link",))
@requires(Permission.FIRM_READ)
def passes(asked: dict[str, Any]) -> Answer:
    """The firm's passes, newest number first, a page at a time."""
    session, now = db.session(), clock.now()
    known = catalogue(session, now=now)
    rows = firm_passes(
        session, current_actor(), asked["state"], now, after=asked["after"], limit=asked["limit"]
    )
    return listed(rows, asked, lambda row: row[0].number, lambda row: pass_line(known, row, now))


@room.route("/passes/<number>", gives=PassAnswer, tagged=True)
@requires(Permission.FIRM_READ)
def one_pass(number: str) -> Answer:
    """One pass."""
    session, now = db.session(), clock.now()
    return pass_answer(session, catalogue(session, now=now), _own(session, number), now)


def _own(session: Session, number: str, *, lock: bool = False) -> Row[Pass, PassRevision]:
    """A pass of the firm. Raises `NotFound` for unknown and foreign alike."""
    row = firm_pass(session, current_actor(), number_or_not_found(number), lock=lock)
    if row is None:
        raise NotFound
    return row


def number_or_not_found(typed: str) -> str:
    """What can be a number; the database is asked for nothing else. Raises `NotFound`."""
    if not NUMBER.fullmatch(typed):
        raise NotFound
    return typed


@room.route(
    "/passes/<number>/sheet.pdf",
    gives=PDF,
    problems=("fonts.missing", "symbol.unreadable", "sheet.not_signed"),
    tagged=True,
)
@requires(Permission.FIRM_READ)
def sheet(number: str) -> Answer:
    """The document to print, A4; made now if it is missing."""
    now = clock.now()
    with transaction() as session:
        document = sheet_pdf(
            session, current_actor(), number_or_not_found(number), press(session, now=now), now=now
        )
    name = {"Content-Disposition": f'attachment; filename="{number}.pdf"'}
    return Answer(document.content, document.sha256, name)


@room.route(
    "/passes/<number>/surrender",
    "POST",
    takes=SurrenderBody,
    gives=PassAnswer,
    problems=("move.not_allowed",),
    tagged=True,
    matched=True,
)
@requires(Permission.PASS_SURRENDER)
def surrender(asked: dict[str, Any], number: str) -> Answer:
    """Hand a pass back, or report it lost. It stops at once and for good."""
    now, reason = clock.now(), PassReason(asked["reason"])
    with transaction() as session:
        check_match(pass_tag(_own(session, number, lock=True)[0], now))
        change_pass(session, current_actor(), number, PassAction.SURRENDER, reason=reason, now=now)
        return _as_changed(session, number, now)


def _as_changed(session: Session, number: str, now: datetime) -> Answer:
    """A pass after a change in this transaction."""
    return pass_answer(session, catalogue(session, now=now), _own(session, number, lock=True), now)


@room.route("/passes/<number>/links", "POST", gives=LinkAnswer, status=201)
@requires(Permission.APPLICATION_APPLY)
def driver_link(number: str) -> dict[str, Any]:
    """An address to send to the driver. Asked twice, there are two, and both are good: none is kept to be told again."""
    with transaction() as session:
        token = make_link(session, current_actor(), number_or_not_found(number), now=clock.now())
    return {"address": f"{workshop().public_url}{url_for('passes.driver_pass', token=token)}"}
