"""Checking rows of a batch: each as a form would be, and all together against what a few queries tell of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field
from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from foundation.clock import SHOWN_IN
from foundation.i18n import moment_words
from foundation.problems import FieldProblem, InvalidInput, field_problem
from passes.application_queries import owns
from passes.catalogue import Catalogue, Kind
from passes.catalogue_models import Regime
from passes.models import Application, Pass
from passes.queries import HOLDING, choose_body
from passes.rules.applying import check_asked
from passes.rules.batches import Ride
from passes.rules.content import Content
from passes.rules.moves import ApplicationState
from passes.rules.plates import normalise_plate
from passes.schemas import Hours, Instant, counties_named, read_application

COUNTIES = ("area", "origin", "destination")
"""The fields whose county may decide, in this order."""
SENT = (
    ApplicationState.SUBMITTED.value,
    ApplicationState.IN_REVIEW.value,
    ApplicationState.RETURNED.value,
    ApplicationState.ISSUED.value,
)
"""States in which an application has been sent and not been given up."""
SAME = ("plate_colour", "goods", "origin", "destination", "stops", "roads", "not_before", "hours", "drivers")
"""Two rows for one vehicle that agree in all of this ask for the same."""


@dataclass(frozen=True)
class Row:
    """A row to be checked: what was typed, what the file could not tell, and the rows that meet it in the file."""

    position: int
    plain: Mapping[str, Any]
    unread: tuple[FieldProblem, ...] = ()
    twins: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ask:
    """What a good row asks for, ready to become an application."""

    content: Content
    values: Mapping[str, Any]
    body: Body
    area: str
    replaces: str | None


@dataclass(frozen=True)
class Checked:
    """What is wrong with a row, what is told without being wrong, and what it asks for when nothing is.

    `sent` is the slip of the application that asks for the same already.
    """

    position: int
    problems: tuple[FieldProblem, ...]
    remarks: tuple[FieldProblem, ...] = ()
    sent: str | None = None
    ask: Ask | None = None


@dataclass
class Gazetteer:
    """Counties by the words rows use for them: a file names few counties in thousands of rows."""

    known: Catalogue
    _codes: dict[str, str] = field(default_factory=dict)

    def with_codes(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """The same plain application with codes for names that mean one county; others are left to be named."""
        coded = {name: self._code(plain[name]) for name in COUNTIES if name in plain}
        stops = plain.get("stops")
        if isinstance(stops, list):
            coded["stops"] = [self._code(stop) for stop in stops]
        return {**plain, **coded}

    def _code(self, words: Any) -> Any:
        if not isinstance(words, str):
            return words
        if words not in self._codes:
            found = counties_named(self.known, "".join(words.split()))
            self._codes[words] = found[0] if len(found) == 1 else words
        return self._codes[words]


@dataclass(frozen=True)
class _Read:
    """A row after its own checks; `kind` and `period` where its fields tell them."""

    row: Row
    values: Mapping[str, Any]
    problems: tuple[FieldProblem, ...]
    content: Content | None
    kind: Kind | None
    period: Range[datetime] | None


@dataclass(frozen=True)
class _Facts:
    """What the database knows about the vehicles, times and places of some rows."""

    known: Catalogue
    on: date
    bodies: Sequence[Body]
    regimes: Sequence[Regime]
    passes: Mapping[str, Sequence[Pass]]
    sent: Mapping[str, Sequence[Application]]
    chosen: dict[tuple[int, int, str], Body | None] = field(default_factory=dict)

    def body(self, kind: Kind, goods: int, county: str) -> Body | None:
        """`deciding_body`, asked once for all rows alike."""
        key = (kind.number, goods, county)
        if key not in self.chosen:
            self.chosen[key] = choose_body(self.bodies, self.known, kind, goods, county, on=self.on)
        return self.chosen[key]


def ride_of(position: int, plain: Mapping[str, Any]) -> Ride | None:
    """A row as other rows of its file see it; None for one without a vehicle."""
    plate = normalise_plate(str(plain.get("plate") or ""))
    if not plate:
        return None
    begins = _readable(Instant(), plain.get("not_before"))
    hours = _readable(Hours(), plain.get("hours"))
    ends = begins + timedelta(hours=max(hours, 1)) if begins is not None and hours is not None else None
    return Ride(position, plate, begins, ends)


def _readable(reader: Field[Any], text: Any) -> Any:
    try:
        return reader.deserialize(text) if text not in (None, "") else None
    except ValidationError:
        return None


def check_rows(
    session: Session, owner: Actor, rows: Sequence[Row], names: Gazetteer, *, now: datetime
) -> list[Checked]:
    """Each row by the rules of a form, then all against what four queries tell, however many rows there are."""
    read = [_read(row, names, now) for row in rows]
    facts = _gather(session, owner, read, names.known, now)
    return [_judge(owner, one, facts) for one in read]


def _read(row: Row, names: Gazetteer, now: datetime) -> _Read:
    known = names.known
    values, unread = read_application(names.with_codes(row.plain), known)
    kind = _kind(known, values)
    content: Content | None = None
    problems: tuple[FieldProblem, ...] = ()
    try:
        content = check_asked(
            values, (kind.number, kind) if kind else None, known, (*row.unread, *unread), now=now
        )
    except InvalidInput as refused:
        problems = refused.errors
    return _Read(row, values, problems, content, kind, _period(values))


def _kind(known: Catalogue, values: Mapping[str, Any]) -> Kind | None:
    origin, destination = values.get("origin"), values.get("destination")
    return known.kind_for(origin, destination) if origin and destination else None


def _period(values: Mapping[str, Any]) -> Range[datetime] | None:
    begin, hours = values.get("not_before"), values.get("hours")
    return Range(begin, begin + timedelta(hours=hours)) if begin and hours and hours > 0 else None


def _gather(session: Session, owner: Actor, read: Sequence[_Read], known: Catalogue, now: datetime) -> _Facts:
    plates = {one.values["plate"] for one in read if one.values.get("plate")}
    counties = {code for one in read for name in COUNTIES if (code := one.values.get(name))}
    areas = set(chain.from_iterable(map(known.upwards, counties)))
    periods = [one.period for one in read if one.period]
    span = _span(periods)
    return _Facts(
        known=known,
        on=now.astimezone(SHOWN_IN).date(),
        bodies=session.scalars(select(Body).where(Body.area.in_(areas), Body.merged_into.is_(None))).all(),
        regimes=session.scalars(
            select(Regime).where(Regime.area.in_(areas), Regime.period.op("&&")(span))
        ).all()
        if span
        else (),
        passes=_by_plate(
            session.scalars(
                select(Pass)
                .where(Pass.plate.in_(plates), Pass.state.in_(HOLDING), Pass.validity.op("&&")(span))
                .order_by(Pass.validity)
            )
        )
        if span
        else {},
        sent=_by_plate(session.scalars(_own_sent(owner, plates))),
    )


def _span(periods: Sequence[Range[datetime]]) -> Range[datetime] | None:
    """The time from the first beginning to the last end."""
    begins = [period.lower for period in periods if period.lower]
    ends = [period.upper for period in periods if period.upper]
    return Range(min(begins), max(ends)) if begins else None


def _own_sent(owner: Actor, plates: Iterable[str]) -> Any:
    mine = (
        Application.firm_id == owner.firm_id
        if owner.firm_id
        else and_(Application.person_id == owner.id, Application.firm_id.is_(None))
    )
    return select(Application).where(Application.plate.in_(plates), Application.state.in_(SENT), mine)


def _by_plate(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.plate, []).append(row)
    return found


def _judge(owner: Actor, one: _Read, facts: _Facts) -> Checked:
    sent = _same_sent(one, facts)
    if sent is not None:
        told = field_problem("plate", "batch.already_sent", slip=sent)
        return Checked(one.row.position, (told,), sent=sent)
    held = _held(one, facts)
    own = next((found for found in held if owns(owner, found)), None)
    body = _body(one, facts)
    problems = (*one.problems, *_beside(one, own, body, facts))
    ask = None
    if not problems and one.content is not None and body is not None:
        ask = Ask(one.content, one.values, body[0], body[1], own.number if own else None)
    return Checked(one.row.position, problems, tuple(_remarks(held, owner)), ask=ask)


def _beside(
    one: _Read, own: Pass | None, body: tuple[Body, str] | None, facts: _Facts
) -> Iterator[FieldProblem]:
    """What the form of one application would be told beside its fields."""
    if one.row.twins:
        yield field_problem("plate", "batch.same_vehicle", rows=list(one.row.twins))
    open_one = _open_on_route(one, facts)
    if open_one is not None:
        yield field_problem("plate", "batch.open_application", slip=open_one.slip)
    if own is not None and not one.values.get("replaces"):
        yield field_problem("replaces", "application.has_pass", number=own.number)
    if one.kind and one.period and not _needed(one.kind, one, facts):
        yield field_problem("destination", "batch.not_needed")
    if body is None and one.content is not None:
        yield field_problem("area", "application.no_body")


def _remarks(held: Sequence[Pass], owner: Actor) -> Iterator[FieldProblem]:
    """A pass of somebody else is told without its number; whether it stands in the way is for the body to say."""
    for found in held[:1]:
        if not owns(owner, found):
            yield field_problem("plate", "batch.held_elsewhere", until=moment_words(found.validity.upper))


def _held(one: _Read, facts: _Facts) -> list[Pass]:
    """The passes that hold the vehicle of a row in its period."""
    period, colour = one.period, one.values.get("plate_colour")
    return [
        found
        for found in facts.passes.get(one.values.get("plate") or "", ())
        if period is not None
        and found.validity.overlaps(period)
        and (colour is None or found.plate_colour == colour)
    ]


def _same_sent(one: _Read, facts: _Facts) -> str | None:
    """The slip of an own application that asks for the same and has not come to nothing since."""
    live = {found.number for found in _held(one, facts)}
    for sent in facts.sent.get(one.values.get("plate") or "", ()):
        over = sent.state == ApplicationState.ISSUED and sent.pass_number not in live
        if not over and all(_plain(getattr(sent, name)) == _plain(one.values.get(name)) for name in SAME):
            return sent.slip
    return None


def _plain(value: Any) -> Any:
    return None if value in ([], (), "") else value


def _open_on_route(one: _Read, facts: _Facts) -> Application | None:
    """An own application for the same vehicle and route that waits, in a time that meets the one of the row."""
    for sent in facts.sent.get(one.values.get("plate") or "", ()):
        route = (one.values.get("origin"), one.values.get("destination"))
        waits = sent.state != ApplicationState.ISSUED and (sent.origin, sent.destination) == route
        period = _period({"not_before": sent.not_before, "hours": sent.hours})
        if waits and period and one.period and period.overlaps(one.period):
            return sent
    return None


def _needed(kind: Kind, one: _Read, facts: _Facts) -> bool:
    """`needed` for one row: one end of the route is enough."""
    ends = (one.values["origin"], one.values["destination"])
    areas = set(chain.from_iterable(map(facts.known.upwards, ends)))
    return any(
        regime.kind == kind.number
        and regime.area in areas
        and one.period
        and regime.period.overlaps(one.period)
        for regime in facts.regimes
    )


def _body(one: _Read, facts: _Facts) -> tuple[Body, str] | None:
    """`deciding` for one row: the body, and the county it was found by."""
    goods = one.values.get("goods")
    if one.kind is None or goods is None:
        return None
    for county in (one.values.get(name) for name in COUNTIES):
        body = facts.body(one.kind, goods, county) if county else None
        if county and body:
            return body, county
    return None
