"""The shapes of what devices ask about themselves and are told."""

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from accounts.public import StorageHealth
from foundation.parsing import InputSchema

LONGEST_CODE = 32
LONGEST_VERSION = 40
LONGEST_TAG = 100
MOST = 2**31 - 1


def _one_line(text: str) -> None:
    """What a device says of itself is kept as JSON, which the database takes without control characters alone."""
    if not text.isprintable():
        raise ValidationError("field.invalid")


def _short(most: int) -> fields.String:
    return fields.String(required=True, validate=[Length(1, most, error="text.too_long"), _one_line])


def _count() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=Range(0, MOST, error="number.range"))


def _number() -> fields.Integer:
    limits = Range(0, 2**53, error="number.range")
    return fields.Integer(required=True, strict=True, allow_none=True, validate=limits)


class NewDevice(InputSchema):
    """A phone with the one-time code of the enrolment page."""

    code = _short(LONGEST_CODE)
    app_version = _short(LONGEST_VERSION)


class Move(InputSchema):
    """Where a device is from now on: the code of a checkpoint."""

    checkpoint = _short(LONGEST_CODE)


class Report(InputSchema):
    """What a device tells of itself. `waiting` and `refused` count its events."""

    app_version = _short(LONGEST_VERSION)
    waiting = _count()
    refused = _count()
    status_seq = _number()
    trust_seq = _number()
    book_etag = fields.String(
        required=True, allow_none=True, validate=[Length(0, LONGEST_TAG, error="text.too_long"), _one_line]
    )
    persisted = fields.Boolean(
        required=True, metadata={"description": "the browser has promised not to clear it"}
    )
    health = fields.String(
        required=True, validate=OneOf([str(one) for one in StorageHealth], error="choice.unknown")
    )


class PointAnswer(Schema):
    """A checkpoint. `county` is six digits, `direction` inbound, outbound or both."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    county = fields.String(required=True)
    county_words = fields.String(required=True)
    road = fields.String(required=True)
    direction = fields.String(required=True)
    stake = fields.String(required=True)
    may_issue = fields.Boolean(required=True, metadata={"description": "provincial passes are issued here"})


class PointsAnswer(Schema):
    """All checkpoints, by their codes."""

    checkpoints = fields.List(fields.Nested(PointAnswer), required=True)


class DeviceShown(Schema):
    """A device. `code` is four signs of Crockford's base 32 and begins every slip."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    checkpoint = fields.Nested(PointAnswer, required=True)
    expires_at = fields.AwareDateTime(required=True)


class RootAnswer(Schema):
    """A public key that signs trust lists, to be pinned."""

    kid = fields.String(required=True)
    jwk = fields.Dict(required=True)


class DeviceAnswer(Schema):
    """A device, what it pins, and where it fetches lists (paths of this site)."""

    device = fields.Nested(DeviceShown, required=True)
    roots = fields.List(fields.Nested(RootAnswer), required=True)
    status_url = fields.String(required=True)
    trust_url = fields.String(required=True)
    server_time = fields.AwareDateTime(required=True)


class EnrolledAnswer(DeviceAnswer):
    """The same, with the bearer token, which is told this once."""

    token = fields.String(required=True)
