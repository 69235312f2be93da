"""What an applicant does: keep a draft, hand it in, change it while it waits, withdraw it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session, make_transient_to_detached

from accounts.permissions import Actor, ActorKind, Permission
from accounts.public import Firm, Person
from audit.public import record
from foundation.base import new_id, table_of
from foundation.clock import SHOWN_IN
from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import by_form_token, deciding, form_is_known, live_pass_of, needed, owns
from passes.catalogue import Catalogue, Kind
from passes.models import Application
from passes.rules.applying import CONTENT_FIELDS, UNFINISHED, check_asked
from passes.rules.changing import CHANGES, Purpose, require_changeable
from passes.rules.moves import ApplicationAction, ApplicationState, PassState
from passes.service.applications import check_version, own_application, permitted, record_move
from passes.service.batch_items import open_item
from passes.service.issue import CROCKFORD, ends_of, held_pass, starts_of

SLIP_RANDOM = 6
_APPLICATION = table_of(Application)
COLUMNS = tuple(column.name for column in _APPLICATION.c)
ADD_APPLICATION = insert(_APPLICATION).on_conflict_do_nothing().returning(_APPLICATION.c.id)
Unread = tuple[FieldProblem, ...]


def save_draft(
    session: Session,
    actor: Actor,
    form_token: UUID,
    values: Mapping[str, Any],
    *,
    now: datetime,
    version: int | None = None,
    channel: str = "online",
) -> Application:
    """Keep what can be read of a form; the same form is always the same application, however often it is sent.

    `version` counts moves, not savings, so that a saving under way never stands in the way of the next one.
    Raises `NotFound` for somebody else's form, `edit.conflict` once the application is no longer the applicant's to
    change or has moved on.
    """
    found = _of_form(session, actor, form_token, channel, now)
    if ApplicationState(found.state) not in UNFINISHED:
        if _says_the_same(found, values):
            return found
        raise DomainProblem("edit.conflict")
    check_version(found, version)
    _write(session, actor, found, values, now)
    return found


def hand_in(
    session: Session,
    actor: Actor,
    form_token: UUID,
    values: Mapping[str, Any],
    known: Catalogue,
    *,
    now: datetime,
    version: int | None = None,
    unread: Unread = (),
    channel: str = "online",
) -> Application:
    """Save a form and submit it, or change an application that nobody has taken yet; sent twice, it counts once.

    `unread` are the problems of the fields that could not be read. Raises what `save_draft` and `submit` raise;
    `edit.conflict` when an officer has taken the application meanwhile.
    """
    if not form_is_known(session, form_token):
        made = _hand_in_at_once(session, actor, form_token, values, known, unread, channel, now)
        if made is not None:
            return made
    found = _of_form(session, actor, form_token, channel, now)
    if ApplicationState(found.state) in UNFINISHED:
        check_version(found, version)
        _write(session, actor, found, values, now)
        return submit(session, actor, found.id, known, now=now, unread=unread)
    if not unread and _says_the_same(found, values):
        return found
    if found.state != ApplicationState.SUBMITTED:
        raise DomainProblem("edit.conflict")
    check_version(found, version)
    return _change_waiting(session, actor, found, values, known, unread, now)


def submit(
    session: Session,
    actor: Actor,
    application_id: UUID,
    known: Catalogue,
    *,
    now: datetime,
    unread: Unread = (),
) -> Application:
    """Hand an application in to the body that decides it; one that was returned keeps its place in the queue.

    Raises `NotFound`, `NotAllowed`, `regime.not_needed`, and `InvalidInput` with everything that is
    missing or wrong at once.
    """
    found = own_application(session, actor, application_id)
    move = permitted(actor, found, ApplicationAction.SUBMIT)
    _complete(session, actor, found, known, unread, now)
    again = found.submitted_at is not None
    found.submitted_at = found.submitted_at or now
    record_move(
        session,
        actor,
        found,
        ApplicationAction.SUBMIT,
        move.to,
        now=now,
        facts=_submitted(found, again=again),
    )
    return found


def withdraw(session: Session, actor: Actor, application_id: UUID, *, now: datetime) -> Application:
    """Take an application back before it is taken up. Raises `NotFound`, `NotAllowed`."""
    found = own_application(session, actor, application_id)
    move = permitted(actor, found, ApplicationAction.WITHDRAW)
    record_move(session, actor, found, ApplicationAction.WITHDRAW, move.to, now=now)
    return found


def new_slip(now: datetime) -> str:
    """The number of a slip 受理回执: the day in Beijing and six random Crockford characters."""
    drawn = "".join(secrets.choice(CROCKFORD) for _ in range(SLIP_RANDOM))
    return f"{now.astimezone(SHOWN_IN):%Y%m%d}-{drawn}"


def _of_form(session: Session, actor: Actor, form_token: UUID, channel: str, now: datetime) -> Application:
    """The one application of a form, made now if it is new; two requests at the same instant get the same row."""
    found = by_form_token(session, form_token)
    while found is None:
        _begin(session, actor, form_token, channel, now)
        found = by_form_token(session, form_token)
    if not owns(actor, found):
        raise NotFound
    return found


def _hand_in_at_once(
    session: Session,
    actor: Actor,
    form_token: UUID,
    values: Mapping[str, Any],
    known: Catalogue,
    unread: Unread,
    channel: str,
    now: datetime,
) -> Application | None:
    """A form that was never a draft: checked first, then written once, as on the morning everybody applies.

    None when the same form came in at the same instant, or in the rare case of a slip given twice.
    """
    asked = Application(**_blank(session, actor, form_token, channel, now))
    _write(session, actor, asked, values, now)
    _complete(session, actor, asked, known, unread, now)
    asked.state, asked.submitted_at, asked.version = ApplicationState.SUBMITTED.value, now, 2
    columns = {name: getattr(asked, name) for name in COLUMNS}
    asked = Application(**columns)
    if session.scalar(ADD_APPLICATION, columns) is None:
        return None
    # What was written is what is at hand: it need not be read again.
    make_transient_to_detached(asked)
    session.add(asked)
    record(
        session,
        actor,
        "application:submit",
        "application",
        asked.id,
        now=now,
        from_state=ApplicationState.DRAFT,
        to_state=asked.state,
        facts=_submitted(asked, again=False),
    )
    return asked


def _submitted(found: Application, *, again: bool) -> dict[str, Any]:
    return {"kind": found.kind, "body": str(found.body_id), "again": again, "replaces": found.replaces}


def _begin(session: Session, actor: Actor, form_token: UUID, channel: str, now: datetime) -> None:
    """Insert an empty draft. Nothing happens when the form has one, or in the rare case of a slip given twice."""
    row = _blank(session, actor, form_token, channel, now)
    made = session.execute(
        insert(Application).values(row).on_conflict_do_nothing().returning(Application.id)
    ).scalar_one_or_none()
    if made is not None:
        record(
            session, actor, "application:draft", "application", made, now=now, to_state=ApplicationState.DRAFT
        )


def _blank(session: Session, actor: Actor, form_token: UUID, channel: str, now: datetime) -> dict[str, Any]:
    """The columns of an empty draft. Raises `permission.missing`."""
    if not actor.may(Permission.APPLICATION_APPLY):
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_APPLY))
    person, firm, applicant = _applicant(session, actor)
    return {
        "id": new_id(),
        "slip": new_slip(now),
        "form_token": form_token,
        "state": ApplicationState.DRAFT.value,
        "version": 1,
        "channel": channel,
        "purpose": Purpose.NEW.value,
        "person_id": person.id if person else None,
        "firm_id": actor.firm_id,
        "holder_name": (firm or applicant).name,
        "contact_phone": applicant.phone,
        "stops": [],
        "roads": [],
        "drivers": [],
        "created_at": now,
        "updated_at": now,
        "demo": applicant.demo,
    }


def _applicant(session: Session, actor: Actor) -> tuple[Person | None, Firm | None, Person | Firm]:
    """The person who fills in the form, the firm it is for, and which of them is asked: a firm's program is nobody."""
    firm = session.get(Firm, actor.firm_id) if actor.firm_id else None
    if actor.kind is ActorKind.FIRM_TOKEN and firm is not None:
        return None, firm, firm
    person = session.get(Person, actor.id) if actor.id else None
    if person is None:
        raise DomainProblem("login.needed")
    return person, firm, person


