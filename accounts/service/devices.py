"""Devices at checkpoints: made with their bearer token, moved, heard, and ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.device_rules import DEVICE_SIGNS, NAMING_TRIES
from accounts.models import ApiToken
from accounts.permissions import SCOPES, Actor, ActorKind
from accounts.queries import token_within
from accounts.rules import TOKEN_DAYS
from accounts.service.bearer import NewToken, end_token, keep_token
from accounts.tokens import new_signs
from audit.public import record
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem


def make_device_token(
    session: Session,
    actor: Actor,
    name: str,
    checkpoint_code: str,
    *,
    days: int = TOKEN_DAYS,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A token for a device at a checkpoint, with its row; the token itself is kept nowhere.

    Raises `InvalidInput` when a party of one checkpoint names another.
    """
    if actor.checkpoint_code and actor.checkpoint_code != checkpoint_code:
        raise InvalidInput(field_problem("checkpoint_code", "checkpoint.foreign"))
    return keep_device(session, actor, name, checkpoint_code, days=days, now=now)


def keep_device(
    session: Session,
    actor: Actor,
    name: str,
    checkpoint_code: str,
    *,
    days: int = TOKEN_DAYS,
    now: datetime,
) -> tuple[ApiToken, str]:
    """The row of a device and its token, once it is settled that the device belongs there.

    Raises `device.codes_used_up` when no free name of four signs was found.
    """
    scopes = tuple(map(str, SCOPES[ActorKind.DEVICE]))
    given = NewToken(ActorKind.DEVICE, name, scopes, days, checkpoint_code=checkpoint_code)
    row, token = keep_token(session, actor, given, now=now)
    _name(session, row)
    return row, token


def _name(session: Session, row: ApiToken) -> None:
    """Give a device the four signs that its slips begin with; a name that is taken is thrown again."""
    for _ in range(NAMING_TRIES):
        try:
            with session.begin_nested():
                row.device_code = new_signs(DEVICE_SIGNS)
                session.flush()
        except IntegrityError:
            continue
        return
    raise DomainProblem("device.codes_used_up")


def revoke_device_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """End a token; doing it twice is harmless. Raises `NotFound` out of reach."""
    end_token(session, actor, token_within(session, actor, token_id), now=now)


def move_device(session: Session, actor: Actor, checkpoint_code: str, *, now: datetime) -> ApiToken:
    """The device that asks belongs to another checkpoint from now on; returns its row. Raises `NotFound` for none."""
    row = _own_row(session, actor)
    was = row.checkpoint_code
    if was != checkpoint_code:
        row.checkpoint_code = checkpoint_code
        session.flush()
        facts = {"from": was, "to": checkpoint_code}
        record(session, actor, "device:move", "token", row.id, now=now, facts=facts)
    return row


def note_report(session: Session, actor: Actor, report: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what the device that asks tells of itself in place of what it told before. Raises `NotFound` for none."""
    row = _own_row(session, actor)
    row.report, row.reported_at = dict(report), now
    session.flush()


def _own_row(session: Session, actor: Actor) -> ApiToken:
    found = session.get(ApiToken, actor.id, with_for_update=True) if actor.kind is ActorKind.DEVICE else None
    if found is None:
        raise NotFound
    return found
