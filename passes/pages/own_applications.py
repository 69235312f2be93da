"""What an applicant has: the list of applications, each with its progress, and the passes that came of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import told
from audit.public import AuditEvent, history
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from foundation.problems import DomainProblem, InvalidInput
from passes.application_queries import (
    PAGE,
    applicant_counts,
    applicant_page,
    body_of,
    expected_wait,
    last_notes,
    own_names,
)
from passes.application_words import ACTION_WORDS, FIELD_WORDS, FORM_LABELS, NEXT_WORDS
from passes.catalogue import Catalogue
from passes.change_queries import ending_count
from passes.change_words import PURPOSE_WORDS
from passes.models import Application
from passes.pages.apply import draw_problem, own_or_not_found
from passes.pages.blueprint import pages
from passes.pages.change_view import changes_of
from passes.pages.telling import (
    application_state,
    duration_words,
    full_name,
    goods,
    hours_words,
    moment,
    pass_line,
    place,
    roads,
    route,
    timeline,
)
from passes.queries import holder_page
from passes.rules import RefuseReason
from passes.rules.applying import EDITABLE
from passes.rules.changing import Purpose
from passes.rules.moves import ApplicationAction, ApplicationState, open_application_actions
from passes.service.drafting import submit, withdraw
from passes.trips import trip_lines
from passes.words import REFUSE_NEXT, REFUSE_WORDS
from passes.workshop import catalogue

GROUPS: Mapping[str, tuple[str, ...]] = {
    "draft": (ApplicationState.DRAFT,),
    "waiting": (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW),
    "returned": (ApplicationState.RETURNED,),
    "issued": (ApplicationState.ISSUED,),
    "over": (ApplicationState.REFUSED, ApplicationState.WITHDRAWN),
}
GROUP_WORDS = {
    "draft": _("草稿"),
    "waiting": _("等待审核"),
    "returned": _("退回补正"),
    "issued": _("已核发"),
    "over": _("未核发"),
}


@pages.get("/applications")
@requires(Permission.ACCOUNT_OWN)
def my_applications() -> str:
    """The applications of the firm, or of the person without one, newest first."""
    session, actor, now = db.session(), current_actor(), clock.now()
    group = request.args.get("state", "")
    states = GROUPS.get(group, ())
    rows = applicant_page(session, actor, states, before=request.args.get("before", type=UUID))
    known = catalogue(session, now=now)
    return render_template(
        "passes/my_applications.html",
        rows=[_line(known, row) for row in rows[:PAGE]],
        group=group if states else "",
        tabs=_tabs(applicant_counts(session, actor), group),
        may_apply=actor.may(Permission.APPLICATION_APPLY),
        trips=trip_lines(session, actor, known) if not request.args else [],
        older=url_for("passes.my_applications", state=group or None, before=rows[PAGE - 1].id)
        if len(rows) > PAGE
        else None,
    )


def _tabs(counts: Mapping[str, int], group: str) -> list[tuple[str, str, bool, int | None]]:
    home = url_for("passes.my_applications")
    tabs: list[tuple[str, str, bool, int | None]] = [
        (gettext("全部"), home, group not in GROUPS, sum(counts.values()))
    ]
    for name, states in GROUPS.items():
        count = sum(counts.get(state, 0) for state in states)
        url = url_for("passes.my_applications", state=name)
        tabs.append((str(GROUP_WORDS[name]), url, name == group, count))
    return tabs


def _line(known: Catalogue, row: Application) -> dict[str, Any]:
    return {
        "id": row.id,
        "slip": row.slip,
        "plate": row.plate,
        "plate_colour": row.plate_colour,
        "route": route(known, row.origin, row.destination),
        "goods": goods(known, row.goods),
        "begins": moment(row.not_before),
        "hours": hours_words(row.hours),
        "state": row.state,
        "state_words": application_state(row),
        "at": moment(row.submitted_at or row.updated_at),
        "number": row.pass_number,
        "purpose": PURPOSE_WORDS[Purpose(row.purpose)] if row.about else None,
        "editable": row.state in {ApplicationState.DRAFT, ApplicationState.RETURNED},
    }


@pages.get("/applications/<uuid:application_id>")
@requires(Permission.ACCOUNT_OWN)
def own_application(application_id: UUID) -> str:
    """One application: where it stands, what is next, what was written to it, what has happened."""
    session, actor, now = db.session(), current_actor(), clock.now()
    application = own_or_not_found(session, application_id)
    known = catalogue(session, now=now)
    body = body_of(session, application.body_id)
    actions = open_application_actions(ApplicationState(application.state), frozenset(actor.permissions))
    returned = application.state == ApplicationState.RETURNED
    return render_template(
        "passes/application.html",
        application=application,
        state_words=application_state(application),
        next_words=NEXT_WORDS[application.state],
        body=body,
        wait=_wait(session, application),
        content=content_facts(known, application),
        changes=changes_of(session, application, known),
        notes=[(FIELD_WORDS[note.field], note.words) for note in last_notes(session, application_id)]
        if returned
        else [],
        refusal=_refusal(application),
        actions=actions,
        action_words=ACTION_WORDS,
        editable=ApplicationState(application.state) in EDITABLE and bool(actions),
        timeline=own_timeline(
            session, history(session, "application", application_id), body.name if body else None
        ),
        step=_step(application),
    )


def own_timeline(session: Session, events: Sequence[AuditEvent], office: str | None) -> list[Any]:
    """What has happened, with names of one's own side only: the office appears as an office."""
    people = [event.actor_id for event in events if event.actor_id is not None]
    return timeline(events, own_names(session, current_actor(), people), office=office)


