"""Two hundred applications of the last days and what became of each."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor
from accounts.public import Body, Firm
from foundation import clock
from foundation.base import new_id
from foundation.database import transaction
from passes.models import Application
from passes.public import (
    Catalogue,
    PassAction,
    PassReason,
    Tools,
    catalogue,
    change_pass,
    tools,
    workshop,
)
from passes.rules import RefuseReason
from passes.service import drafting, reviewing
from seeds.demo.batches import make_batches
from seeds.demo.library import DRIVERS, make_library
from seeds.demo.people import PASSWORD, make_people, staff_of
from seeds.demo.roadside import make_devices, make_scans, make_seal, make_slips
from seeds.demo.shifts import make_shifts

APPLICATIONS = 200
SEED = 20220416
"""The day of the press conference: the world is the same each time, but for its dates."""
NOTES = (
    {"goods_words": "请写明具体货物名称和数量，便于核对。"},
    {"plate": "与附近卡口登记的车牌不一致，请核对。", "hours": "往返两趟，建议申请 72 小时。"},
    {"contact_phone": "电话无人接听，请更换能接通的号码。"},
)
REFUSALS = (
    (RefuseReason.NOT_KEY_GOODS, "所填货物为办公家具。"),
    (RefuseReason.NO_ANSWER, "三次致电均未接通。"),
    (RefuseReason.FALSE_DATA, "企业证明与申请内容不符。"),
    (RefuseReason.WRONG_BODY, ""),
)
DESTINATIONS = ("110115", "210102", "370102", "120112", "230103", "150502", "330106", "440106")
ROADS = ("G1", "G11", "G12", "G25", "G45", "G102", "G202")
SPRING = (23, 24, 25, 26, 27, 28)
"""Seed, fertiliser and what else the spring ploughing waits for."""


@dataclass(frozen=True)
class Fate:
    """What becomes of an application, how many of them there are, and how many hours ago they were sent."""

    name: str
    count: int
    hours_ago: tuple[int, int]


FATES = (
    Fate("live", 72, (1, 40)),
    Fate("expired", 18, (90, 140)),
    Fate("suspended", 6, (3, 30)),
    Fate("revoked", 8, (3, 60)),
    Fate("surrendered", 5, (3, 60)),
    Fate("superseded", 6, (20, 40)),
    Fate("submitted", 30, (0, 5)),
    Fate("in_review", 5, (0, 1)),
    Fate("returned", 14, (1, 30)),
    Fate("refused", 18, (2, 60)),
    Fate("withdrawn", 9, (1, 60)),
    Fate("draft", 9, (0, 20)),
)


def may_load_demo(session: Session) -> bool:
    """Never where a firm lives that is none of a demo, nor twice."""
    return not session.scalar(select(exists(select(Firm.id))))


def load_demo(app: Flask) -> bool:
    """Make the demo world unless there is a firm already; says whether it did.

    All of it or nothing: half a world would never be finished, because the next start finds its firm.
    """
    now = clock.now()
    with app.app_context(), transaction() as session:
        if not may_load_demo(session):
            return False
        week_ago = now - timedelta(days=7)
        people = make_people(session, now=week_ago)
        make_seal(session, people["officer"], people["admin"], workshop().fonts, now=week_ago)
        builder = _Builder(people, now)
        for fate, moment in builder.plan():
            builder.make(session, fate, moment)
        make_library(session, people["firm"], catalogue(session, now=now), now=now)
        make_batches(session, people["firm"], people["officer"], tools(session, now=now), now=now)
        make_scans(session, people["staff"], builder.chance, now=now)
        make_slips(session, people["staff"], tools(session, now=now), now=now)
        make_devices(session, people["staff"], people["lead"], now=now)
        make_shifts(session, people["staff"], builder.chance, now=now)
    return True


class _Builder:
    """Makes the world piece by piece."""

    def __init__(self, people: dict[str, Actor], now: datetime) -> None:
        self.people = people
        self.now = now
        self.chance = random.Random(SEED)  # noqa: S311 - a repeatable world, not a secret
        self.staff: dict[UUID, Actor] = {
            actor.body_id: actor for actor in (people["officer"], people["control"]) if actor.body_id
        }
        self.plates = iter(self.chance.sample(range(10_000, 99_999), APPLICATIONS * 2))

    def plan(self) -> Iterator[tuple[str, datetime]]:
        """Every application's fate and moment, the oldest first, as a register would have met them."""
        planned = [
            (
                fate.name,
                self.now
                - timedelta(minutes=self.chance.randint(fate.hours_ago[0] * 60 + 2, fate.hours_ago[1] * 60)),
            )
            for fate in FATES
            for _ in range(fate.count)
        ]
        return iter(sorted(planned, key=lambda entry: entry[1]))

    def make(self, session: Session, fate: str, moment: datetime) -> None:
        """One application from its form to its fate."""
        applicant = self._applicant()
        known = catalogue(session, now=self.now)
        values = self._values(fate, moment)
        if fate == "draft":
            drafting.save_draft(session, applicant, new_id(), values, now=moment)
            return
        found = drafting.hand_in(session, applicant, new_id(), values, known, now=moment)
        if fate == "withdrawn":
            drafting.withdraw(session, applicant, found.id, now=moment + timedelta(minutes=1))
        elif fate != "submitted":
            self._decide(session, found, fate, moment + timedelta(minutes=self.chance.randint(1, 2)))

    def _applicant(self) -> Actor:
        """Half of all by the firm of the printed login, some by an owner-driver, the rest by the other firms."""
        name = self.chance.choices(
            ["firm", "driver", *(f"firm{n}" for n in range(2, 9))], weights=[8, 2, 1, 1, 1, 1, 1, 1, 1]
        )[0]
        return self.people[name]

    def _values(self, fate: str, moment: datetime) -> dict[str, Any]:
        within = self.chance.random() < 0.15
        spring = self.chance.random() < 0.7
        new_energy = self.chance.random() < 0.1
        number = next(self.plates)
        return {
            "plate": f"吉AD{number}" if new_energy else f"吉{self.chance.choice('ABCDEFGHJ')}{number}",
            "plate_colour": 2 if new_energy else self.chance.choice((0, 1, 1)),
            "goods": self.chance.choice(SPRING) if spring else self.chance.choice((1, 7, 9, 32, 36, 41, 46)),
            "goods_words": self.chance.choice(
                (None, "玉米种子 28 吨", "复合肥 30 吨", "水稻育苗棚膜", "高速插秧机配件")
            ),
            "origin": "220102",
            "destination": self.chance.choice(("220202", "220702", "222404"))
            if within
            else self.chance.choice(DESTINATIONS),
            "stops": ["220202"] if within and self.chance.random() < 0.2 else [],
            "roads": self.chance.sample(ROADS, self.chance.randint(1, 3)),
            "area": "220102",
            "not_before": (moment - timedelta(minutes=30)).replace(second=0, microsecond=0),
            "hours": self.chance.choice((24, 48, 72))
            if fate == "expired"
            else self.chance.choice((72, 120, 168)),
            "drivers": [
                driver.named for driver in self.chance.sample(DRIVERS, self.chance.choice((0, 1, 1, 1, 2)))
            ],
            "contact_phone": f"0431-0530{self.chance.randint(0, 9999):04d}",
        }

    def _officer(self, session: Session, body_id: UUID) -> Actor:
        if body_id not in self.staff:
            body = session.get_one(Body, body_id)
            self.staff[body_id] = staff_of(session, body, PASSWORD, now=self.now - timedelta(days=7))
        return self.staff[body_id]

    def _decide(self, session: Session, found: Application, fate: str, moment: datetime) -> None:
        if found.body_id is None:
            raise ValueError("an application that was handed in has a body")
        officer = self._officer(session, found.body_id)
        reviewing.take(session, officer, found.id, now=moment)
        moment += timedelta(minutes=self.chance.choice((1, 1, 2, 4, 9)))
        if fate == "returned":
            reviewing.return_(session, officer, found.id, self.chance.choice(NOTES), now=moment)
        elif fate == "refused":
            reason, words = self.chance.choice(REFUSALS)
            reviewing.refuse(session, officer, found.id, reason, words or None, now=moment)
        elif fate != "in_review":
            self._issue(session, officer, found, fate, moment)

    def _issue(
        self, session: Session, officer: Actor, found: Application, fate: str, moment: datetime
    ) -> None:
        bench = tools(session, now=self.now)
        issued = reviewing.issue(session, officer, found.id, bench, now=moment)
        later = moment + timedelta(minutes=self.chance.randint(20, 100))
        if fate == "superseded":
            self._replace(session, officer, found, bench, later)
        elif fate in STOPS:
            for actor, action, reason in STOPS[fate]:
                change_pass(session, actor, issued.number, action, reason=reason, now=later)

    def _replace(
        self, session: Session, officer: Actor, found: Application, bench: Tools, moment: datetime
    ) -> None:
        """The same vehicle asks again, with another road, and takes the new pass in place of the old."""
        applicant = next(
            a
            for a in self.people.values()
            if a.firm_id == found.firm_id and (a.firm_id or a.id == found.person_id)
        )
        known: Catalogue = bench.catalogue
        values = {
            name: getattr(found, name)
            for name in ("plate", "plate_colour", "goods", "origin", "area", "contact_phone")
        }
        values |= {
            "destination": found.destination,
            "roads": ["G102"],
            "not_before": (moment - timedelta(minutes=30)).replace(second=0, microsecond=0),
            "hours": 72,
            "replaces": True,
        }
        again = drafting.hand_in(session, applicant, new_id(), values, known, now=moment)
        reviewing.take(session, officer, again.id, now=moment)
        reviewing.issue(session, officer, again.id, bench, now=moment + timedelta(minutes=2))


STOPS: dict[str, tuple[tuple[Actor, PassAction, PassReason], ...]] = {
    "suspended": ((COMMAND_LINE, PassAction.SUSPEND, PassReason.MISUSE),),
    "revoked": ((COMMAND_LINE, PassAction.REVOKE, PassReason.FALSE_DATA),),
    "surrendered": ((COMMAND_LINE, PassAction.SURRENDER, PassReason.LOST),),
}
