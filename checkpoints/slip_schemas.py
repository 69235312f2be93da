"""The shape of a slip: what is asked for at a barrier, and what came of it."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from checkpoints.rules_slip import SlipState, read_slip_code
from checkpoints.schemas import Moment
from foundation.parsing import InputSchema
from passes.public import Line, Phone, PlateColour

LONGEST_GOODS_WORDS = 60
"""As in an application (`passes.rules.content`)."""
MOST_GOODS = 63
"""What the credential has room for."""
END = 4


def _colour(**more: Any) -> fields.Integer:
    known = validate.OneOf([int(one) for one in PlateColour], error="choice.unknown")
    return fields.Integer(required=True, validate=known, **more)


def _goods(**more: Any) -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(0, MOST_GOODS, error="number.range"), **more)


class _SlipCode(fields.String):
    """The code of a slip with a good check character, in the one way to write it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        code = read_slip_code(super()._deserialize(value, attr, data, **options))
        if code is None:
            raise ValidationError("slip.code_malformed")
        return code


class _Last4(fields.String):
    """The last four of an identity number; of a number typed whole only its end is kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return super()._deserialize(value, attr, data, **options).replace(" ", "").upper()[-END:]


class Wanted(InputSchema):
    """What a barrier asks for, by an API or by a form."""

    plate = fields.String(required=True, validate=validate.Length(1, 32, error="text.too_long"))
    plate_colour = _colour(strict=True)
    goods = _goods(strict=True)
    goods_words = Line(LONGEST_GOODS_WORDS, load_default=None, allow_none=True)
    destination = fields.String(
        required=True, validate=validate.Regexp(r"[0-9]{6}\Z", error="destination.unknown")
    )
    driver_last4 = _Last4(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[0-9]{3}[0-9X]\Z", error="driver.last4"),
        metadata={"description": "last four of the identity number, three digits and a digit or X"},
    )
    phone = Phone(load_default=None, allow_none=True)

    @validates_schema
    def somebody_to_reach(self, given: dict[str, Any], **_more: Any) -> None:
        """A pass binds the driver, or its link goes to a phone; without either nobody could use it."""
        if given.get("driver_last4") is None and given.get("phone") is None:
            raise ValidationError({"driver_last4": ["slip.nobody"]})


class SlipBody(Wanted):
    """A slip as a phone sends it: at once, or when it has a network again."""

    event_id = fields.UUID(
        required=True, metadata={"description": "made by the device; the same one counts once"}
    )
    code = _SlipCode(required=True)
    checkpoint = fields.String(required=True, validate=validate.Length(1, 32, error="text.too_long"))
    made_at = Moment(required=True, metadata={"description": "by the device's own clock"})
    time_low = Moment(load_default=None, allow_none=True)
    time_high = Moment(load_default=None, allow_none=True)
    offline = fields.Boolean(required=True, truthy={True}, falsy={False})


class SlipForm(Wanted):
    """The same from the form of a page, where empty boxes are left out and numbers are texts."""

    event_id = fields.UUID(required=True)
    plate_colour = _colour()
    goods = _goods()


class SlipPassAnswer(Schema):
    """The pass that was issued."""

    number = fields.String()
    text = fields.String(metadata={"description": "what its QR holds"})
    check_code = fields.String()
    not_before = fields.AwareDateTime()
    not_after = fields.AwareDateTime()
    plate = fields.String()
    body = fields.String()
    phone = fields.String()


class SlipProblemAnswer(Schema):
    """Why none was issued, and what to do."""

    code = fields.String()
    title = fields.String()
    next = fields.List(fields.String())


class SlipAnswer(Schema):
    """What became of a slip: a pass, or a problem in the language of the request."""

    event_id = fields.String()
    code = fields.String()
    state = fields.String(validate=validate.OneOf([str(state) for state in SlipState]))
    issued = fields.Nested(SlipPassAnswer, allow_none=True, data_key="pass")
    problem = fields.Nested(SlipProblemAnswer, allow_none=True)
