"""The register of passes: the passes of a body or an area, and the page of one pass with its moves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Actor, Permission
from accounts.public import Told, person_names, told
from audit.public import history
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import PAGE, body_of, owns
from passes.application_words import REVIEW_LABELS
from passes.catalogue import Catalogue
from passes.change_queries import waiting_change
from passes.counter_words import CHANNEL_WORDS
from passes.models import Pass, PassRevision
from passes.pages.blueprint import pages
from passes.pages.change_view import open_changes
from passes.pages.counter import handover_lines
from passes.pages.own_applications import own_timeline
from passes.pages.telling import (
    goods,
    hours_words,
    moment,
    pass_line,
    pass_state_words,
    place,
    roads,
    timeline,
)
from passes.queries import current_revision, find_pass, reaches
from passes.register_queries import register_of_plate, register_page
from passes.rules import PassReason, PassState, normalise_plate, open_pass_actions
from passes.rules.applying import PASS_REASONS, shown_state
from passes.rules.moves import PassAction
from passes.schemas import printable
from passes.service.change import change_pass
from passes.words import EXPIRED, PASS_ACTION_WORDS, PASS_REASON_WORDS, PASS_STATE_WORDS
from passes.workshop import catalogue

STATES: Mapping[str, Any] = {
    **{state.value: words for state, words in PASS_STATE_WORDS.items()},
    "expired": EXPIRED,
}
NUMBER_LENGTH = 12
WHAT_FOLLOWS = {
    PassAction.SUSPEND: _("暂停后，联网查验立即变红，恢复前不能使用；持证人会收到通知。"),
    PassAction.REVOKE: _("吊销后不能恢复，联网查验立即变红；持证人会收到通知。"),
    PassAction.SURRENDER: _("交回或挂失后不能恢复，该证不再有效；需要时重新申请。"),
}


@pages.get("/passes")
@requires(Permission.PASS_READ)
def register() -> str:
    """The passes of the officer's body, or of all bodies of the area of the command, newest number first."""
    session, now = db.session(), clock.now()
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    channel = request.args.get("channel", "")
    channel = channel if channel in CHANNEL_WORDS else ""
    before = request.args.get("before", "")
    found = register_page(
        session,
        current_actor(),
        state,
        now,
        channel=channel,
        before=before if _is_number(before) else None,
    )
    last = found[PAGE - 1][0].number if len(found) > PAGE else None
    known = catalogue(session, now=now)
    return render_template(
        "passes/register.html",
        rows=[pass_line(known, row[0], row[1], now) for row in found[:PAGE]],
        tabs=_tabs(state, channel),
        channels=_channels(state, channel),
        state=state or channel,
        searched="",
        problem=None,
        older=_register_url(state, channel, before=last) if last else None,
    )


def _is_number(text: str) -> bool:
    return len(text) == NUMBER_LENGTH and text.isascii() and text.isdecimal()


def _register_url(state: str, channel: str, before: str | None = None) -> str:
    return url_for("passes.register", state=state or None, channel=channel or None, before=before)


def _tabs(state: str, channel: str) -> list[tuple[str, str, bool, int | None]]:
    tabs: list[tuple[str, str, bool, int | None]] = [
        (gettext("全部"), _register_url("", channel), not state, None)
    ]
    for name, words in STATES.items():
        tabs.append((str(words), _register_url(name, channel), name == state, None))
    return tabs


def _channels(state: str, channel: str) -> list[tuple[str, str, bool, int | None]]:
    """The ways by which the applications came: each figure can be split by them."""
    tabs: list[tuple[str, str, bool, int | None]] = [
        (gettext("全部渠道"), _register_url(state, ""), not channel, None)
    ]
    for name, words in CHANNEL_WORDS.items():
        tabs.append((str(words), _register_url(state, name), name == channel, None))
    return tabs


@pages.post("/passes/search")
@requires(Permission.PASS_READ)
def search_register() -> Response:
    """Find by the whole number or the whole plate. POST, because a plate is no part of an address."""
    session, actor, now = db.session(), current_actor(), clock.now()
    text = printable(normalise_plate(request.form.get("q", "")))[:20]
    if not text:
        return redirect(url_for("passes.register"), 303)
    if _is_number(text):
        found = find_pass(session, text)
        if found is not None and reaches(session, actor, found):
            return redirect(url_for("passes.pass_page", number=text), 303)
    known = catalogue(session, now=now)
    rows = register_of_plate(session, actor, text)
    page = render_template(
        "passes/register.html",
        rows=[pass_line(known, row[0], row[1], now) for row in rows],
        tabs=_tabs("-", ""),
        channels=[],
        state="",
        searched=text,
        problem=None,
        older=None,
    )
    return make_response(page)


