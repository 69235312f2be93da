"""Reads for changing a pass: where it comes from, what waits about it, and what ends soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from accounts.permissions import Actor
from passes.models import Application, Pass, PassRevision
from passes.queries import HOLDING
from passes.rules.changing import RENEWED_AFTER, RENEWED_BEFORE, Purpose
from passes.rules.content import Content, Driver
from passes.rules.moves import ApplicationState, PassState

PAGE = 50
MOST_AT_ONCE = 5_000
"""Passes of one order to renew (as many as one order of sheets has)."""
OPEN = (ApplicationState.SUBMITTED.value, ApplicationState.IN_REVIEW.value, ApplicationState.RETURNED.value)
"""States in which an application about a pass keeps every other one away (`uq_application_about`)."""

ORIGIN = text(
    """
    WITH RECURSIVE back (number, plate, vehicles, depth) AS (
        SELECT number, plate, 0, 0 FROM pass_number WHERE number = :number
        UNION ALL
        SELECT earlier.number, earlier.plate, back.vehicles + (made.purpose = 'other_vehicle')::int, back.depth + 1
        FROM back
        JOIN application AS made ON made.pass_number = back.number
            AND made.purpose NOT IN ('amend', 'other_driver') AND made.decided_rule IS NOT NULL
        JOIN pass_number AS earlier ON earlier.number = made.about
        WHERE back.depth < :depth
    ), root AS (
        SELECT * FROM back ORDER BY depth DESC LIMIT 1
    )
    SELECT root.number, root.vehicles, first.issued_by, first.not_before,
        first.duration_minutes / 60 AS hours,
        (SELECT count(*) FROM back JOIN pass_revision AS each USING (plate, number)
            WHERE each.revision > 0 AND each.issued_by IS NULL) AS drivers
    FROM root JOIN pass_revision AS first ON first.plate = root.plate AND first.number = root.number
        AND first.revision = 0
    """
)
"""From a pass back over every decision at once to the last pass that was issued in the ordinary way."""
DEEPEST = 1_000
"""No chain of decisions at once can be as long: renewals of an hour for thirty days are fewer."""


@dataclass(frozen=True)
class Origin:
    """Where a pass comes from: the pass at the root, who issued it (None: no person), its start and whole hours,
    and what was decided at once since."""

    number: str
    issued_by: UUID | None
    not_before: datetime
    hours: int
    vehicles: int
    drivers: int

    def swaps(self, purpose: Purpose) -> int:
        """Changes of a purpose decided at once since the root."""
        return {Purpose.OTHER_VEHICLE: self.vehicles, Purpose.OTHER_DRIVER: self.drivers}.get(purpose, 0)


def origin_of(session: Session, number: str) -> Origin:
    """The root of a pass and what was decided at once since."""
    row = session.execute(ORIGIN, {"number": number, "depth": DEEPEST}).one()
    return Origin(row.number, row.issued_by, row.not_before, row.hours, row.vehicles, row.drivers)


def said_by(found: Pass, revision: PassRevision) -> Content:
    """What a pass says in one of its revisions."""
    return Content(
        kind=found.kind,
        plate=found.plate,
        plate_colour=found.plate_colour,
        goods=revision.goods,
        goods_words=revision.goods_words,
        origin=revision.origin,
        destination=revision.destination,
        stops=tuple(revision.stops),
        roads=tuple(revision.roads),
        not_before=revision.not_before,
        hours=revision.duration_minutes // 60,
        drivers=tuple(Driver(d["name"], d["phone"], d["last4"]) for d in revision.drivers),
    )


def waiting_change(session: Session, number: str) -> Application | None:
    """The application about a pass that waits for a decision; there is at most one."""
    return session.scalar(select(Application).where(Application.about == number, Application.state.in_(OPEN)))


def made_by(session: Session, found: Pass) -> Application | None:
    """The application a pass was issued on."""
    return session.get(Application, found.application_id) if found.application_id else None


def revision_before(session: Session, found: Pass, at: datetime | None) -> PassRevision:
    """What a pass said before a moment; what it says now without one."""
    statement = select(PassRevision).where(
        PassRevision.plate == found.plate, PassRevision.number == found.number
    )
    if at is not None:
        statement = statement.where(PassRevision.issued_at < at)
    newest = session.scalar(statement.order_by(PassRevision.revision.desc()).limit(1))
    return newest or session.get_one(PassRevision, (found.plate, found.number, 0))


def in_the_way(session: Session, content: Content, but: str) -> Pass | None:
    """A pass, other than `but`, that holds the vehicle in the period of the content."""
    period = Range(content.not_before, content.not_after)
    return session.scalar(
        select(Pass)
        .where(
            Pass.plate == content.plate,
            Pass.plate_colour == content.plate_colour,
            Pass.validity.op("&&")(period),
            Pass.state.in_(HOLDING),
            Pass.number != but,
        )
        .limit(1)
    )


# --- what ends soon ----------------------------------------------------------------------------------------


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.firm_id is not None:
        return Pass.firm_id == actor.firm_id
    return and_(Pass.person_id == actor.id, Pass.firm_id.is_(None))


def _ends_soon(now: datetime) -> ColumnElement[bool]:
    """Live, ending within the time in which a renewal is decided at once, and not gone on with already."""
    ends, later = func.upper(Pass.validity), aliased(Pass)
    goes_on = exists().where(
        later.plate == Pass.plate,
        later.plate_colour == Pass.plate_colour,
        later.validity.op("@>")(func.greatest(ends, now)),
        later.state.in_(HOLDING),
    )
    return and_(
        Pass.state == PassState.LIVE, ends > now - RENEWED_AFTER, ends <= now + RENEWED_BEFORE, ~goes_on
    )


def ending_count(session: Session, actor: Actor, *, now: datetime) -> int:
    """How many passes of an applicant end within 48 hours, or ended within the last day, and are not renewed."""
    statement = select(func.count()).select_from(Pass).where(_mine(actor), _ends_soon(now))
    return session.scalar(statement) or 0


def ending_page(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    after: tuple[datetime, str] | None = None,
    limit: int = PAGE,
) -> Sequence[Row[Pass, PassRevision, Application | None]]:
    """These passes, the first to end first, with what they say and the change that waits; one more than a page when
    there is a next page. `after` is the end and number of the last one seen."""
    ends = func.upper(Pass.validity)
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    waiting = and_(Application.about == Pass.number, Application.state.in_(OPEN))
    statement: Select[Pass, PassRevision, Application | None] = (
        select(Pass, PassRevision, Application)
        .join(PassRevision, current)
        .outerjoin(Application, waiting)
        .where(_mine(actor), _ends_soon(now))
    )
    if after is not None:
        statement = statement.where(func.row(ends, Pass.number) > func.row(*after))
    return session.execute(statement.order_by(ends, Pass.number).limit(limit + 1)).all()


def ending_numbers(session: Session, actor: Actor, *, now: datetime) -> Sequence[str]:
    """The numbers of all of them for which no change waits, the first to end first."""
    ends = func.upper(Pass.validity)
    waits = exists().where(Application.about == Pass.number, Application.state.in_(OPEN))
    statement = select(Pass.number).where(_mine(actor), _ends_soon(now), ~waits)
    return session.scalars(statement.order_by(ends, Pass.number).limit(MOST_AT_ONCE)).all()


def outcomes_of(session: Session, tokens: Sequence[UUID]) -> dict[UUID, Application]:
    """The applications that forms made, in one query."""
    if not tokens:
        return {}
    rows = session.scalars(select(Application).where(Application.form_token.in_(tokens)))
    return {row.form_token: row for row in rows}
