"""Bearer tokens of a firm's own programs: made by its leads, shown once, revoked."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.firm_queries import firm_token, working_firm_tokens
from accounts.models import ApiToken
from accounts.permissions import Actor, ActorKind
from accounts.rules import FIRM_TOKENS_MOST, TOKEN_DAYS
from accounts.service.bearer import NewToken, end_token, keep_token
from accounts.service.colleagues import held_leads, own_firm
from foundation.problems import DomainProblem


def make_firm_token(
    session: Session,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    *,
    days: int = TOKEN_DAYS,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A token for a program of the acting person's firm, with its row; the token itself is kept nowhere.

    `scopes` are words of `SCOPES[ActorKind.FIRM_TOKEN]`, `days` 1 to 365. Raises what
    `held_leads` raises, `InvalidInput`, and `token.too_many` beyond `FIRM_TOKENS_MOST` that work at once.
    """
    firm_id, _ = held_leads(session, actor)
    if working_firm_tokens(session, firm_id, now=now) >= FIRM_TOKENS_MOST:
        raise DomainProblem("token.too_many", most=FIRM_TOKENS_MOST)
    given = NewToken(ActorKind.FIRM_TOKEN, name, tuple(map(str, scopes)), days, firm_id=firm_id)
    return keep_token(session, actor, given, now=now)


def revoke_firm_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """End a token of the firm, whoever made it. Raises `permission.missing`, `NotFound` (unknown, foreign)."""
    end_token(session, actor, firm_token(session, own_firm(actor), token_id), now=now)