@pages.get("/passes/<number>")
@requires(Permission.ACCOUNT_OWN)
def pass_page(number: str) -> str:
    """One pass, for its holder, its body and the command above."""
    return _draw(db.session(), number, None, clock.now())


def _draw(session: Session, number: str, problem: Told | None, now: datetime) -> str:
    actor = current_actor()
    found = find_pass(session, number) if _is_number(number) else None
    if found is None or not reaches(session, actor, found):
        raise NotFound
    known = catalogue(session, now=now)
    body = body_of(session, found.body_id)
    state = shown_state(found.state, found.validity.upper, now)
    own = owns(actor, found)
    revision = current_revision(session, found)
    return render_template(
        "passes/pass_page.html",
        found=found,
        own=own,
        problem=problem,
        state=state,
        state_words=pass_state_words(state),
        reason=PASS_REASON_WORDS[PassReason(found.state_reason)] if found.state_reason else None,
        body=body,
        kind=known.kinds[found.kind].name,
        content=_content(known, found, revision),
        actions=_actions(actor, found),
        changes=open_changes(actor, found, now=now),
        waiting=waiting_change(session, number) if own else None,
        phones=sum(1 for driver in revision.drivers if driver["phone"]),
        token=uuid4(),
        timeline=_timeline(session, found, own=own, office=body.name if body else None),
        channel=CHANNEL_WORDS[found.channel],
        handovers=_handovers(session, actor, found),
        typed=request.form,
    )


def _content(known: Catalogue, found: Pass, revision: PassRevision) -> dict[str, Any]:
    return {
        "goods": goods(known, revision.goods),
        "goods_words": revision.goods_words,
        "origin": place(known, revision.origin),
        "destination": place(known, revision.destination),
        "stops": "、".join(place(known, code) for code in revision.stops),
        "roads": roads(known, revision.roads),
        "begins": moment(found.validity.lower),
        "ends": moment(found.validity.upper),
        "hours": hours_words(revision.duration_minutes // 60),
        "drivers": revision.drivers,
        "check_code": revision.check_code,
        "issued": moment(revision.issued_at),
    }


def _handovers(session: Session, actor: Actor, found: Pass) -> list[dict[str, Any]] | None:
    """To whom the sheet was handed over the counter; None for whoever does not hand it over."""
    hands_over = actor.may(Permission.APPLICATION_REVIEW) and actor.body_id == found.body_id
    return handover_lines(session, found) if hands_over else None


def _actions(actor: Actor, found: Pass) -> list[dict[str, Any]]:
    """The buttons: an action, its words, what follows from it, and the reasons to choose from."""
    return [
        {
            "action": action.value,
            "words": PASS_ACTION_WORDS[action],
            "follows": WHAT_FOLLOWS.get(action),
            "reasons": [(reason.value, PASS_REASON_WORDS[reason]) for reason in PASS_REASONS[action]],
        }
        for action in open_pass_actions(PassState(found.state), frozenset(actor.permissions))
    ]


def _timeline(session: Session, found: Pass, *, own: bool, office: str | None) -> list[Any]:
    events = history(session, "pass", found.number)
    if own:
        return own_timeline(session, events, office)
    people = [event.actor_id for event in events if event.actor_id is not None]
    return timeline(events, person_names(session, people))


@pages.post("/passes/<number>/<any(suspend, resume, revoke, surrender):action>")
@requires(Permission.ACCOUNT_OWN)
def move_pass(number: str, action: str) -> Response:
    """Suspend, resume, revoke or hand back a pass; told to the scanners in the same transaction."""
    now, deed = clock.now(), PassAction(action)
    try:
        reason = _reason(deed)
        with transaction() as session:
            change_pass(
                session, current_actor(), number if _is_number(number) else "", deed, reason=reason, now=now
            )
    except NotFound:
        raise
    except DomainProblem as problem:
        db.session.rollback()
        refused = told(problem, REVIEW_LABELS)
        return make_response(_draw(db.session(), number, refused, now), refused.status)
    flash(gettext("通行证 %(number)s：%(deed)s。", number=number, deed=PASS_ACTION_WORDS[deed]), "success")
    return redirect(url_for("passes.pass_page", number=number), 303)


def _reason(action: PassAction) -> PassReason | None:
    """The reason chosen for an action that needs one. Raises `InvalidInput`."""
    offered = PASS_REASONS[action]
    chosen = next((reason for reason in offered if reason == request.form.get("reason")), None)
    if offered and chosen is None:
        raise InvalidInput(field_problem(f"reason.{action}", "field.required"))
    return chosen
