"""What is known beside applications when they are reviewed: for one or for thousands with the same few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from accounts.public import Firm
from foundation.problems import InvalidInput
from foundation.words import field_words
from passes.application_queries import IN_HAND
from passes.catalogue import Catalogue
from passes.catalogue_models import Regime
from passes.models import Application, Pass
from passes.queries import HOLDING
from passes.rules import check_content
from passes.rules.applying import Finding, ReviewFacts, content_of, findings
from passes.rules.changing import CHANGES
from passes.rules.content import Content

CLEAN, WARNED, BARRED = "clean", "warned", "barred"
GROUPS = (CLEAN, WARNED, BARRED)
"""How applications are sorted for a reviewer: nothing noticed, something to think about, cannot be issued."""

REVISING = frozenset(purpose.value for purpose, change in CHANGES.items() if change.revises)
"""Purposes that keep the pass they are about: it stands in nobody's way."""


@dataclass(frozen=True)
class _Beside:
    """What the queries found, by application."""

    overlaps: Mapping[UUID, tuple[str, ...]]
    others: Mapping[UUID, int]
    firms: Mapping[UUID, str]
    regimes: "Regimes"


class Regimes:
    """The periods in which areas ask for passes (regime 启用状态), read once for many applications."""

    def __init__(self, rows: Iterable[tuple[str, int, Range[datetime]]]) -> None:
        self._periods: dict[tuple[str, int], list[Range[datetime]]] = {}
        for area, kind, period in rows:
            self._periods.setdefault((area, kind), []).append(period)

    def ask(self, known: Catalogue, content: Content, period: Range[datetime]) -> bool:
        """Whether a pass is asked for: one end of the route is enough (design.md 5)."""
        areas = {*known.upwards(content.origin), *known.upwards(content.destination)}
        periods = (one for area in areas for one in self._periods.get((area, content.kind), ()))
        return any(one.overlaps(period) for one in periods)


def findings_of(
    session: Session, applications: Sequence[Application], known: Catalogue, *, now: datetime
) -> dict[UUID, tuple[Finding, ...]]:
    """What the rules noticed about each of the applications, which must be complete; five queries for any number."""
    beside = _beside(session, applications)
    faults = _Faults(known, now)
    return {one.id: findings(_facts(one, beside, known, faults), now) for one in applications}


def group_of(found: Iterable[Finding]) -> str:
    """The group of an application by the worst of its findings."""
    tones = {one.tone for one in found}
    if "bad" in tones:
        return BARRED
    return WARNED if "warn" in tones else CLEAN


def _beside(session: Session, applications: Sequence[Application]) -> _Beside:
    ids = [one.id for one in applications]
    return _Beside(
        overlaps=_overlaps(session, ids),
        others=_others(session, ids),
        firms=_firm_states(session, applications),
        regimes=_regimes(session, applications),
    )


def _among(ids: Sequence[UUID]) -> Any:
    """One parameter for any number of ids."""
    return Application.id == any_(bindparam("ids", list(ids), ARRAY(Uuid())))


def _overlaps(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Numbers of the passes that hold the vehicle in the period asked for, but for the one an amendment is about."""
    ends = Application.not_before + func.make_interval(0, 0, 0, 0, Application.hours)
    same = and_(
        Pass.plate == Application.plate,
        Pass.plate_colour == Application.plate_colour,
        Pass.state.in_(HOLDING),
        Pass.validity.op("&&")(func.tstzrange(Application.not_before, ends)),
    )
    rows = session.execute(
        select(Application.id, Application.purpose, Application.about, Pass.number)
        .join_from(Application, Pass, same)
        .where(_among(ids))
        .order_by(Application.id, Pass.validity)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for application_id, purpose, about, number in rows:
        if number != about or purpose not in REVISING:
            found[application_id] = (*found.get(application_id, ()), number)
    return found


def _others(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many other applications for the same plate wait for a decision."""
    other = aliased(Application)
    same = and_(other.plate == Application.plate, other.id != Application.id, other.state.in_(IN_HAND))
    rows = session.execute(
        select(Application.id, func.count())
        .join_from(Application, other, same)
        .where(_among(ids))
        .group_by(Application.id)
    )
    return {row[0]: row[1] for row in rows}


def _firm_states(session: Session, applications: Sequence[Application]) -> dict[UUID, str]:
    firms = {one.firm_id for one in applications if one.firm_id is not None}
    if not firms:
        return {}
    rows = session.execute(select(Firm.id, Firm.state).where(Firm.id.in_(firms)))
    return {row.id: row.state for row in rows}


def _regimes(session: Session, applications: Sequence[Application]) -> Regimes:
    """The regimes of the whole time that is asked for."""
    periods = [(one.not_before, one.hours) for one in applications if one.not_before and one.hours]
    if not periods:
        return Regimes(())
    ends = (begin + timedelta(hours=hours) for begin, hours in periods)
    asked = Range(min(begin for begin, _hours in periods), max(ends))
    rows = session.execute(
        select(Regime.area, Regime.kind, Regime.period).where(Regime.period.op("&&")(asked))
    )
    return Regimes((row[0], row[1], row[2]) for row in rows)


def _facts(application: Application, beside: _Beside, known: Catalogue, faults: "_Faults") -> ReviewFacts:
    content = content_of(application)
    period = Range(content.not_before, content.not_after)
    return ReviewFacts(
        not_before=content.not_before,
        not_after=content.not_after,
        overlaps=beside.overlaps.get(application.id, ()),
        replaces=application.replaces,
        pass_is_asked_for=beside.regimes.ask(known, content, period),
        firm_state=beside.firms.get(application.firm_id) if application.firm_id else None,
        other_applications=beside.others.get(application.id, 0),
        drivers=len(content.drivers),
        faults=faults.of(content),
    )


class _Faults:
    """What the rules of today say of content that was checked when it was handed in; reference data may have changed."""

    def __init__(self, known: Catalogue, now: datetime) -> None:
        self._known, self._now = known, now

    def of(self, content: Content) -> tuple[str, ...]:
        """The words of everything that is wrong by now."""
        kind = self._known.kinds.get(content.kind)
        if kind is None:
            return ()
        try:
            check_content(content, kind, self._known, now=min(self._now, content.not_before))
        except InvalidInput as refused:
            return tuple(field_words(error.code, error.facts) for error in refused.errors)
        return ()