def content_facts(known: Catalogue, row: Application) -> dict[str, Any]:
    """What is asked for, in words, for the pages of both sides."""
    kind = known.kinds.get(row.kind) if row.kind is not None else None
    ends = row.not_before + timedelta(hours=row.hours) if row.not_before and row.hours else None
    return {
        "kind": kind.name if kind else None,
        "plate": row.plate,
        "plate_colour": row.plate_colour,
        "goods": goods(known, row.goods),
        "goods_words": row.goods_words,
        "origin": full_name(known, row.origin),
        "destination": full_name(known, row.destination),
        "stops": "、".join(place(known, code) for code in row.stops),
        "roads": roads(known, row.roads),
        "begins": moment(row.not_before),
        "ends": moment(ends),
        "hours": hours_words(row.hours),
        "drivers": row.drivers,
        "contact_phone": row.contact_phone or None,
        "replaces": row.replaces,
    }


def _wait(session: Session, application: Application) -> str | None:
    """How long the body usually takes, while the application waits."""
    if application.body_id is None or application.state not in GROUPS["waiting"]:
        return None
    usual = expected_wait(session, application.body_id)
    return duration_words(usual) if usual else None


def _refusal(application: Application) -> dict[str, Any] | None:
    if application.refuse_code is None:
        return None
    code = RefuseReason(application.refuse_code)
    return {"reason": REFUSE_WORDS[code], "words": application.refuse_words, "next": REFUSE_NEXT[code]}


def _step(application: Application) -> int:
    """Where the application is in the four steps on top of the page."""
    steps = {
        ApplicationState.DRAFT: 1,
        ApplicationState.RETURNED: 1,
        ApplicationState.SUBMITTED: 2,
        ApplicationState.IN_REVIEW: 3,
    }
    return steps.get(ApplicationState(application.state), 4)


@pages.post("/applications/<uuid:application_id>/<any(submit, withdraw):action>")
@requires(Permission.APPLICATION_APPLY)
def move_application(application_id: UUID, action: str) -> Response:
    """Hand an application in as it stands, or take it back; what is missing is shown in its form."""
    now, actor = clock.now(), current_actor()
    try:
        with transaction() as session:
            if action == ApplicationAction.WITHDRAW:
                withdraw(session, actor, application_id, now=now)
            else:
                submit(session, actor, application_id, catalogue(session, now=now), now=now)
    except InvalidInput as problem:
        return _in_form(application_id, problem)
    words = gettext("申请已撤回。") if action == ApplicationAction.WITHDRAW else gettext("申请已提交。")
    flash(words, "success")
    return redirect(url_for("passes.own_application", application_id=application_id), 303)


def _in_form(application_id: UUID, problem: DomainProblem) -> Response:
    session = db.session()
    session.rollback()
    application = own_or_not_found(session, application_id)
    if application.about is not None:
        what = told(problem, FORM_LABELS)
        flash(" ".join([what.title, *(error.message for error in what.errors)]), "warning")
        return redirect(url_for("passes.mend_change", application_id=application_id), 303)
    return draw_problem(application, problem)


@pages.get("/my-passes")
@requires(Permission.ACCOUNT_OWN)
def my_passes() -> str:
    """The passes of the firm, or of the person without one, newest number first."""
    session, actor, now = db.session(), current_actor(), clock.now()
    before = request.args.get("before")
    rows = holder_page(session, actor, before=before, limit=PAGE + 1)
    known = catalogue(session, now=now)
    return render_template(
        "passes/my_passes.html",
        rows=[pass_line(known, row, None, now) for row in rows[:PAGE]],
        ending=ending_count(session, actor, now=now) if actor.may(Permission.APPLICATION_APPLY) else 0,
        older=url_for("passes.my_passes", before=rows[PAGE - 1].number) if len(rows) > PAGE else None,
    )
