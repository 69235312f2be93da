"""The shape of what people type into their library. Fields only read; what may be kept is for the rules."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, post_load

from accounts.public import is_identity_number
from foundation.parsing import InputSchema
from passes.rules.content import LAST4, LONGEST_WORDS
from passes.rules.library import IDENTITY_LENGTH, DriverGiven, RouteGiven, VehicleGiven
from passes.schemas import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_NAME,
    ApplicationSchema,
    Colour,
    CountyCode,
    Line,
    Phone,
    PlateText,
    narrow,
    printable,
)


class Day(fields.String):
    """A day of the calendar, `2022-04-16`; strokes and dots between its parts are taken too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(super()._deserialize(value, attr, data, **options)))
        parts = text.replace("/", "-").replace(".", "-").split("-")
        try:
            year, month, day = map(int, parts)
            read = date(year, month, day)
        except ValueError as refused:
            raise ValidationError("library.day") from refused
        if not FIRST_YEAR <= read.year <= LAST_YEAR:
            raise ValidationError("library.day")
        return read


class Identity(fields.String):
    """A whole identity number with a right check digit, or its last four."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        typed = printable(narrow(super()._deserialize(value, attr, data, **options)))
        text = "".join(typed.split()).upper()
        if len(text) == IDENTITY_LENGTH and is_identity_number(text):
            return text
        if LAST4.fullmatch(text):
            return text
        raise ValidationError("identity.wrong" if len(text) > 4 else "driver.last4")


class NameLine(Line):
    """A line that must hold something when its invisible signs are gone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        if text is None:
            raise ValidationError("field.required")
        return text


class VehicleInput(InputSchema):
    """A vehicle."""

    plate = PlateText(required=True)
    plate_colour = Colour(load_default=None)
    words = Line(LONGEST_WORDS, load_default=None)
    papers_end_on = Day(load_default=None)

    @post_load
    def given(self, read: dict[str, Any], **options: Any) -> VehicleGiven:
        """What was given."""
        del options
        return VehicleGiven(**{**read, "plate": read["plate"] or ""})


class ChangeDriverInput(InputSchema):
    """A driver that is there already: what stays empty stays as it is."""

    name = NameLine(LONGEST_NAME, required=True)
    phone = Phone(load_default="")
    identity = Identity(load_default="")

    @post_load
    def given(self, read: dict[str, Any], **options: Any) -> DriverGiven:
        """What was given."""
        del options
        return DriverGiven(**read)


class NewDriverInput(ChangeDriverInput):
    """A new driver."""

    phone = Phone(required=True)
    identity = Identity(required=True)


class RouteInput(ApplicationSchema):
    """A saved route: the part of an application that is the same each time, under a name."""

    class Meta(InputSchema.Meta):
        """Of the fields of an application these."""

        fields = ("name", "origin", "destination", "stops", "roads", "goods", "goods_words", "hours")

    name = NameLine(LONGEST_NAME, required=True)
    origin = CountyCode(required=True)
    destination = CountyCode(required=True)

    @post_load
    def given(self, read: dict[str, Any], **options: Any) -> RouteGiven:
        """What was given."""
        del options
        lists = {name: tuple(read.get(name, ())) for name in ("stops", "roads")}
        return RouteGiven(**{**read, **lists})
