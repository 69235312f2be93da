"""The shapes of what the roadside sends and is told."""

import re
from datetime import UTC
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from checkpoints.rules import MOST_EVENTS, Means, RefusalReason, RoadsideAction
from checkpoints.rules_slip import SlipState, read_slip_code
from foundation.parsing import InputSchema
from passes.public import Level, PlateSeen, VerdictCode

LARGEST_INT = 2**31 - 1
LONGEST_TEXT = 600
"""A code has at most 459 characters; chat programs add a query."""
LONGEST_WORD = 32
LARGEST_SYMBOL = 40
"""Version of the largest QR symbol (ISO/IEC 18004); 0 where a reader does not tell it."""
LONGEST_OFFICER = 20
LONGEST_NOTE = 200
YEARS: Final = range(1970, 2200)
"""Years that a phone's clock can show, however wrong it is."""
UNKNOWN_CHOICE: dict[str, str | list[Any] | dict[Any, Any]] = {"unknown": "choice.unknown"}


class Moment(fields.AwareDateTime):
    """A moment, as UTC: the database takes no offset of sixteen hours, and no page shows a year beyond all calendars."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        moment = super()._deserialize(value, attr, data, **options)
        if moment.year not in YEARS:
            raise ValidationError("field.invalid")
        return moment.astimezone(UTC)


def _moment(**more: Any) -> Moment:
    return Moment(**more, metadata={"description": "RFC 3339 with its offset"})


def _count(most: int = LARGEST_INT) -> fields.Integer:
    within = validate.Range(0, most, error="number.range")
    return fields.Integer(strict=True, allow_none=True, load_default=None, validate=within)


def _counted() -> fields.Integer:
    return fields.Integer(
        strict=True, required=True, validate=validate.Range(0, LARGEST_INT, error="number.range")
    )


def _word(**more: Any) -> fields.String:
    return fields.String(validate=validate.Length(1, LONGEST_WORD, error="text.too_long"), **more)


def _one_of(choices: type[Any], **more: Any) -> fields.Enum[Any]:
    return fields.Enum(choices, by_value=True, error_messages=UNKNOWN_CHOICE, **more)


def _number(**more: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(r"[0-9]{12}\Z", error="number.digits"), **more)


def _text() -> fields.String:
    return fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Length(1, LONGEST_TEXT, error="text.too_long"),
        metadata={"description": "what was read from the QR"},
    )


class Event(InputSchema):
    """What all events share."""

    kind = fields.String(
        required=True, validate=validate.OneOf(("scan", "action", "shift"), error="event.kind")
    )
    event_id = fields.UUID(required=True, metadata={"description": "made by the device"})
    checkpoint = _word(required=True)
    time_low = _moment(load_default=None, allow_none=True)
    time_high = _moment(load_default=None, allow_none=True)
    sequence = _count()


class VehicleEvent(Event):
    """What scans and actions share."""

    plate = _word(required=True, metadata={"description": "? when none could be read"})


class ScanEvent(VehicleEvent):
    """What was read and judged."""

    scanned_at = _moment(required=True)
    number = _number(allow_none=True, load_default=None)
    text = _text()
    level = _one_of(Level, required=True)
    verdict = _one_of(VerdictCode, required=True)
    reasons = fields.List(
        _one_of(VerdictCode), required=True, validate=validate.Length(1, 24, error="number.range")
    )
    plate_seen = _one_of(PlateSeen, required=True)
    offline = fields.Boolean(required=True)
    list_seq = _count()
    means = _one_of(Means, allow_none=True, load_default=None)
    seen_plate = _word(
        allow_none=True,
        load_default=None,
        metadata={"description": "what stands on the truck, when it differs or no pass was read"},
    )
    uec = fields.Float(
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, 1, error="number.range"),
        metadata={"description": "unused error correction of the symbol"},
    )
    symbol_version = _count(LARGEST_SYMBOL)
    frames = _count()
    read_ms = _count()


class ActionEvent(VehicleEvent):
    """What the officer did."""

    acted_at = _moment(required=True)
    scan_id = fields.UUID(required=True)
    action = _one_of(RoadsideAction, required=True)
    reason = _one_of(RefusalReason, allow_none=True, load_default=None)
    undoes = fields.UUID(allow_none=True, load_default=None)


class ShiftCounts(InputSchema):
    """The events of a shift, as the device counted them; actions without those that were undone."""

    scans = _counted()
    green = _counted()
    amber = _counted()
    red = _counted()
    blue = _counted()
    passed = _counted()
    turned_back = _counted()
    held = _counted()
    offline = _counted()


class ShiftEvent(Event):
    """A shift that was handed over: who takes over from then on, and the counts of the shift that ends."""

    changed_at = _moment(required=True)
    officer = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_OFFICER, error="text.too_long"),
        metadata={"description": "who takes over, as the officers call each other"},
    )
    note = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(0, LONGEST_NOTE, error="text.too_long")
    )
    counts = fields.Nested(ShiftCounts, required=True)


class Upload(InputSchema):
    """One event or up to a thousand; each is judged on its own, by its schema."""

    events = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(1, MOST_EVENTS, error="events.count"),
        metadata={
            "description": "each a ScanEvent (kind scan), an ActionEvent (kind action) or a ShiftEvent (kind shift)"
        },
    )


class FieldProblemAnswer(Schema):
    """What is wrong with one field."""

    field = fields.String()
    code = fields.String()


class Result(Schema):
    """What became of one event."""

    event_id = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(("accepted", "repeated", "refused")))
    code = fields.String(allow_none=True, metadata={"description": "of the problem, when refused"})
    errors = fields.List(fields.Nested(FieldProblemAnswer))


class UploadAnswer(Schema):
    """One result an event, in the order sent."""

    results = fields.List(fields.Nested(Result))
    server_time = fields.AwareDateTime()


def _number_or_slip(written: str) -> None:
    """A slip's code is a question too; that it is no pass is the answer."""
    if not re.fullmatch(r"[0-9]{12}", written) and read_slip_code(written) is None:
        raise ValidationError("number.digits")


