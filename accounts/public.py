"""The door of the accounts for the rooms above."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.areas import administrative_path, area_words, area_words_many, find_area
from accounts.device_rules import CODE_LIFE, ENROLMENTS_PER_MINUTE, StorageHealth, spaced_code
from accounts.forms import FieldTold, Told, form_page, told
from accounts.models import ApiToken, Area, Body, Firm, Person, RoleGrant
from accounts.numbers import is_identity_number
from accounts.permissions import Actor, ActorKind, Permission, Role, permissions_of
from accounts.points import KnownPoint, tells_points
from accounts.queries import PersonHere, pending_firms
from accounts.rules import FirmAction, FirmState, mask_identity, mask_name, mask_phone
from accounts.service.devices import make_device_token, move_device, note_report
from accounts.service.enrolment import enrol, order_enrolment
from accounts.service.firm_tokens import make_firm_token
from accounts.service.firms import change_firm
from accounts.service.persons import NewAccount, create_person, deactivate_person, read_identity
from accounts.service.registration import register_firm, register_person
from accounts.service.webhooks import announce
from accounts.sessions import leave
from accounts.tokens import seal, unseal
from accounts.webhook_rules import WebhookKind
from accounts.words import ROLE_WORDS
from accounts.work import WORK_SHOWN, Work, WorkRow, shows_work
from foundation.outbox import Recipient

__all__ = [
    "CODE_LIFE",
    "ENROLMENTS_PER_MINUTE",
    "ROLE_WORDS",
    "WORK_SHOWN",
    "ApiToken",
    "Area",
    "Body",
    "FieldTold",
    "Firm",
    "FirmAction",
    "KnownPoint",
    "NewAccount",
    "Person",
    "PersonHere",
    "StorageHealth",
    "Told",
    "WebhookKind",
    "Work",
    "WorkRow",
    "acting_person",
    "administrative_path",
    "announce",
    "area_words",
    "area_words_many",
    "bodies_for",
    "body",
    "body_by_code",
    "change_firm",
    "create_person",
    "deactivate_person",
    "device",
    "device_names",
    "enrol",
    "find_area",
    "firm",
    "form_page",
    "is_identity_number",
    "leave",
    "make_device_token",
    "make_firm_token",
    "mask_identity",
    "mask_name",
    "mask_phone",
    "move_device",
    "note_report",
    "order_enrolment",
    "pending_firms",
    "person",
    "person_names",
    "read_identity",
    "recipients_of",
    "recipients_of_body",
    "register_firm",
    "register_person",
    "seal",
    "shows_work",
    "spaced_code",
    "tells_points",
    "told",
    "unseal",
]


def body(session: Session, body_id: UUID) -> Body | None:
    """A body by its id, merged or not."""
    return session.get(Body, body_id)


def body_by_code(session: Session, code: str) -> Body | None:
    """A body by its code, merged or not."""
    return session.scalar(select(Body).where(Body.code == code))


def bodies_for(session: Session, area: str, duty: str, sector: int | None = None) -> Sequence[Body]:
    """Bodies of a duty responsible for an area: its own first, then those above it; merged ones left out."""
    path = administrative_path(session, area)
    statement = select(Body).where(Body.area.in_(path), Body.duty == duty, Body.merged_into.is_(None))
    if sector is not None:
        statement = statement.where(Body.sector == sector)
    return sorted(session.scalars(statement), key=lambda found: (path.index(found.area), found.code))


def firm(session: Session, firm_id: UUID) -> Firm | None:
    """A firm by its id."""
    return session.get(Firm, firm_id)


def device(session: Session, actor: Actor) -> ApiToken:
    """The row of the device that asks; only a device's token is let in where this is asked."""
    return session.get_one(ApiToken, actor.id)


def person(session: Session, person_id: UUID) -> Person | None:
    """A person by id, active or not."""
    return session.get(Person, person_id)


def acting_person(session: Session, person_id: UUID) -> Actor | None:
    """A person as an acting party, for a job that goes on with what the person ordered; None once deactivated."""
    found = session.get(Person, person_id)
    if found is None or not found.active:
        return None
    roles = frozenset(
        Role(role) for role in session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id))
    )
    of_body = session.get(Body, found.body_id) if found.body_id else None
    of_firm = session.get(Firm, found.firm_id) if found.firm_id else None
    permissions = permissions_of(roles)
    if of_firm is not None and of_firm.state != FirmState.APPROVED:
        permissions -= {Permission.APPLICATION_APPLY}
    return Actor(
        ActorKind.PERSON,
        person_id,
        permissions,
        roles,
        body_id=found.body_id,
        firm_id=found.firm_id,
        area=of_body.area if of_body else None,
        checkpoint_code=found.checkpoint_code,
    )


def person_names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of persons by id, in one query; unknown ids are left out."""
    if not ids:
        return {}
    return {
        row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }


def device_names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of devices by id, in one query; unknown ids are left out."""
    if not ids:
        return {}
    rows = session.execute(select(ApiToken.id, ApiToken.name).where(ApiToken.id.in_(ids)))
    return {row.id: row.name for row in rows}


def recipients_of(session: Session, *, person_id: UUID | None, firm_id: UUID | None) -> Sequence[Recipient]:
    """Whom a message to a holder reaches: all active persons of the firm, else the person."""
    if firm_id is None and person_id is None:
        return []
    holder = Person.firm_id == firm_id if firm_id else Person.id == person_id
    rows = session.execute(select(Person.id, Person.email, Person.locale).where(holder, Person.active))
    return [Recipient(row.id, row.email, row.locale) for row in rows]


def recipients_of_body(session: Session, body_id: UUID) -> Sequence[Recipient]:
    """Whom a message to a body reaches: all its active persons."""
    rows = session.execute(
        select(Person.id, Person.email, Person.locale).where(Person.body_id == body_id, Person.active)
    )
    return [Recipient(row.id, row.email, row.locale) for row in rows]
