"""Tables of checkpoints, scans, actions and service areas."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import AreaCode, Base, Id, Moment


class Checkpoint(Base):
    """A point where vehicles are checked."""

    __tablename__ = "checkpoint"
    __table_args__ = (
        CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", "latitude"),
        CheckConstraint("longitude IS NULL OR longitude BETWEEN -180 AND 180", "longitude"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    county: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    road: Mapped[str] = mapped_column(ForeignKey("road.code"))
    direction: Mapped[str]
    stake: Mapped[str]
    kind: Mapped[str]
    may_issue: Mapped[bool]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    synthetic: Mapped[bool] = mapped_column(default=False)


class Scan(Base):
    """What was read and judged. Partitioned by the server's month; '?' is the plate of an unread scan."""

    __tablename__ = "scan"
    __table_args__ = (
        CheckConstraint("level IN ('green', 'amber', 'red', 'blue')", "level"),
        CheckConstraint("plate <> ''", "plate_given"),
        Index("ix_scan_checkpoint", "checkpoint", "received_at"),
        Index("ix_scan_number", "number", "received_at"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    plate: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[Moment] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None]
    checkpoint: Mapped[str]
    device_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    scanned_at: Mapped[Moment] = mapped_column(comment="by the device's own clock")
    time_low: Mapped[Moment] = mapped_column(comment="trusted time lies in [time_low, time_high]")
    time_high: Mapped[Moment]
    level: Mapped[str]
    verdict: Mapped[str]
    reasons: Mapped[list[str]]
    server_verdict: Mapped[str | None]
    plate_seen: Mapped[str]
    offline: Mapped[bool]
    list_seq: Mapped[int | None]
    sequence: Mapped[int | None] = mapped_column(comment="counts the events of one device")
    flags: Mapped[list[str]]


class Action(Base):
    """What the officer did after a scan 处置."""

    __tablename__ = "action"
    __table_args__ = (
        CheckConstraint("action IN ('passed', 'turned_back', 'held', 'undone')", "action"),
        CheckConstraint("(action = 'undone') = (undoes IS NOT NULL)", "undone_names_what"),
        CheckConstraint("plate <> ''", "plate_given"),
        Index("ix_action_scan", "scan_id"),
        # Few actions are refusals, and each must reach the hotline even when two uploads crossed.
        Index("ix_action_refusal", "received_at", postgresql_where=text("action IN ('turned_back', 'held')")),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    plate: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[Moment] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    scan_id: Mapped[UUID]
    checkpoint: Mapped[str]
    device_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    acted_at: Mapped[Moment]
    action: Mapped[str]
    reason: Mapped[str | None]
    undoes: Mapped[UUID | None]
    sequence: Mapped[int | None]
    flags: Mapped[list[str]]


class ScanReceipt(Base):
    """Each event once: the same id with other content is refused."""

    __tablename__ = "scan_receipt"
    __table_args__ = (
        CheckConstraint("octet_length(content_hash) = 32", "content_hash_length"),
        CheckConstraint("kind IN ('scan', 'action')", "kind"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    plate: Mapped[str]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Moment]


class RoadsideFact(Base):
    """What a higher room reads and handles once (a good pass turned back or held)."""

    __tablename__ = "roadside_fact"
    __table_args__ = (Index("ix_roadside_fact_open", "id", postgresql_where=text("handled_at IS NULL")),)

    id: Mapped[Id]
    unique_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    subject: Mapped[dict[str, Any]]
    at: Mapped[Moment]
    handled_at: Mapped[Moment | None]


class ServiceArea(Base):
    """A pair of expressway service areas."""

    __tablename__ = "service_area"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    county: Mapped[AreaCode | None] = mapped_column(ForeignKey("area.code"))
    road: Mapped[str | None]
    open: Mapped[bool]
    testing: Mapped[bool]
    testing_hours: Mapped[str | None]
    position: Mapped[int] = mapped_column(SmallInteger)
    synthetic: Mapped[bool] = mapped_column(default=False)
