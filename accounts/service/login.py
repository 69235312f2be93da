"""Logging in and out: the password, the second step, and the lock-out that both obey."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts import passwords, totp
from accounts.models import LoginAttempt, LoginSession, Person
from accounts.permissions import Actor, ActorKind
from accounts.queries import person_by_login, wrong_tries
from accounts.rules import (
    ADDRESS_TRIES,
    LOCK_WINDOW,
    LOGIN_TRIES,
    SESSION_LIFE,
    address_group,
    locked_until,
    normal_login,
)
from accounts.tokens import hash_of, new_token
from audit.public import record
from foundation.base import new_id
from foundation.database import advisory_lock
from foundation.problems import DomainProblem


@dataclass(frozen=True)
class Browser:
    """Where a login comes from: the client's address and a short name of the device."""

    address: str | None
    device: str


@dataclass(frozen=True)
class Admitted:
    """A session was opened; the token goes into the cookie and is kept nowhere."""

    token: str
    person_id: UUID
    second_step_owed: bool


@dataclass(frozen=True)
class Refused:
    """No session. Returned, not raised, because the wrong try must be committed; the edge raises `problem()`."""

    code: str
    minutes: int = 0

    def problem(self) -> DomainProblem:
        """The problem to tell."""
        if not self.minutes:
            return DomainProblem(self.code)
        return DomainProblem(self.code, minutes=self.minutes, retry_after=self.minutes * 60)


def as_actor(person: Person) -> Actor:
    """The person as the acting party of what happens before a session exists."""
    return Actor(ActorKind.PERSON, person.id, body_id=person.body_id, firm_id=person.firm_id)


def log_in(
    session: Session,
    login: str,
    password: str,
    browser: Browser,
    *,
    replaces: UUID | None = None,
    now: datetime,
) -> Admitted | Refused:
    """Check a password and open a session with a new token; `replaces` is the session the browser had before.

    Unknown, switched off and wrong are one answer and take one time, and so does a lock: it counts tries at
    logins that do not exist just the same.
    """
    name = normal_login(login)
    lock = lock_of(session, subject_of("login", name), browser, now=now)
    if lock:
        return lock
    person = person_by_login(session, name)
    right = passwords.is_right(person.password_hash if person else None, password)
    admitted = right and person is not None and person.active
    note_try(session, subject_of("login", name), browser, succeeded=admitted, now=now)
    if person is None or not admitted:
        return Refused("login.wrong")
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hash_password(password)
    if replaces:
        _end(session, replaces, now)
    return open_session(session, person, browser, now=now)


def open_session(session: Session, person: Person, browser: Browser, *, now: datetime) -> Admitted:
    """A new session of a person whose password was right; with a second step it is half until that is done."""
    token = new_token()
    owed = person.totp_secret is not None or person.totp_required
    row = LoginSession(
        id=new_id(),
        token_hash=hash_of(token),
        person_id=person.id,
        device_name=browser.device,
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFE,
        second_step_owed=owed,
    )
    session.add(row)
    session.flush()
    record(session, as_actor(person), "session:open", "session", row.id, now=now)
    return Admitted(token, person.id, owed)


def take_second_step(
    session: Session, actor: Actor, session_id: UUID, code: str, browser: Browser, *, now: datetime
) -> Admitted | Refused:
    """Check the six digits and make the half session whole, under a new token."""
    subject = subject_of("second_step", str(actor.id))
    lock = lock_of(session, subject, browser, now=now)
    if lock:
        return lock
    person = session.get_one(Person, actor.id, with_for_update=True, populate_existing=True)
    step = totp.right_step(person.totp_secret or "", code, person.totp_last_step, now=now)
    right = person.totp_secret is not None and step is not None
    note_try(session, subject, browser, succeeded=right, now=now)
    if not right:
        return Refused("login.second_step_wrong")
    person.totp_last_step = step
    return Admitted(make_whole(session, session_id), person.id, second_step_owed=False)


def make_whole(session: Session, session_id: UUID) -> str:
    """Nothing is owed any more; the session gets a new token, which is returned."""
    token = new_token()
    row = session.get_one(LoginSession, session_id, with_for_update=True, populate_existing=True)
    row.second_step_owed, row.token_hash = False, hash_of(token)
    session.flush()
    return token


def log_out(session: Session, actor: Actor, session_id: UUID, *, now: datetime) -> None:
    """End the session of this browser."""
    _end(session, session_id, now)
    record(session, actor, "session:close", "session", session_id, now=now)


def end_sessions(session: Session, person_id: UUID, *, but: UUID | None = None, now: datetime) -> list[UUID]:
    """End all sessions of a person, except perhaps the one at work; returns those that were ended."""
    statement = (
        update(LoginSession)
        .where(LoginSession.person_id == person_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LoginSession.id)
    )
    if but:
        statement = statement.where(LoginSession.id != but)
    return list(session.scalars(statement))


def _end(session: Session, session_id: UUID, now: datetime) -> None:
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def lock_of(session: Session, subject: bytes, browser: Browser, *, now: datetime) -> Refused | None:
    """The lock on a subject or on the client's address, if there is one. Tries at one subject wait for each other."""
    # Without this lock twenty tries sent at once would all see four rows.
    advisory_lock(session, f"login:{subject.hex()}")
    since = now - 2 * LOCK_WINDOW
    ends = [
        locked_until(wrong_tries(session, one, since=since, limit=tries), tries, now)
        for one, tries in ((subject, LOGIN_TRIES), (_address(browser), ADDRESS_TRIES))
    ]
    latest = max((end for end in ends if end), default=None)
    return Refused("login.locked", minutes=_minutes_left(latest, now)) if latest else None


def note_try(session: Session, subject: bytes, browser: Browser, *, succeeded: bool, now: datetime) -> None:
    """Count a try. A right one resets its login, never the address: one account must not pay for guessing others."""
    session.add(LoginAttempt(id=new_id(), subject=subject, at=now, succeeded=succeeded))
    if not succeeded:
        session.add(LoginAttempt(id=new_id(), subject=_address(browser), at=now, succeeded=False))
    session.flush()


def _minutes_left(end: datetime, now: datetime) -> int:
    return max(1, -int((now - end).total_seconds() // 60))


def subject_of(kind: str, value: str) -> bytes:
    """What tries are counted by: never the login or address itself, only its SHA-256."""
    return hashlib.sha256(f"{kind}:{value}".encode()).digest()


def _address(browser: Browser) -> bytes:
    return subject_of("address", address_group(browser.address))
