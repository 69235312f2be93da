"""Bearer tokens of devices at checkpoints: made, shown once, revoked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import SCOPES, Actor, ActorKind
from accounts.queries import token_within
from accounts.rules import TOKEN_DAYS
from accounts.service.bearer import NewToken, end_token, keep_token
from foundation.problems import InvalidInput, field_problem


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
    scopes = tuple(map(str, SCOPES[ActorKind.DEVICE]))
    given = NewToken(ActorKind.DEVICE, name, scopes, days, checkpoint_code=checkpoint_code)
    return keep_token(session, actor, given, now=now)


def revoke_device_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """End a token; doing it twice is harmless. Raises `NotFound` out of reach."""
    end_token(session, actor, token_within(session, actor, token_id), now=now)
