"""What an officer may do at the roadside, what it asks of him, and when an event is too old to be believed.

The rule behind it, of the whole country: a pass proves that a load is needed and gives priority; no place may
stop a vehicle only because it has none, when it meets the rules against the epidemic (briefing of the State
Council of 2022-05-11; 国办发明电〔2022〕3号 on what checkpoints may do at all).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

UNDO_WITHIN: Final = timedelta(minutes=2)
"""How long an action can be undone (design.md 7)."""

OLDEST: Final = timedelta(days=90)
"""An event that certainly happened earlier is refused: no phone keeps one that long, a wrong clock does."""

AHEAD: Final = timedelta(days=1)
"""An event that certainly happened later than this after now is refused: it was made by a wrong clock."""

CLOCK_OFF: Final = timedelta(minutes=5)
"""A device whose clock is further off than this has its events marked (credential format, section 6)."""

MOST_EVENTS: Final = 1000
"""Events in one upload (design.md 7)."""

UNREAD: Final = "?"
"""The plate of a scan in which no plate could be read."""


class Standing(StrEnum):
    """How a vehicle stands before the officer once it has a verdict."""

    GOOD = "good"
    CHECK = "check"
    NOT_VALID = "not_valid"
    LIKE_NO_PASS = "like_no_pass"  # noqa: S105 - the name of a standing, not a password
    NO_PASS = "no_pass"  # noqa: S105 - the name of a standing, not a password


class RoadsideAction(StrEnum):
    """What the officer did."""

    PASSED = "passed"
    TURNED_BACK = "turned_back"
    HELD = "held"
    UNDONE = "undone"


class Means(StrEnum):
    """How a scan came about."""

    CAMERA = "camera"
    PICTURE = "picture"
    TYPED = "typed"
    BOOK = "book"
    ADDRESS = "address"
    PLATE = "plate"


class RefusalReason(StrEnum):
    """Why a vehicle that may go on was turned back or held."""

    NO_TEST = "no_test"
    HEALTH_CODE = "health_code"
    FEVER = "fever"
    DRIVER_DIFFERS = "driver_differs"
    GOODS_DIFFER = "goods_differ"
    LENT_PASS = "lent_pass"  # noqa: S105 - a freight pass that was lent, not a password
    UNSAFE_VEHICLE = "unsafe_vehicle"
    ROAD_CLOSED = "road_closed"
    LOCAL_ORDER = "local_order"
    LACKS_PASS = "lacks_pass"  # noqa: S105 - the freight pass, not a password
    OTHER = "other"


RECOGNISED: Final = frozenset(RefusalReason) - {
    RefusalReason.LOCAL_ORDER,
    RefusalReason.LACKS_PASS,
    RefusalReason.OTHER,
}
"""Reasons the national rule knows. The others can be given too, because the truth is wanted; the province asks back."""


@dataclass(frozen=True)
class Consequence:
    """What an action asks for and sets off."""

    needs_reason: bool
    opens_case: bool


_FREE: Final = Consequence(needs_reason=False, opens_case=False)
_WATCHED: Final = Consequence(needs_reason=True, opens_case=True)

CONSEQUENCES: Final[dict[tuple[Standing, RoadsideAction], Consequence]] = {
    (Standing.GOOD, RoadsideAction.PASSED): _FREE,
    (Standing.GOOD, RoadsideAction.TURNED_BACK): _WATCHED,
    (Standing.GOOD, RoadsideAction.HELD): _WATCHED,
    (Standing.GOOD, RoadsideAction.UNDONE): _FREE,
    (Standing.CHECK, RoadsideAction.PASSED): _FREE,
    (Standing.CHECK, RoadsideAction.TURNED_BACK): _FREE,
    (Standing.CHECK, RoadsideAction.HELD): _FREE,
    (Standing.CHECK, RoadsideAction.UNDONE): _FREE,
    (Standing.NOT_VALID, RoadsideAction.PASSED): _FREE,
    (Standing.NOT_VALID, RoadsideAction.TURNED_BACK): _FREE,
    (Standing.NOT_VALID, RoadsideAction.HELD): _FREE,
    (Standing.NOT_VALID, RoadsideAction.UNDONE): _FREE,
    (Standing.LIKE_NO_PASS, RoadsideAction.PASSED): _FREE,
    (Standing.LIKE_NO_PASS, RoadsideAction.TURNED_BACK): _WATCHED,
    (Standing.LIKE_NO_PASS, RoadsideAction.HELD): _WATCHED,
    (Standing.LIKE_NO_PASS, RoadsideAction.UNDONE): _FREE,
    (Standing.NO_PASS, RoadsideAction.PASSED): _FREE,
    (Standing.NO_PASS, RoadsideAction.TURNED_BACK): _WATCHED,
    (Standing.NO_PASS, RoadsideAction.HELD): _WATCHED,
    (Standing.NO_PASS, RoadsideAction.UNDONE): _FREE,
}
"""Turning back or holding a vehicle that is green, blue or counts as blue is seen by the province (design.md 7)."""

_STANDINGS: Final = {"green": Standing.GOOD, "amber": Standing.CHECK, "blue": Standing.NO_PASS}
REFUSALS: Final = frozenset({RoadsideAction.TURNED_BACK, RoadsideAction.HELD})


def standing_of(level: str, *, like_no_pass: bool) -> Standing:
    """The standing a verdict gives: its level, and whether it counts as having no pass."""
    if level == "red":
        return Standing.LIKE_NO_PASS if like_no_pass else Standing.NOT_VALID
    return _STANDINGS[level]


def consequence(standing: Standing, action: RoadsideAction) -> Consequence:
    """What the action asks for and sets off."""
    return CONSEQUENCES[standing, action]


def time_problem(low: datetime, high: datetime, now: datetime) -> str | None:
    """Why an event that happened somewhere in [low, high] cannot be taken; None when it can. All times aware."""
    if low > high:
        return "event.backwards"
    if high < now - OLDEST:
        return "event.too_old"
    return "event.ahead" if low > now + AHEAD else None


def clock_is_off(device: datetime, low: datetime, high: datetime, now: datetime) -> bool:
    """Whether the device's own time disagrees with its trusted time, or lies in the future."""
    # Differences, not sums: a device may send a bound at the very end of what a date can be.
    return low - device > CLOCK_OFF or device - high > CLOCK_OFF or device - now > CLOCK_OFF


def undo_problem(undone: RoadsideAction, acted_at: datetime, undone_at: datetime) -> str | None:
    """Why an action cannot be undone; None when it can. Both times are of the same device."""
    if undone is RoadsideAction.UNDONE:
        return "action.undo_of_undo"
    within = timedelta() <= undone_at - acted_at <= UNDO_WITHIN
    return None if within else "action.undo_too_late"
