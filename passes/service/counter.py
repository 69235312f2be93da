"""The counter: a walk-in's application entered by an officer, decided at once where it is his to decide; hand-overs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from accounts.public import Person, person
from audit.public import record
from foundation.base import new_id
from foundation.clock import SHOWN_IN
from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import by_form_token, deciding, live_pass_of, needed
from passes.catalogue import Catalogue
from passes.counter_queries import find_entry
from passes.models import Application, Pass, PassHandover
from passes.queries import find_pass
from passes.rules.applying import CONTENT_FIELDS, UNFINISHED, check_asked
from passes.rules.counter import CHANNEL, Receiver
from passes.rules.moves import ApplicationAction, ApplicationState
from passes.service.applications import check_version, record_move
from passes.service.drafting import new_slip
from passes.service.issue import Tools
from passes.service.reviewing import issue, take

Unread = tuple[FieldProblem, ...]
LISTS = frozenset({"stops", "roads", "drivers"})


@dataclass(frozen=True)
class WalkIn:
    """Whose application is entered: the name the pass is issued to, and who stands at the counter."""

    holder_name: str
    receiver: Receiver


def enter(
    session: Session,
    actor: Actor,
    form_token: UUID,
    values: Mapping[str, Any],
    walk_in: WalkIn,
    tools: Tools,
    *,
    now: datetime,
    version: int | None = None,
    unread: Unread = (),
) -> Application:
    """Enter a walk-in's application. What the officer's own body decides is issued and handed over in the same step;
    anything else waits in the queue of the body that decides it. The same form sent twice counts once.

    Raises `permission.missing`, `regime.not_needed`, `InvalidInput` with all that is missing or wrong at once (on
    `replaces` when the vehicle has a pass already), `NotFound` for another body's form, and what `issue` raises.
    """
    _require_officer(actor)
    found = _of_form(session, actor, form_token, now)
    if ApplicationState(found.state) not in UNFINISHED:
        return found
    check_version(found, version)
    found.holder_name = walk_in.holder_name
    _write(found, values)
    _complete(session, found, values, tools.catalogue, unread, now)
    _submit(session, actor, found, walk_in, now)
    if found.body_id == actor.body_id:
        take(session, actor, found.id, now=now)
        issued = issue(session, actor, found.id, tools, now=now)
        hand_over(session, actor, issued.number, walk_in.receiver, now=now)
    return found


def _require_officer(actor: Actor) -> None:
    if not actor.may(Permission.APPLICATION_REVIEW) or actor.body_id is None or actor.id is None:
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_REVIEW))


def _of_form(session: Session, actor: Actor, form_token: UUID, now: datetime) -> Application:
    """The one application of a form, made now if it is new; of two clicks the second waits for the first."""
    found = by_form_token(session, form_token)
    while found is None:
        _begin(session, actor, form_token, now)
        found = by_form_token(session, form_token)
    if find_entry(session, actor, found.id) is None:
        raise NotFound
    return found


def _begin(session: Session, actor: Actor, form_token: UUID, now: datetime) -> None:
    officer = _officer(session, actor)
    row = {
        "id": new_id(),
        "slip": new_slip(now),
        "form_token": form_token,
        "state": ApplicationState.DRAFT.value,
        "version": 1,
        "channel": CHANNEL,
        "entered_by": officer.id,
        "holder_name": "",
        "contact_phone": "",
        "stops": [],
        "roads": [],
        "drivers": [],
        "created_at": now,
        "updated_at": now,
        "demo": officer.demo,
    }
    session.execute(insert(Application).values(row).on_conflict_do_nothing())


def _officer(session: Session, actor: Actor) -> Person:
    found = person(session, actor.id) if actor.id else None
    if found is None:
        raise DomainProblem("login.needed")
    return found


def _write(found: Application, values: Mapping[str, Any]) -> None:
    for name in CONTENT_FIELDS:
        value = values.get(name)
        setattr(found, name, list(value or []) if name in LISTS else value)
    # The column of the phone is never NULL; an empty one is named with everything else that is missing.
    found.contact_phone = values.get("contact_phone") or ""


def _complete(
    session: Session,
    found: Application,
    values: Mapping[str, Any],
    known: Catalogue,
    unread: Unread,
    now: datetime,
) -> None:
    """The same rules as for the on-line form; sets kind, area, deciding body and what is replaced."""
    kind = known.kind_for(found.origin, found.destination) if found.origin and found.destination else None
    period = _period(found, now)
    if (
        found.origin
        and found.destination
        and not needed(session, known, found.origin, found.destination, period)
    ):
        raise DomainProblem("regime.not_needed")
    told = {name: getattr(found, name) for name in CONTENT_FIELDS}
    given = {name: value for name, value in told.items() if value not in (None, "")}
    content = check_asked(given, (kind.number, kind) if kind else None, known, unread, now=now)
    held = live_pass_of(session, content.plate, content.plate_colour, period)
    if held is not None and not values.get("replaces"):
        raise InvalidInput(field_problem("replaces", "application.has_pass", number=held.number))
    decider = deciding(session, known, known.kinds[content.kind], told, on=now.astimezone(SHOWN_IN).date())
    if decider is None:
        raise InvalidInput(field_problem("area", "application.no_body"))
    found.kind, found.body_id, found.area = content.kind, decider[0].id, decider[1]
    found.replaces = held.number if held else None


def _period(found: Application, now: datetime) -> Range[datetime]:
    begin = found.not_before or now
    return Range(begin, begin + timedelta(hours=max(found.hours or 1, 1)))


def _submit(session: Session, actor: Actor, found: Application, walk_in: WalkIn, now: datetime) -> None:
    again = found.submitted_at is not None
    found.submitted_at = found.submitted_at or now
    facts = {
        "kind": found.kind,
        "body": str(found.body_id),
        "again": again,
        "replaces": found.replaces,
        "document": walk_in.receiver.document.value,
    }
    submitted = ApplicationState.SUBMITTED
    record_move(session, actor, found, ApplicationAction.SUBMIT, submitted, now=now, facts=facts)


def hand_over(
    session: Session, actor: Actor, number: str, receiver: Receiver, *, now: datetime
) -> PassHandover:
    """Record that a sheet was handed over the counter: to whom, by whom, and the document that was seen.

    Raises `NotFound` (unknown, foreign), `permission.missing`.
    """
    found = _pass_here(session, actor, number)
    row = PassHandover(
        plate=found.plate,
        number=number,
        revision=found.revision,
        handed_to=receiver.name,
        document=receiver.document.value,
        document_last4=receiver.last4,
        handed_by=actor.id,
        body_id=actor.body_id,
        at=now,
    )
    session.add(row)
    session.flush()
    facts = {"document": receiver.document.value, "revision": found.revision}
    record(session, actor, "pass:hand_over", "pass", number, now=now, facts=facts)
    return row


def note_printing(session: Session, actor: Actor, number: str, *, now: datetime) -> None:
    """Record that an officer prints a sheet: each paper that leaves the office has its event.

    Raises `NotFound` (unknown, foreign), `permission.missing`.
    """
    found = _pass_here(session, actor, number)
    record(session, actor, "pass:print", "pass", number, now=now, facts={"revision": found.revision})


def _pass_here(session: Session, actor: Actor, number: str) -> Pass:
    found = find_pass(session, number)
    if found is None or found.body_id != actor.body_id:
        raise NotFound
    _require_officer(actor)
    return found
