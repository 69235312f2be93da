"""What people do to their own account: data, password, second step, sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts import passwords, totp
from accounts.models import LoginSession, Person
from accounts.permissions import Actor
from accounts.rules import password_problems
from accounts.service.login import Browser, Refused, end_sessions, lock_of, make_whole, note_try, subject_of
from accounts.service.reset import set_password
from audit.public import record
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem


def change_profile(session: Session, actor: Actor, given: Mapping[str, Any], *, now: datetime) -> None:
    """Change name, phone, e-mail and language of the acting person (keys `name phone email locale`)."""
    person = _locked(session, actor)
    changed = sorted(name for name, value in given.items() if getattr(person, name) != value)
    for name in changed:
        setattr(person, name, given[name])
    if changed:
        session.flush()
        record(session, actor, "person:change", "person", person.id, now=now, facts={"fields": changed})


def change_password(
    session: Session,
    actor: Actor,
    current: str,
    password: str,
    browser: Browser,
    *,
    here: UUID,
    now: datetime,
) -> Refused | None:
    """A new password under the old one; every session but this one ends. Raises `InvalidInput` for a weak one."""
    person = _locked(session, actor)
    problems = password_problems(password, person.login)
    if problems:
        raise InvalidInput(*problems)
    refused = confirm(session, person, current, browser, now=now)
    if refused:
        return refused
    set_password(session, actor, person, password, keep=here, now=now)
    record(session, actor, "password:change", "person", person.id, now=now)
    return None


def switch_totp_on(
    session: Session, actor: Actor, secret: str, code: str, *, here: UUID, now: datetime
) -> str:
    """Take the secret over once its digits prove that a phone has it; returns the new token of this session.

    Raises `InvalidInput` for wrong digits and `totp.on` where a second step exists: it must be switched off
    first, with the password, or a half session could replace it.
    """
    person = _locked(session, actor)
    if person.totp_secret is not None:
        raise DomainProblem("totp.on")
    step = totp.right_step(secret, code, None, now=now)
    if step is None:
        raise InvalidInput(field_problem("code", "totp.wrong"))
    person.totp_secret, person.totp_last_step = secret, step
    record(session, actor, "totp:on", "person", person.id, now=now)
    return make_whole(session, here)


def switch_totp_off(
    session: Session, actor: Actor, current: str, browser: Browser, *, now: datetime
) -> Refused | None:
    """Give the second step up, with the password. Raises `totp.required` where an administrator asks for it."""
    person = _locked(session, actor)
    if person.totp_required:
        raise DomainProblem("totp.required")
    refused = confirm(session, person, current, browser, now=now)
    if refused is None:
        person.totp_secret = person.totp_last_step = None
        record(session, actor, "totp:off", "person", person.id, now=now)
    return refused


def revoke_session(session: Session, actor: Actor, session_id: UUID, *, now: datetime) -> None:
    """End one of the own sessions. Raises `NotFound` for somebody else's."""
    ended = session.scalar(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.person_id == actor.id)
        .where(LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LoginSession.id)
    )
    if ended is None:
        raise NotFound
    record(session, actor, "session:revoke", "session", ended, now=now)


def revoke_other_sessions(session: Session, actor: Actor, here: UUID, *, now: datetime) -> int:
    """End all own sessions but this one; returns how many."""
    person = _locked(session, actor)
    ended = end_sessions(session, person.id, but=here, now=now)
    for session_id in ended:
        record(session, actor, "session:revoke", "session", session_id, now=now)
    return len(ended)


def confirm(
    session: Session, person: Person, password: str, browser: Browser, *, now: datetime
) -> Refused | None:
    """Ask for the password once more; wrong tries are counted and lock as at the login."""
    subject = subject_of("confirm", str(person.id))
    lock = lock_of(session, subject, browser, now=now)
    if lock:
        return lock
    right = passwords.is_right(person.password_hash, password)
    note_try(session, subject, browser, succeeded=right, now=now)
    return None if right else Refused("password.wrong")


def _locked(session: Session, actor: Actor) -> Person:
    return session.get_one(Person, actor.id, with_for_update=True, populate_existing=True)