def _write(
    session: Session, actor: Actor, found: Application, values: Mapping[str, Any], now: datetime
) -> None:
    """Put the content of the form into the row; what the form leaves out is empty. A change of a pass (decision 9)
    keeps what is not its own, whatever the form says."""
    for name in _own_fields(found):
        setattr(found, name, _stored(name, values))
    found.updated_at = now
    if found.about is None:
        found.replaces = _replaced(session, actor, found, now) if values.get("replaces") else None


def _own_fields(found: Application) -> Sequence[str]:
    """The fields its applicant may fill in."""
    if found.about is None:
        return CONTENT_FIELDS
    own = CHANGES[Purpose(found.purpose)].fields
    return [name for name in CONTENT_FIELDS if name in own]


def _stored(name: str, values: Mapping[str, Any]) -> Any:
    if name in {"stops", "roads", "drivers"}:
        return list(values.get(name) or [])
    # The column of the phone is never NULL; an empty one is asked for again when the form is handed in.
    return (values.get(name) or "") if name == "contact_phone" else values.get(name)


def _says_the_same(found: Application, values: Mapping[str, Any]) -> bool:
    # An area that was left open has been filled in by the routing.
    names = (name for name in _own_fields(found) if name != "area" or values.get("area"))
    return all(getattr(found, name) == _stored(name, values) for name in names)


