"""What an officer does: take an application, give it back, return it, refuse it, issue the pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, update
from sqlalchemy.orm import Session, aliased

from accounts.permissions import Actor, Permission
from accounts.public import Body
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.application_words import FIELD_WORDS
from passes.models import Application, ApplicationNote
from passes.rules.applying import CONTENT_FIELDS, LEASE, AlreadyTaken
from passes.rules.moves import (
    ApplicationAction,
    ApplicationState,
    RefuseReason,
    next_application_move,
)
from passes.service.applications import decided_here, held_application, name_of, record_move
from passes.service.granting import grant
from passes.service.issue import Issued, Tools
from passes.service.messages import tell
from passes.sheet_jobs import make_sheets

NOTE_FIELDS = (*CONTENT_FIELDS, "other")
LONGEST_NOTE = 200


@dataclass(frozen=True)
class Taken:
    """A taken application, and the name of the officer whose lease had run out, if there was one."""

    application: Application
    was_with: str


def take(session: Session, actor: Actor, application_id: UUID, *, now: datetime) -> Taken:
    """Take one application: of any number of officers at the same instant exactly one gets it.

    Whoever has it already keeps it, with a new lease. Raises `NotFound`, `NotAllowed`, and `AlreadyTaken` with the
    name of the officer who has it.
    """
    if not actor.may(Permission.APPLICATION_REVIEW):
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_REVIEW))
    before = aliased(Application)
    row = session.execute(
        update(Application)
        .where(
            Application.id == application_id,
            Application.id == before.id,
            Application.body_id == actor.body_id,
            or_(
                Application.state == ApplicationState.SUBMITTED,
                and_(Application.state == ApplicationState.IN_REVIEW, Application.lease_until <= now),
            ),
        )
        .values(
            state=ApplicationState.IN_REVIEW.value,
            taken_by=actor.id,
            lease_until=now + LEASE,
        )
        .returning(before.state, before.taken_by)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return _not_taken(session, actor, application_id, now)
    found = decided_here(session, actor, application_id)
    found.state = row.state
    record_move(
        session,
        actor,
        found,
        ApplicationAction.TAKE,
        ApplicationState.IN_REVIEW,
        now=now,
        facts={"from": str(row.taken_by)} if row.taken_by else None,
    )
    other = row.taken_by if row.taken_by != actor.id else None
    return Taken(found, name_of(session, other))


def renew_lease(session: Session, actor: Actor, application_id: UUID, *, now: datetime) -> bool:
    """Begin the lease again because the officer is at work on it; False when it is not the officer's."""
    renewed = session.execute(
        update(Application)
        .where(
            Application.id == application_id,
            Application.taken_by == actor.id,
            Application.state == ApplicationState.IN_REVIEW,
        )
        .values(lease_until=now + LEASE)
        .returning(Application.id)
        .execution_options(synchronize_session=False)
    )
    return renewed.one_or_none() is not None


def release(session: Session, actor: Actor, application_id: UUID, *, now: datetime) -> Application:
    """Give a taken application back to the queue, where it keeps its place."""
    found, move = held_application(session, actor, application_id, ApplicationAction.RELEASE, None)
    record_move(session, actor, found, ApplicationAction.RELEASE, move.to, now=now)
    return found


def return_(
    session: Session,
    actor: Actor,
    application_id: UUID,
    notes: Mapping[str, str],
    *,
    now: datetime,
    version: int | None = None,
    alone: bool = True,
) -> Application:
    """Return an application to be mended, with a note to each field that needs it; it keeps its place in the queue.

    `notes` go by the name of the field, or `other`; unless decided `alone`, the applicant is told with the whole
    batch. Raises `InvalidInput` without any, with a field there is not, or with a note over 200 characters; and what
    `held_application` raises.
    """
    found, move = held_application(session, actor, application_id, ApplicationAction.RETURN, version)
    written = checked_notes(notes)
    for name, words in written.items():
        session.add(ApplicationNote(application_id=found.id, field=name, words=words, at=now, by=actor.id))
    event = record_move(
        session, actor, found, ApplicationAction.RETURN, move.to, now=now, facts={"fields": list(written)}
    )
    if alone:
        told = [f"{FIELD_WORDS[name]}：{words}" for name, words in written.items()]
        facts = {"slip": found.slip, "application": str(found.id), "notes": told}
        tell(session, found.person_id, found.firm_id, "application.returned", facts, key=str(event), now=now)
    return found


