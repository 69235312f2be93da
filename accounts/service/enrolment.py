"""Enrolment: an officer orders a one-time code for a phone, and the phone that shows it becomes a device."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.device_rules import CODE_LIFE, CODE_SIGNS, normal_code
from accounts.models import ApiToken, Enrolment, Person
from accounts.permissions import Actor, ActorKind
from accounts.service.devices import keep_device
from accounts.tokens import hash_of, new_signs
from audit.public import record
from foundation.base import new_id
from foundation.problems import DomainProblem


def order_enrolment(
    session: Session, actor: Actor, name: str, checkpoint_code: str, *, now: datetime
) -> tuple[Enrolment, str]:
    """A code for one phone at a checkpoint that the person reaches, with its row; the code is kept nowhere.

    Raises `login.needed` for a party that is no person, and `checkpoint.foreign` when somebody of one checkpoint
    names another.
    """
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise DomainProblem("login.needed")
    if actor.checkpoint_code and actor.checkpoint_code != checkpoint_code:
        raise DomainProblem("checkpoint.foreign")
    code = new_signs(CODE_SIGNS)
    row = Enrolment(
        id=new_id(),
        code_hash=hash_of(code),
        name=name,
        checkpoint_code=checkpoint_code,
        person_id=actor.id,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(row)
    session.flush()
    facts = {"checkpoint": checkpoint_code}
    record(session, actor, "enrolment:create", "enrolment", row.id, now=now, facts=facts)
    return row, code


def enrol(session: Session, code: str, app_version: str, *, now: datetime) -> tuple[ApiToken, str]:
    """The device that the code is for, and its token, once.

    Raises `enrolment.unknown`: mistyped, used, expired, and ordered by somebody who may come in no more are one answer.
    """
    # Two phones with one code: the second waits for the lock, and then finds the row used.
    found = session.scalar(
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.code_hash == hash_of(normal_code(code)),
            Enrolment.used_at.is_(None),
            Enrolment.expires_at > now,
            Person.active,
        )
        .with_for_update(of=Enrolment)
    )
    if found is None:
        raise DomainProblem("enrolment.unknown")
    maker = Actor(ActorKind.PERSON, found.person_id, checkpoint_code=found.checkpoint_code)
    row, token = keep_device(session, maker, found.name, found.checkpoint_code, now=now)
    row.report, row.reported_at = {"app_version": app_version}, now
    found.used_at, found.token_id = now, row.id
    session.flush()
    facts = {"checkpoint": found.checkpoint_code, "device": row.device_code}
    record(session, maker, "device:enrol", "token", row.id, now=now, facts=facts)
    return row, token