def asked_period(found: Application, now: datetime) -> Range[datetime]:
    """The period asked for; the present hour where it is not known yet."""
    begin = found.not_before or now
    return Range(begin, begin + timedelta(hours=max(found.hours or 1, 1)))


def _replaced(session: Session, actor: Actor, found: Application, now: datetime) -> str | None:
    """The number of the applicant's own pass that holds the vehicle in the period asked for."""
    if found.plate is None:
        return None
    held = live_pass_of(session, found.plate, found.plate_colour, asked_period(found, now))
    return held.number if held is not None and owns(actor, held) else None


def _complete(
    session: Session, actor: Actor, found: Application, known: Catalogue, unread: Unread, now: datetime
) -> None:
    """Check everything and set kind, area and deciding body; see `submit` for what it raises."""
    if found.about is not None:
        _complete_change(session, actor, found, known, unread, now)
        return
    kind = _kind(found, known)
    if kind is not None:
        _check_needed(session, found, known, now)
    told = {name: getattr(found, name) for name in CONTENT_FIELDS}
    content = check_asked(_given(told), (kind.number, kind) if kind else None, known, unread, now=now)
    _check_other_pass(session, actor, found, now)
    decider = deciding(session, known, known.kinds[content.kind], told, on=now.astimezone(SHOWN_IN).date())
    if decider is None:
        raise InvalidInput(field_problem("area", "application.no_body"))
    found.kind, found.body_id, found.area = content.kind, decider[0].id, decider[1]


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, "")}


def _complete_change(
    session: Session, actor: Actor, found: Application, known: Catalogue, unread: Unread, now: datetime
) -> None:
    """Check a change that was mended: kind and deciding body stay those of the pass it is about.

    Raises what `passes.rules.changing` says of a pass that meanwhile cannot be changed, and `InvalidInput`.
    """
    about = held_pass(session, found.about or "")
    if about is None or not owns(actor, about):
        raise NotFound
    purpose = Purpose(found.purpose)
    require_changeable(purpose, PassState(about.state), ends_of(about), about.revision, now=now)
    told = {name: getattr(found, name) for name in CONTENT_FIELDS}
    # What the county of a pass without an application was, nobody asked; its phone neither.
    told["contact_phone"] = found.contact_phone or "-"
    start = found.not_before or now
    # What is left of a period is counted from the day of asking, and nobody but the clock has made it begin earlier.
    kept = purpose is Purpose.OTHER_VEHICLE or start <= starts_of(about)
    asked_at = min(now, start) if kept else now
    check_asked(_given(told), (about.kind, known.kinds[about.kind]), known, unread, now=asked_at)
    if purpose is Purpose.RENEW:
        found.replaces = about.number if start < ends_of(about) else None


def _kind(found: Application, known: Catalogue) -> Kind | None:
    if found.origin is None or found.destination is None:
        return None
    return known.kind_for(found.origin, found.destination)


def _check_needed(session: Session, found: Application, known: Catalogue, now: datetime) -> None:
    if found.origin is None or found.destination is None:
        return
    if not needed(session, known, found.origin, found.destination, asked_period(found, now)):
        raise DomainProblem("regime.not_needed")


def _check_other_pass(session: Session, actor: Actor, found: Application, now: datetime) -> None:
    """The applicant's own pass of the vehicle and period must be replaced on purpose, or used.

    A pass of somebody else is left to the officer: the applicant can neither see nor replace it.
    """
    wanted, number = found.replaces, _replaced(session, actor, found, now)
    if number is not None and wanted is None:
        raise InvalidInput(field_problem("replaces", "application.has_pass", number=number))
    found.replaces = number


def _change_waiting(
    session: Session,
    actor: Actor,
    found: Application,
    values: Mapping[str, Any],
    known: Catalogue,
    unread: Unread,
    now: datetime,
) -> Application:
    """Change an application that is still waiting to be taken; it keeps its place, and its pages become old."""
    was_with = found.body_id
    # What waits has no gaps, and the database sees to it: what is missing is told before anything is written.
    with session.no_autoflush:
        _write(session, actor, found, values, now)
        _complete(session, actor, found, known, unread, now)
    found.version += 1
    session.flush()
    if found.batch_id is not None and found.body_id != was_with:
        # Other goods made it another body's, where it waits as a part of the same batch.
        open_item(session, found, now=now)
    record(session, actor, "application:edit", "application", found.id, now=now, from_state=found.state)
    return found
