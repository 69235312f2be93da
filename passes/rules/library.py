"""The library of an applicant: what a vehicle, a driver and a saved route must be before they are kept."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from foundation.problems import FieldProblem, InvalidInput, field_problem
from passes.rules.content import LAST4, LONGEST_WORDS, MOST_ROADS, MOST_STOPS
from passes.rules.plates import (
    Plate,
    PlateColour,
    check_colour,
    parse_plate,
    require_tractor,
    suggested_colours,
)

PAPERS_SOON = timedelta(days=30)
"""A 道路运输证 that ends this soon is marked: a month is left to have it renewed."""
IDENTITY_LENGTH = 18
"""A resident identity number (GB 11643-1999); shorter is only its end."""


class Papers(StrEnum):
    """What is known of a vehicle's 道路运输证."""

    UNKNOWN = "unknown"
    GOOD = "good"
    SOON = "soon"
    OVER = "over"


def papers_state(ends_on: date | None, today: date) -> Papers:
    """Whether papers hold; `ends_on` is their last day, and it counts. `today` is the day in Beijing."""
    if ends_on is None:
        return Papers.UNKNOWN
    if ends_on < today:
        return Papers.OVER
    return Papers.SOON if ends_on <= today + PAPERS_SOON else Papers.GOOD


@dataclass(frozen=True, kw_only=True)
class VehicleGiven:
    """A vehicle as somebody types it; the colour may be left to the plate."""

    plate: str
    plate_colour: int | None = None
    words: str | None = None
    papers_end_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class DriverGiven:
    """A driver as somebody types it: `identity` is the whole number, or its last four, or empty for unchanged."""

    name: str
    phone: str = ""
    identity: str = ""

    @property
    def whole(self) -> str | None:
        """The whole number, where it was given."""
        return self.identity if len(self.identity) == IDENTITY_LENGTH else None

    @property
    def last4(self) -> str:
        """The last four of the number."""
        return self.identity[-4:]


@dataclass(frozen=True, kw_only=True)
class RouteGiven:
    """A route that is driven again and again; areas are county codes (GB/T 2260) that exist."""

    name: str
    origin: str
    destination: str
    stops: tuple[str, ...] = ()
    roads: tuple[str, ...] = ()
    goods: int | None = None
    goods_words: str | None = None
    hours: int | None = None


def check_vehicle(given: VehicleGiven) -> tuple[Plate, PlateColour]:
    """The plate and its colour. Raises `InvalidInput`: what `parse_plate`, `require_tractor` and `check_colour` raise,
    and `plate.colour_unsaid` where nobody said the colour and the plate fits several."""
    plate = parse_plate(given.plate)
    require_tractor(plate)
    if given.plate_colour is None:
        suggested = suggested_colours(plate)
        if len(suggested) > 1:
            raise InvalidInput(field_problem("plate_colour", "plate.colour_unsaid"))
        return plate, suggested[0]
    colour = PlateColour(given.plate_colour)
    check_colour(plate, colour)
    return plate, colour


def colours_offered(text: str) -> tuple[PlateColour, ...]:
    """The colours to choose from for what was typed as a plate: all of them while it is none."""
    try:
        return suggested_colours(parse_plate(text))
    except InvalidInput:
        return tuple(PlateColour)


def check_route(
    given: RouteGiven, roads: Collection[str], goods: Collection[int], longest_hours: int
) -> None:
    """Raises `InvalidInput` with everything that is wrong; `roads` and `goods` are those that there are."""
    problems = tuple(_route_problems(given, roads, goods, longest_hours))
    if problems:
        raise InvalidInput(*problems)


def _route_problems(
    given: RouteGiven, roads: Collection[str], goods: Collection[int], longest_hours: int
) -> Iterator[FieldProblem]:
    if len(given.stops) > MOST_STOPS:
        yield field_problem("stops", "stops.too_many", most=MOST_STOPS)
    if len(given.roads) > MOST_ROADS:
        yield field_problem("roads", "roads.too_many", most=MOST_ROADS)
    for index, road in enumerate(given.roads):
        if road not in roads:
            yield field_problem(f"roads.{index}", "road.unknown", road=road)
    if given.goods is not None and given.goods not in goods:
        yield field_problem("goods", "goods.unknown")
    if given.hours is not None and given.hours < 1:
        yield field_problem("hours", "period.backwards")
    elif given.hours is not None and given.hours > longest_hours:
        yield field_problem("hours", "period.too_long", most=longest_hours)


def keepable_vehicle(values: Mapping[str, object]) -> tuple[str, int] | None:
    """The plate and colour an application names, where they could stand in the library."""
    text, colour = values.get("plate"), values.get("plate_colour")
    if not isinstance(text, str) or not isinstance(colour, int):
        return None
    try:
        plate, fitting = check_vehicle(VehicleGiven(plate=text, plate_colour=colour))
    except (InvalidInput, ValueError):
        return None
    return plate.text, int(fitting)


def keepable_drivers(values: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Name, last four and phone of the drivers an application names, as far as they could stand in the library."""
    listed = values.get("drivers")
    for driver in listed if isinstance(listed, list | tuple) else ():
        name, last4, phone = (str(driver.get(key) or "") for key in ("name", "last4", "phone"))
        if name and len(name) <= LONGEST_WORDS and LAST4.fullmatch(last4):
            yield name, last4, phone
