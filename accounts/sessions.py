"""Who asks: the cookie of pages and the bearer token of the API, each read in one query before the guards."""

from datetime import datetime
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from flask import session as form_session
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts.device_rules import Ended, TokenEnd, token_end
from accounts.guards import API_PREFIX
from accounts.models import ApiToken, LoginSession
from accounts.permissions import (
    Actor,
    ActorKind,
    Permission,
    Role,
    permissions_of,
    permissions_of_scopes,
)
from accounts.queries import Known, TokenHere, known_by_token, token_holder
from accounts.rules import SEEN_EVERY, SESSION_LIFE, FirmState
from accounts.service.login import log_out
from accounts.tokens import hash_of
from foundation import clock
from foundation.database import db, transaction
from foundation.problems import DomainProblem

COOKIE = "session"
NOBODY_ASKS = frozenset(
    {
        "static",
        "web.healthz",
        "web.readyz",
        "web.scanner",
        "web.service_worker",
        "passes.public_pass",
        "passes.driver_pass",
        "accounts.invitation",
    }
)
"""Endpoints that must answer without the database, files that are the same for everybody, and the pages of a code or a
link, which chat programs fetch before a person does: they must have no side effect, not even `last seen`."""
HOLDERS = {
    "device": ActorKind.DEVICE,
    "firm": ActorKind.FIRM_TOKEN,
    "exchange": ActorKind.EXCHANGE,
}
OPEN_TO_ENDED = frozenset({"checkpoints_api.scans"})
"""Where a device may still go when its token has ended: what it recorded until then must not be lost with it."""
ENDED_CODES = {TokenEnd.REVOKED: "token.revoked", TokenEnd.EXPIRED: "token.expired"}
"""What a device whose token has ended is told everywhere else."""


def bind_sessions(app: Flask) -> None:
    """Set `g.actor`, `g.person`, `g.login_session` and `g.second_step_owed` before each request."""

    @app.before_request
    def load() -> None:
        g.actor = g.person = g.login_session = None
        g.second_step_owed = False
        if request.endpoint in NOBODY_ASKS:
            return
        if request.path.startswith(API_PREFIX):
            _load_bearer(clock.now())
        else:
            _load_cookie(clock.now())


def _load_cookie(now: datetime) -> None:
    token = request.cookies.get(COOKIE)
    known = known_by_token(db.session(), hash_of(token), now=now) if token else None
    if known is None:
        return
    g.person, g.login_session = known.person, known.session
    g.second_step_owed = known.session.second_step_owed
    g.actor = _person_actor(known)
    if now - known.session.last_seen_at >= SEEN_EVERY:
        _note_seen(known, now)


def _person_actor(known: Known) -> Actor:
    person = known.person
    roles = frozenset(Role(role) for role in known.roles)
    return Actor(
        ActorKind.PERSON,
        person.id,
        _as_firm_may(permissions_of(roles), person.firm_state),
        roles,
        body_id=person.body_id,
        firm_id=person.firm_id,
        area=known.body_area,
        checkpoint_code=person.checkpoint_code,
    )


def _as_firm_may(permissions: frozenset[Permission], firm_state: str | None) -> frozenset[Permission]:
    """A firm that waits or is suspended still sees its passes and hands them back, by page and by program."""
    if firm_state in {None, FirmState.APPROVED}:
        return permissions
    return permissions - {Permission.APPLICATION_APPLY}


def _note_seen(known: Known, now: datetime) -> None:
    # The condition on the old value makes one of several requests of the same second write, not all.
    stale = LoginSession.last_seen_at == known.session.last_seen_at
    with transaction() as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == known.session.id, stale)
            .values(last_seen_at=now)
            .execution_options(synchronize_session=False)
        )


def _load_bearer(now: datetime) -> None:
    header = request.headers.get("Authorization")
    if header is None:
        return
    scheme, _, token = header.partition(" ")
    found = None
    if scheme.lower() == "bearer":
        found = token_holder(db.session(), hash_of(token.strip()))
    ended = token_end(found.revoked_at, found.expires_at, now) if found else None
    if found is None or (ended and HOLDERS[found.holder] is not ActorKind.DEVICE):
        raise DomainProblem("token.refused")
    _note_used(found, ended, now)
    if ended and request.endpoint not in OPEN_TO_ENDED:
        raise DomainProblem(ENDED_CODES[ended.how])
    g.actor = _token_actor(found, ended)


def asking_token() -> UUID | None:
    """The bearer token of this request, once `load` has found it."""
    actor: Actor | None = g.get("actor")
    return actor.id if actor is not None and actor.kind is not ActorKind.PERSON else None


def _note_used(token: TokenHere, ended: Ended | None, now: datetime) -> None:
    last = token.last_used_at
    # The first contact after the end is noted at once: the lead wants to know that the phone has heard of it.
    fresh = last is not None and now - last < SEEN_EVERY and not (ended and last < ended.at)
    if not fresh:
        with transaction() as session:
            session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=now))


def _token_actor(token: TokenHere, ended: Ended | None) -> Actor:
    kind = HOLDERS[token.holder]
    permissions = _as_firm_may(permissions_of_scopes(kind, token.scopes), token.firm_state)
    return Actor(
        kind,
        token.id,
        permissions & {Permission.SCAN_RECORD} if ended else permissions,
        firm_id=token.firm_id,
        checkpoint_code=token.checkpoint_code,
        ended=ended.how if ended else None,
        ended_at=ended.at if ended else None,
    )


def leave(session: Session, response: Response | AnyResponse, *, now: datetime) -> None:
    """End the session of this browser, if there is one, and make the browser forget it with the answer."""
    if g.login_session:
        log_out(session, g.actor, g.login_session.id, now=now)
    form_session.clear()
    take_cookie(response)


def give_cookie(response: Response | AnyResponse, token: str) -> None:
    """Hand the browser its token: out of reach of scripts and of forms of other sites."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def take_cookie(response: Response | AnyResponse) -> None:
    """Make the browser forget its token."""
    response.delete_cookie(
        COOKIE,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
