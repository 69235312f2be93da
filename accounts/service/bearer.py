"""The row of a bearer token, of whatever holder: made, shown once, ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import SCOPES, Actor, ActorKind
from accounts.rules import TOKEN_DAYS_MOST
from accounts.tokens import hash_of, new_token
from audit.public import record
from foundation.base import new_id
from foundation.problems import FieldProblem, InvalidInput, NotFound, field_problem


@dataclass(frozen=True)
class NewToken:
    """What a token is for: the kind of its holder, a name people know it by, its scopes, and days to live."""

    kind: ActorKind
    name: str
    scopes: tuple[str, ...]
    days: int
    firm_id: UUID | None = None
    checkpoint_code: str | None = None


HOLDER = {
    ActorKind.DEVICE: "device",
    ActorKind.FIRM_TOKEN: "firm",
    ActorKind.EXCHANGE: "exchange",
}
"""The word of the row for each kind of party."""


def keep_token(session: Session, actor: Actor, given: NewToken, *, now: datetime) -> tuple[ApiToken, str]:
    """The row and the token itself, which is kept nowhere.

    Raises `InvalidInput` for no scope, a scope that the kind cannot have, or days out of range.
    """
    problems = [*_scope_problems(given.kind, given.scopes), *_days_problems(given.days)]
    if problems:
        raise InvalidInput(*problems)
    token, scopes = new_token(), sorted(set(given.scopes))
    row = ApiToken(
        id=new_id(),
        token_hash=hash_of(token),
        holder=HOLDER[given.kind],
        name=given.name,
        scopes=scopes,
        person_id=actor.id if actor.kind is ActorKind.PERSON else None,
        firm_id=given.firm_id,
        checkpoint_code=given.checkpoint_code,
        created_at=now,
        expires_at=now + timedelta(days=given.days),
    )
    session.add(row)
    session.flush()
    facts = {"holder": row.holder, "scopes": scopes, "days": given.days}
    if given.checkpoint_code:
        facts["checkpoint"] = given.checkpoint_code
    record(session, actor, "token:create", "token", row.id, now=now, facts=facts)
    return row, token


def end_token(session: Session, actor: Actor, row: ApiToken | None, *, now: datetime) -> None:
    """Revoke a token that the party reaches; doing it twice is harmless. Raises `NotFound` for none."""
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        record(session, actor, "token:revoke", "token", row.id, now=now)


def _scope_problems(kind: ActorKind, scopes: Iterable[str]) -> list[FieldProblem]:
    wanted, known = frozenset(scopes), frozenset(map(str, SCOPES[kind]))
    if not wanted:
        return [field_problem("scopes", "scope.needed")]
    return [] if wanted <= known else [field_problem("scopes", "choice.unknown")]


def _days_problems(days: int) -> list[FieldProblem]:
    return [] if 1 <= days <= TOKEN_DAYS_MOST else [field_problem("days", "number.range")]
