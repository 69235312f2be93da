"""Changing a pass: renew it, another truck, other drivers, anything else. What a rule allows is decided at once.

Each change is an application about the pass. The pass is held first, so that of any number of changes, revocations
and replacements at the same instant each sees what the one before it did.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM, Actor, ActorKind, Permission
from accounts.public import Body, Firm, Person
from audit.public import record
from foundation.base import new_id
from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import by_form_token, needed, owns
from passes.change_queries import Origin, in_the_way, made_by, origin_of, said_by, waiting_change
from passes.models import Application, Pass
from passes.queries import current_revision
from passes.rules.applying import check_asked
from passes.rules.changing import (
    CHANGES,
    ChangeFacts,
    Purpose,
    Why,
    asked_from,
    check_change,
    needs_person,
    remaining_period,
    renewed_start,
    require_changeable,
    require_difference,
)
from passes.rules.content import Content, Driver
from passes.rules.moves import ApplicationAction, ApplicationState, PassState
from passes.rules.plates import normalise_plate
from passes.service.applications import permitted, record_move
from passes.service.drafting import new_slip
from passes.service.granting import grant
from passes.service.issue import Tools, ends_of, held_pass
from passes.sheet_jobs import make_sheets

OVERLAPS = "pass.overlap"


@dataclass(frozen=True)
class Outcome:
    """What became of a change: its application, the number of the pass that holds now (None while an officer
    decides), and why a person must decide."""

    application: Application
    number: str | None
    why: tuple[Why, ...] = ()


@dataclass(frozen=True)
class _Asking:
    """Who asks for which change, on which form, by which way."""

    actor: Actor
    purpose: Purpose
    form_token: UUID
    channel: str
    now: datetime


Make = Callable[[Pass, Content, Origin], Content]


def renew_pass(
    session: Session,
    actor: Actor,
    number: str,
    form_token: UUID,
    tools: Tools,
    *,
    now: datetime,
    hours: int | None = None,
    from_now: bool = False,
    channel: str = "online",
) -> Outcome:
    """A new pass for the same vehicle, route and goods; it begins where the old one ends, or now (`from_now`, or
    because the old one is over), and then supersedes it. `hours` are by default those the trip was first given.

    The same form sent twice is one renewal. Raises `NotFound` (unknown or foreign), `permission.missing`,
    `InvalidInput`, `pass.not_live`, `pass.replaced`, `pass.over`, `pass.change_waiting`, `pass.renewed` with the
    number that follows, `pass.vehicle_taken`, `change.not_needed`, and what issuing raises.
    """

    def make(found: Pass, old: Content, origin: Origin) -> Content:
        start = renewed_start(old, from_now=from_now, now=now)
        longest = tools.catalogue.kinds[found.kind].max_hours
        return replace(old, not_before=start, hours=min(origin.hours, longest) if hours is None else hours)

    return _change(session, number, _Asking(actor, Purpose.RENEW, form_token, channel, now), make, tools)


def change_vehicle(
    session: Session,
    actor: Actor,
    number: str,
    form_token: UUID,
    plate: str,
    plate_colour: int,
    tools: Tools,
    *,
    now: datetime,
    channel: str = "online",
) -> Outcome:
    """A new pass for another truck and what is left of the period; the old one is superseded with it.

    Raises as `renew_pass`, and `change.nothing` for the same truck.
    """

    def make(found: Pass, old: Content, origin: Origin) -> Content:
        del found, origin
        start, hours = remaining_period(old, now=now)
        text = normalise_plate(plate)
        return replace(old, plate=text, plate_colour=plate_colour, not_before=start, hours=hours)

    return _change(
        session, number, _Asking(actor, Purpose.OTHER_VEHICLE, form_token, channel, now), make, tools
    )


def change_drivers(
    session: Session,
    actor: Actor,
    number: str,
    form_token: UUID,
    drivers: Sequence[Mapping[str, str]],
    tools: Tools,
    *,
    now: datetime,
    channel: str = "online",
) -> Outcome:
    """A new revision of the same pass with other drivers (`name`, `phone`, `last4` each); links stay good.

    Raises as `renew_pass`, `change.nothing` for the same drivers, and `pass.revisions_used_up`.
    """

    def make(found: Pass, old: Content, origin: Origin) -> Content:
        del found, origin
        _require_named(drivers)
        return replace(old, drivers=tuple(Driver(d["name"], d["phone"], d["last4"]) for d in drivers))

    return _change(
        session, number, _Asking(actor, Purpose.OTHER_DRIVER, form_token, channel, now), make, tools
    )


def ask_amendment(
    session: Session,
    actor: Actor,
    number: str,
    form_token: UUID,
    values: Mapping[str, Any],
    tools: Tools,
    *,
    now: datetime,
    unread: tuple[FieldProblem, ...] = (),
    channel: str = "online",
) -> Outcome:
    """Ask the body that issued a pass for other goods, another route, other times: a revision when it agrees.

    `values` and `unread` as `passes.schemas.read_application` gives them; vehicle and kind stay. Raises as
    `change_drivers`.
    """

    def make(found: Pass, old: Content, origin: Origin) -> Content:
        del origin
        given = {name: value for name, value in values.items() if name in CHANGES[Purpose.AMEND].fields}
        kept = {"plate": found.plate, "plate_colour": found.plate_colour, "contact_phone": "-"}
        start = given.get("not_before") or old.not_before
        kind = (found.kind, tools.catalogue.kinds[found.kind])
        asked_at = asked_from(old, replace(old, not_before=start), now)
        return check_asked({**given, **kept}, kind, tools.catalogue, unread, now=asked_at)

    return _change(session, number, _Asking(actor, Purpose.AMEND, form_token, channel, now), make, tools)


def _change(session: Session, number: str, asking: _Asking, make: Make, tools: Tools) -> Outcome:
    found = held_pass(session, number)
    if found is None or not owns(asking.actor, found):
        raise NotFound
    made = _made_before(session, asking, number)
    if made is not None:
        return Outcome(made, made.pass_number)
    _require_open(session, found, asking)
    old, origin = said_by(found, current_revision(session, found)), origin_of(session, number)
    new = make(found, old, origin)
    _check(session, found, asking, old, new, tools)
    application = _write(session, found, asking, new)
    why = needs_person(_facts(session, found, asking.purpose, old, new, origin), now=asking.now)
    _record_asked(session, application, asking, why)
    if why:
        return Outcome(application, None, why)
    return Outcome(application, _decide(session, application, asking, tools))


def _made_before(session: Session, asking: _Asking, number: str) -> Application | None:
    """The application this form has made already. Raises `edit.conflict` for a form of something else."""
    made = by_form_token(session, asking.form_token)
    if made is None:
        return None
    if not owns(asking.actor, made):
        raise NotFound
    if (made.about, made.purpose) != (number, asking.purpose):
        raise DomainProblem("edit.conflict")
    return made


def _require_open(session: Session, found: Pass, asking: _Asking) -> None:
    """The asking party may change it, it can be changed, and nothing else about it waits."""
    if not asking.actor.may(Permission.APPLICATION_APPLY):
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_APPLY))
    if found.state == PassState.SUPERSEDED:
        raise DomainProblem("pass.replaced", number=found.superseded_by)
    require_changeable(asking.purpose, PassState(found.state), ends_of(found), found.revision, now=asking.now)
    waiting = waiting_change(session, found.number)
    if waiting is not None:
        raise DomainProblem("pass.change_waiting", slip=waiting.slip)


def _require_named(drivers: Sequence[Mapping[str, str]]) -> None:
    unnamed = [index for index, driver in enumerate(drivers) if not driver["name"]]
    if unnamed:
        raise InvalidInput(*(field_problem(f"drivers.{index}.name", "field.required") for index in unnamed))


def _check(session: Session, found: Pass, asking: _Asking, old: Content, new: Content, tools: Tools) -> None:
    known, now = tools.catalogue, asking.now
    require_difference(asking.purpose, old, new)
    kind = known.kinds[found.kind]
    check_change(asking.purpose, old, new, kind, known, asked_at=asked_from(old, new, now), now=now)
    _require_free(session, found, asking, new)
    period = Range(new.not_before, new.not_after)
    if asking.purpose is Purpose.RENEW and not needed(session, known, new.origin, new.destination, period):
        raise DomainProblem("change.not_needed")


def _require_free(session: Session, found: Pass, asking: _Asking, new: Content) -> None:
    """No other pass may hold the vehicle then; the number of somebody else's is not told."""
    other = in_the_way(session, new, found.number)
    if other is None:
        return
    if not owns(asking.actor, other):
        raise DomainProblem("pass.vehicle_taken")
    code = "pass.renewed" if asking.purpose is Purpose.RENEW else OVERLAPS
    raise DomainProblem(code, number=other.number)


