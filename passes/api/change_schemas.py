"""The shapes of changes of a pass."""

from marshmallow import Schema, fields, validate

from foundation.parsing import InputSchema
from passes.api.schemas import TEXT_OR_NUMBER, BodyOfFields, DriverBody, told_field
from passes.rules.changing import Why
from passes.rules.moves import ApplicationState

LONGEST_RENEWAL = 24 * 365
"""Hours beyond which no kind of pass can be meant; the kind itself says much less."""


class RenewBody(InputSchema):
    """How a pass goes on."""

    hours = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, LONGEST_RENEWAL, error="number.range"),
        metadata={"description": "by default those the trip was first given"},
    )
    from_now = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "begin now, in place of the present pass, not at its end"},
    )


class VehicleBody(BodyOfFields):
    """The other truck."""

    plate = told_field("as it is spoken or typed", "吉A54321")
    plate_colour = told_field("as in an application", "yellow", TEXT_OR_NUMBER)


class DriversBody(BodyOfFields):
    """All drivers from now on; an empty list binds the pass to nobody."""

    drivers = fields.List(fields.Nested(DriverBody), required=True)


class ChangeAnswer(Schema):
    """What became of a change: an application about the pass, and the pass that holds now, if it was decided at once."""

    application = fields.UUID(required=True, metadata={"description": "id of the application about the pass"})
    slip = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ApplicationState]))
    pass_number = fields.String(
        required=True, allow_none=True, metadata={"description": "null while an officer decides"}
    )
    why = fields.List(
        fields.String(validate=validate.OneOf([why.value for why in Why])),
        required=True,
        metadata={"description": "why an officer must decide; empty when it was decided at once"},
    )
