"""Bearer tokens of other systems that read passes: made by administrators, shown once, revoked."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import Actor, ActorKind, Permission
from accounts.queries import exchange_token_within
from accounts.rules import TOKEN_DAYS
from accounts.service.bearer import NewToken, end_token, keep_token
from foundation.problems import DomainProblem


def make_exchange_token(
    session: Session,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    *,
    days: int = TOKEN_DAYS,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A token for another system, with its row; the token itself is kept nowhere.

    `scopes` are words of `SCOPES[ActorKind.EXCHANGE]`. Raises `permission.missing`, `InvalidInput`.
    """
    _administers(actor)
    given = NewToken(ActorKind.EXCHANGE, name, tuple(map(str, scopes)), days)
    return keep_token(session, actor, given, now=now)


def revoke_exchange_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """End a token. Raises `permission.missing`, and `NotFound` out of reach."""
    _administers(actor)
    end_token(session, actor, exchange_token_within(session, actor, token_id), now=now)


def _administers(actor: Actor) -> None:
    # A lead of a checkpoint manages devices; who lets other systems read passes is who lets people in.
    if not actor.may(Permission.PERSON_MANAGE):
        raise DomainProblem("permission.missing", permission=str(Permission.PERSON_MANAGE))