def _facts(
    session: Session, found: Pass, purpose: Purpose, old: Content, new: Content, origin: Origin
) -> ChangeFacts:
    firm = session.get(Firm, found.firm_id) if found.firm_id else None
    return ChangeFacts(
        purpose=purpose,
        old=old,
        new=new,
        seen_by_person=origin.issued_by is not None,
        seen_from=origin.not_before,
        swaps=origin.swaps(purpose),
        may_apply=firm is None or firm.state == "approved",
    )


def _write(session: Session, found: Pass, asking: _Asking, new: Content) -> Application:
    """The application, handed in already. Raises `edit.conflict` when its form was used for something else just now."""
    row = {
        **_applicant(session, found, asking.actor),
        **_content_columns(new),
        "id": new_id(),
        "slip": new_slip(asking.now),
        "form_token": asking.form_token,
        "state": ApplicationState.SUBMITTED.value,
        "version": 2,
        "channel": asking.channel,
        "purpose": asking.purpose.value,
        "about": found.number,
        "body_id": _body_of(session, found).id,
        "replaces": _replaces(found, asking.purpose, new),
        "submitted_at": asking.now,
        "created_at": asking.now,
        "updated_at": asking.now,
        "demo": found.demo,
    }
    made = session.execute(
        insert(Application).values(row).on_conflict_do_nothing().returning(Application.id)
    ).scalar_one_or_none()
    if made is None:
        raise DomainProblem("edit.conflict")
    return session.get_one(Application, made)


