"""A new password by a one-time code, sent to the person or read out by an administrator."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts import passwords
from accounts.models import OneTimeCode, Person
from accounts.permissions import SYSTEM, Actor
from accounts.queries import person_by_login, usable_codes
from accounts.rules import (
    CODE_HOUR,
    CODE_LIFE,
    CODE_TRIES,
    CODES_PER_HOUR,
    normal_login,
    password_problems,
)
from accounts.service.login import Browser, Refused, as_actor, end_sessions, lock_of, note_try, subject_of
from accounts.tokens import new_code
from audit.public import record
from foundation import outbox
from foundation.base import new_id
from foundation.jobs import job
from foundation.problems import InvalidInput

PURPOSE = "password_reset"
MESSAGE = "accounts.reset_code"


def ask_code(session: Session, login: str, browser: Browser, *, now: datetime) -> Refused | None:
    """Have a code sent to the person behind a login; what follows where there is none cannot be seen.

    Asking counts like a wrong try, so that nobody fills an inbox or searches for logins.
    """
    name = normal_login(login)
    subject = subject_of("ask_code", name)
    lock = lock_of(session, subject, browser, now=now)
    if lock:
        return lock
    note_try(session, subject, browser, succeeded=False, now=now)
    # The search for the person happens in the job, so that the time of the answer tells nothing either.
    send_code_later.defer(session, login=name)
    return None


@job("accounts.send_code")
def send_code_later(session: Session, now: datetime, login: str) -> None:
    """Send the code after the answer was given."""
    send_code(session, login, now=now)


def send_code(session: Session, login: str, *, now: datetime) -> None:
    """Send a code by e-mail and to the inbox, unless there is no such active person with an address."""
    person = person_by_login(session, login)
    if person is None or not person.active or not person.email:
        return
    if len(usable_codes(session, person.id, PURPOSE, since=now - CODE_HOUR)) >= CODES_PER_HOUR:
        return
    code = new_code()
    code_id = _keep(session, SYSTEM, person, passwords.hash_password(code), now)
    recipient = outbox.Recipient(person.id, person.email, person.locale)
    outbox.put(session, recipient, MESSAGE, {"code": code}, key=f"reset-code:{code_id}", now=now, urgent=True)


def make_code(session: Session, actor: Actor, person: Person, *, now: datetime) -> str:
    """A code that an administrator reads out; earlier ones no longer work."""
    code = new_code()
    _keep(session, actor, person, passwords.hash_password(code), now)
    return code


def reset_password(
    session: Session, login: str, code: str, password: str, browser: Browser, *, now: datetime
) -> Refused | None:
    """Set a new password under the newest code. All sessions end.

    Returns what must be told after the wrong try is committed. Raises `InvalidInput` for a weak password.
    """
    name = normal_login(login)
    problems = password_problems(password, name)
    if problems:
        raise InvalidInput(*problems)
    subject = subject_of("reset", name)
    lock = lock_of(session, subject, browser, now=now)
    if lock:
        return lock
    person = person_by_login(session, name)
    found = _newest(session, person, now)
    right = passwords.is_right(found.code_hash.decode() if found else None, code)
    note_try(session, subject, browser, succeeded=right, now=now)
    if found is None or person is None or not right:
        if found is not None:
            found.wrong_tries += 1
        return Refused("code.wrong")
    found.used_at = now
    set_password(session, as_actor(person), person, password, now=now)
    record(session, as_actor(person), "password:reset", "person", person.id, now=now)
    return None


def set_password(
    session: Session, actor: Actor, person: Person, password: str, *, keep: UUID | None = None, now: datetime
) -> None:
    """Keep the hash and end all sessions of the person but `keep`."""
    person.password_hash = passwords.hash_password(password)
    for ended in end_sessions(session, person.id, but=keep, now=now):
        record(session, actor, "session:revoke", "session", ended, reason="password", now=now)
    session.flush()


def _newest(session: Session, person: Person | None, now: datetime) -> OneTimeCode | None:
    if person is None or not person.active:
        return None
    codes = usable_codes(session, person.id, PURPOSE, since=now - CODE_LIFE)
    if not codes or codes[0].used_at is not None or codes[0].wrong_tries >= CODE_TRIES:
        return None
    return codes[0]


def _keep(session: Session, actor: Actor, person: Person, encoded: str, now: datetime) -> UUID:
    row = OneTimeCode(
        id=new_id(),
        person_id=person.id,
        purpose=PURPOSE,
        code_hash=encoded.encode(),
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(row)
    session.flush()
    record(session, actor, "password:code", "person", person.id, now=now)
    return row.id