def refuse(
    session: Session,
    actor: Actor,
    application_id: UUID,
    reason: RefuseReason,
    words: str | None,
    *,
    now: datetime,
    version: int | None = None,
    alone: bool = True,
) -> Application:
    """Refuse an application. The applicant is told why, what to do and whom to phone; unless decided `alone`, with
    the whole batch."""
    found, move = held_application(session, actor, application_id, ApplicationAction.REFUSE, version)
    found.refuse_code, found.refuse_words = reason.value, words or None
    _decide(found, actor, now)
    event = record_move(
        session, actor, found, ApplicationAction.REFUSE, move.to, now=now, reason=reason.value
    )
    if alone:
        facts = {
            "slip": found.slip,
            "application": str(found.id),
            "reason": reason.value,
            "words": words,
            "phone": _body(session, found).phone,
        }
        tell(session, found.person_id, found.firm_id, "application.refused", facts, key=str(event), now=now)
    return found


def issue(
    session: Session,
    actor: Actor,
    application_id: UUID,
    tools: Tools,
    *,
    now: datetime,
    version: int | None = None,
    alone: bool = True,
) -> Issued:
    """Issue the pass an application asks for, in the same transaction as everything that follows from it.

    Unless decided `alone`, the applicant is told with the whole batch, and its documents are made together.
    Raises what `held_application` and `grant` raise; the caller's transaction then leaves nothing behind.
    """
    found, move = held_application(session, actor, application_id, ApplicationAction.ISSUE, version)
    issued = grant(session, actor, found, _body(session, found), tools, now=now)
    found.pass_number = issued.number
    _decide(found, actor, now)
    facts = {"number": issued.number, "replaces": found.replaces, "minutes": _minutes_waited(found, now)}
    event = record_move(session, actor, found, ApplicationAction.ISSUE, move.to, now=now, facts=facts)
    if alone:
        told = {"number": issued.number, "slip": found.slip}
        tell(session, found.person_id, found.firm_id, "application.issued", told, key=str(event), now=now)
        make_sheets.defer(session, numbers=[issued.number])
    return issued


def _not_taken(session: Session, actor: Actor, application_id: UUID, now: datetime) -> Taken:
    """Why the update found no row: unknown or foreign, in another state, or somebody has it."""
    found = decided_here(session, actor, application_id)
    if found.state != ApplicationState.IN_REVIEW:
        next_application_move(ApplicationState(found.state), ApplicationAction.TAKE)
        # It came back to the queue between the two statements; its row is held now, so this take finds it.
        return take(session, actor, application_id, now=now)
    if found.taken_by != actor.id:
        raise AlreadyTaken(ApplicationAction.TAKE, name_of(session, found.taken_by))
    found.lease_until = now + LEASE
    session.flush()
    return Taken(found, "")


def checked_notes(notes: Mapping[str, str]) -> dict[str, str]:
    """The notes of a return that say something. Raises `InvalidInput`, see `return_`."""
    written = {name: words.strip() for name, words in notes.items() if words.strip()}
    unknown = [name for name in written if name not in NOTE_FIELDS]
    long = [name for name, words in written.items() if len(words) > LONGEST_NOTE]
    problems = [
        *(field_problem(f"notes.{name}", "choice.unknown") for name in unknown),
        *(field_problem(f"notes.{name}", "text.too_long") for name in long),
    ]
    if not written:
        problems.append(field_problem("notes.other", "application.note_missing"))
    if problems:
        raise InvalidInput(*problems)
    return written


def _body(session: Session, found: Application) -> Body:
    body = session.get(Body, found.body_id)
    if body is None:
        raise NotFound
    return body


def _decide(found: Application, actor: Actor, now: datetime) -> None:
    found.decided_at, found.decided_by = now, actor.id


def _minutes_waited(found: Application, now: datetime) -> int | None:
    return round((now - found.submitted_at).total_seconds() / 60) if found.submitted_at else None