def _applicant(session: Session, found: Pass, actor: Actor) -> dict[str, Any]:
    """Holder, phone and county as on the application before; a program of a firm is no person."""
    earlier = made_by(session, found)
    person = session.get(Person, actor.id) if actor.kind is ActorKind.PERSON and actor.id else None
    firm = session.get(Firm, found.firm_id) if found.firm_id else None
    asked = person or firm
    return {
        "person_id": person.id if person else None,
        "firm_id": found.firm_id,
        "holder_name": found.holder_name,
        "contact_phone": earlier.contact_phone if earlier else (asked.phone if asked else ""),
        "area": earlier.area if earlier else None,
    }


def _content_columns(content: Content) -> dict[str, Any]:
    return {
        "kind": content.kind,
        "plate": content.plate,
        "plate_colour": content.plate_colour,
        "goods": content.goods,
        "goods_words": content.goods_words,
        "origin": content.origin,
        "destination": content.destination,
        "stops": list(content.stops),
        "roads": list(content.roads),
        "not_before": content.not_before,
        "hours": content.hours,
        "drivers": [{"name": d.name, "phone": d.phone, "last4": d.last4} for d in content.drivers],
    }


def _replaces(found: Pass, purpose: Purpose, new: Content) -> str | None:
    """The pass that gives way: the old truck's always, a renewed one where the periods overlap."""
    overlaps = new.not_before < ends_of(found)
    replaced = purpose is Purpose.OTHER_VEHICLE or (purpose is Purpose.RENEW and overlaps)
    return found.number if replaced else None


def _body_of(session: Session, found: Pass) -> Body:
    """The body that issued a pass knows it; where it is merged, the one that took its duties over."""
    body = session.get_one(Body, found.body_id)
    return session.get_one(Body, body.merged_into) if body.merged_into else body


def _record_asked(session: Session, application: Application, asking: _Asking, why: Sequence[Why]) -> None:
    facts = {
        "kind": application.kind,
        "body": str(application.body_id),
        "purpose": application.purpose,
        "about": application.about,
        "why": [reason.value for reason in why],
    }
    record(
        session,
        asking.actor,
        "application:submit",
        "application",
        application.id,
        now=asking.now,
        to_state=ApplicationState.SUBMITTED,
        facts=facts,
    )


def _decide(session: Session, application: Application, asking: _Asking, tools: Tools) -> str:
    """Issue or amend by the rule of the change, in nobody's name; return the number."""
    move = permitted(SYSTEM, application, ApplicationAction.DECIDE)
    body = session.get_one(Body, application.body_id)
    try:
        issued = grant(session, SYSTEM, application, body, tools, now=asking.now)
    except DomainProblem as refused:
        # Somebody else's pass came in between; its number is not the applicant's to know.
        raise (DomainProblem("pass.vehicle_taken") if refused.code == OVERLAPS else refused) from None
    application.pass_number, application.decided_at = issued.number, asking.now
    application.decided_rule = CHANGES[asking.purpose].rule
    facts = {
        "rule": application.decided_rule,
        "number": issued.number,
        "asked_by": str(asking.actor.id),
        "asked_as": str(asking.actor.kind),
    }
    record_move(session, SYSTEM, application, ApplicationAction.DECIDE, move.to, now=asking.now, facts=facts)
    make_sheets.defer(session, numbers=[issued.number])
    return issued.number
