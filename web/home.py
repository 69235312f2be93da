"""The first page of each role: figures that open the rows behind them, and the ways out of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from accounts.public import pending_firms
from foundation.i18n import lazy_gettext as _
from passes.public import TripLine, applicant_counts, catalogue, ending_count, queue_counts, trip_lines


@dataclass(frozen=True)
class Figure:
    """A number with its words, where its rows are, and its tone."""

    value: int
    words: Any
    url: str
    tone: str = "idle"


def figures(session: Session, actor: Actor, *, now: datetime) -> list[Figure]:
    """What this party should see first; at most two queries a role."""
    return [*_applicant(session, actor, now), *_officer(session, actor, now), *_administrator(session, actor)]


def trips(session: Session, actor: Actor, *, now: datetime) -> Sequence[TripLine]:
    """The last trips of an applicant, each two clicks from being asked for again."""
    return trip_lines(session, actor, catalogue(session, now=now))


def _applicant(session: Session, actor: Actor, now: datetime) -> Iterator[Figure]:
    if not actor.may(Permission.APPLICATION_APPLY):
        return
    counts = applicant_counts(session, actor)
    returned = counts.get("returned", 0)
    yield Figure(returned, _("退回待补正"), "/applications?state=returned", "warn" if returned else "idle")
    waiting = counts.get("submitted", 0) + counts.get("in_review", 0)
    yield Figure(waiting, _("等待审核"), "/applications?state=waiting", "info")
    ending = ending_count(session, actor, now=now)
    yield Figure(ending, _("48 小时内到期"), "/passes/ending", "warn" if ending else "idle")
    yield Figure(counts.get("issued", 0), _("已核发"), "/applications?state=issued", "good")
    yield Figure(counts.get("draft", 0), _("草稿"), "/applications?state=draft")


def _officer(session: Session, actor: Actor, now: datetime) -> Iterator[Figure]:
    if not actor.may(Permission.APPLICATION_REVIEW):
        return
    counts = queue_counts(session, actor, now)
    yield Figure(counts.waiting, _("待审申请"), "/queue", "warn" if counts.waiting else "good")
    yield Figure(counts.mine, _("我在审核"), "/queue?part=mine", "info")
    yield Figure(counts.returned, _("已退回，等申请人"), "/queue?part=returned")


def _administrator(session: Session, actor: Actor) -> Iterator[Figure]:
    if not actor.may(Permission.FIRM_MANAGE):
        return
    waiting = pending_firms(session, actor)
    yield Figure(waiting, _("待审批企业"), "/firms?state=pending", "warn" if waiting else "good")
