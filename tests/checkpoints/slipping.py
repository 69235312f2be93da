"""Slips for tests: as a phone sends them, and taken in."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, ActorKind, permissions_of_scopes
from accounts.service.devices import make_device_token
from checkpoints.models import Slip
from checkpoints.rules_slip import slip_code
from checkpoints.slip_schemas import SlipBody
from checkpoints.slips import slip_asked, take_slip
from foundation import clock
from foundation.parsing import load
from tests.builders import a_plate, some_tools
from tests.checkpoints.roadside import HERE

_counts = count(1)


def a_slip(now: datetime, **changes: Any) -> dict[str, Any]:
    """A request for a pass from `HERE` to 长春南关, as a phone sends it."""
    number = next(_counts)
    return {
        "event_id": str(uuid4()),
        "code": slip_code(f"S{number // 10000:03d}", number % 10000),
        "checkpoint": HERE,
        "plate": a_plate(),
        "plate_colour": 1,
        "goods": 12,
        "goods_words": None,
        "destination": "220102",
        "driver_last4": "123X",
        "phone": None,
        "made_at": now.isoformat(),
        "time_low": now.isoformat(),
        "time_high": now.isoformat(),
        "offline": False,
        **changes,
    }


def a_phone(session: Session, checkpoint: str = HERE, *, by: Actor = COMMAND_LINE) -> Actor:
    """A device at a checkpoint, as an acting party."""
    row, _token = make_device_token(session, by, "手机", checkpoint, now=clock.now())
    may = permissions_of_scopes(ActorKind.DEVICE, row.scopes)
    return Actor(ActorKind.DEVICE, row.id, may, checkpoint_code=checkpoint)


def sent(session: Session, actor: Actor, slip: dict[str, Any], now: datetime) -> Slip:
    """Take a slip in."""
    asked = slip_asked(load(SlipBody(), slip))
    return take_slip(session, actor, asked, some_tools(session, now), now=now)


def sender(phone: UUID | None, slip: dict[str, Any], now: datetime) -> Callable[[Session], Slip]:
    """The same as a work of a race, by a phone that is there already."""

    def work(session: Session) -> Slip:
        may = permissions_of_scopes(ActorKind.DEVICE, ["pass:issue_on_the_spot", "scan:record"])
        found = sent(session, Actor(ActorKind.DEVICE, phone, may, checkpoint_code=HERE), slip, now)
        session.expunge(found)
        return found

    return work
