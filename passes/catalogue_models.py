"""Tables of the reference data of passes: kinds, goods, who decides them, roads, where a pass is asked for."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import AreaCode, Base, Id

AREA_FK = "area.code"


class PassKind(Base):
    """A kind of pass, as data: longest validity, who issues it, its document."""

    __tablename__ = "pass_kind"
    __table_args__ = (
        CheckConstraint("number BETWEEN 0 AND 7", "number_fits_credential"),
        CheckConstraint("max_hours > 0", "max_hours"),
        CheckConstraint("issued_by IN ('issuing', 'control_group')", "issued_by"),
    )

    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    max_hours: Mapped[int] = mapped_column(SmallInteger)
    issued_by: Mapped[str]
    on_the_spot: Mapped[bool]
    cross_province: Mapped[bool]
    supervised_by: Mapped[str]


class Sector(Base):
    """A department that issues by goods category (0 is transport, which takes what is unclear)."""

    __tablename__ = "sector"
    __table_args__ = (CheckConstraint("number BETWEEN 0 AND 31", "number_fits_credential"),)

    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]


class GoodsCategory(Base):
    """A category of goods of the ministry's list."""

    __tablename__ = "goods_category"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)


class GoodsItem(Base):
    """An item of goods, in plain words, of one category."""

    __tablename__ = "goods_item"
    __table_args__ = (CheckConstraint("number BETWEEN 0 AND 63", "number_fits_credential"),)

    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str] = mapped_column(ForeignKey("goods_category.code"))
    name: Mapped[str]
    name_en: Mapped[str]
    plain: Mapped[str]


class Routing(Base):
    """Which sector decides a category from a day on."""

    __tablename__ = "routing"

    category: Mapped[str] = mapped_column(ForeignKey("goods_category.code"), primary_key=True)
    effective_from: Mapped[date] = mapped_column(primary_key=True)
    sector: Mapped[int] = mapped_column(ForeignKey("sector.number"))


class Road(Base):
    """A road a route can name."""

    __tablename__ = "road"
    __table_args__ = (CheckConstraint("code ~ '^[GSXYC][0-9]{1,4}$'", "code"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Regime(Base):
    """In this area and period passes of this kind are asked for 启用."""

    __tablename__ = "regime"
    __table_args__ = (
        ExcludeConstraint(
            ("area", "="), ("kind", "="), ("period", "&&"), using="gist", name="ex_regime_one_period"
        ),
    )

    id: Mapped[Id]
    area: Mapped[AreaCode] = mapped_column(ForeignKey(AREA_FK))
    kind: Mapped[int] = mapped_column(ForeignKey("pass_kind.number"))
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
