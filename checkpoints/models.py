"""Tables of checkpoints, scans, actions and service areas."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import AreaCode, Base, Id, Moment

MEANS = "('camera', 'picture', 'typed', 'book', 'address', 'plate')"
"""How a scan came about: read by the camera or off a picture, a number typed, found in the pass book, opened as an
address, or only the plate of a vehicle without a pass."""


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
        # Jobs read the newest minutes or hours of all checkpoints; rows arrive in this order.
        Index("ix_scan_received", "received_at", postgresql_using="brin"),
        CheckConstraint(f"means IN {MEANS}", "means"),
        CheckConstraint("uec BETWEEN 0 AND 1", "uec"),
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
    means: Mapped[str | None] = mapped_column(comment="how the officer came by it")
    seen_plate: Mapped[str | None] = mapped_column(comment="the plate on the truck, when it differs")
    uec: Mapped[float | None] = mapped_column(comment="unused error correction of the symbol, 0 to 1")
    symbol_version: Mapped[int | None] = mapped_column(SmallInteger)
    frames: Mapped[int | None] = mapped_column(comment="camera frames until it was read")
    read_ms: Mapped[int | None] = mapped_column(comment="milliseconds of the frame that was read")


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
        CheckConstraint("kind IN ('scan', 'action', 'shift', 'slip')", "kind"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    plate: Mapped[str]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Moment]


class ShiftChange(Base):
    """A shift handed over on a device: who takes over from then on, and what the device counted until then."""

    __tablename__ = "shift_change"
    __table_args__ = (Index("ix_shift_change_checkpoint", "checkpoint", "received_at"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    checkpoint: Mapped[str]
    device_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    changed_at: Mapped[Moment] = mapped_column(comment="by the device's own clock")
    time_low: Mapped[Moment]
    time_high: Mapped[Moment]
    officer: Mapped[str] = mapped_column(comment="who takes over, as the officers call each other")
    note: Mapped[str | None]
    counts: Mapped[dict[str, Any]] = mapped_column(comment="events of the shift that ends, by the device")
    sequence: Mapped[int | None]
    received_at: Mapped[Moment]
    flags: Mapped[list[str]]


class Slip(Base):
    """What was asked for at the roadside: a provincial pass on the spot, at once or when the phone has a network."""

    __tablename__ = "slip"
    __table_args__ = (
        CheckConstraint("state IN ('issued', 'failed')", "state"),
        CheckConstraint("(state = 'issued') = (number IS NOT NULL)", "issued_has_number"),
        CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", "failed_has_problem"),
        CheckConstraint("(problem IS NULL) = (problem_facts IS NULL)", "problem_with_facts"),
        CheckConstraint("code !~ '^[0-9]{12}$'", "code_is_no_pass_number"),
        CheckConstraint("driver_last4 ~ '^[0-9]{3}[0-9X]$'", "last4"),
        CheckConstraint("driver_last4 IS NOT NULL OR phone IS NOT NULL", "someone_to_reach"),
        Index("ix_slip_checkpoint", "checkpoint", "received_at"),
        Index("ix_slip_number", "number"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, comment="device code, counter, check digit")
    checkpoint: Mapped[str]
    device_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    plate: Mapped[str]
    plate_colour: Mapped[int] = mapped_column(SmallInteger)
    goods: Mapped[int] = mapped_column(SmallInteger)
    goods_words: Mapped[str | None]
    destination: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    driver_last4: Mapped[str | None]
    phone: Mapped[str | None]
    made_at: Mapped[Moment] = mapped_column(comment="by the device's own clock")
    offline: Mapped[bool]
    state: Mapped[str]
    number: Mapped[str | None] = mapped_column(ForeignKey("pass_number.number"))
    problem: Mapped[str | None] = mapped_column(comment="code of the problem, when it failed")
    problem_facts: Mapped[dict[str, Any] | None] = mapped_column(comment="what its words are filled with")
    received_at: Mapped[Moment]
    flags: Mapped[list[str]]


class PassBook(Base):
    """The live passes that may come through a checkpoint, for its phones when they have no network."""

    __tablename__ = "pass_book"
    __table_args__ = (CheckConstraint("passes >= 0", "passes"),)

    checkpoint: Mapped[str] = mapped_column(ForeignKey("checkpoint.code"), primary_key=True)
    etag: Mapped[str]
    passes: Mapped[int]
    built_at: Mapped[Moment]
    content: Mapped[bytes] = mapped_column(LargeBinary, comment="gzip of JSON columns")


class Sighting(Base):
    """A pass seen where it cannot be, for command to look into."""

    __tablename__ = "sighting"
    __table_args__ = (
        CheckConstraint("rule IN ('too_fast', 'two_plates', 'after_surrender')", "rule"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", "settled_together"),
        CheckConstraint("settled_at IS NULL OR note IS NOT NULL", "settled_with_reason"),
        Index("ix_sighting_open", "id", postgresql_where=text("settled_at IS NULL")),
        Index("ix_sighting_number", "number"),
    )

    id: Mapped[Id]
    unique_key: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str]
    number: Mapped[str]
    plate: Mapped[str]
    scan_id: Mapped[UUID]
    other_scan_id: Mapped[UUID | None]
    checkpoint: Mapped[str]
    other_checkpoint: Mapped[str | None]
    km: Mapped[float | None]
    minutes: Mapped[float | None]
    at: Mapped[Moment]
    found_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str | None]


class PrintQuality(Base):
    """How well the printed codes of a body were read on a day (Beijing time): unused error correction."""

    __tablename__ = "print_quality"
    __table_args__ = (CheckConstraint("reads > 0 AND weak BETWEEN 0 AND reads", "counts"),)

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reads: Mapped[int]
    weak: Mapped[int] = mapped_column(comment="reads with hardly any error correction left")
    uec_sum: Mapped[float]


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
