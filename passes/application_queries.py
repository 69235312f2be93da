"""Reads of applications: who reaches one, the lists of applicants and officers, and what is known beside one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ColumnElement, Select, and_, any_, bindparam, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, Range
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from accounts.public import Body, Person
from foundation.base import table_of
from passes.catalogue import Catalogue, Kind
from passes.catalogue_models import Regime
from passes.models import Application, ApplicationNote, Pass
from passes.queries import HOLDING, deciding_body
from passes.rules.applying import DECISIONS_COUNTED
from passes.rules.moves import ApplicationState

PAGE = 50
IN_HAND = (ApplicationState.SUBMITTED.value, ApplicationState.IN_REVIEW.value)
DECIDED = (ApplicationState.ISSUED.value, ApplicationState.REFUSED.value)

# Asked for every application that is handed in, so they are built once; an array keeps their text the same.
_REGIME, _APPLICATION = table_of(Regime), table_of(Application)
NEEDED = (
    select(_REGIME.c.id)
    .where(
        _REGIME.c.area == any_(bindparam("areas", type_=ARRAY(CHAR(6)))),
        _REGIME.c.kind == bindparam("of_kind"),
        _REGIME.c.period.op("&&")(bindparam("period", type_=TSTZRANGE)),
    )
    .limit(1)
)
FORM = select(_APPLICATION.c.id).where(_APPLICATION.c.form_token == bindparam("token"))
HELD = (
    select(Pass)
    .where(
        Pass.plate == bindparam("of_plate"),
        Pass.state.in_(HOLDING),
        Pass.validity.op("&&")(bindparam("period", type_=TSTZRANGE)),
    )
    .order_by(Pass.validity)
    .limit(1)
)
HELD_BY_COLOUR = HELD.where(Pass.plate_colour == bindparam("of_colour"))


def owns(actor: Actor, row: Application | Pass) -> bool:
    """Whether an applicant's own: of the firm, or of the person where there is no firm."""
    if row.firm_id is not None:
        return actor.firm_id == row.firm_id
    return row.person_id is not None and actor.id == row.person_id and actor.firm_id is None


def decides(actor: Actor, application: Application) -> bool:
    """Whether the actor's body decides it. A draft is nobody's business but the applicant's."""
    handed_in = application.submitted_at is not None
    may = actor.may(Permission.APPLICATION_REVIEW) and actor.body_id is not None
    return handed_in and may and actor.body_id == application.body_id


def find_application(session: Session, application_id: UUID, *, lock: bool = False) -> Application | None:
    """An application by its id; with `lock` its row is held, and read anew, until the transaction ends."""
    return session.get(Application, application_id, with_for_update=lock or None, populate_existing=lock)


def by_form_token(session: Session, token: UUID, *, lock: bool = True) -> Application | None:
    """The application a form made; with `lock` its row is held, and read anew, until the transaction ends."""
    statement = select(Application).where(Application.form_token == token)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def form_is_known(session: Session, token: UUID) -> bool:
    """Whether a form has made an application already."""
    return session.scalar(FORM, {"token": token}) is not None


def newest_draft(session: Session, actor: Actor) -> Application | None:
    """The draft an applicant worked on last, to go on with."""
    return session.scalar(
        select(Application)
        .where(_mine(actor), Application.state == ApplicationState.DRAFT)
        .order_by(Application.id.desc())
        .limit(1)
    )


def last_notes(session: Session, application_id: UUID) -> Sequence[ApplicationNote]:
    """The notes of the newest return, in the order they were written."""
    newest = (
        select(func.max(ApplicationNote.at))
        .where(ApplicationNote.application_id == application_id)
        .scalar_subquery()
    )
    return session.scalars(
        select(ApplicationNote)
        .where(ApplicationNote.application_id == application_id, ApplicationNote.at == newest)
        .order_by(ApplicationNote.id)
    ).all()


def own_names(session: Session, actor: Actor, people: Iterable[UUID]) -> Mapping[UUID, str]:
    """The names of those persons who are the actor or of the actor's firm."""
    own = Person.id == actor.id
    if actor.firm_id is not None:
        own = or_(own, Person.firm_id == actor.firm_id)
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(people)), own))
    return {row.id: row.name for row in rows}


