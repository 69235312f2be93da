"""The page a decision is made on: the application, the applicant, the vehicle's passes and what the rules found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session

from accounts.guards import current_actor
from accounts.public import Firm, Person, Told, mask_identity, person_names
from audit.public import history
from foundation.i18n import gettext
from foundation.problems import NotFound
from passes.application_queries import IN_HAND, body_of, decides, earlier_passes, find_application
from passes.application_words import FIELD_WORDS, FINDING_WORDS
from passes.batch_models import Batch
from passes.catalogue import Catalogue
from passes.counter_words import CHANNEL_WORDS
from passes.models import Application, Pass
from passes.pages.change_view import changes_of
from passes.pages.own_applications import content_facts
from passes.pages.telling import application_state, duration_words, moment, pass_line, timeline
from passes.review_facts import findings_of
from passes.rules import RefuseReason
from passes.rules.applying import Finding, lease_has_run_out
from passes.rules.moves import ApplicationState
from passes.service.batch_review import next_of_batch
from passes.service.reviewing import NOTE_FIELDS
from passes.words import REFUSE_WORDS
from passes.workshop import catalogue


@dataclass(frozen=True)
class _Beside:
    """The rows beside the application."""

    firm: Firm | None
    person: Person | None
    passes: list[Pass]
    entered_by: str | None


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
        changes=changes_of(session, application, known),
        findings=_findings(session, application, known, now),
        passes=[pass_line(known, found, None, now) for found in beside.passes],
        applicant=_applicant(application, beside),
        body=body_of(session, application.body_id),
        reasons=[(code.value, REFUSE_WORDS[code]) for code in RefuseReason],
        note_fields=[(name, FIELD_WORDS[name]) for name in NOTE_FIELDS],
        typed=request.form,
        batch=_batch(session, application),
        **_hands(session, application, now),
    )


def _batch(session: Session, application: Application) -> dict[str, Any] | None:
    """The batch an application belongs to, and the next of it in the officer's hands."""
    if application.batch_id is None:
        return None
    following = next_of_batch(session, current_actor(), application.batch_id, application.id)
    found = session.get_one(Batch, application.batch_id)
    return {"id": found.id, "slip": found.slip, "next": following}


def _beside(session: Session, application: Application) -> _Beside:
    return _Beside(
        firm=session.get(Firm, application.firm_id) if application.firm_id else None,
        person=session.get(Person, application.person_id) if application.person_id else None,
        passes=list(earlier_passes(session, application.plate)) if application.plate else [],
        entered_by=_entered_by(session, application.entered_by),
    )


def _entered_by(session: Session, person_id: UUID | None) -> str | None:
    """The officer of a counter and the office, whom the reviewer can ask; the walk-in has no account."""
    officer = session.get(Person, person_id) if person_id else None
    if officer is None:
        return None
    office = body_of(session, officer.body_id)
    return f"{office.name if office else ''} {officer.name}".strip()


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
        "channel": CHANNEL_WORDS[application.channel],
        "entered_by": beside.entered_by,
    }


def _findings(
    session: Session, application: Application, known: Catalogue, now: datetime
) -> list[dict[str, str]]:
    """What the rules noticed, in words; nothing once the application is decided or with the applicant."""
    if application.state not in IN_HAND:
        return []
    return finding_words(findings_of(session, [application], known, now=now)[application.id])


def finding_words(found: Iterable[Finding]) -> list[dict[str, str]]:
    """What was noticed as the page shows it."""
    return [{"tone": one.tone, "words": str(FINDING_WORDS[one.code]) % _shown(one.facts)} for one in found]


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: gettext("；").join(value) if isinstance(value, tuple) else value
        for name, value in facts.items()
    }
