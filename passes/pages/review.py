"""Reviewing: the queue of a body, and one application with everything that bears on the decision beside it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
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
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import PAGE, find_application
from passes.application_words import REVIEW_LABELS
from passes.catalogue import Catalogue
from passes.models import Application
from passes.pages.blueprint import pages
from passes.pages.review_page import draw_review
from passes.pages.telling import application_state, duration_words, goods, hours_words, moment, route
from passes.queue_queries import BatchItem, Item, Place, QueueCounts, place_of, queue_counts, queue_items
from passes.rules import RefuseReason
from passes.rules.applying import lease_has_run_out
from passes.rules.moves import ApplicationAction, ApplicationState
from passes.schemas import printable
from passes.service.applications import decided_here
from passes.service.batch_review import (
    TakenBatch,
    next_of_batch,
    of_open_item,
    renew_batch_lease,
    take_batch,
    take_next,
)
from passes.service.reviewing import (
    LONGEST_NOTE,
    Taken,
    issue,
    refuse,
    release,
    renew_lease,
    return_,
    take,
)
from passes.workshop import catalogue, tools

PARTS = {
    "waiting": _("待领取"),
    "mine": _("我在审"),
    "others": _("同事在审"),
    "returned": _("已退回"),
    "decided": _("已办结"),
}


@pages.get("/queue")
@requires(Permission.APPLICATION_REVIEW)
def queue() -> str:
    """The queue of the officer's body; asked for by the page itself, only its moving part."""
    now = clock.now()
    part = request.args.get("part", "waiting")
    part = part if part in PARTS else "waiting"
    moving = "HX-Request" in request.headers
    template = "passes/queue_region.html" if moving else "passes/queue.html"
    return render_template(template, **_queue(db.session(), part, now))


def _queue(session: Session, part: str, now: datetime) -> dict[str, Any]:
    actor = current_actor()
    counts = queue_counts(session, actor, now)
    found = queue_items(session, actor, part, now, after=_place(request.args.get("after", "")))
    known = catalogue(session, now=now)
    return {
        "part": part,
        "tabs": _tabs(part, counts),
        "rows": [_row(known, item, now) for item in found[:PAGE]],
        "counts": counts,
        "oldest": duration_words(now - counts.oldest) if counts.oldest else None,
        "next_url": _next_url(part, found[PAGE - 1]) if len(found) > PAGE else None,
        "live_url": url_for("passes.queue", part=part, after=request.args.get("after")),
    }


def _next_url(part: str, last: Item) -> str:
    at, key = place_of(last)
    return url_for("passes.queue", part=part, after=f"{at:%Y%m%dT%H%M%S.%f}_{key}")


def _tabs(part: str, counts: QueueCounts) -> list[tuple[str, str, bool, int | None]]:
    figures = {
        "waiting": counts.waiting,
        "mine": counts.mine,
        "others": counts.others,
        "returned": counts.returned,
    }
    return [
        (str(words), url_for("passes.queue", part=name), name == part, figures.get(name))
        for name, words in PARTS.items()
    ]


def _place(text: str) -> Place | None:
    """Where a page begins; an address that was changed by hand begins at the beginning."""
    at, _, key = text.partition("_")
    try:
        return datetime.strptime(f"{at}+0000", "%Y%m%dT%H%M%S.%f%z"), UUID(key)
    except ValueError:
        return None


def _row(known: Catalogue, item: Item, now: datetime) -> dict[str, Any]:
    if isinstance(item, BatchItem):
        return _batch_line(item, now)
    return _line(known, item.application, item.by, now)


def _batch_line(item: BatchItem, now: datetime) -> dict[str, Any]:
    return {
        "batch": item.batch_id,
        "slip": item.slip,
        "file_name": item.file_name,
        "holder": item.holder,
        "vehicles": item.vehicles,
        "waited": duration_words(now - item.submitted_at),
        "submitted": moment(item.submitted_at),
        "by": item.by,
        "taken": item.taken_by is not None,
        "overdue": lease_has_run_out(item.lease_until, now),
        "mine": item.taken_by == current_actor().id,
    }


def _line(known: Catalogue, row: Application, by: str | None, now: datetime) -> dict[str, Any]:
    until = row.decided_at or now
    overdue = row.state == ApplicationState.IN_REVIEW and lease_has_run_out(row.lease_until, now)
    return {
        "batch": None,
        "id": row.id,
        "slip": row.slip,
        "plate": row.plate,
        "plate_colour": row.plate_colour,
        "holder": row.holder_name,
        "route": route(known, row.origin, row.destination),
        "goods": goods(known, row.goods),
        "begins": moment(row.not_before),
        "hours": hours_words(row.hours),
        "waited": duration_words(until - row.submitted_at) if row.submitted_at else None,
        "submitted": moment(row.submitted_at),
        "state": row.state,
        "state_words": application_state(row),
        "by": by,
        "overdue": overdue,
        "mine": row.taken_by == current_actor().id,
        "number": row.pass_number,
    }


@pages.post("/queue/next")
@requires(Permission.APPLICATION_REVIEW)
def take_next_application() -> Response:
    """Take what has waited longest, an application or a batch, and open it."""
    with transaction() as session:
        taken = take_next(session, current_actor(), now=clock.now())
        where = _taken_url(taken) if taken else None
    if taken is None or where is None:
        flash(gettext("现在没有待领取的申请。"), "info")
        return redirect(url_for("passes.queue"), 303)
    tell_taken(taken)
    return redirect(where, 303)


