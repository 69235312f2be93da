"""The reference data of passes as one frozen snapshot: kinds, goods, roads, sectors and areas, by code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.public import Area
from passes.catalogue_models import GoodsCategory, GoodsItem, PassKind, Road, Routing, Sector

FRESH = timedelta(seconds=60)
"""An administrator's change is seen everywhere within a minute."""


@dataclass(frozen=True)
class Kind:
    """A kind of pass."""

    number: int
    code: str
    name: str
    max_hours: int
    issued_by: str
    on_the_spot: bool
    cross_province: bool
    supervised_by: str


@dataclass(frozen=True)
class Goods:
    """An item of goods with the name of its category and the words drivers use."""

    number: int
    code: str
    category: str
    category_name: str
    name: str
    plain: str


@dataclass(frozen=True)
class County:
    """An area with its parent; `words` is the full name from the province down."""

    code: str
    name: str
    level: str
    parent: str | None
    words: str


@dataclass(frozen=True)
class Catalogue:
    """Everything a pass can name."""

    kinds: Mapping[int, Kind]
    goods: Mapping[int, Goods]
    roads: Mapping[str, str]
    sectors: Mapping[int, str]
    areas: Mapping[str, County]
    routes: tuple[tuple[str, date, int], ...]

    @cached_property
    def counties_by_name(self) -> Mapping[str, tuple[County, ...]]:
        """Counties by their own name, in the order of their codes: several bear the same."""
        found: dict[str, tuple[County, ...]] = {}
        for area in self.areas.values():
            if area.level == "county":
                found[area.name] = (*found.get(area.name, ()), area)
        return found

    @cached_property
    def longest_name(self) -> int:
        """Characters of the longest name of a county."""
        return max(map(len, self.counties_by_name), default=0)

    @cached_property
    def roads_by_name(self) -> Mapping[str, str]:
        """Codes of roads by their names; of several with one name the first."""
        return {name: code for code, name in reversed(list(self.roads.items()))}

    @cached_property
    def goods_by_words(self) -> Mapping[str, int]:
        """Numbers of items by number, code and name, and by a plain word that means one item only; of several items
        that a number, code or name fits the first."""
        items = list(self.goods.values())
        told = Counter(word for item in items for word in set(item.plain.split()))
        meant = {word: item.number for item in items for word in item.plain.split() if told[word] == 1}
        exact = {
            word: item.number for item in reversed(items) for word in (str(item.number), item.code, item.name)
        }
        return meant | exact

    def province_of(self, area: str) -> str:
        """The province an area lies in, by its parents."""
        found = self.areas[area]
        return area if found.parent is None else self.province_of(found.parent)

    def upwards(self, area: str) -> tuple[str, ...]:
        """The area itself, then its prefecture, then its province."""
        parent = self.areas[area].parent
        return (area,) if parent is None else (area, *self.upwards(parent))

    def place(self, code: str | None) -> str:
        """A county without its province where a prefecture says enough: 长春市南关区, 北京市大兴区."""
        if code is None or code not in self.areas:
            return code or ""
        above = self.upwards(code)
        words = self.areas[code].words
        return words.removeprefix(self.areas[above[-1]].name) if len(above) > 2 else words

    def route(self, origin: str | None, destination: str | None) -> str:
        """Origin and destination in one line."""
        return f"{self.place(origin) or '…'} → {self.place(destination) or '…'}"

    def sector_for(self, category: str, on: date) -> int:
        """The sector that decides a category on a day: the latest rule in force; transport where none is (design.md 5)."""
        in_force = [
            (since, sector) for name, since, sector in self.routes if name == category and since <= on
        ]
        return max(in_force)[1] if in_force else 0

    def kind_by_code(self, code: str) -> Kind | None:
        """A kind by its code."""
        return next((kind for kind in self.kinds.values() if kind.code == code), None)

    def kind_for(self, origin: str, destination: str) -> Kind:
        """The kind a route asks for: the one for trips that leave the province, or the one for trips within it."""
        leaves = self.province_of(origin) != self.province_of(destination)
        return next(kind for kind in self.kinds.values() if kind.cross_province is leaves)

    def goods_by_code(self, code: str) -> Goods | None:
        """An item by its code."""
        return next((item for item in self.goods.values() if item.code == code), None)


class CatalogueCache:
    """One snapshot a process, read again when it is older than `FRESH`."""

    def __init__(self) -> None:
        self._read_at: datetime | None = None
        self._found: Catalogue | None = None

    def get(self, session: Session, *, now: datetime) -> Catalogue:
        """The snapshot, at most a minute old."""
        if self._found is None or self._read_at is None or now - self._read_at > FRESH:
            self._found, self._read_at = load_catalogue(session), now
        return self._found


def load_catalogue(session: Session) -> Catalogue:
    """Read everything: six queries."""
    categories = {row.code: row.name for row in session.scalars(select(GoodsCategory))}
    return Catalogue(
        kinds={row.number: _kind(row) for row in session.scalars(select(PassKind).order_by(PassKind.number))},
        goods={
            row.number: Goods(
                row.number, row.code, row.category, categories[row.category], row.name, row.plain
            )
            for row in session.scalars(select(GoodsItem).order_by(GoodsItem.number))
        },
        roads={row.code: row.name for row in session.scalars(select(Road).order_by(Road.code))},
        sectors={row.number: row.name for row in session.scalars(select(Sector))},
        areas=_areas(session),
        routes=tuple(
            (row.category, row.effective_from, row.sector) for row in session.scalars(select(Routing))
        ),
    )


def _kind(row: PassKind) -> Kind:
    return Kind(
        number=row.number,
        code=row.code,
        name=row.name,
        max_hours=row.max_hours,
        issued_by=row.issued_by,
        on_the_spot=row.on_the_spot,
        cross_province=row.cross_province,
        supervised_by=row.supervised_by,
    )


def _areas(session: Session) -> dict[str, County]:
    rows = session.execute(select(Area.code, Area.name, Area.level, Area.parent).order_by(Area.code)).all()
    names = {row.code: (row.name, row.parent) for row in rows}
    return {
        row.code: County(row.code, row.name, row.level, row.parent, _full_name(row.code, names))
        for row in rows
    }


def _full_name(code: str, names: Mapping[str, tuple[str, str | None]]) -> str:
    name, parent = names[code]
    return name if parent is None else _full_name(parent, names) + name
