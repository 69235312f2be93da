"""Tables of what an applicant keeps to apply again: vehicles, drivers, routes."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from foundation.base import AreaCode, Base, Id, Moment

ONE_OWNER = "num_nonnulls(firm_id, person_id) = 1"
KEPT = text("archived_at IS NULL")


class Vehicle(Base):
    """A vehicle of a firm, or of a person without one; of a road train the tractor."""

    __tablename__ = "vehicle"
    __table_args__ = (
        CheckConstraint(ONE_OWNER, "one_owner"),
        CheckConstraint("plate <> ''", "plate_given"),
        Index("uq_vehicle_firm", "firm_id", "plate", "plate_colour", unique=True, postgresql_where=KEPT),
        Index("uq_vehicle_person", "person_id", "plate", "plate_colour", unique=True, postgresql_where=KEPT),
    )

    id: Mapped[Id]
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    plate: Mapped[str]
    plate_colour: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str | None] = mapped_column(comment="what the firm calls it")
    papers_end_on: Mapped[date | None] = mapped_column(comment="last day of its 道路运输证")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    archived_at: Mapped[Moment | None]


class LibraryDriver(Base):
    """A driver of a firm, or of a person without one. The whole identity number is read only by an audited view."""

    __tablename__ = "library_driver"
    __table_args__ = (
        CheckConstraint(ONE_OWNER, "one_owner"),
        CheckConstraint("last4 ~ '^[0-9]{3}[0-9X]$'", "last4"),
        CheckConstraint("identity_number IS NULL OR right(identity_number, 4) = last4", "last4_of_identity"),
        Index("uq_library_driver_firm", "firm_id", "name", "last4", unique=True, postgresql_where=KEPT),
        Index("uq_library_driver_person", "person_id", "name", "last4", unique=True, postgresql_where=KEPT),
    )

    id: Mapped[Id]
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    phone: Mapped[str]
    identity_number: Mapped[str | None]
    last4: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    archived_at: Mapped[Moment | None] = mapped_column(comment="left the firm, or taken out")


class SavedRoute(Base):
    """A route that is driven again and again, with the goods that go by it."""

    __tablename__ = "saved_route"
    __table_args__ = (
        CheckConstraint(ONE_OWNER, "one_owner"),
        CheckConstraint("cardinality(stops) <= 3 AND cardinality(roads) <= 7", "route_fits_credential"),
        CheckConstraint("hours IS NULL OR hours > 0", "hours"),
        Index("uq_saved_route_firm", "firm_id", "name", unique=True, postgresql_where=KEPT),
        Index("uq_saved_route_person", "person_id", "name", unique=True, postgresql_where=KEPT),
    )

    id: Mapped[Id]
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    origin: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    destination: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    stops: Mapped[list[str]] = mapped_column(ARRAY(Text()), default=list)
    roads: Mapped[list[str]] = mapped_column(ARRAY(Text()), default=list)
    goods: Mapped[int | None] = mapped_column(ForeignKey("goods_item.number"))
    goods_words: Mapped[str | None]
    hours: Mapped[int | None] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    archived_at: Mapped[Moment | None]