def _taken_url(taken: Taken | TakenBatch) -> str:
    if isinstance(taken, TakenBatch):
        return batch_url(taken.batch_id)
    return _review_url(taken.application.id)


def batch_url(batch_id: UUID) -> str:
    """The page on which a batch is decided."""
    return url_for("passes.review_batch", batch_id=batch_id)


def tell_taken(taken: Taken | TakenBatch) -> None:
    """Say whose lease had run out, if anybody's had."""
    if taken.was_with:
        flash(gettext("原由 %(who)s 审核，因超时由您接手。", who=taken.was_with), "info")


def _review_url(application_id: UUID) -> str:
    return url_for("passes.review_application", application_id=application_id)


@pages.get("/applications/<uuid:application_id>/review")
@requires(Permission.APPLICATION_REVIEW)
def review_application(application_id: UUID) -> str:
    """Everything beside the application; opening it is work on it, so the lease of who has it begins again."""
    now = clock.now()
    _renew(application_id, now)
    return draw_review(db.session(), application_id, None, now)


def _renew(application_id: UUID, now: datetime) -> None:
    """Begin the lease again, of the whole batch where the application belongs to one."""
    with transaction() as session:
        found = find_application(session, application_id)
        if found is not None and found.batch_id is not None:
            renew_batch_lease(session, current_actor(), found.batch_id, now=now)
        renew_lease(session, current_actor(), application_id, now=now)


@pages.post("/applications/<uuid:application_id>/<any(take, release, return, refuse, issue):action>")
@requires(Permission.APPLICATION_REVIEW)
def decide_application(application_id: UUID, action: str) -> Response:
    """One move of an officer; refused, the page shows why and what was typed."""
    now = clock.now()
    try:
        with transaction() as session:
            where = DEEDS[ApplicationAction(action)](session, application_id, now)
    except NotFound:
        raise
    except DomainProblem as problem:
        db.session.rollback()
        return _refused(application_id, told(problem, REVIEW_LABELS), now)
    return redirect(where, 303)


def _refused(application_id: UUID, problem: Told, now: datetime) -> Response:
    _renew(application_id, now)
    return make_response(draw_review(db.session(), application_id, problem, now), problem.status)


def _seen() -> int | None:
    return request.form.get("version", type=int)


def _take(session: Session, application_id: UUID, now: datetime) -> str:
    """Take it; an application of a batch comes with all of the batch, because one lease holds them."""
    actor = current_actor()
    batch_id = of_open_item(session, actor, decided_here(session, actor, application_id))
    if batch_id is None:
        tell_taken(take(session, actor, application_id, now=now))
    else:
        tell_taken(take_batch(session, actor, batch_id, now=now))
    return _review_url(application_id)


def _after(session: Session, found: Application) -> str:
    """Where to go from a decision: the next of the same batch, the batch when it was the last, else the queue."""
    if found.batch_id is None:
        return url_for("passes.queue")
    following = next_of_batch(session, current_actor(), found.batch_id, found.id)
    return _review_url(following) if following else batch_url(found.batch_id)


def _release(session: Session, application_id: UUID, now: datetime) -> str:
    release(session, current_actor(), application_id, now=now)
    flash(gettext("已放回队列，排队位置不变。"), "success")
    return url_for("passes.queue")


def _return(session: Session, application_id: UUID, now: datetime) -> str:
    prefix = "notes."
    notes = {
        name.removeprefix(prefix): printable(words)
        for name, words in request.form.items()
        if name.startswith(prefix)
    }
    found = return_(session, current_actor(), application_id, notes, now=now, version=_seen())
    flash(gettext("申请 %(slip)s 已退回补正，已通知申请人。", slip=found.slip), "success")
    return _after(session, found)


def _refuse(session: Session, application_id: UUID, now: datetime) -> str:
    reason = next((code for code in RefuseReason if code == request.form.get("reason")), None)
    words = printable(request.form.get("words", ""))
    problems = [
        *([field_problem("reason", "field.required")] if reason is None else []),
        *([field_problem("words", "text.too_long")] if len(words) > LONGEST_NOTE else []),
    ]
    if problems or reason is None:
        raise InvalidInput(*problems)
    found = refuse(session, current_actor(), application_id, reason, words, now=now, version=_seen())
    flash(gettext("申请 %(slip)s 不予核发，已通知申请人。", slip=found.slip), "success")
    return _after(session, found)


def _issue(session: Session, application_id: UUID, now: datetime) -> str:
    bench = tools(session, now=now)
    issued = issue(session, current_actor(), application_id, bench, now=now, version=_seen())
    flash(gettext("通行证 %(number)s 已核发，已通知申请人。", number=issued.number), "success")
    return _after(session, decided_here(session, current_actor(), application_id))


DEEDS: Mapping[ApplicationAction, Callable[[Session, UUID, datetime], str]] = {
    ApplicationAction.TAKE: _take,
    ApplicationAction.RELEASE: _release,
    ApplicationAction.RETURN: _return,
    ApplicationAction.REFUSE: _refuse,
    ApplicationAction.ISSUE: _issue,
}
