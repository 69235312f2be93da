"""Notices to holders: writing one, seeing whom it reaches before it goes, and how far it has come."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields
from marshmallow.validate import Length, OneOf
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, area_words, area_words_many, form_page, person_names
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.outbox import is_quiet, states_of_notice
from foundation.parsing import InputSchema, from_form, load
from passes.notice_jobs import count_notice, gather_notice, stop_notice
from passes.notice_models import Notice
from passes.notice_queries import PAGE, areas_for, categories, find_notice, notices_within
from passes.notice_words import (
    CHANNELS,
    MESSAGE_GROUPS,
    NOTICE_ACTION_WORDS,
    NOTICE_DONE_WORDS,
    NOTICE_LABELS,
    NOTICE_STATE_TONES,
    NOTICE_STATE_WORDS,
    PACE_WORDS,
)
from passes.pages.blueprint import pages
from passes.rules.notices import (
    LONGEST_SUBJECT,
    LONGEST_WORDS,
    PACE,
    PACES,
    NoticeAction,
    NoticeState,
    open_notice_actions,
)
from passes.service.notices import discard_draft, move_notice, write_notice


class NoticeSchema(InputSchema):
    """A notice as its form sends it."""

    area = fields.String(required=True)
    category = fields.String(load_default=None)
    subject = fields.String(required=True, validate=Length(1, LONGEST_SUBJECT, error="text.too_long"))
    words = fields.String(required=True, validate=Length(1, LONGEST_WORDS, error="text.too_long"))
    urgent = fields.Boolean(load_default=False)
    by_sms = fields.Boolean(load_default=False)
    per_minute = fields.Integer(load_default=PACE, validate=OneOf(PACES, error="choice.unknown"))


@pages.get("/notices")
@requires(Permission.NOTICE_SEND)
def notices() -> str:
    """Notices of one's area and below it, newest first."""
    session = db.session()
    found = notices_within(session, current_actor(), before=request.args.get("before", type=UUID))
    shown = found[:PAGE]
    return render_template(
        "passes/notices.html",
        notices=shown,
        areas=area_words_many(session, {notice.area for notice in shown}),
        names=person_names(session, [notice.created_by for notice in shown]),
        state_words=NOTICE_STATE_WORDS,
        tones=NOTICE_STATE_TONES,
        older=shown[-1].id if len(found) > PAGE else None,
    )


@pages.route("/notices/new", methods=["GET", "POST"])
@requires(Permission.NOTICE_SEND)
def new_notice() -> Response:
    """Write a notice; with `like`, beginning from an earlier one. It is kept as a draft."""
    return form_page(_draw_form, _write, NOTICE_LABELS)


def _draw_form(problem: Told | None) -> str:
    session, actor = db.session(), current_actor()
    return render_template(
        "passes/notice_form.html",
        problem=problem,
        given=_given(),
        areas=areas_for(session, actor),
        own_area=actor.area,
        categories=categories(session),
        paces=[(str(pace), str(PACE_WORDS) % {"count": pace}) for pace in PACES],
        longest_subject=LONGEST_SUBJECT,
        longest_words=LONGEST_WORDS,
    )


def _given() -> Mapping[str, str]:
    """What stands in the form: what was typed, or what it starts with."""
    begun = request.form.to_dict() if request.method == "POST" else _beginning()
    return {name: str(begun.get(name) or "") for name in NoticeSchema().fields}


def _beginning() -> Mapping[str, Any]:
    like = request.args.get("like", type=UUID)
    if like is None:
        return {"area": current_actor().area, "per_minute": str(PACE)}
    earlier = find_notice(db.session(), current_actor(), like)
    kept = {name: getattr(earlier, name) for name in ("area", "category", "subject", "words")}
    ticked = {name: "1" for name in ("urgent", "by_sms") if getattr(earlier, name)}
    return {**kept, **ticked, "per_minute": str(earlier.per_minute)}


def _write() -> Response:
    said = load(NoticeSchema(), from_form(request.form))
    with transaction() as session:
        notice_id = write_notice(session, current_actor(), said, now=clock.now()).id
        count_notice.defer(session, notice=str(notice_id))
    return redirect(url_for("passes.notice", notice_id=notice_id), 303)


@pages.get("/notices/<uuid:notice_id>")
@requires(Permission.NOTICE_SEND)
def notice(notice_id: UUID) -> str:
    """A draft with whom it would reach, as soon as it is counted, or how far a notice has come."""
    session = db.session()
    found = find_notice(session, current_actor(), notice_id)
    return render_template(
        "passes/notice.html",
        **_progress(found),
        area=area_words(session, found.area),
        category=dict(categories(session)).get(found.category or ""),
        author=person_names(session, [found.created_by]).get(found.created_by),
        pace=str(PACE_WORDS) % {"count": found.per_minute},
    )


@pages.get("/notices/<uuid:notice_id>/progress")
@requires(Permission.NOTICE_SEND)
def notice_progress(notice_id: UUID) -> str:
    """The moving part of the page alone."""
    found = find_notice(db.session(), current_actor(), notice_id)
    return render_template("passes/notice_progress.html", **_progress(found))


def _progress(found: Notice) -> dict[str, Any]:
    counts = states_of_notice(db.session(), found.id)
    rows = [
        (words, [sum(counts.get((channel, state), 0) for state in group) for _words, group in MESSAGE_GROUPS])
        for channel, words in CHANNELS
    ]
    return {
        "notice": found,
        "state_words": NOTICE_STATE_WORDS[NoticeState(found.state)],
        "tone": NOTICE_STATE_TONES[NoticeState(found.state)],
        "groups": [words for words, _group in MESSAGE_GROUPS],
        "rows": rows,
        "resting": found.state == NoticeState.SENDING and not found.urgent and is_quiet(clock.now()),
        "actions": [
            (str(action), NOTICE_ACTION_WORDS[action]) for action in open_notice_actions(found.state)
        ],
    }


@pages.post("/notices/<uuid:notice_id>/<any(start, pause, resume, stop):action>")
@requires(Permission.NOTICE_SEND)
def change_notice(notice_id: UUID, action: str) -> Response:
    """Start, pause, resume or stop a notice."""
    move = NoticeAction(action)
    with transaction() as session:
        found = move_notice(session, current_actor(), notice_id, move, now=clock.now())
        if found.state == NoticeState.SENDING:
            gather_notice.defer(session, notice=str(found.id))
        if found.state == NoticeState.STOPPED:
            stop_notice.defer(session, notice=str(found.id))
    flash(str(NOTICE_DONE_WORDS[move]), "success")
    return redirect(url_for("passes.notice", notice_id=notice_id), 303)


@pages.post("/notices/<uuid:notice_id>/discard")
@requires(Permission.NOTICE_SEND)
def discard_notice(notice_id: UUID) -> Response:
    """Throw a draft away."""
    with transaction() as session:
        discard_draft(session, current_actor(), notice_id, now=clock.now())
    flash(gettext("草稿已删除。"), "success")
    return redirect(url_for("passes.notices"), 303)
