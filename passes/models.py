"""Tables of applications and passes. What grows with traffic has the plate first in its key (design.md 4)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from foundation.base import AreaCode, Base, Id, Moment, PassNumber
from passes.rules.moves import HOLDS_THE_VEHICLE, ApplicationState, PassReason, PassState, RefuseReason

AREA_FK = "area.code"
CHANNELS = "('online', 'api', 'counter', 'roadside', 'command_line')"
"""By which way an application came; every figure can be split by it."""


def _one_of(column: str, allowed: "type[StrEnum] | frozenset[PassState]") -> str:
    return f"{column} IN ({', '.join(sorted(repr(str(value)) for value in allowed))})"


class Application(Base):
    """A request for one pass for one vehicle on one route, from draft to decision."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(_one_of("state", ApplicationState), "state"),
        CheckConstraint(f"refuse_code IS NULL OR {_one_of('refuse_code', RefuseReason)}", "refuse_code"),
        CheckConstraint("(state = 'refused') = (refuse_code IS NOT NULL)", "refused_has_code"),
        CheckConstraint("(state = 'issued') = (pass_number IS NOT NULL)", "issued_has_number"),
        CheckConstraint("(state = 'in_review') = (taken_by IS NOT NULL)", "in_review_is_taken"),
        CheckConstraint("(taken_by IS NULL) = (lease_until IS NULL)", "lease_with_taker"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (submitted_at IS NOT NULL AND body_id IS NOT NULL "
            "AND plate IS NOT NULL AND plate_colour IS NOT NULL AND kind IS NOT NULL AND goods IS NOT NULL "
            "AND origin IS NOT NULL AND destination IS NOT NULL AND not_before IS NOT NULL AND hours > 0)",
            "submitted_is_complete",
        ),
        CheckConstraint("cardinality(stops) <= 3 AND cardinality(roads) <= 7", "route_fits_credential"),
        CheckConstraint(f"channel IN {CHANNELS}", "channel"),
        CheckConstraint("purpose IN ('new', 'renew', 'other_vehicle', 'other_driver', 'amend')", "purpose"),
        CheckConstraint("(purpose = 'new') = (about IS NULL)", "about_a_pass"),
        CheckConstraint(
            "person_id IS NOT NULL OR firm_id IS NOT NULL OR entered_by IS NOT NULL", "has_applicant"
        ),
        CheckConstraint("channel <> 'counter' OR entered_by IS NOT NULL", "counter_has_officer"),
        # An amended pass keeps its number; every other decision gives a number of its own.
        Index(
            "uq_application_pass_number",
            "pass_number",
            unique=True,
            postgresql_where=text("purpose NOT IN ('amend', 'other_driver')"),
        ),
        # One change of a pass at a time.
        Index(
            "uq_application_about",
            "about",
            unique=True,
            postgresql_where=text("state IN ('submitted', 'in_review', 'returned')"),
        ),
        Index("ix_application_batch", "batch_id", "body_id", "state", "id"),
        # The queue of a body, oldest first, and what an applicant has, newest first.
        Index("ix_application_queue", "body_id", "state", "submitted_at", "id"),
        # What waits by itself: the applications of a batch are one item, and there may be thousands in front.
        Index(
            "ix_application_single",
            "body_id",
            "state",
            "submitted_at",
            "id",
            postgresql_where=text("batch_id IS NULL AND state IN ('submitted', 'in_review')"),
        ),
        # What was entered at a counter: few among many.
        Index(
            "ix_application_entered",
            "entered_by",
            "id",
            postgresql_where=text("entered_by IS NOT NULL"),
        ),
        Index("ix_application_firm", "firm_id", "id"),
        # Of a firm's hundred thousand those in one state, and how many stand in each: from the index alone.
        Index("ix_application_firm_state", "firm_id", "state", "id"),
        Index("ix_application_person", "person_id", "id"),
        Index("ix_application_plate", "plate"),
    )

    id: Mapped[Id]
    slip: Mapped[str] = mapped_column(unique=True, comment="受理回执 number the applicant quotes")
    form_token: Mapped[UUID] = mapped_column(unique=True, comment="one filled form makes one application")
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    channel: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="new", server_default="new")
    about: Mapped[PassNumber | None] = mapped_column(comment="the pass that is renewed or changed")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    entered_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), comment="the officer who entered it at the counter"
    )
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"))
    holder_name: Mapped[str]
    contact_phone: Mapped[str]
    area: Mapped[AreaCode | None] = mapped_column(
        ForeignKey(AREA_FK), comment="county the applicant applies in"
    )
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey("body.id"))
    kind: Mapped[int | None] = mapped_column(ForeignKey("pass_kind.number"))
    plate: Mapped[str | None]
    plate_colour: Mapped[int | None] = mapped_column(SmallInteger)
    goods: Mapped[int | None] = mapped_column(ForeignKey("goods_item.number"))
    goods_words: Mapped[str | None]
    origin: Mapped[AreaCode | None] = mapped_column(ForeignKey(AREA_FK))
    destination: Mapped[AreaCode | None] = mapped_column(ForeignKey(AREA_FK))
    stops: Mapped[list[str]] = mapped_column(ARRAY(Text()), default=list)
    roads: Mapped[list[str]] = mapped_column(ARRAY(Text()), default=list)
    not_before: Mapped[Moment | None]
    hours: Mapped[int | None] = mapped_column(SmallInteger)
    drivers: Mapped[list[dict[str, Any]]] = mapped_column(default=list, comment="[{name, phone, last4}]")
    replaces: Mapped[PassNumber | None]
    submitted_at: Mapped[Moment | None]
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    lease_until: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    refuse_code: Mapped[str | None]
    refuse_words: Mapped[str | None]
    decided_rule: Mapped[str | None] = mapped_column(comment="code of the rule that decided without a person")
    pass_number: Mapped[PassNumber | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    demo: Mapped[bool] = mapped_column(default=False)


class PassHandover(Base):
    """A sheet handed over a counter 线下发放: to whom, by whom, and the document that was seen."""

    __tablename__ = "pass_handover"
    __table_args__ = (
        CheckConstraint(
            "document IN ('identity_card', 'driving_licence', 'vehicle_licence', 'business_licence')",
            "document",
        ),
        CheckConstraint("document_last4 ~ '^[0-9A-Z]{4}$'", "document_last4"),
        Index("ix_pass_handover_pass", "plate", "number"),
    )

    id: Mapped[Id]
    plate: Mapped[str]
    number: Mapped[PassNumber] = mapped_column(ForeignKey("pass_number.number"))
    revision: Mapped[int] = mapped_column(SmallInteger)
    handed_to: Mapped[str]
    document: Mapped[str]
    document_last4: Mapped[str]
    handed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"))
    at: Mapped[Moment]


class ApplicationNote(Base):
    """What an officer wrote to one field when returning an application."""

    __tablename__ = "application_note"

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    field: Mapped[str]
    words: Mapped[str]
    at: Mapped[Moment]
    by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class SerialCounter(Base):
    """The last serial of an area; taken inside the issuing transaction, so serials commit in order."""

    __tablename__ = "serial_counter"
    __table_args__ = (CheckConstraint("last_serial BETWEEN 0 AND 999999", "six_digits"),)

    area: Mapped[AreaCode] = mapped_column(ForeignKey(AREA_FK), primary_key=True)
    last_serial: Mapped[int]


class PassNumberRow(Base):
    """Every number ever given, and the plate whose rows it is among."""

    __tablename__ = "pass_number"
    __table_args__ = (CheckConstraint("number ~ '^[0-9]{12}$'", "number_digits"),)

    number: Mapped[PassNumber] = mapped_column(primary_key=True)
    plate: Mapped[str]


class Pass(Base):
    """A pass: one vehicle, one route, one period. Its content is in its current revision."""

    __tablename__ = "pass"
    __table_args__ = (
        CheckConstraint(_one_of("state", PassState), "state"),
        CheckConstraint(f"channel IN {CHANNELS}", "channel"),
        CheckConstraint(f"state_reason IS NULL OR {_one_of('state_reason', PassReason)}", "state_reason"),
        CheckConstraint("(state = 'superseded') = (superseded_by IS NOT NULL)", "superseded_by_a_pass"),
        CheckConstraint("revision BETWEEN 0 AND 15", "revision_fits_credential"),
        CheckConstraint(
            "NOT isempty(validity) AND NOT lower_inf(validity) AND NOT upper_inf(validity)",
            "validity_bounded",
        ),
        # One vehicle, one pass, of all kinds together: two requests, two servers, two clicks all obey.
        ExcludeConstraint(
            ("plate", "="),
            ("plate_colour", "="),
            ("validity", "&&"),
            where=text(_one_of("state", HOLDS_THE_VEHICLE)),
            using="gist",
            name="ex_pass_one_vehicle_one_pass",
        ),
        ForeignKeyConstraint(
            ["plate", "number", "revision"],
            ["pass_revision.plate", "pass_revision.number", "pass_revision.revision"],
            name="fk_pass_current_revision",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index("ix_pass_application", "plate", "application_id", unique=True),
        Index("ix_pass_body", "body_id", "number"),
        Index("ix_pass_firm", "firm_id", "number"),
        Index("ix_pass_person", "person_id", "number"),
        # What a firm holds now, the first to end first: a register of years must not be read for it.
        Index(
            "ix_pass_firm_ends",
            "firm_id",
            text("upper(validity)"),
            postgresql_where=text(_one_of("state", HOLDS_THE_VEHICLE)),
        ),
        # What has not ended, for the books of the checkpoints: every few minutes, out of a register of years.
        Index("ix_pass_live_ends", text("upper(validity)"), postgresql_where=text("state = 'live'")),
    )

    plate: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[PassNumber] = mapped_column(ForeignKey("pass_number.number"), primary_key=True)
    plate_colour: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[int] = mapped_column(ForeignKey("pass_kind.number"))
    state: Mapped[str]
    state_reason: Mapped[str | None]
    state_changed_at: Mapped[Moment]
    superseded_by: Mapped[PassNumber | None]
    validity: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    revision: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int] = mapped_column(
        default=0, comment="counts the changes, so that lists apply them in order"
    )
    channel: Mapped[str]
    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"))
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    holder_name: Mapped[str]
    issued_at: Mapped[Moment]
    demo: Mapped[bool] = mapped_column(default=False)


class PassRevision(Base):
    """What a pass said from one moment on, with the credential that says it."""

    __tablename__ = "pass_revision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plate", "number"], ["pass.plate", "pass.number"], name="fk_pass_revision_pass"
        ),
        CheckConstraint("octet_length(signature) = 64", "signature_length"),
        CheckConstraint("octet_length(payload) <= 53", "payload_length"),
        CheckConstraint("check_code ~ '^[0-9A-HJKMNP-TV-Z]{6}$'", "check_code_crockford"),
        CheckConstraint("duration_minutes > 0", "duration"),
        CheckConstraint("cardinality(stops) <= 3 AND cardinality(roads) <= 7", "route_fits_credential"),
    )

    plate: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[PassNumber] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[int] = mapped_column(SmallInteger)
    goods: Mapped[int] = mapped_column(SmallInteger)
    goods_words: Mapped[str | None]
    origin: Mapped[AreaCode]
    destination: Mapped[AreaCode]
    stops: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    roads: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    not_before: Mapped[Moment]
    duration_minutes: Mapped[int]
    drivers: Mapped[list[dict[str, Any]]]
    check_code: Mapped[str] = mapped_column(CHAR(6))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[Moment]
    issued_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class PassSheet(Base):
    """The document of a revision as it was last made; made again from the rows whenever it is missing."""

    __tablename__ = "pass_sheet"

    plate: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[PassNumber] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    seal_id: Mapped[UUID | None] = mapped_column(ForeignKey("body_seal.id"))
    made_at: Mapped[Moment]


class BodySeal(Base):
    """The seal image of a body: uploaded by one person, approved by another."""

    __tablename__ = "body_seal"
    __table_args__ = (
        CheckConstraint("approved_by <> uploaded_by", "approved_by_another"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", "approved_together"),
        Index(
            "uq_body_seal_current",
            "body_id",
            unique=True,
            postgresql_where=text("approved_at IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[Moment]
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[Moment | None]
    retired_at: Mapped[Moment | None]


class DriverLink(Base):
    """A driver's address `/d/TOKEN`: 128 random bits, of which only the hash is kept."""

    __tablename__ = "driver_link"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", "token_hash_length"),
        Index("ix_driver_link_pass", "plate", "number"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    plate: Mapped[str]
    number: Mapped[PassNumber]
    created_at: Mapped[Moment]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[Moment | None]


class CheckCodeAttempt(Base):
    """A wrong check code for a number; five in an hour lock the number."""

    __tablename__ = "check_code_attempt"
    __table_args__ = (Index("ix_check_code_attempt_number", "number", "at"),)

    id: Mapped[Id]
    number: Mapped[PassNumber]
    at: Mapped[Moment]
