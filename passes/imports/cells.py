"""One cell: what a spreadsheet program did to it is undone where nothing is lost, and named where something is.

Excel keeps fifteen digits of a number, drops zeros in front, shows long numbers as 1.38E+10, and makes days of what
looks like one. Whatever was lost is never guessed.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from passes.imports import digits, moments
from passes.imports.values import (
    EPOCH_1900,
    EPOCH_1904,
    LONGEST_CELL,
    Cell,
    CellValue,
    Given,
    Repair,
    Repaired,
    mended,
    narrow,
    problem,
)
from passes.rules import PlateColour

__all__ = [
    "EPOCH_1900",
    "EPOCH_1904",
    "Cell",
    "CellValue",
    "Repair",
    "Repaired",
    "is_blank",
    "kind_of",
    "masked",
    "repair",
]

_SECRET = frozenset({"phone", "last4"})
_FREE = frozenset({"name", "goods_words"})
"""Fields of free text, where a quotation mark in front may be meant."""
_LISTS = frozenset({"stops", "roads"})
_SPACES = re.compile(r"\s+")
_LINES = re.compile(r"\s*[\r\n\t\v\f]\s*")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)|#{3,}")
_QUOTED = re.compile(r'="([^"]*)"')
_COLOURS = {
    "蓝": PlateColour.BLUE,
    "黄": PlateColour.YELLOW,
    "绿": PlateColour.GREEN,
    "渐变绿": PlateColour.GREEN,
    "黄绿": PlateColour.YELLOW_GREEN,
    "黄绿双拼": PlateColour.YELLOW_GREEN,
    "白": PlateColour.WHITE,
    "黑": PlateColour.BLACK,
}


def kind_of(field: str) -> str:
    """The kind of a field path: `phone` for `drivers.0.phone` and `contact_phone`, `stops` for `stops.1`."""
    if field.startswith("drivers."):
        return field.rpartition(".")[2]
    root = field.partition(".")[0]
    return "phone" if root == "contact_phone" else root


def masked(field: str, text: str) -> str:
    """The text, or of a phone or an identity number only its ends."""
    if kind_of(field) not in _SECRET or sum(map(str.isdecimal, text)) < 6:
        return text[:LONGEST_CELL]
    return text[:3] + "*" * min(len(text) - 5, 20) + text[-2:] if len(text) > 5 else "*" * len(text)


def is_blank(value: CellValue | None) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return value is None or (isinstance(value, str) and not _visible(value).strip())


def repair(field: str, cell: Cell, *, today: date | None = None) -> Repaired:
    """The text a cell means for a field, such as `plate`, `not_before` or `drivers.0.phone`.

    `today` (in Beijing) gives the year to a day that was written without one; without it, such a day is a problem.
    A problem has a code `cell.…`, and the text is then empty.
    """
    kind = kind_of(field)
    value, cleaned = _cleaned(kind, cell.value) if isinstance(cell.value, str) else (cell.value, ())
    read = _unreadable(value) or _READERS.get(kind, _plain)(Given(value, cell, today))
    return _told(field, read, cleaned, _shown(cell.value))


def _told(field: str, read: Repaired, cleaned: tuple[str, ...], was: str) -> Repaired:
    shown = masked(field, was)
    if read.problem:
        return replace(read, text="", repairs=(), was=shown)
    codes = dict.fromkeys((*cleaned, *(repair.code for repair in read.repairs)))
    if not codes or (read.text == was and set(codes) == {"cell.number"}):
        # A number that reads as it looked in the sheet is nobody's concern: whole columns of phones are numbers.
        return replace(read, repairs=())
    return replace(read, repairs=tuple(Repair(code, shown) for code in codes))


def _shown(value: CellValue) -> str:
    """A value as a program would show it, on one line."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{value:.0f}"
    return _SPACES.sub(" ", _visible(str(value)[:LONGEST_CELL])).strip()


def _unreadable(value: CellValue) -> Repaired | None:
    """What is nothing in any field: errors of formulas, TRUE and FALSE, signs that lost their meaning."""
    if isinstance(value, bool):
        return problem("cell.boolean")
    if isinstance(value, str):
        if _ERROR.fullmatch(value):
            return problem("cell.error")
        doubtful = not value.isprintable() or "\ufffd" in value
        return problem("cell.sign") if doubtful and any(map(_is_lost, value)) else None
    endless = isinstance(value, float) and not math.isfinite(value)
    return problem("cell.error") if endless else None


def _is_lost(sign: str) -> bool:
    """Whether a sign stands for one that could not be kept, or for one that only its writer knows."""
    return sign > "\u00ff" and (sign == "\ufffd" or unicodedata.category(sign) in {"Cn", "Co", "Cs"})


def _visible(text: str) -> str:
    """The text without control and format characters; lines stay apart."""
    if text.isprintable():
        return text
    return "".join(
        sign for sign in text if sign in "\r\n\t\v\f" or unicodedata.category(sign) not in {"Cc", "Cf"}
    )


def _cleaned(kind: str, text: str) -> tuple[str, tuple[str, ...]]:
    """A text on one line, without what cannot be seen, and the codes of what was taken off."""
    visible = _visible(text)
    unseen = ("cell.invisible",) if visible != text or "\u00a0" in text else ()
    lines = _LINES.sub("、" if kind in _LISTS else " ", visible.strip())
    line = _SPACES.sub(" ", lines)[: LONGEST_CELL * 5]
    bare = line if kind in _FREE else _without_quote(line)
    return bare.strip(), unseen if bare == line else (*unseen, "cell.quote")


def _without_quote(line: str) -> str:
    """What programs put around digits so that they stay text: an apostrophe in front, or ="…"."""
    quoted = _QUOTED.fullmatch(line)
    if quoted:
        return quoted[1]
    return line[1:] if line[:1] in {"'", "‘", "’"} else line


def _plain(given: Given) -> Repaired:
    """A text. A number is its digits; a day is what a program made of something else, such as 3-4."""
    if isinstance(given.value, int | float):
        text = digits.number_text(given.value)
        return Repaired(text) if text else problem("cell.digits_lost")
    if not isinstance(given.value, str):
        return problem("cell.became_date")
    return Repaired(given.value)


def _code(given: Given) -> Repaired:
    """A text whose width does not matter: places, roads, goods, plates."""
    read = _plain(given)
    half, widened = narrow(read.text)
    return replace(read, text=half, repairs=widened) if widened else read


def _colour(given: Given) -> Repaired:
    """A colour of plates by its word, or as it was written."""
    read = _code(given)
    word = re.sub(r"[色牌 ]|\(.*\)", "", read.text).removesuffix("底")
    known = _COLOURS.get(word)
    return read if known is None else replace(read, text=known.name.lower())


def _moment(given: Given) -> Repaired:
    value = given.value
    if isinstance(value, time | timedelta):
        return problem("cell.no_day")
    if isinstance(value, int | float):
        found = moments.of_serial(value, given.cell.epoch)
    elif isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        found = moments.of_datetime(at)
    else:
        found = moments.of_text(value, given.cell.epoch, given.today)
    return Repaired(found.text, mended(found.repair) if found.repair else (), found.problem)


_READERS: Mapping[str, Callable[[Given], Repaired]] = {
    "plate": _code,
    "plate_colour": _colour,
    "goods": _code,
    "origin": _code,
    "destination": _code,
    "area": _code,
    "stops": _code,
    "roads": _code,
    "phone": digits.phone,
    "last4": digits.identity,
    "hours": digits.hours,
    "not_before": _moment,
}
