"""The page on which a batch is decided: who sent it, its figures, what the rules found, its rows, how far a run is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor
from accounts.permissions import Actor
from accounts.public import Firm, Person, Told, person_names
from audit.public import history
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from foundation.models import TaskProgress
from foundation.words import ProblemWords, field_words, words_of
from passes.application_queries import IN_HAND, PAGE
from passes.batch_models import Batch, BatchReview
from passes.batch_review_queries import rows_page, state_counts, undecided
from passes.batch_review_words import DONE_WORDS, GROUP_WORDS
from passes.catalogue import Catalogue
from passes.models import Application
from passes.pages.review_page import finding_words
from passes.pages.telling import (
    application_state,
    duration_words,
    goods,
    hours_words,
    moment,
    route,
    timeline,
)
from passes.review_facts import BARRED, CLEAN, GROUPS, WARNED, findings_of, group_of
from passes.rules import RefuseReason
from passes.rules.applying import Finding, lease_has_run_out
from passes.rules.moves import ApplicationAction, ApplicationState
from passes.service.batch_deciding import is_unfinished
from passes.service.batch_review import find_item, run_of
from passes.words import REFUSE_WORDS
from passes.workshop import catalogue

DECIDED_PARTS: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "issued": ((ApplicationState.ISSUED,), _("已核发")),
    "returned": ((ApplicationState.RETURNED,), _("退回补正")),
    "refused": ((ApplicationState.REFUSED, ApplicationState.WITHDRAWN), _("未核发")),
}
"""Parts of the table that are what the applications have become."""
EVERYTHING = (*IN_HAND, *(state for states, _words in DECIDED_PARTS.values() for state in states))


@dataclass(frozen=True)
class Look:
    """All that was read for the page: the item, what waits with its findings by application, and the newest run."""

    item: BatchReview
    batch: Batch
    counts: Mapping[str, int]
    waiting: Sequence[Application]
    found: Mapping[UUID, tuple[Finding, ...]]
    run: TaskProgress | None

    @property
    def groups(self) -> dict[str, list[Application]]:
        """What waits, sorted by the worst that the rules noticed."""
        sorted_out: dict[str, list[Application]] = {name: [] for name in GROUPS}
        for one in self.waiting:
            sorted_out[group_of(self.found[one.id])].append(one)
        return sorted_out

    @property
    def problems(self) -> Mapping[str, Any]:
        """What stood in the way of those that the newest run could not decide."""
        return self.run.facts["problems"] if self.run else {}

    @property
    def left(self) -> list[Application]:
        """What waits although the newest run was to decide it."""
        return [one for one in self.waiting if str(one.id) in self.problems]


def look_at(session: Session, actor: Actor, batch_id: UUID, known: Catalogue, now: datetime) -> Look:
    """Read the page's data with as many queries for five thousand rows as for five. Raises `NotFound`."""
    item = find_item(session, actor, batch_id)
    waiting = undecided(session, actor, batch_id)
    return Look(
        item=item,
        batch=session.get_one(Batch, batch_id),
        counts=state_counts(session, actor, batch_id),
        waiting=waiting,
        found=findings_of(session, waiting, known, now=now),
        run=run_of(session, item),
    )


def draw_batch(session: Session, batch_id: UUID, problem: Told | None, now: datetime) -> str:
    """The page, for any officer of a body that decides some of the batch. Raises `NotFound`."""
    actor, known = current_actor(), catalogue(session, now=now)
    look = look_at(session, actor, batch_id, known, now)
    groups, moving = look.groups, is_unfinished(look.run)
    hands = _hands(session, look.item, actor, now)
    sizes = {
        name: sum(not hands["mine"] or _held(one, actor) for one in rows) for name, rows in groups.items()
    }
    return render_template(
        "passes/review_batch.html",
        batch=look.batch,
        problem=problem,
        typed=request.form,
        sizes=sizes,
        total=sum(look.counts.values()),
        waited=duration_words(now - look.item.submitted_at),
        sent=moment(look.item.submitted_at),
        applicant=_applicant(session, look.batch),
        choices=_choices(sizes),
        reasons=[(code.value, REFUSE_WORDS[code]) for code in RefuseReason],
        issued=look.counts.get(ApplicationState.ISSUED, 0),
        fresh=look.counts.get(ApplicationState.SUBMITTED, 0),
        timeline=_timeline(session, look, actor),
        **run_facts(look.run, moving=moving),
        **hands,
        **_table(session, actor, look, groups, known),
    )


def _held(one: Application, actor: Actor) -> bool:
    """In the officer's hands: what came back to the batch meanwhile is taken first."""
    return one.state == ApplicationState.IN_REVIEW and one.taken_by == actor.id


def _applicant(session: Session, batch: Batch) -> dict[str, Any]:
    firm = session.get(Firm, batch.firm_id) if batch.firm_id else None
    person = session.get(Person, batch.person_id) if batch.person_id else None
    return {
        "holder": firm.name if firm else person.name if person else None,
        "credit_code": firm.credit_code if firm else None,
        "firm_phone": firm.phone if firm else None,
        "person": person.name if person else None,
        "phone": person.phone if person else None,
    }


