"""What the pages of tokens share, whoever holds them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from accounts.forms import told
from accounts.models import ApiToken
from accounts.permissions import SCOPES, ActorKind, Permission
from accounts.words import SCOPE_HINTS, SCOPE_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.problems import DomainProblem

ENDS_SOON = timedelta(days=7)
"""Who has to put a new token into a program needs about a week of notice."""


@dataclass(frozen=True)
class MadeToken:
    """A token that was made a moment ago; it is shown once."""

    name: str
    token: str


def given_once(draw: Callable[..., str], make: Callable[[Session], Any]) -> str | tuple[str, int]:
    """Make what is shown once, and draw the page with it (`made`), or with why it could not be made (`problem`)."""
    try:
        with transaction() as session:
            made = make(session)
    except DomainProblem as problem:
        db.session.rollback()
        found = told(problem)
        return draw(problem=found), found.status
    return draw(made=made)


def token_state(token: ApiToken) -> str:
    """`live`, `soon` (ends within `ENDS_SOON`), `expired` or `revoked`."""
    if token.revoked_at is not None:
        return "revoked"
    left = token.expires_at - clock.now()
    if left <= timedelta():
        return "expired"
    return "soon" if left <= ENDS_SOON else "live"


def token_row(token: ApiToken) -> dict[str, Any]:
    """A row of a list of tokens; words of scopes in the order of their choice."""
    known = [scope for scope in SCOPE_WORDS if str(scope) in token.scopes]
    return {"token": token, "state": token_state(token), "scopes": [SCOPE_WORDS[scope] for scope in known]}


def scope_choices(kind: ActorKind) -> list[tuple[str, Any, Any]]:
    """The scopes a token of a kind can have, as a choice: word, words, a sentence."""
    return [
        (str(scope), SCOPE_WORDS[scope], SCOPE_HINTS[scope]) for scope in Permission if scope in SCOPES[kind]
    ]
