"""Sightings as command works on them: the open ones of its area, one with its two scans, and settling it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from audit.public import record
from checkpoints.models import Scan, Sighting
from checkpoints.queries import find_scan, reaches_point
from checkpoints.register import Register
from foundation.problems import DomainProblem, NotFound
from passes.public import unwatch_pass

PAGE: Final = 50


@dataclass(frozen=True)
class Seen:
    """A sighting with the scans it came of, the later one first; a scan whose rows are gone is None."""

    sighting: Sighting
    scan: Scan | None
    other: Scan | None


def commands(actor: Actor) -> bool:
    """Whether a party looks into sightings: command, and not the administrator, who has no business with plates."""
    return actor.may(Permission.AUDIT_READ) and actor.may(Permission.PASS_READ)


def sightings_for(
    session: Session, actor: Actor, places: Register, *, settled: bool, before: UUID | None = None
) -> Sequence[Sighting]:
    """A page of sightings at checkpoints of the party's area, newest first; one more than `PAGE` when there are more."""
    statement = _reached(select(Sighting), actor, places).where(_settled(settled))
    if before is not None:
        statement = statement.where(Sighting.id < before)
    return session.scalars(statement.order_by(Sighting.id.desc()).limit(PAGE + 1)).all()


def open_sightings(session: Session, actor: Actor, places: Register) -> int:
    """How many wait for the party."""
    statement = _reached(select(func.count()).select_from(Sighting), actor, places)
    return session.scalar(statement.where(_settled(False))) or 0


def sighting_for(
    session: Session, actor: Actor, places: Register, sighting_id: UUID, *, lock: bool = False
) -> Sighting:
    """One sighting. Raises `NotFound` (unknown, foreign)."""
    statement = _reached(select(Sighting), actor, places).where(Sighting.id == sighting_id)
    found: Sighting | None = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound
    return found


def with_scans(session: Session, found: Sighting) -> Seen:
    """The sighting with its scans."""
    other = find_scan(session, found.other_scan_id) if found.other_scan_id else None
    return Seen(found, find_scan(session, found.scan_id), other)


def others_of_pass(session: Session, actor: Actor, places: Register, found: Sighting) -> Sequence[Sighting]:
    """What else was found of the same pass, newest first, at most ten."""
    statement = _reached(select(Sighting), actor, places).where(
        Sighting.number == found.number, Sighting.id != found.id
    )
    return session.scalars(statement.order_by(Sighting.id.desc()).limit(10)).all()


def settle(
    session: Session,
    actor: Actor,
    places: Register,
    sighting_id: UUID,
    note: str,
    *,
    unwatch: bool,
    now: datetime,
) -> Sighting:
    """Say what came of a sighting; with `unwatch` the checkpoints hear no more of the pass, unless more is open.

    Raises `NotFound` (unknown, foreign), `sighting.settled`.
    """
    found = sighting_for(session, actor, places, sighting_id, lock=True)
    if found.settled_at is not None:
        raise DomainProblem("sighting.settled")
    found.settled_at, found.settled_by, found.note = now, actor.id, note
    session.flush()
    ended = unwatch and not _more_open(session, found.number)
    if ended:
        unwatch_pass(session, found.number)
    facts = {"rule": found.rule, "number": found.number, "watch_ended": ended}
    record(session, actor, "sighting:settle", "sighting", found.id, now=now, facts=facts)
    return found


def _more_open(session: Session, number: str) -> bool:
    more = select(Sighting.id).where(Sighting.number == number, _settled(False)).limit(1)
    return session.scalar(more) is not None


def _reached(statement: Select[Any], actor: Actor, places: Register) -> Select[Any]:
    codes = [point.code for point in places.points.values() if reaches_point(actor, point)]
    return statement.where(_at(codes))


def _at(codes: Iterable[str]) -> ColumnElement[bool]:
    reached = sorted(codes)
    return or_(Sighting.checkpoint.in_(reached), Sighting.other_checkpoint.in_(reached))


def _settled(settled: bool) -> ColumnElement[bool]:
    return Sighting.settled_at.is_not(None) if settled else Sighting.settled_at.is_(None)
