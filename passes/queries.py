"""Reads of passes and of where they are decided."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, Row, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, Range
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission, covers
from accounts.public import Body
from passes.catalogue import Catalogue, Kind
from passes.models import Pass, PassNumberRow, PassRevision
from passes.rules.moves import HOLDS_THE_VEHICLE

PAGE = 50
HOLDING = tuple(sorted(HOLDS_THE_VEHICLE))
# Asked for every application that is handed in, so it is built once.
BODIES = select(Body).where(
    Body.area == any_(bindparam("areas", type_=ARRAY(CHAR(6)))),
    Body.duty == bindparam("of_duty"),
    Body.merged_into.is_(None),
)


def find_overlapping(
    session: Session, plate: str, colour: int, validity: Range[datetime]
) -> Row[str, Range[datetime], str, UUID] | None:
    """The pass that holds the vehicle in a period, if there is one."""
    return session.execute(
        select(Pass.number, Pass.validity, Pass.state, Pass.body_id)
        .where(
            Pass.plate == plate,
            Pass.plate_colour == colour,
            Pass.validity.op("&&")(validity),
            Pass.state.in_(HOLDING),
        )
        .limit(1)
    ).one_or_none()


def plate_of(session: Session, number: str) -> str | None:
    """The plate a number was given to."""
    return session.scalar(select(PassNumberRow.plate).where(PassNumberRow.number == number))


def find_pass(session: Session, number: str, *, lock: bool = False) -> Pass | None:
    """A pass by its number; with `lock` its row is held until the transaction ends."""
    plate = plate_of(session, number)
    if plate is None:
        return None
    statement = select(Pass).where(Pass.plate == plate, Pass.number == number)
    return session.scalar(statement.with_for_update() if lock else statement)


def current_revision(session: Session, found: Pass) -> PassRevision:
    """What the pass says now; the deferred foreign key promises that the row exists."""
    return session.get_one(PassRevision, (found.plate, found.number, found.revision))


def reaches(session: Session, actor: Actor, found: Pass) -> bool:
    """Whether a party may see a pass in the office: its holder, its body, or a command that covers the body."""
    if actor.firm_id is not None and actor.firm_id == found.firm_id:
        return True
    if actor.id is not None and actor.id == found.person_id and found.firm_id is None:
        return True
    if not actor.may(Permission.PASS_READ):
        return False
    if actor.body_id == found.body_id:
        return True
    return reaches_by_area(session, actor, found.body_id)


def reaches_by_area(session: Session, actor: Actor, body_id: UUID) -> bool:
    """Command sees every body of its area; the command line and jobs see all."""
    if actor.kind in {"command_line", "system"}:
        return True
    if not actor.may(Permission.AUDIT_READ):
        return False
    area = session.scalar(select(Body.area).where(Body.id == body_id))
    return area is not None and covers(actor.area, area)


def holder_page(
    session: Session, actor: Actor, *, before: str | None = None, limit: int = PAGE
) -> Sequence[Pass]:
    """The passes of an applicant, newest number first, a page at a time."""
    mine = Pass.firm_id == actor.firm_id if actor.firm_id else Pass.person_id == actor.id
    return session.scalars(_page(select(Pass).where(mine), before, limit)).all()


def body_page(
    session: Session, body_id: UUID, *, state: str | None = None, before: str | None = None, limit: int = PAGE
) -> Sequence[Pass]:
    """The passes a body has issued, newest number first, a page at a time."""
    statement = select(Pass).where(Pass.body_id == body_id)
    if state:
        statement = statement.where(Pass.state == state)
    return session.scalars(_page(statement, before, limit)).all()


def _page(statement: Select[Pass], before: str | None, limit: int) -> Select[Pass]:
    if before:
        statement = statement.where(Pass.number < before)
    return statement.order_by(Pass.number.desc()).limit(limit)


def passes_of_plate(session: Session, plate: str, *, limit: int = 20) -> Sequence[Pass]:
    """The passes of a vehicle, newest first."""
    return session.scalars(
        select(Pass).where(Pass.plate == plate).order_by(Pass.issued_at.desc()).limit(limit)
    ).all()


def body_by_code(session: Session, code: str) -> Body | None:
    """A body by its code."""
    return session.scalar(select(Body).where(Body.code == code, Body.merged_into.is_(None)))


def deciding_body(
    session: Session, catalogue: Catalogue, kind: Kind, goods: int, county: str, *, on: date
) -> Body | None:
    """Where an application is decided: county, else prefecture, else province (design.md 5).

    A category that no body decides there goes to transport; a kind of the control groups goes to theirs.
    """
    areas = catalogue.upwards(county)
    bodies = session.scalars(BODIES, {"areas": list(areas), "of_duty": kind.issued_by}).all()
    return choose_body(bodies, catalogue, kind, goods, county, on=on)


def choose_body(
    bodies: Sequence[Body], catalogue: Catalogue, kind: Kind, goods: int, county: str, *, on: date
) -> Body | None:
    """`deciding_body` among bodies that were read before, none of them merged; those of elsewhere do not count."""
    areas = catalogue.upwards(county)
    of_duty = [body for body in bodies if body.duty == kind.issued_by]
    if kind.issued_by != "issuing":
        return _nearest(of_duty, areas)
    sector = catalogue.sector_for(catalogue.goods[goods].category, on)
    wanted = [body for body in of_duty if body.sector == sector]
    transport = [body for body in of_duty if body.sector == 0]
    return _nearest(wanted, areas) or _nearest(transport, areas)


def _nearest(bodies: Sequence[Body], areas: Sequence[str]) -> Body | None:
    by_area = {body.area: body for body in bodies}
    return next((by_area[area] for area in areas if area in by_area), None)
