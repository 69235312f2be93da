"""Vehicles, drivers and routes of applicants for tests, built through the services."""

from typing import Any

from sqlalchemy.orm import Session

from accounts.permissions import Actor
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.rules.library import DriverGiven, RouteGiven, VehicleGiven
from passes.service.library import add_route, add_vehicle
from passes.service.library_drivers import add_driver
from tests.builders import NOON, a_plate, some_tools

WHOLE = "11010119900307109X"
"""An identity number with a right check digit that stands for nobody."""


def a_vehicle(session: Session, actor: Actor, **given: Any) -> Vehicle:
    """A vehicle of the library."""
    wanted = VehicleGiven(**{"plate": a_plate(), "plate_colour": 1, **given})
    return add_vehicle(session, actor, wanted, now=NOON)[0]


def a_driver(session: Session, actor: Actor, **given: Any) -> LibraryDriver:
    """A driver of the library, known by the whole identity number."""
    wanted = DriverGiven(**{"name": "李四", "phone": "13900001234", "identity": WHOLE, **given})
    return add_driver(session, actor, wanted, now=NOON)[0]


def a_route(session: Session, actor: Actor, **given: Any) -> SavedRoute:
    """长春南关 to 北京大兴 by G1, with eggs and milk."""
    content: dict[str, Any] = {
        "name": "长春—大兴",
        "origin": "220102",
        "destination": "110115",
        "stops": ("210102",),
        "roads": ("G1", "G102"),
        "goods": 12,
        "hours": 48,
    }
    known = some_tools(session).catalogue
    return add_route(session, actor, RouteGiven(**{**content, **given}), known, now=NOON)
