"""Bearer tokens of devices at checkpoints: made, shown once, revoked."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import SCOPES, Actor, ActorKind
from accounts.queries import token_within
from accounts.rules import TOKEN_DAYS
from accounts.tokens import hash_of, new_token
from audit.public import record
from foundation.base import new_id
from foundation.problems import InvalidInput, NotFound, field_problem


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
    token = new_token()
    row = ApiToken(
        id=new_id(),
        token_hash=hash_of(token),
        holder="device",
        name=name,
        scopes=sorted(str(scope) for scope in SCOPES[ActorKind.DEVICE]),
        person_id=actor.id if actor.kind is ActorKind.PERSON else None,
        checkpoint_code=checkpoint_code,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    facts = {"checkpoint": checkpoint_code, "days": days}
    record(session, actor, "token:create", "token", row.id, now=now, facts=facts)
    return row, token


def revoke_device_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """End a token; doing it twice is harmless. Raises `NotFound` out of reach."""
    row = token_within(session, actor, token_id)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        record(session, actor, "token:revoke", "token", row.id, now=now)
