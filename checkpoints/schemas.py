"""The shapes of what the roadside sends and is told."""

from typing import Any

from marshmallow import Schema, fields, validate

from checkpoints.rules import MOST_EVENTS, RefusalReason, RoadsideAction
from foundation.parsing import InputSchema
from passes.public import Level, PlateSeen, VerdictCode

LARGEST_INT = 2**31 - 1
LONGEST_TEXT = 600
"""A code has at most 459 characters; chat programs add a query."""
UNKNOWN_CHOICE: dict[str, str | list[Any] | dict[Any, Any]] = {"unknown": "choice.unknown"}


def _moment(**more: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(**more, metadata={"description": "RFC 3339 with its offset"})


def _count() -> fields.Integer:
    within = validate.Range(0, LARGEST_INT, error="number.range")
    return fields.Integer(strict=True, allow_none=True, load_default=None, validate=within)


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
    """What scans and actions share."""

    kind = fields.String(required=True, validate=validate.OneOf(("scan", "action"), error="event.kind"))
    event_id = fields.UUID(required=True, metadata={"description": "made by the device"})
    plate = fields.String(
        required=True,
        validate=validate.Length(1, 32, error="text.too_long"),
        metadata={"description": "? when none could be read"},
    )
    checkpoint = fields.String(required=True, validate=validate.Length(1, 32, error="text.too_long"))
    time_low = _moment(load_default=None, allow_none=True)
    time_high = _moment(load_default=None, allow_none=True)
    sequence = _count()


class ScanEvent(Event):
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


class ActionEvent(Event):
    """What the officer did."""

    acted_at = _moment(required=True)
    scan_id = fields.UUID(required=True)
    action = _one_of(RoadsideAction, required=True)
    reason = _one_of(RefusalReason, allow_none=True, load_default=None)
    undoes = fields.UUID(allow_none=True, load_default=None)


class Upload(InputSchema):
    """One event or up to a thousand; each is judged on its own, by `ScanEvent` or `ActionEvent`."""

    events = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(1, MOST_EVENTS, error="events.count"),
        metadata={"description": "each a ScanEvent (kind scan) or an ActionEvent (kind action)"},
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


class Question(InputSchema):
    """What to judge: the text of a code, or a number (with its check code), or a plate."""

    text = _text()
    number = _number(allow_none=True, load_default=None)
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
