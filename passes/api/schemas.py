"""The shapes of what a firm's program sends and is told."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from foundation.parsing import InputSchema
from passes.api.room import PageQuery
from passes.rules.applying import PASS_REASONS
from passes.rules.moves import ApplicationState, PassAction, PassState
from passes.schemas import COLOURS

NUMBER = r"[0-9]{12}\Z"
SHOWN_STATES = (*(state.value for state in PassState), "expired")
"""The states of a pass as they are told: expired is a live one after its end."""
TEXT_OR_NUMBER = ["string", "integer"]


def told_field(description: str, example: object, kind: object = "string") -> fields.Raw:
    """A field that is described here and read by `passes.schemas`, which knows the reference data."""
    shape = {"type": kind, "description": description, "examples": [example]}
    return fields.Raw(required=True, metadata=shape)


def _may(description: str, kind: str = "string") -> fields.Raw:
    """As `told_field`, of a field that may be left out or null."""
    return fields.Raw(allow_none=True, metadata={"type": [kind, "null"], "description": description})


class BodyOfFields(InputSchema):
    """The parent of bodies that describe what `passes.schemas` reads, so that every mistake is named at once."""

    def load(self, data: Any, **options: Any) -> Any:
        """What was sent, nulls left out. What is missing is told by who reads, together with all else that is wrong."""
        read: Mapping[str, Any] = super().load(data, **{**options, "partial": True})
        return {name: value for name, value in read.items() if value is not None}


class DriverBody(BodyOfFields):
    """A driver."""

    name = told_field("name", "李四")
    phone = _may("phone")
    last4 = _may("last four characters of the identity number")


class ApplicationBody(BodyOfFields):
    """What is asked for, as in the form."""

    plate = told_field("as it is spoken or typed", "吉A12345")
    plate_colour = told_field(f"one of {', '.join(COLOURS)}, or its number", "blue", TEXT_OR_NUMBER)
    goods = told_field("number, code or name of an item of /reference/goods", 12, TEXT_OR_NUMBER)
    goods_words = _may("the goods in words")
    origin = told_field("county of /reference/counties, by its six digits or its name", "220102")
    destination = told_field("county, as origin", "110115")
    area = _may("county to apply in, where it is not the origin")
    stops = fields.List(told_field("county", "220302"), allow_none=True)
    roads = fields.List(told_field("road of /reference/roads, by its code or name", "G1"), allow_none=True)
    not_before = told_field("ISO 8601; without an offset it is Beijing time", "2022-04-16T12:00")
    hours = told_field("whole hours", 72, TEXT_OR_NUMBER)
    drivers = fields.List(fields.Nested(DriverBody), allow_none=True)
    contact_phone = _may("by default the firm's phone")
    replaces = _may("true: the firm's own pass of this vehicle and period is replaced", "boolean")


class BodyAnswer(Schema):
    """The body that decides."""

    name = fields.String(required=True)
    phone = fields.String(required=True)


class DriverAnswer(Schema):
    """A driver; what is not known is an empty text."""

    name = fields.String(required=True)
    phone = fields.String(required=True)
    last4 = fields.String(required=True)


class NoteAnswer(Schema):
    """What the officer wrote to one field when the application was returned."""

    field = fields.String(required=True)
    words = fields.String(required=True)


class RefusalAnswer(Schema):
    """Why an application was refused."""

    code = fields.String(required=True)
    words = fields.String(required=True, allow_none=True)


class ApplicationLine(Schema):
    """An application in a list."""

    id = fields.UUID(required=True)
    slip = fields.String(required=True, metadata={"description": "the number the firm quotes"})
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ApplicationState]))
    channel = fields.String(required=True)
    purpose = fields.String(required=True)
    about = fields.String(
        required=True, allow_none=True, metadata={"description": "the pass that is renewed or changed"}
    )
    batch_id = fields.UUID(required=True, allow_none=True)
    plate = fields.String(required=True, allow_none=True)
    plate_colour = fields.String(required=True, allow_none=True)
    goods = fields.Integer(required=True, allow_none=True)
    origin = fields.String(required=True, allow_none=True)
    destination = fields.String(required=True, allow_none=True)
    not_before = fields.AwareDateTime(required=True, allow_none=True)
    hours = fields.Integer(required=True, allow_none=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    pass_number = fields.String(required=True, allow_none=True)


class ApplicationAnswer(ApplicationLine):
    """An application with all that is known of it."""

    goods_words = fields.String(required=True, allow_none=True)
    stops = fields.List(fields.String(), required=True)
    roads = fields.List(fields.String(), required=True)
    area = fields.String(required=True, allow_none=True)
    drivers = fields.List(fields.Nested(DriverAnswer), required=True)
    contact_phone = fields.String(required=True)
    replaces_pass = fields.String(required=True, allow_none=True)
    body = fields.Nested(BodyAnswer, required=True, allow_none=True)
    notes = fields.List(fields.Nested(NoteAnswer), required=True)
    refusal = fields.Nested(RefusalAnswer, required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class _Page(Schema):
    next = fields.String(required=True, allow_none=True, metadata={"description": "address of the next page"})


class ApplicationPage(_Page):
    """Applications, newest first."""

    items = fields.List(fields.Nested(ApplicationLine), required=True)


class ApplicationQuery(PageQuery):
    """Which applications."""

    state = fields.String(
        load_default=None,
        validate=validate.OneOf([state.value for state in ApplicationState], error="choice.unknown"),
    )
    after = fields.UUID(
        load_default=None, metadata={"description": "id of the last application of the page before"}
    )


class PassLine(Schema):
    """A pass in a list."""

    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(SHOWN_STATES))
    state_reason = fields.String(required=True, allow_none=True)
    plate = fields.String(required=True)
    plate_colour = fields.String(required=True)
    kind = fields.String(required=True)
    goods = fields.Integer(required=True)
    origin = fields.String(required=True)
    destination = fields.String(required=True)
    not_before = fields.AwareDateTime(required=True)
    not_after = fields.AwareDateTime(required=True)
    application_id = fields.UUID(required=True, allow_none=True)
    issued_at = fields.AwareDateTime(required=True)


class PassAnswer(PassLine):
    """A pass with all that it says."""

    revision = fields.Integer(required=True)
    superseded_by = fields.String(required=True, allow_none=True)
    goods_words = fields.String(required=True, allow_none=True)
    stops = fields.List(fields.String(), required=True)
    roads = fields.List(fields.String(), required=True)
    drivers = fields.List(fields.Nested(DriverAnswer), required=True)
    body = fields.Nested(BodyAnswer, required=True)


class PassPage(_Page):
    """Passes, newest number first."""

    items = fields.List(fields.Nested(PassLine), required=True)


class PassQuery(PageQuery):
    """Which passes."""

    state = fields.String(load_default=None, validate=validate.OneOf(SHOWN_STATES, error="choice.unknown"))
    after = fields.String(
        load_default=None,
        validate=validate.Regexp(NUMBER, error="numbers.malformed"),
        metadata={"description": "number of the last pass of the page before"},
    )


class SurrenderBody(InputSchema):
    """Why a pass is handed back."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(
            [reason.value for reason in PASS_REASONS[PassAction.SURRENDER]], error="choice.unknown"
        ),
    )


class LinkAnswer(Schema):
    """The address for the driver; it is told this once and kept nowhere."""

    address = fields.String(required=True)


class CountyItem(Schema):
    """A county."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    words = fields.String(required=True, metadata={"description": "full name from the province down"})


class Counties(Schema):
    """Every county."""

    items = fields.List(fields.Nested(CountyItem), required=True)


class GoodsListed(Schema):
    """An item of goods."""

    number = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)
    category_name = fields.String(required=True)
    plain = fields.String(required=True, metadata={"description": "words that drivers use"})


class GoodsList(Schema):
    """Every item."""

    items = fields.List(fields.Nested(GoodsListed), required=True)


class RoadItem(Schema):
    """A road."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class Roads(Schema):
    """Every road."""

    items = fields.List(fields.Nested(RoadItem), required=True)


class ColourItem(Schema):
    """A colour of plates."""

    number = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class Colours(Schema):
    """Every colour."""

    items = fields.List(fields.Nested(ColourItem), required=True)
