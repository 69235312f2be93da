"""A decision on many applications of a batch: ordered as one thing, carried out one application at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import WebhookKind, body
from audit.public import record
from foundation.jobs import start_progress
from foundation.models import TaskProgress
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.batch_models import Batch
from passes.batch_review_queries import undecided
from passes.catalogue import Catalogue
from passes.models import Application
from passes.review_facts import BARRED, CLEAN, WARNED, findings_of, group_of
from passes.rules.moves import ApplicationAction, ApplicationState, RefuseReason
from passes.service.announcing import announce_batch
from passes.service.batch_messages import tell_batch
from passes.service.batch_review import UNFINISHED_RUN, find_item, held_item, run_of
from passes.service.issue import Tools
from passes.service.reviewing import LONGEST_NOTE, checked_notes, issue, refuse, return_
from passes.sheet_jobs import AT_ONCE, make_sheets

KIND = "passes.batch_decision"
DECIDED_ABOUT: Mapping[ApplicationAction, tuple[str, ...]] = {
    ApplicationAction.ISSUE: (CLEAN, WARNED),
    ApplicationAction.RETURN: (BARRED, WARNED, CLEAN),
    ApplicationAction.REFUSE: (BARRED, WARNED, CLEAN),
}
"""The groups each decision can be made about: what an obstacle bars is not issued by the dozen."""


@dataclass(frozen=True)
class Decision:
    """What is decided about which groups; `notes` belong to a return, `reason` and `words` to a refusal."""

    action: ApplicationAction
    groups: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    reason: RefuseReason | None = None
    words: str = ""


def decision_of(facts: Mapping[str, Any]) -> Decision:
    """The decision as an order keeps it."""
    return Decision(
        action=ApplicationAction(facts["action"]),
        groups=tuple(facts["groups"]),
        notes=facts["notes"],
        reason=RefuseReason(facts["reason"]) if facts["reason"] else None,
        words=facts["words"],
    )


def checked(decision: Decision) -> Decision:
    """The decision, once nothing in it is missing. Raises `InvalidInput` on `groups`, `notes.…`, `reason`, `words`."""
    problems = []
    if not decision.groups:
        problems.append(field_problem("groups", "field.required"))
    elif set(decision.groups) - set(DECIDED_ABOUT[decision.action]):
        problems.append(field_problem("groups", "choice.unknown"))
    if decision.action is ApplicationAction.REFUSE and decision.reason is None:
        problems.append(field_problem("reason", "field.required"))
    if len(decision.words) > LONGEST_NOTE:
        problems.append(field_problem("words", "text.too_long"))
    if decision.action is ApplicationAction.RETURN:
        try:
            checked_notes(decision.notes)
        except InvalidInput as refused:
            problems += refused.errors
    if problems:
        raise InvalidInput(*problems)
    return decision


def plan_decision(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    decision: Decision,
    known: Catalogue,
    *,
    now: datetime,
) -> TaskProgress:
    """Fix which applications are decided, those of the groups that are in the officer's hands at this moment.

    Whoever calls this starts the job. Raises what `held_item` raises, `InvalidInput`, and `batch.nothing_of_it` when
    none of them is left.
    """
    item = held_item(session, actor, batch_id, decision.action)
    checked(decision)
    held = undecided(session, actor, batch_id, mine=True)
    found = findings_of(session, held, known, now=now)
    chosen = [str(one.id) for one in held if group_of(found[one.id]) in decision.groups]
    if not chosen or actor.id is None:
        raise DomainProblem("batch.nothing_of_it")
    facts = _facts(decision, batch_id, actor, chosen)
    run = start_progress(session, KIND, actor.id, total=len(chosen), facts=facts, now=now)
    item.run_id = run.id
    told = {"body": str(actor.body_id), "applications": len(chosen), "groups": list(decision.groups)}
    tag = f"batch:{decision.action}"
    record(session, actor, tag, "batch", batch_id, now=now, reason=decision.reason, facts=told)
    return run


def _facts(decision: Decision, batch_id: UUID, actor: Actor, chosen: Sequence[str]) -> dict[str, Any]:
    return {
        "batch": str(batch_id),
        "body": str(actor.body_id),
        "action": decision.action.value,
        "groups": list(decision.groups),
        "notes": dict(decision.notes),
        "reason": decision.reason.value if decision.reason else None,
        "words": decision.words,
        "ids": list(chosen),
        "problems": {},
    }


Deed = Callable[[Session, UUID], object]


def deed_of(decision: Decision, actor: Actor, tools: Tools, now: Callable[[], datetime]) -> Deed:
    """What is done to each application, in a transaction of its own."""
    if decision.action is ApplicationAction.ISSUE:
        return lambda session, one: issue(session, actor, one, tools, now=now(), alone=False)
    if decision.action is ApplicationAction.RETURN:
        return lambda session, one: return_(session, actor, one, decision.notes, now=now(), alone=False)
    reason = decision.reason
    if reason is None:
        raise ValueError("a refusal has a reason")
    return lambda session, one: refuse(session, actor, one, reason, decision.words, now=now(), alone=False)


def as_noted(problem: DomainProblem) -> dict[str, Any]:
    """A problem as an order keeps it beside the application it stood in the way of."""
    errors = [[error.field, error.code, dict(error.facts)] for error in problem.errors]
    return {"code": problem.code, "facts": dict(problem.facts), "errors": errors}


def finish_decision(session: Session, actor: Actor, run: TaskProgress, *, now: datetime) -> None:
    """Close an order: one message to the applicant, the documents in pieces, and one event with the figures."""
    decision, batch = decision_of(run.facts), session.get(Batch, UUID(run.facts["batch"]))
    if batch is None:
        raise NotFound
    run.state, run.finished_at = "done", now
    left = len(run.facts["problems"])
    figures = {"done": run.total - left, "left": left}
    if figures["done"]:
        told = {**_told(session, run, decision), **figures}
        tell_batch(session, batch, told, key=f"batch:{run.id}", now=now)
    if decision.action is ApplicationAction.ISSUE:
        _make_documents(session, run)
    facts = {**figures, "body": run.facts["body"], "run": str(run.id)}
    event = record(session, actor, "batch:decided", "batch", batch.id, now=now, facts=facts)
    announce_batch(session, batch, WebhookKind.BATCH_DECIDED, event, now=now)


def _told(session: Session, run: TaskProgress, decision: Decision) -> dict[str, Any]:
    office = body(session, UUID(run.facts["body"]))
    return {
        "action": decision.action.value,
        "notes": list(checked_notes(decision.notes).items()) if decision.notes else [],
        "reason": run.facts["reason"],
        "words": decision.words,
        "phone": office.phone if office else "",
    }


def _make_documents(session: Session, run: TaskProgress) -> None:
    """Have the sheets of what was issued made, so many in each job that one job never takes long."""
    problems = run.facts["problems"]
    issued = [UUID(one) for one in run.facts["ids"] if one not in problems]
    for start in range(0, len(issued), AT_ONCE):
        numbers = session.scalars(
            select(Application.pass_number).where(
                Application.id.in_(issued[start : start + AT_ONCE]),
                Application.state == ApplicationState.ISSUED,
            )
        ).all()
        make_sheets.defer(session, numbers=sorted(filter(None, numbers)))


def retry_decision(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> TaskProgress:
    """Go on with an order that has stopped, where it stopped. Raises what `held_item` raises, `batch.nothing_of_it`.

    Whoever has the batch now goes on, in the own name.
    """
    item = held_item(session, actor, batch_id, "retry")
    run = run_of(session, item)
    if run is None or run.state != "failed" or actor.id is None:
        raise DomainProblem("batch.nothing_of_it")
    run.state, run.problem, run.finished_at, run.owner_id = "waiting", None, None, actor.id
    facts = {"body": str(actor.body_id), "run": str(run.id)}
    record(session, actor, "batch:retry", "batch", batch_id, now=now, facts=facts)
    return run


def find_run(session: Session, actor: Actor, batch_id: UUID) -> TaskProgress | None:
    """The newest order of the officer's body for a batch. Raises `NotFound`."""
    return run_of(session, find_item(session, actor, batch_id))


def is_unfinished(run: TaskProgress | None) -> bool:
    """Whether an order is still being carried out."""
    return run is not None and run.state in UNFINISHED_RUN
