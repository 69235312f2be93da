"""The library of the demo firm: twelve vehicles it has applied with, eight drivers, three routes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from foundation.clock import SHOWN_IN
from passes.models import Application
from passes.public import Catalogue
from passes.rules.library import DriverGiven, RouteGiven, VehicleGiven
from passes.service.library import add_route, add_vehicle
from passes.service.library_drivers import add_driver

VEHICLES = 12
AREA = "220102"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
"""Weights and check characters of an identity number (GB 11643-1999, annex A; modulus 11)."""
CALLED = (
    "冷藏 1 号",
    "冷藏 2 号",
    None,
    "重汽 9 米 6",
    None,
    "解放 J6 自卸",
    None,
    "高栏 13 米",
    None,
    None,
    "散装粮罐车",
    None,
)
PAPERS = (400, 300, 12, None, 220, -3, 95, None, 25, 180, 510, None)
"""In how many days the 道路运输证 of each vehicle ends; one of them has ended."""


@dataclass(frozen=True)
class DemoDriver:
    """A driver who does not exist: the serials 996 to 999 were kept for people of a hundred years."""

    name: str
    born: date
    serial: int

    @property
    def identity(self) -> str:
        """An identity number with a right check digit (GB 11643-1999: the sum of all, weighted, is 1 modulus 11)."""
        stem = f"{AREA}{self.born:%Y%m%d}{self.serial:03d}"
        total = sum(int(digit) * weight for digit, weight in zip(stem, WEIGHTS, strict=True))
        return stem + CHECK[total % 11]

    @property
    def phone(self) -> str:
        """A number that begins with 100, as no mobile phone's does."""
        return f"100{self.born:%Y%m%d}"

    @property
    def named(self) -> dict[str, Any]:
        """The driver as an application names one."""
        return {"name": self.name, "phone": self.phone, "last4": self.identity[-4:]}


DRIVERS = (
    DemoDriver("刘志国", date(1975, 3, 9), 997),
    DemoDriver("欧阳建军", date(1968, 11, 30), 999),
    DemoDriver("马秀英", date(1981, 7, 2), 996),
    DemoDriver("金哲", date(1990, 1, 17), 997),
    DemoDriver("阿卜杜热合曼·买买提", date(1986, 5, 23), 999),
    DemoDriver("白雪", date(1993, 12, 5), 998),
    DemoDriver("宋长江", date(1972, 8, 14), 997),
    DemoDriver("邵春生", date(1979, 2, 27), 999),
)
ROUTES = (
    RouteGiven(
        name="长春—北京大兴 化肥",
        origin="220102",
        destination="110115",
        roads=("G1",),
        goods=24,
        goods_words="复合肥 30 吨",
        hours=72,
    ),
    RouteGiven(
        name="长春—沈阳 种子",
        origin="220102",
        destination="210102",
        roads=("G1",),
        goods=23,
        goods_words="玉米种子 28 吨",
        hours=48,
    ),
    RouteGiven(
        name="长春—珲春 经吉林", origin="220102", destination="222404", stops=("220202",), roads=("G12",)
    ),
)


def make_library(session: Session, actor: Actor, known: Catalogue, *, now: datetime) -> None:
    """Fill the library of an applicant, through the services."""
    today = now.astimezone(SHOWN_IN).date()
    for place, (plate, colour) in enumerate(_vehicles(session, actor)):
        days = PAPERS[place]
        given = VehicleGiven(
            plate=plate,
            plate_colour=colour,
            words=CALLED[place],
            papers_end_on=today + timedelta(days=days) if days is not None else None,
        )
        add_vehicle(session, actor, given, now=now)
    for driver in DRIVERS:
        given_driver = DriverGiven(name=driver.name, phone=driver.phone, identity=driver.identity)
        add_driver(session, actor, given_driver, now=now)
    for route in ROUTES:
        add_route(session, actor, route, known, now=now)


def _vehicles(session: Session, actor: Actor) -> list[tuple[str, int]]:
    """The vehicles the applicant asked for last."""
    newest = session.execute(
        select(Application.plate, Application.plate_colour)
        .where(Application.firm_id == actor.firm_id, Application.submitted_at.is_not(None))
        .order_by(Application.id.desc())
    )
    vehicles = dict.fromkeys((row[0], row[1]) for row in newest)
    return [(plate, colour) for plate, colour in vehicles if plate and colour is not None][:VEHICLES]
