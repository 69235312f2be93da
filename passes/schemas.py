"""The shape of an application, whether it comes from a form, JSON or a row of a spreadsheet.

Fields only read: they repair what is meant and name what cannot be read; what may be asked for is for the rules.
"""

import copy
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load

from foundation.clock import SHOWN_IN
from foundation.parsing import InputSchema, load
from foundation.problems import FieldProblem, InvalidInput, field_problem
from passes.catalogue import Catalogue, County
from passes.rules import PlateColour, normalise_plate
from passes.rules.content import LAST4, LONGEST_WORDS, MOST_ROADS, MOST_STOPS

LONGEST_PLATE_TYPED = 16
LONGEST_NAME = 40
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Beyond these a time is a slip, and adding hours to it may leave the calendar."""
LONGEST_LIST = 20
"""Beyond this a list is no slip of an applicant; the limits of the rules are far below."""
ROUTE_LIMITS = {"stops": MOST_STOPS, "roads": MOST_ROADS}
PHONE = re.compile(r"\+?[0-9]{5,15}(-[0-9]{1,6})?")
ROAD = re.compile(r"[GSXYC][0-9]{1,4}")
SIX_DIGITS = re.compile(r"[0-9]{6}")
COLOURS = {colour.name.lower(): int(colour) for colour in PlateColour}


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def printable(text: str) -> str:
    """One line without control characters, which the database or a sheet of paper could not take."""
    if text.isprintable():
        return " ".join(text.split())
    kept = (" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())


class Line(fields.String):
    """A line of text, cleaned, with at most `most` characters. An empty one is None."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(**options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(super()._deserialize(value, attr, data, **options))
        if len(text) > self._most:
            raise ValidationError("text.too_long")
        return text or None


class PlateText(fields.String):
    """A plate in the one way to write it; whether it is a plate at all is for the rules to say."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(normalise_plate(super()._deserialize(value, attr, data, **options)))
        if len(text) > LONGEST_PLATE_TYPED:
            raise ValidationError("text.too_long")
        return text or None


class Phone(fields.String):
    """A phone number: digits, an optional + in front and an extension after a dash; spaces and brackets are dropped."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(super()._deserialize(value, attr, data, **options)))
        digits = re.sub(r"[ ()]|(?<=^0[0-9]{2})-|(?<=^0[0-9]{3})-", "", text)
        if not PHONE.fullmatch(digits):
            raise ValidationError("phone.format")
        return digits


class Colour(fields.String):
    """The colour of a plate by its code, or its number in the credential."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(str(value)).lower()
        if text in COLOURS:
            return COLOURS[text]
        if text in map(str, COLOURS.values()):
            return int(text)
        raise ValidationError("choice.unknown")


class Instant(fields.String):
    """A point in time in whole minutes: local time is Beijing time, a time with an offset is taken as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(super()._deserialize(value, attr, data, **options)))
        try:
            read = datetime.fromisoformat(text)
            aware = read if read.tzinfo else read.replace(tzinfo=SHOWN_IN)
            at = aware.astimezone(UTC).replace(second=0, microsecond=0)
        except (ValueError, OverflowError) as refused:
            raise ValidationError("application.time") from refused
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValidationError("application.time")
        return at


class Knowing(fields.String):
    """A field that looks things up in the catalogue its schema was made with."""

    @property
    def known(self) -> Catalogue:
        """The reference data."""
        schema = self.root
        if not isinstance(schema, ApplicationSchema):
            raise TypeError("only an ApplicationSchema knows the reference data")
        return schema.known


class CountyCode(Knowing):
    """A county by its six digits or its name, full or short; a name that two counties bear must be written in full."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = "".join(printable(narrow(super()._deserialize(value, attr, data, **options))).split())
        code = SIX_DIGITS.match(text)
        found = [code[0]] if code else counties_named(self.known, text)
        if len(found) > 1:
            raise ValidationError("area.ambiguous")
        if not found or found[0] not in self.known.areas or self.known.areas[found[0]].level != "county":
            raise ValidationError("area.unknown")
        return found[0]


def counties_named(known: Catalogue, text: str) -> list[str]:
    """Codes of the counties a name can mean; of several, those whose full name it is."""
    ends = (text[-length:] for length in range(1, min(known.longest_name, len(text)) + 1))
    named = (area for end in ends for area in known.counties_by_name.get(end, ()))
    fitting = sorted((area for area in named if _fits(known, area, text)), key=lambda area: area.code)
    exact = [area for area in fitting if area.words == text]
    return [area.code for area in exact or fitting]


def _fits(known: Catalogue, county: County, text: str) -> bool:
    """Whether what stands before the county's own name is made of the names of the areas above it."""
    before = text.removesuffix(county.name)
    for code in reversed(known.upwards(county.code)[1:]):
        name = known.areas[code].name
        before = before.removeprefix(name)
    return before == ""


