"""The driver's link `/d/TOKEN`: made by the holder or an officer, shown once, revocable; only its hash is kept,
and the message that carried it to the driver."""

import base64
import hashlib
import secrets
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from audit.public import record
from foundation.outbox import put_sms
from foundation.problems import DomainProblem, NotFound
from passes.change_messages import DRIVER_LINK, link_facts
from passes.models import DriverLink, Pass
from passes.queries import current_revision, find_pass, reaches
from passes.rules.moves import HOLDS_THE_VEHICLE

TOKEN_BYTES = 16
"""128 random bits: nobody finds one by trying."""


def new_token() -> str:
    """A token nobody has: 26 characters a–z, 2–7."""
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=").lower()


def make_link(session: Session, actor: Actor, number: str, *, now: datetime) -> str:
    """A new token for a pass (26 characters a–z, 2–7); older ones stay good. Raises `NotFound` (unknown, foreign)."""
    found = _own(session, actor, number)
    token = new_token()
    session.add(
        DriverLink(
            token_hash=hash_of_token(token),
            plate=found.plate,
            number=number,
            created_at=now,
            created_by=actor.id if actor.kind is ActorKind.PERSON else None,
        )
    )
    record(session, actor, "link:make", "pass", number, now=now)
    return token


def send_link(session: Session, actor: Actor, number: str, *, key: str, now: datetime) -> int:
    """Make a link and send it by text message to the drivers of the pass who have a phone; to how many.

    The same `key` is sent once. It is urgent: a driver stands at a barrier at night. Raises `NotFound` (unknown,
    foreign), `pass.not_live` for a pass that can no longer be shown, `drivers.no_phone`.
    """
    found = _own(session, actor, number)
    if found.state not in HOLDS_THE_VEHICLE:
        raise DomainProblem("pass.not_live", state=found.state)
    drivers = current_revision(session, found).drivers
    phones = list(dict.fromkeys(driver["phone"] for driver in drivers if driver["phone"]))
    if not phones:
        raise DomainProblem("drivers.no_phone")
    token = make_link(session, actor, number, now=now)
    for index, phone in enumerate(phones):
        put_sms(
            session, phone, DRIVER_LINK, link_facts(token), key=f"link:{key}:{index}", now=now, urgent=True
        )
    record(session, actor, "link:send", "pass", number, now=now, facts={"drivers": len(phones)})
    return len(phones)


def revoke_links(session: Session, actor: Actor, number: str, *, now: datetime) -> int:
    """Make every link of a pass useless; how many there were. Raises `NotFound` (unknown, foreign)."""
    found = _own(session, actor, number)
    revoked = session.scalars(
        update(DriverLink)
        .where(DriverLink.plate == found.plate, DriverLink.number == number, DriverLink.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(DriverLink.token_hash)
    ).all()
    if revoked:
        record(session, actor, "link:revoke", "pass", number, now=now, facts={"links": len(revoked)})
    return len(revoked)


def pass_of_token(session: Session, token: str) -> Pass | None:
    """The pass a link shows; None for a token that is unknown, revoked or none."""
    same = and_(Pass.plate == DriverLink.plate, Pass.number == DriverLink.number)
    return session.scalar(
        select(Pass)
        .join_from(DriverLink, Pass, same)
        .where(DriverLink.token_hash == hash_of_token(token), DriverLink.revoked_at.is_(None))
    )


def _own(session: Session, actor: Actor, number: str) -> Pass:
    found = find_pass(session, number)
    if found is None or not reaches(session, actor, found):
        raise NotFound
    return found


def hash_of_token(token: str) -> bytes:
    """SHA-256: enough for 128 random bits, which no list of guesses holds."""
    return hashlib.sha256(token.encode()).digest()
