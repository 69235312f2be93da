"""What can be told before an application is handed in: is a pass needed, who decides, how long, is there one already."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from foundation.clock import SHOWN_IN
from foundation.problems import InvalidInput
from passes.application_queries import deciding, expected_wait, live_pass_of, needed, other_open, owns
from passes.catalogue import Catalogue, Kind
from passes.models import Application, Pass
from passes.rules import parse_plate


@dataclass(frozen=True)
class Outlook:
    """What is known of an unfinished form; None where its fields do not tell yet.

    `existing` is the applicant's own pass of the vehicle; of somebody else's only the end is told.
    """

    kind: Kind | None = None
    needed: bool | None = None
    body: Body | None = None
    wait: timedelta | None = None
    existing: Pass | None = None
    held_until: datetime | None = None
    waiting: int = 0

    @property
    def says_something(self) -> bool:
        """Whether there is anything to tell yet."""
        return bool(self.kind or self.existing or self.held_until or self.waiting)


def look_ahead(
    session: Session,
    actor: Actor,
    values: Mapping[str, Any],
    known: Catalogue,
    *,
    now: datetime,
    but: Application | None = None,
) -> Outlook:
    """What the fields read so far tell; `but` is the application itself, which is not counted."""
    period = _period(values, now)
    held = _held(session, values, period)
    own = held if held is not None and owns(actor, held) else None
    waiting = other_open(session, values["plate"], but.id if but else None) if _plate(values) else 0
    about = Outlook(
        existing=own,
        held_until=held.validity.upper if held is not None and own is None else None,
        waiting=waiting,
    )
    origin, destination = values.get("origin"), values.get("destination")
    if origin is None or destination is None:
        return about
    kind = known.kind_for(origin, destination)
    found = deciding(session, known, kind, values, on=now.astimezone(SHOWN_IN).date())
    body = found[0] if found else None
    return replace(
        about,
        kind=kind,
        needed=needed(session, known, origin, destination, period),
        body=body,
        wait=expected_wait(session, body.id) if body else None,
    )


def _plate(values: Mapping[str, Any]) -> str | None:
    """The plate, once it is one."""
    text = values.get("plate")
    try:
        return parse_plate(text).text if text else None
    except InvalidInput:
        return None


def _held(session: Session, values: Mapping[str, Any], period: Range[datetime]) -> Pass | None:
    plate = _plate(values)
    return live_pass_of(session, plate, values.get("plate_colour"), period) if plate else None


def _period(values: Mapping[str, Any], now: datetime) -> Range[datetime]:
    begin = values.get("not_before") or now
    return Range(begin, begin + timedelta(hours=max(values.get("hours") or 1, 1)))
