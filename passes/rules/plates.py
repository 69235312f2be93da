"""Number plates: written in one way, checked before anything is stored, with a code for each mistake.

Forms and colours follow GA 36-2018 (机动车号牌) and the notice of December 2018 on 应急救援专用号牌.
The check is made to catch slips of the keyboard, not to prove that the plate exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from foundation.problems import FieldProblem, InvalidInput, field_problem

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
"""The 31 province prefixes (GA 36-2018)."""

EMBASSY = "使"
"""Prefix of an embassy's plate, followed by six digits."""

TRAILER = "挂"
"""Last character of a trailer's plate."""

EMERGENCY = "应急"
"""Last two characters of the eight on a plate of the national fire and rescue service."""

LENGTHS = (7, 8)
"""Characters of a plate with its prefix; the eighth is that of a new-energy vehicle, or of 应急."""

_LAST_ONLY = "挂学警港澳使领"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "0123456789"
_MEANT = {"O": "0", "I": "1"}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_UPPER = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
_DROPPED = dict.fromkeys(
    map(
        ord,
        "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65.-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u200b\ufeff",
    )
)
"""The dots and dashes people type between prefix and body, and the invisible marks of copied text."""


class PlateColour(IntEnum):
    """Background of the plate, numbered as in the credential."""

    BLUE = 0
    YELLOW = 1
    GREEN = 2
    """Small new-energy vehicle."""
    YELLOW_GREEN = 3
    """Large new-energy vehicle."""
    WHITE = 4
    BLACK = 5


NEW_ENERGY = frozenset({PlateColour.GREEN, PlateColour.YELLOW_GREEN})
"""Colours that only a plate of eight characters has."""

_COLOUR_OF_LAST = {
    "挂": PlateColour.YELLOW,
    "学": PlateColour.YELLOW,
    "警": PlateColour.WHITE,
    "港": PlateColour.BLACK,
    "澳": PlateColour.BLACK,
    "使": PlateColour.BLACK,
    "领": PlateColour.BLACK,
}


@dataclass(frozen=True)
class Plate:
    """A plate that passed `parse_plate`.

    `prefix` is one character, `body` the six or seven after it, `length` counts both (7 or 8).
    """

    prefix: str
    body: str
    length: int

    @property
    def text(self) -> str:
        """The plate as it is stored and compared, such as 吉A12345."""
        return self.prefix + self.body

    @property
    def is_emergency(self) -> bool:
        """Whether it is a plate of the national fire and rescue service (…应急)."""
        return self.body.endswith(EMERGENCY)

    @property
    def is_new_energy(self) -> bool:
        """Whether its eight characters say new energy."""
        return self.length == max(LENGTHS) and not self.is_emergency


def normalise_plate(text: str) -> str:
    """The one way to write a plate: half-width, upper case, no spaces, dots or dashes.

    Nothing is checked here: what is not a plate comes back as something that is still not one.
    """
    narrow = text.translate(_FULL_WIDTH).translate(_DROPPED).translate(_UPPER)
    return "".join(narrow.split())


def parse_plate(text: str) -> Plate:
    """The plate written in `text`, which need not be normalised.

    Raises InvalidInput with field `plate`: plate.length (fact `length`) alone, or each that applies of
    plate.prefix, plate.letter_o_or_i (facts `position` from 1, `letter`, and `meant`: the digit it is
    usually mistaken for), plate.character (facts `position`, `character`).
    """
    written = normalise_plate(text)
    if len(written) not in LENGTHS:
        raise InvalidInput(field_problem("plate", "plate.length", length=len(written)))
    if problems := list(_problems(written)):
        raise InvalidInput(*problems)
    return Plate(written[0], written[1:], len(written))


def check_colour(plate: Plate, colour: PlateColour) -> None:
    """Eight characters are green or yellow-green (应急: white), seven are neither.

    Raises InvalidInput with field `plate_colour` and code plate.colour.
    """
    fits = (
        colour is PlateColour.WHITE if plate.is_emergency else (colour in NEW_ENERGY) == plate.is_new_energy
    )
    if not fits:
        raise InvalidInput(field_problem("plate_colour", "plate.colour", colour=colour.name.lower()))


def require_tractor(plate: Plate) -> None:
    """A road train's pass is bound to its tractor, so a trailer's plate is not taken.

    Raises InvalidInput with field `plate` and code plate.trailer.
    """
    if plate.body.endswith(TRAILER):
        raise InvalidInput(field_problem("plate", "plate.trailer"))


def default_colour(plate: Plate) -> PlateColour:
    """The colour most vehicles with such a plate have: for when nobody said which one it is."""
    if plate.is_emergency:
        return PlateColour.WHITE
    if plate.is_new_energy:
        return PlateColour.GREEN
    return _COLOUR_OF_LAST.get(EMBASSY if plate.prefix == EMBASSY else plate.body[-1], PlateColour.BLUE)


def suggested_colours(plate: Plate) -> tuple[PlateColour, ...]:
    """The colours that lorries with such a plate have, the usual one first: one where the plate tells it."""
    usual = default_colour(plate)
    if plate.is_new_energy:
        return (PlateColour.GREEN, PlateColour.YELLOW_GREEN)
    return (usual, PlateColour.YELLOW) if usual is PlateColour.BLUE else (usual,)


def _problems(written: str) -> Iterator[FieldProblem]:
    """Every problem of a normalised plate of the right length, from left to right."""
    if written[0] not in PROVINCES + EMBASSY:
        yield field_problem("plate", "plate.prefix")
    for position, (character, allowed) in enumerate(
        zip(written[1:], _allowed(written), strict=True), start=2
    ):
        if character in allowed:
            continue
        if character in _MEANT:
            meant = _MEANT[character]
            yield field_problem(
                "plate", "plate.letter_o_or_i", position=position, letter=character, meant=meant
            )
        else:
            yield field_problem("plate", "plate.character", position=position, character=character)


def _allowed(written: str) -> list[str]:
    """For each position after the prefix the characters that may stand there."""
    after = len(written) - 1
    if written[0] == EMBASSY:
        return [_DIGITS] * after
    inner = [_LETTERS, *[_LETTERS + _DIGITS] * (after - 1)]
    if len(written) == max(LENGTHS) and written.endswith(EMERGENCY):
        return [*inner[:-2], *EMERGENCY]
    return [*inner[:-1], _LETTERS + _DIGITS + _LAST_ONLY]
