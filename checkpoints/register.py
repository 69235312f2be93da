"""The checkpoints and the issuing bodies as one frozen snapshot, so that a verdict need not read them again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.public import Body
from checkpoints.models import Checkpoint
from passes.public import Catalogue, Place, catalogue

FRESH = timedelta(seconds=60)
"""An administrator's change is seen everywhere within a minute."""
TRANSPORT = 0
"""The sector that answers where no other does (design.md 5)."""


@dataclass(frozen=True)
class Point:
    """A checkpoint, with the full name of its county."""

    code: str
    name: str
    county: str
    county_words: str
    road: str
    direction: str
    stake: str
    kind: str
    may_issue: bool
    synthetic: bool

    @property
    def place(self) -> Place:
        """What the judge compares with the route."""
        return Place(road=self.road, county=self.county)


@dataclass(frozen=True)
class Office:
    """A body as drivers and officers need it."""

    name: str
    phone: str


@dataclass(frozen=True)
class Register:
    """Checkpoints by code, bodies by (duty, area, sector)."""

    points: Mapping[str, Point]
    offices: Mapping[tuple[str, str, int], Office]

    def office_of(self, duty: str, area: str, sector: int) -> Office | None:
        """The body that issued a pass; where its sector has none any more, the transport body of the area."""
        return self.offices.get((duty, area, sector)) or self.offices.get((duty, area, TRANSPORT))


class RegisterCache:
    """One snapshot an app, read again when it is older than `FRESH`."""

    def __init__(self) -> None:
        self._read_at: datetime | None = None
        self._found: Register | None = None

    def get(self, session: Session, *, now: datetime) -> Register:
        """The snapshot, at most a minute old."""
        if self._found is None or self._read_at is None or now - self._read_at > FRESH:
            self._found, self._read_at = load_register(session, catalogue(session, now=now)), now
        return self._found


def register(session: Session, *, now: datetime) -> Register:
    """The register, at most a minute old."""
    cache: RegisterCache = current_app.extensions.setdefault("checkpoints", RegisterCache())
    return cache.get(session, now=now)


def load_register(session: Session, known: Catalogue) -> Register:
    """Read everything: two queries."""
    points = session.scalars(select(Checkpoint).order_by(Checkpoint.code))
    bodies = session.scalars(select(Body).where(Body.merged_into.is_(None)).order_by(Body.code.desc()))
    return Register(
        points={row.code: _point(row, known) for row in points},
        offices={
            (row.duty, row.area, row.sector or TRANSPORT): Office(row.name, row.phone) for row in bodies
        },
    )


def _point(row: Checkpoint, known: Catalogue) -> Point:
    return Point(
        code=row.code,
        name=row.name,
        county=row.county,
        county_words=known.areas[row.county].words,
        road=row.road,
        direction=row.direction,
        stake=row.stake,
        kind=row.kind,
        may_issue=row.may_issue,
        synthetic=row.synthetic,
    )
