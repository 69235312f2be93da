"""What a pass may say: limits of route, goods, drivers and time, checked before anything is written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from foundation.problems import FieldProblem, InvalidInput, field_problem
from passes.rules.plates import PlateColour, check_colour, parse_plate, require_tractor

MOST_STOPS = 3
MOST_ROADS = 7
MOST_DRIVERS = 3
"""What the credential has room for (credential format, section 2)."""
EARLIEST_START = timedelta(hours=3)
"""A pass may begin a little before it is asked for: a form may lie open over lunch."""
STARTS_AGO = timedelta(minutes=30)
"""Who wants a pass from now on gets one that began half an hour ago: the judge calls the first quarter of an hour
`near_edge` (credential format, section 6), and a truck that waits at the barrier should see green."""
LATEST_START = timedelta(days=30)
"""Further ahead nobody knows the rules that will hold."""
LAST4 = re.compile(r"[0-9]{3}[0-9X]")
LONGEST_WORDS = 60


class KindLimits(Protocol):
    """What the rules ask of a kind."""

    @property
    def max_hours(self) -> int: ...
    @property
    def cross_province(self) -> bool: ...


@dataclass(frozen=True)
class Driver:
    """A driver of a pass: name and phone for the office, the last four of the identity number for the roadside."""

    name: str
    phone: str
    last4: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is asked for or issued: one vehicle, one route, one period. Times are aware; areas are GB/T 2260 codes."""

    kind: int
    plate: str
    plate_colour: int
    goods: int
    goods_words: str | None
    origin: str
    destination: str
    stops: tuple[str, ...]
    roads: tuple[str, ...]
    not_before: datetime
    hours: int
    drivers: tuple[Driver, ...] = ()

    @property
    def not_after(self) -> datetime:
        """The moment it is no longer valid."""
        return self.not_before + timedelta(hours=self.hours)


class Known(Protocol):
    """The reference data the rules look things up in (`passes.catalogue.Catalogue` is one)."""

    @property
    def goods(self) -> Mapping[int, object]: ...
    @property
    def roads(self) -> Mapping[str, str]: ...
    @property
    def areas(self) -> Mapping[str, Any]: ...
    def province_of(self, area: str) -> str:
        """The province an area lies in."""
        ...


def check_content(content: Content, kind: KindLimits, known: Known, *, now: datetime) -> None:
    """Raises `InvalidInput` with everything that is wrong at once."""
    problems = (
        *_vehicle_problems(content),
        *_route_problems(content, kind, known),
        *_period_problems(content, kind, now),
        *_driver_problems(content),
    )
    if problems:
        raise InvalidInput(*problems)


def _vehicle_problems(content: Content) -> Iterator[FieldProblem]:
    try:
        plate = parse_plate(content.plate)
        require_tractor(plate)
        check_colour(plate, PlateColour(content.plate_colour))
    except InvalidInput as refused:
        yield from refused.errors
    except ValueError:
        yield field_problem("plate_colour", "choice.unknown")


def _route_problems(content: Content, kind: KindLimits, known: Known) -> Iterator[FieldProblem]:
    places = {"origin": content.origin, "destination": content.destination}
    places.update({f"stops.{index}": stop for index, stop in enumerate(content.stops)})
    unknown = [field for field, code in places.items() if not _is_county(known, code)]
    yield from (field_problem(field, "area.unknown") for field in unknown)
    for index, road in enumerate(content.roads):
        if road not in known.roads:
            yield field_problem(f"roads.{index}", "road.unknown", road=road)
    yield from _too_many(content)
    if content.goods not in known.goods:
        yield field_problem("goods", "goods.unknown")
    if not unknown:
        yield from _crossing_problems(content, kind, known)


def _is_county(known: Known, code: str) -> bool:
    area = known.areas.get(code)
    return area is not None and area.level == "county"


def _too_many(content: Content) -> Iterator[FieldProblem]:
    for field, values, most in (("stops", content.stops, MOST_STOPS), ("roads", content.roads, MOST_ROADS)):
        if len(values) > most:
            yield field_problem(field, f"{field}.too_many", most=most)
    if len(content.goods_words or "") > LONGEST_WORDS:
        yield field_problem("goods_words", "text.too_long", most=LONGEST_WORDS)


def _crossing_problems(content: Content, kind: KindLimits, known: Known) -> Iterator[FieldProblem]:
    provinces = {known.province_of(code) for code in (content.origin, content.destination, *content.stops)}
    if kind.cross_province and len(provinces) == 1:
        yield field_problem("destination", "kind.not_cross_province")
    if not kind.cross_province and len(provinces) > 1:
        yield field_problem("destination", "kind.leaves_province")


def _period_problems(content: Content, kind: KindLimits, now: datetime) -> Iterator[FieldProblem]:
    if content.hours < 1:
        yield field_problem("hours", "period.backwards")
    elif content.hours > kind.max_hours:
        yield field_problem("hours", "period.too_long", most=kind.max_hours)
    if content.not_before < now - EARLIEST_START:
        yield field_problem("not_before", "period.in_the_past")
    elif content.not_before > now + LATEST_START:
        yield field_problem("not_before", "period.too_far_ahead", days=LATEST_START.days)


def check_not_over(content: Content, now: datetime) -> None:
    """Raises `InvalidInput` for a period that ended while the application waited."""
    if content.not_after <= now:
        raise InvalidInput(field_problem("hours", "period.over"))


def _driver_problems(content: Content) -> Iterator[FieldProblem]:
    if len(content.drivers) > MOST_DRIVERS:
        yield field_problem("drivers", "drivers.too_many", most=MOST_DRIVERS)
    for index, driver in enumerate(content.drivers):
        if not LAST4.fullmatch(driver.last4):
            yield field_problem(f"drivers.{index}.last4", "driver.last4")