class Question(InputSchema):
    """What to judge: the text of a code, or a number (with its check code), or a plate."""

    text = _text()
    number = fields.String(
        allow_none=True,
        load_default=None,
        validate=_number_or_slip,
        metadata={"description": "twelve digits; the code of a slip is answered as no pass"},
    )
    check_code = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(1, 16, error="text.too_long")
    )
    plate = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(1, 32, error="text.too_long")
    )
    checkpoint = fields.String(allow_none=True, load_default=None)
    plate_seen = _one_of(PlateSeen, load_default=PlateSeen.UNKNOWN)
    at = _moment(allow_none=True, load_default=None)


class ContentAnswer(Schema):
    """What the pass says; only when its signature is good."""

    number = fields.String()
    plate = fields.String()
    plate_colour = fields.Integer()
    kind = fields.String()
    goods = fields.String()
    origin = fields.String()
    destination = fields.String()
    stops = fields.List(fields.String())
    roads = fields.List(fields.String())
    not_before = fields.AwareDateTime()
    not_after = fields.AwareDateTime()
    drivers = fields.List(fields.String(), metadata={"description": "last four of identity numbers"})
    body = fields.String()
    phone = fields.String()


class SlipSeenAnswer(Schema):
    """A slip that was given where a pass is asked for."""

    code = fields.String()
    words = fields.String()
    became = fields.String(allow_none=True, metadata={"description": "what became of it, for devices alone"})
    state = fields.String(
        allow_none=True, validate=validate.OneOf([*(str(state) for state in SlipState), None])
    )
    number = fields.String(allow_none=True)


class VerdictAnswer(Schema):
    """The verdict, in codes and in words of the language asked for."""

    level = fields.String(validate=validate.OneOf([str(level) for level in Level]))
    level_words = fields.String()
    code = fields.String()
    words = fields.String()
    reasons = fields.List(fields.String())
    reasons_words = fields.List(fields.String())
    rule = fields.String(metadata={"description": "what the officer may and may not do"})
    awaits_plate = fields.Boolean()
    counts_as_no_pass = fields.Boolean()
    needs_refusal_reason = fields.Boolean()
    as_of = fields.AwareDateTime()
    content = fields.Nested(ContentAnswer, allow_none=True)
    slip = fields.Nested(SlipSeenAnswer, allow_none=True)