def needed(
    session: Session, catalogue: Catalogue, origin: str, destination: str, period: Range[datetime]
) -> bool:
    """Whether a pass is asked for on a route in a period: one of its ends is enough (regime 启用状态, design.md 5)."""
    kind = catalogue.kind_for(origin, destination)
    areas = sorted({*catalogue.upwards(origin), *catalogue.upwards(destination)})
    asked = {"areas": areas, "of_kind": kind.number, "period": period}
    return session.scalar(NEEDED, asked) is not None


def expected_wait(session: Session, body_id: UUID) -> timedelta | None:
    """The median from submission to decision of a body's last decisions; None before the first one.

    The newest of each outcome come straight from the queue's index; the newest of both together are counted.
    """
    newest = [
        select(Application.submitted_at, Application.decided_at)
        .where(Application.body_id == body_id, Application.state == state)
        .order_by(Application.submitted_at.desc(), Application.id.desc())
        .limit(DECISIONS_COUNTED)
        .subquery()
        for state in DECIDED
    ]
    both = newest[0].select().union_all(newest[1].select()).subquery()
    last = select(both).order_by(both.c.submitted_at.desc()).limit(DECISIONS_COUNTED).subquery()
    wait = last.c.decided_at - last.c.submitted_at
    return session.scalar(select(func.percentile_cont(0.5).within_group(wait)))


def deciding(
    session: Session, known: Catalogue, kind: Kind, asked: Mapping[str, Any], *, on: date
) -> tuple[Body, str] | None:
    """The body that decides what is asked, and the county it was found by: the applicant's, else an end of the route.

    None while the goods are not known, and where no body of the reference data decides for any of the counties.
    """
    goods = asked.get("goods")
    counties = [asked.get(name) for name in ("area", "origin", "destination")]
    for county in counties:
        if county is None or goods is None:
            continue
        found = deciding_body(session, known, kind, goods, county, on=on)
        if found is not None:
            return found, str(county)
    return None


def live_pass_of(session: Session, plate: str, colour: int | None, period: Range[datetime]) -> Pass | None:
    """The pass that holds a vehicle in a period, the earliest first."""
    asked = {"of_plate": plate, "period": period}
    if colour is None:
        return session.scalar(HELD, asked)
    return session.scalar(HELD_BY_COLOUR, {**asked, "of_colour": colour})


def earlier_passes(session: Session, plate: str, *, limit: int = 10) -> Sequence[Pass]:
    """The newest passes of a vehicle, whoever holds them."""
    return session.scalars(
        select(Pass).where(Pass.plate == plate).order_by(Pass.issued_at.desc()).limit(limit)
    ).all()


def other_open(session: Session, plate: str, but: UUID | None) -> int:
    """How many other applications for the same plate wait for a decision."""
    statement = (
        select(func.count())
        .select_from(Application)
        .where(Application.plate == plate, Application.state.in_(IN_HAND))
    )
    return session.scalar(statement.where(Application.id != but) if but else statement) or 0


# --- lists -------------------------------------------------------------------------------------------------


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.firm_id is not None:
        return Application.firm_id == actor.firm_id
    return and_(Application.person_id == actor.id, Application.firm_id.is_(None))


def applicant_page(
    session: Session,
    actor: Actor,
    states: Iterable[str] = (),
    *,
    before: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Application]:
    """An applicant's applications, newest first; one row more than a page when there is a next page."""
    older = [_mine(actor)] if before is None else [_mine(actor), Application.id < before]
    newest = select(Application.id).where(*older).order_by(Application.id.desc()).limit(limit + 1)
    # State by state, because the index gives each in order; asked for together they would be searched for one by one.
    firsts = [select(newest.where(Application.state == one).subquery().c.id) for one in states] or [newest]
    found = select(Application).where(Application.id.in_(union_all(*firsts)))
    return session.scalars(found.order_by(Application.id.desc()).limit(limit + 1)).all()


def applicant_counts(session: Session, actor: Actor) -> Mapping[str, int]:
    """How many applications an applicant has in each state."""
    return _counts(session, select(Application.state, func.count()).where(_mine(actor)))


def _counts(session: Session, statement: Select[str, int]) -> Mapping[str, int]:
    rows = session.execute(statement.group_by(Application.state))
    return {row[0]: row[1] for row in rows}


def body_of(session: Session, body_id: UUID | None) -> Body | None:
    """A body by its id."""
    return session.get(Body, body_id) if body_id else None
