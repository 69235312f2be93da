"""Reviewing a batch: taken and decided as one item of the queue, many applications at once or one after the other."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, told
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from foundation.problems import DomainProblem, NotFound
from passes.application_words import REVIEW_LABELS
from passes.batch_review_words import DONE_WORDS
from passes.deciding_jobs import order_decision, resume_decision
from passes.pages.batch_review_page import draw_batch, run_facts
from passes.pages.blueprint import pages
from passes.pages.review import batch_url, tell_taken
from passes.rules import RefuseReason
from passes.rules.moves import ApplicationAction
from passes.schemas import printable
from passes.service.batch_deciding import Decision, find_run, is_unfinished
from passes.service.batch_review import release_batch, renew_batch_lease, take_batch
from passes.workshop import catalogue

LABELS = {**REVIEW_LABELS, "groups": _("范围")}


@pages.get("/queue/batches/<uuid:batch_id>")
@requires(Permission.APPLICATION_REVIEW)
def review_batch(batch_id: UUID) -> str:
    """A batch and all that bears on its decision; opening it is work on it, so the lease of who has it begins again."""
    now = clock.now()
    with transaction() as session:
        renew_batch_lease(session, current_actor(), batch_id, now=now)
    return draw_batch(db.session(), batch_id, None, now)


@pages.get("/queue/batches/<uuid:batch_id>/progress")
@requires(Permission.APPLICATION_REVIEW)
def review_batch_progress(batch_id: UUID) -> Response:
    """The moving part alone; when nothing moves any more the page is asked to be drawn anew."""
    run = find_run(db.session(), current_actor(), batch_id)
    moving = is_unfinished(run)
    drawn = render_template(
        "passes/review_batch_progress.html", batch_id=batch_id, **run_facts(run, moving=moving)
    )
    response = make_response(drawn)
    if not moving:
        response.headers["HX-Refresh"] = "true"
    return response


@pages.post("/queue/batches/<uuid:batch_id>/<any(take, release, issue, return, refuse, retry):action>")
@requires(Permission.APPLICATION_REVIEW)
def move_review_batch(batch_id: UUID, action: str) -> Response:
    """One move with a whole batch; refused, the page shows why and what was typed."""
    now = clock.now()
    try:
        with transaction() as session:
            where = DEEDS[action](session, batch_id, now)
    except NotFound:
        raise
    except DomainProblem as problem:
        db.session.rollback()
        return _refused(batch_id, told(problem, LABELS), now)
    return redirect(where, 303)


def _refused(batch_id: UUID, problem: Told, now: datetime) -> Response:
    return make_response(draw_batch(db.session(), batch_id, problem, now), problem.status)


def _take(session: Session, batch_id: UUID, now: datetime) -> str:
    tell_taken(take_batch(session, current_actor(), batch_id, now=now))
    return batch_url(batch_id)


def _release(session: Session, batch_id: UUID, now: datetime) -> str:
    count = release_batch(session, current_actor(), batch_id, now=now)
    flash(gettext("整批 %(count)s 件已放回队列，排队位置不变。", count=count), "success")
    return url_for("passes.queue")


def _decide(session: Session, batch_id: UUID, now: datetime, decision: Decision) -> str:
    known = catalogue(session, now=now)
    run = order_decision(session, current_actor(), batch_id, decision, known, now=now)
    words = DONE_WORDS[decision.action]
    flash(gettext("开始%(deed)s %(count)s 件，可以离开此页。", deed=words, count=run.total), "info")
    return batch_url(batch_id)


def _groups() -> tuple[str, ...]:
    return tuple(filter(None, request.form.get("groups", "").split(".")))


def _issue(session: Session, batch_id: UUID, now: datetime) -> str:
    return _decide(session, batch_id, now, Decision(ApplicationAction.ISSUE, _groups()))


def _return(session: Session, batch_id: UUID, now: datetime) -> str:
    notes = {"other": printable(request.form.get("notes.other", ""))}
    return _decide(session, batch_id, now, Decision(ApplicationAction.RETURN, _groups(), notes))


def _refuse(session: Session, batch_id: UUID, now: datetime) -> str:
    reason = next((code for code in RefuseReason if code == request.form.get("reason")), None)
    words = printable(request.form.get("words", ""))
    decision = Decision(ApplicationAction.REFUSE, _groups(), reason=reason, words=words)
    return _decide(session, batch_id, now, decision)


def _retry(session: Session, batch_id: UUID, now: datetime) -> str:
    resume_decision(session, current_actor(), batch_id, now=now)
    return batch_url(batch_id)


DEEDS: Mapping[str, Callable[[Session, UUID, datetime], str]] = {
    "take": _take,
    "release": _release,
    "issue": _issue,
    "return": _return,
    "refuse": _refuse,
    "retry": _retry,
}
