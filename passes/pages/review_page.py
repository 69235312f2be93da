"""The page a decision is made on: the application, the applicant, the vehicle's passes and what the rules found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from accounts.guards import current_actor
from accounts.public import Firm, Person, Told, mask_identity, person_names
from audit.public import history
from foundation.problems import InvalidInput, NotFound
from foundation.words import field_words
from passes.application_queries import (
    body_of,
    decides,
    earlier_passes,
    find_application,
    needed,
    other_open,
)
from passes.application_words import FIELD_WORDS, FINDING_WORDS
from passes.catalogue import Catalogue
from passes.models import Application, Pass
from passes.pages.own_applications import content_facts
from passes.pages.telling import application_state, duration_words, moment, pass_line, timeline
from passes.queries import HOLDING
from passes.rules import RefuseReason, check_content
from passes.rules.applying import ReviewFacts, content_of, findings, lease_has_run_out
from passes.rules.moves import ApplicationState
from passes.service.reviewing import NOTE_FIELDS
from passes.words import REFUSE_WORDS
from passes.workshop import catalogue


@dataclass(frozen=True)
class _Beside:
    """The rows beside the application."""

    firm: Firm | None
    person: Person | None
    passes: list[Pass]


def draw_review(session: Session, application_id: UUID, problem: Told | None, now: datetime) -> str:
    """The page, for any officer of the body that decides. Raises `NotFound`."""
    application = find_application(session, application_id)
    if application is None or not decides(current_actor(), application):
        raise NotFound
    known = catalogue(session, now=now)
    beside = _beside(session, application)
    return render_template(
        "passes/review.html",
        application=application,
        problem=problem,
        state_words=application_state(application),
        waited=_waited(application, now),
        content=content_facts(known, application),
        findings=_findings(session, application, beside, known, now),
        passes=[pass_line(known, found, None, now) for found in beside.passes],
        applicant=_applicant(application, beside),
        body=body_of(session, application.body_id),
        reasons=[(code.value, REFUSE_WORDS[code]) for code in RefuseReason],
        note_fields=[(name, FIELD_WORDS[name]) for name in NOTE_FIELDS],
        typed=request.form,
        **_hands(session, application, now),
    )


def _beside(session: Session, application: Application) -> _Beside:
    return _Beside(
        firm=session.get(Firm, application.firm_id) if application.firm_id else None,
        person=session.get(Person, application.person_id),
        passes=list(earlier_passes(session, application.plate)) if application.plate else [],
    )


def _hands(session: Session, application: Application, now: datetime) -> dict[str, Any]:
    """Who has it, and what has happened, with the names of everybody: officers see officers."""
    events = history(session, "application", application.id)
    people = [event.actor_id for event in events if event.actor_id is not None]
    names = person_names(session, people)
    mine = application.taken_by == current_actor().id
    reviewed = application.state == ApplicationState.IN_REVIEW
    free = lease_has_run_out(application.lease_until, now)
    return {
        "mine": reviewed and mine,
        "takeable": application.state == ApplicationState.SUBMITTED or (reviewed and not mine and free),
        "taken_by": names.get(application.taken_by) if application.taken_by and not mine else None,
        "lease": moment(application.lease_until),
        "timeline": timeline(events, names),
    }


def _waited(application: Application, now: datetime) -> str | None:
    if application.submitted_at is None:
        return None
    return duration_words((application.decided_at or now) - application.submitted_at)


def _applicant(application: Application, beside: _Beside) -> dict[str, Any]:
    """Who asks. An identity number is masked: the whole one is shown elsewhere, with a reason, and audited."""
    person, firm = beside.person, beside.firm
    return {
        "holder": application.holder_name,
        "credit_code": firm.credit_code if firm else None,
        "firm_phone": firm.phone if firm else None,
        "person": person.name if person else None,
        "identity": mask_identity(person.identity_number) if person and not firm else None,
        "phone": application.contact_phone,
    }


def _findings(
    session: Session, application: Application, beside: _Beside, known: Catalogue, now: datetime
) -> list[dict[str, str]]:
    """What the rules noticed, in words; nothing once the application is decided or with the applicant."""
    if application.state not in {ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW}:
        return []
    facts = _facts(session, application, beside, known, now)
    return [
        {"tone": found.tone, "words": str(FINDING_WORDS[found.code]) % dict(found.facts)}
        for found in findings(facts, now)
    ]


def _facts(
    session: Session, application: Application, beside: _Beside, known: Catalogue, now: datetime
) -> ReviewFacts:
    content = content_of(application)
    period = Range(content.not_before, content.not_after)
    return ReviewFacts(
        not_before=content.not_before,
        not_after=content.not_after,
        overlaps=tuple(
            found.number for found in beside.passes if _overlaps(found, content.plate_colour, period)
        ),
        replaces=application.replaces,
        pass_is_asked_for=needed(session, known, content.origin, content.destination, period),
        firm_state=beside.firm.state if beside.firm else None,
        other_applications=other_open(session, content.plate, application.id),
        drivers=len(content.drivers),
        faults=_faults(application, known, now),
    )


def _overlaps(found: Pass, colour: int, period: Range[datetime]) -> bool:
    return found.state in HOLDING and found.plate_colour == colour and found.validity.overlaps(period)


def _faults(application: Application, known: Catalogue, now: datetime) -> tuple[str, ...]:
    """What the rules of today say of content that was checked when it was handed in; reference data may have changed."""
    content = content_of(application)
    kind = known.kinds.get(content.kind)
    if kind is None:
        return ()
    try:
        check_content(content, kind, known, now=min(now, content.not_before))
    except InvalidInput as refused:
        return tuple(field_words(error.code, error.facts) for error in refused.errors)
    return ()
