"""Issue on the spot: what a pass says that somebody at a barrier asks for with a plate, goods and a destination."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from passes.rules.content import STARTS_AGO, Content, Driver

CHANNEL: Final = "roadside"
"""The channel of passes issued at checkpoints."""

HOURS: Final = 72
"""How long such a pass lasts: the way there, loading and the way back with nights of rest fit into three days anywhere
in a province, and nobody at a barrier has the time to ask for more. Who needs longer applies on line."""


class SpotKind(Protocol):
    """What the rules ask of a kind of pass."""

    @property
    def number(self) -> int: ...
    @property
    def max_hours(self) -> int: ...
    @property
    def on_the_spot(self) -> bool: ...
    @property
    def cross_province(self) -> bool: ...


K = TypeVar("K", bound=SpotKind)


@dataclass(frozen=True)
class Spot:
    """Where the barrier stands: its county is the origin, its road the road of the pass."""

    county: str
    road: str


@dataclass(frozen=True, kw_only=True)
class SpotRequest:
    """What is asked for. `plate` normalised; `driver_last4` or `phone` may be missing, never both."""

    plate: str
    plate_colour: int
    goods: int
    goods_words: str | None
    destination: str
    driver_last4: str | None
    phone: str | None


def spot_kind(kinds: Iterable[K], *, leaves: bool) -> K | None:
    """The kind that is issued on the spot for a trip that leaves the province, or not; else any that is issued there,
    whose own rules then say why it does not fit; None where nothing is issued on the spot."""
    offered = [kind for kind in kinds if kind.on_the_spot]
    fitting = [kind for kind in offered if kind.cross_province is leaves]
    return next(iter([*fitting, *offered]), None)


def content_at(spot: Spot, asked: SpotRequest, kind: SpotKind, *, now: datetime) -> Content:
    """What the pass says: from here to the destination, from now on (`STARTS_AGO` earlier, in whole minutes)."""
    driver = Driver(name="", phone=asked.phone or "", last4=asked.driver_last4 or "")
    return Content(
        kind=kind.number,
        plate=asked.plate,
        plate_colour=asked.plate_colour,
        goods=asked.goods,
        goods_words=asked.goods_words,
        origin=spot.county,
        destination=asked.destination,
        stops=(),
        roads=(spot.road,),
        not_before=(now - STARTS_AGO).replace(second=0, microsecond=0),
        hours=min(HOURS, kind.max_hours),
        drivers=(driver,) if asked.driver_last4 else (),
    )