def _hands(session: Session, item: BatchReview, actor: Actor, now: datetime) -> dict[str, Any]:
    open_item = item.finished_at is None
    mine = open_item and item.taken_by == actor.id
    free = item.taken_by is None or lease_has_run_out(item.lease_until, now)
    names = person_names(session, [item.taken_by]) if item.taken_by and not mine else {}
    return {
        "mine": mine,
        "finished": moment(item.finished_at),
        "takeable": open_item and not mine and free,
        "taken_by": names.get(item.taken_by) if item.taken_by else None,
        "lease": moment(item.lease_until),
    }


def _choices(sizes: Mapping[str, int]) -> list[tuple[str, str]]:
    """Which of those that wait a return or a refusal is about, the likeliest first."""
    options = []
    for names in ((BARRED,), (BARRED, WARNED), (WARNED,), (CLEAN,), GROUPS):
        count = sum(sizes[name] for name in names)
        if all(sizes[name] for name in names) or (names == GROUPS and count):
            words = (
                gettext("全部") if names == GROUPS else gettext("、").join(str(GROUP_WORDS[n]) for n in names)
            )
            options.append((".".join(names), gettext("%(which)s的 %(count)s 件", which=words, count=count)))
    return options


def run_facts(run: TaskProgress | None, *, moving: bool) -> dict[str, Any]:
    """How far the newest run is, for its page and for the part of it that is fetched again."""
    if run is None:
        return {"run": None, "moving": False}
    left = len(run.facts["problems"])
    return {
        "run": run,
        "moving": moving,
        "run_words": DONE_WORDS[ApplicationAction(run.facts["action"])],
        "run_done": run.done - left,
        "run_left": left,
        "why": str(words_of(run.problem).what) if run.problem else None,
    }


def _timeline(session: Session, look: Look, actor: Actor) -> list[Any]:
    """What this body did with the batch; another body's part is its own business."""
    events = history(session, "batch", look.batch.id)
    own = [event for event in events if event.facts.get("body") == str(actor.body_id)]
    people = [event.actor_id for event in own if event.actor_id is not None]
    return timeline(own, person_names(session, people))


def _table(
    session: Session,
    actor: Actor,
    look: Look,
    groups: Mapping[str, Sequence[Application]],
    known: Catalogue,
) -> dict[str, Any]:
    """One page of the rows of a part, by key."""
    part, after = request.args.get("part", ""), request.args.get("after", type=UUID)
    kept = {"waiting": look.waiting, **groups, "left": look.left}
    if part not in {*kept, *DECIDED_PARTS, "all"}:
        part = "waiting" if look.waiting else "all"
    if part in kept:
        rows = [one for one in kept[part] if after is None or one.id > after][: PAGE + 1]
    else:
        states = DECIDED_PARTS[part][0] if part in DECIDED_PARTS else EVERYTHING
        rows = list(rows_page(session, actor, look.batch.id, states, after=after))
    return {
        "part": part,
        "tabs": _tabs(look, kept, part),
        "rows": [_line(known, one, look) for one in rows[:PAGE]],
        "next_url": _part_url(look.batch.id, part, rows[PAGE - 1].id) if len(rows) > PAGE else None,
    }


def _part_url(batch_id: UUID, part: str, after: UUID | None = None) -> str:
    return url_for("passes.review_batch", batch_id=batch_id, part=part, after=after)


def _tabs(
    look: Look, kept: Mapping[str, Sequence[Application]], part: str
) -> list[tuple[str, str, bool, int | None]]:
    counted = {
        "waiting": (gettext("待办"), len(kept["waiting"])),
        **{name: (str(GROUP_WORDS[name]), len(kept[name])) for name in GROUPS},
        "left": (gettext("未办成"), len(kept["left"])),
        **{
            name: (str(words), sum(look.counts.get(state, 0) for state in states))
            for name, (states, words) in DECIDED_PARTS.items()
        },
        "all": (gettext("全部"), sum(look.counts.values())),
    }
    return [
        (words, _part_url(look.batch.id, name), name == part, count)
        for name, (words, count) in counted.items()
        if count or name == part
    ]


def _line(known: Catalogue, row: Application, look: Look) -> dict[str, Any]:
    noted = look.problems.get(str(row.id)) if row.state in IN_HAND else None
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
        "number": row.pass_number,
        "problem": noted_words(noted) if noted else None,
        "findings": [
            one for one in finding_words(look.found.get(row.id, ())) if one["tone"] in {"bad", "warn"}
        ],
    }


def noted_words(noted: Mapping[str, Any]) -> str:
    """What stood in the way of one application, in words."""
    errors = [field_words(code, facts) for _field, code, facts in noted["errors"]]
    if errors:
        return gettext("；").join(errors)
    return ProblemWords.fill(words_of(noted["code"]).what, noted["facts"])