class RoadCode(Knowing):
    """A road by its code (`G1`, `g１`, `G1 京哈高速`) or by its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(super()._deserialize(value, attr, data, **options))).upper()
        if len(text) > LONGEST_NAME:
            raise ValidationError("text.too_long")
        named = self.known.roads_by_name.get(text)
        code = ROAD.match(text)
        return named or (code[0] if code else text)


class GoodsNumber(Knowing):
    """An item of goods by its number, its code or its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(str(value)))
        number = self.known.goods_by_words.get(text)
        if number is None:
            raise ValidationError("goods.unknown")
        return number


class Hours(fields.Integer):
    """Whole hours; an absurd number is refused here, before the database would have to hold it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if isinstance(value, str):
            value = narrow(value)
        # Python refuses to read thousands of digits, with an error that is not about hours.
        if len(str(value)) > len("1000000"):
            raise ValidationError("number.range")
        hours = super()._deserialize(value, attr, data, **options)
        return max(-1, min(hours, 30_000)) if hours is not None else None


class Last4(fields.String):
    """The last four characters of an identity number; whoever types all eighteen means the last four."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(str(value))).upper()
        if not LAST4.fullmatch(text[-4:]) or len(text) not in {4, 18}:
            raise ValidationError("driver.last4")
        return text[-4:]


class DriverSchema(InputSchema):
    """A driver: name, last four of the identity number, phone; what is still empty is an empty text."""

    name = Line(LONGEST_NAME)
    phone = Phone()
    last4 = Last4()

    @post_load
    def whole(self, read: dict[str, Any], **options: Any) -> dict[str, Any]:
        """All three keys, always."""
        del options
        return {name: read.get(name) or "" for name in ("name", "phone", "last4")}


class ApplicationSchema(InputSchema):
    """What an applicant fills in. A draft is loaded in part: what is there counts, what cannot be read is named."""

    plate = PlateText()
    plate_colour = Colour()
    goods = GoodsNumber()
    goods_words = Line(LONGEST_WORDS)
    origin = CountyCode()
    destination = CountyCode()
    area = CountyCode()
    stops = fields.List(CountyCode())
    roads = fields.List(RoadCode())
    not_before = Instant()
    hours = Hours()
    drivers = fields.List(fields.Nested(DriverSchema))
    contact_phone = Phone()
    replaces = fields.Boolean()

    def __init__(self, known: Catalogue) -> None:
        super().__init__()
        self.known = known

    @pre_load
    def short_lists(self, plain: Mapping[str, Any], **options: Any) -> Mapping[str, Any]:
        """Refuse lists nobody types before each of their items is looked up."""
        del options
        long = [
            name for name, value in plain.items() if isinstance(value, list) and len(value) > LONGEST_LIST
        ]
        if long:
            raise ValidationError({name: ["list.too_long"] for name in long})
        return plain


class _Schemas:
    """The schema of the newest snapshot: to make one takes as long as to read with it, and files have many rows."""

    def __init__(self) -> None:
        self._made: ApplicationSchema | None = None

    def of(self, known: Catalogue) -> ApplicationSchema:
        """The schema of a snapshot. It keeps nothing of what it reads, so all threads may share it."""
        made = self._made
        if made is None or made.known is not known:
            self._made = made = ApplicationSchema(known)
        return made


_schemas = _Schemas()


def read_application(
    plain: Mapping[str, Any], known: Catalogue
) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """The fields that can be read, and the problems of those that cannot; the rules tell what is missing.

    A route longer than the credential can carry is cut, and said to be.
    """
    values, unread = _read(plain, known)
    long = [name for name, most in ROUTE_LIMITS.items() if len(values.get(name, ())) > most]
    for name in long:
        values[name] = values[name][: ROUTE_LIMITS[name]]
    too_many = (field_problem(name, f"{name}.too_many", most=ROUTE_LIMITS[name]) for name in long)
    return values, (*unread, *too_many)


def _read(plain: Mapping[str, Any], known: Catalogue) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    try:
        return load(_schemas.of(known), plain, partial=True), ()
    except InvalidInput as refused:
        readable = copy.deepcopy(dict(plain))
        # From the last to the first, so that what is left keeps its place while items are taken out.
        for problem in sorted(refused.errors, key=_place, reverse=True):
            _take_out(readable, problem.field.split("."))
        values, more = _read(readable, known) if readable != plain else ({}, ())
        return values, (*refused.errors, *more)


def _place(problem: FieldProblem) -> list[str]:
    return [step.zfill(4) for step in problem.field.split(".")]


def _take_out(plain: Any, steps: list[str]) -> None:
    """Remove what a path leads to, such as `drivers.0.last4`; gone already is gone."""
    try:
        for step in steps[:-1]:
            plain = plain[int(step) if step.isdecimal() else step]
        del plain[int(steps[-1]) if steps[-1].isdecimal() else steps[-1]]
    except (KeyError, IndexError, TypeError):
        return
