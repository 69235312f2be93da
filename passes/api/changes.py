"""Changes of a firm's pass by its program: renewed, for another truck, for other drivers."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from foundation import clock
from foundation.api import Answer
from foundation.base import new_id
from foundation.problems import InvalidInput, field_problem
from passes.api.change_schemas import ChangeAnswer, DriversBody, RenewBody, VehicleBody
from passes.api.passes import number_or_not_found
from passes.api.room import CHANNEL, room
from passes.rules.changing import Why
from passes.schemas import read_application
from passes.service.changing import Outcome, change_drivers, change_vehicle, renew_pass
from passes.workshop import catalogue, tools

CAN_RAISE = (
    "pass.not_live",
    "pass.replaced",
    "pass.over",
    "pass.change_waiting",
    "pass.vehicle_taken",
    "pass.overlap",
    "pass.renewed",
    "pass.revisions_used_up",
    "change.nothing",
    "change.not_needed",
    "edit.conflict",
    "signing_key.missing",
    "serial.used_up",
)
SENDS = ("Location",)


@room.route(
    "/passes/<number>/renew",
    "POST",
    takes=RenewBody,
    gives=ChangeAnswer,
    status=201,
    problems=CAN_RAISE,
    idempotent=True,
    sends=SENDS,
)
@requires(Permission.APPLICATION_APPLY)
def renew(session: Session, asked: dict[str, Any], number: str) -> Answer:
    """A new pass for the same vehicle, route and goods, where the present one ends; within its last two days at once."""
    now = clock.now()
    outcome = renew_pass(
        session,
        current_actor(),
        number_or_not_found(number),
        new_id(),
        tools(session, now=now),
        now=now,
        hours=asked["hours"],
        from_now=asked["from_now"],
        channel=CHANNEL,
    )
    return _told(outcome)


@room.route(
    "/passes/<number>/vehicle",
    "POST",
    takes=VehicleBody,
    gives=ChangeAnswer,
    status=201,
    problems=CAN_RAISE,
    idempotent=True,
    sends=SENDS,
)
@requires(Permission.APPLICATION_APPLY)
def other_vehicle(session: Session, asked: dict[str, Any], number: str) -> Answer:
    """A new pass for another truck and what is left of the period, in place of the present one."""
    now = clock.now()
    values = _readable(session, asked, ("plate", "plate_colour"))
    vehicle = (values["plate"], values["plate_colour"])
    actor, bench = current_actor(), tools(session, now=now)
    found = number_or_not_found(number)
    return _told(change_vehicle(session, actor, found, new_id(), *vehicle, bench, now=now, channel=CHANNEL))


@room.route(
    "/passes/<number>/drivers",
    "POST",
    takes=DriversBody,
    gives=ChangeAnswer,
    status=201,
    problems=CAN_RAISE,
    idempotent=True,
    sends=SENDS,
)
@requires(Permission.APPLICATION_APPLY)
def other_drivers(session: Session, asked: dict[str, Any], number: str) -> Answer:
    """The same pass with other drivers; its code and paper are new, its links stay good."""
    now = clock.now()
    drivers = _readable(session, asked, ("drivers",))["drivers"]
    actor, bench = current_actor(), tools(session, now=now)
    found = number_or_not_found(number)
    return _told(change_drivers(session, actor, found, new_id(), drivers, bench, now=now, channel=CHANNEL))


def _readable(session: Session, asked: dict[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    """The fields as applications have them. Raises `InvalidInput` for what is missing or cannot be read."""
    values, unread = read_application(asked, catalogue(session, now=clock.now()))
    named = {problem.field.partition(".")[0] for problem in unread}
    missing = (name for name in needed if values.get(name) is None and name not in named)
    problems = (*unread, *(field_problem(name, "field.required") for name in missing))
    if problems:
        raise InvalidInput(*problems)
    return values


def _told(outcome: Outcome) -> Answer:
    found = outcome.application
    content = {
        "application": str(found.id),
        "slip": found.slip,
        "state": found.state,
        "pass_number": outcome.number,
        "why": [Why(why).value for why in outcome.why],
    }
    return Answer(content, headers={"Location": url_for("passes_api.application", application_id=found.id)})
