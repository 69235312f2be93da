"""Digits that a spreadsheet program takes for numbers: phones, identity numbers, hours."""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

from passes.imports.values import KEPT_DIGITS, Given, Repair, Repaired, mended, narrow, problem

_FLOAT = re.compile(r"[0-9]+\.0+")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.(?P<decimals>[0-9]+))?E\+?(?P<exponent>[0-9]{1,3})", re.IGNORECASE)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_LANDLINE = re.compile(r"(?:10|2[0-9])[0-9]{8}|[3-9][0-9]{2}[0-9]{7,8}")
"""Area code without its zero, then the number: Chinese landlines have seven or eight digits after it."""
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = [2**power % 11 for power in range(17, 0, -1)]
_HOURS = re.compile(
    r"(?:(?P<days>[0-9]+|[一二两三四五六七八九十])[天日])?(?:(?P<hours>[0-9]+)(?:个?小时|h|hours?)?)?"
)
_DURATION = re.compile(r"(?P<hours>[0-9]{1,4}):00(?::00)?")
_NUMERALS = {sign: number for number, sign in enumerate("〇一二三四五六七八九十")} | {"两": 2}


def number_text(value: float) -> str | None:
    """A number as its digits; None for one with more of them than a program keeps."""
    if value != int(value):
        return repr(value)
    return str(int(value)) if abs(value) < 10**KEPT_DIGITS else None


def _as_number(text: str, exact: bool) -> Repaired | None:
    """A text that a program wrote for a number: 13800138000.0, 13,800,138,000, 1.38E+10; None for any other."""
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        return _expanded(scientific)
    if _FLOAT.fullmatch(text) or _GROUPED.fullmatch(text):
        digits = text.partition(".")[0].replace(",", "")
        lost = len(digits) > KEPT_DIGITS
        return problem("cell.digits_lost") if lost else Repaired(digits, mended("cell.number"))
    return None if exact or not (text.isascii() and text.isdecimal()) else Repaired(text)


def _expanded(written: re.Match[str]) -> Repaired:
    """Digits of scientific notation, where all of them are there."""
    decimals, exponent = len(written["decimals"] or ""), int(written["exponent"])
    if decimals != exponent or exponent >= KEPT_DIGITS:
        return problem("cell.digits_lost")
    return Repaired(str(int(Decimal(written[0]))), mended("cell.number"))


def touched(given: Given) -> Repaired | None:
    """Digits that a program may have touched; None for a text that it has left alone."""
    if isinstance(given.value, int | float):
        text = number_text(given.value)
        return Repaired(text, mended("cell.number")) if text else problem("cell.digits_lost")
    return _as_number(str(given.value), given.cell.exact)


def phone(given: Given) -> Repaired:
    """A phone number as it is dialled: the zero in front of an area code is put back."""
    if isinstance(given.value, date | time | timedelta):
        return problem("cell.became_date")
    text, widened = narrow(given.value) if isinstance(given.value, str) else ("", ())
    found = touched(replace(given, value=text or given.value))
    if found is None:
        return Repaired(text, widened)
    return found if found.problem else _dialled(found, widened)


def _dialled(digits: Repaired, widened: tuple[Repair, ...]) -> Repaired:
    """A phone number out of digits whose zero in front may be gone; what could be two numbers is a problem."""
    text = digits.text
    as_it_is = _MOBILE.fullmatch(text) or _SERVICE.fullmatch(text)
    if as_it_is or (text.startswith("0") and _LANDLINE.fullmatch(text[1:])):
        return replace(digits, repairs=(*widened, *digits.repairs))
    if text.startswith("86") and _MOBILE.fullmatch(text[2:]):
        return Repaired("+" + text, (*widened, *mended("cell.plus")))
    if _LANDLINE.fullmatch(text):
        return Repaired("0" + text, (*widened, *mended("cell.zeros")))
    return problem("cell.phone_digits")


def identity(given: Given) -> Repaired:
    """The last four of an identity number, or all eighteen with a right check digit."""
    if isinstance(given.value, date | time | timedelta):
        return problem("cell.became_date")
    text, widened = narrow(given.value) if isinstance(given.value, str) else ("", ())
    text = text.replace(" ", "").upper()
    found = touched(replace(given, value=text or given.value))
    if found is None:
        return _whole_identity(Repaired(text, widened), given.cell.exact)
    if found.problem or len(found.text) > 4:
        return found if found.problem else _whole_identity(found, given.cell.exact)
    full = found.text.zfill(4)
    more = mended("cell.zeros") if full != found.text else found.repairs
    return Repaired(full, (*widened, *more))


def _whole_identity(read: Repaired, exact: bool) -> Repaired:
    """Excel turns the last three of eighteen digits into zeros: such an ending is believed only where it was typed."""
    text = read.text
    right = is_identity(text)
    if len(text) > KEPT_DIGITS and text.isdecimal() and text.endswith("000") and not (right and exact):
        return problem("cell.digits_lost")
    return read if right or len(text) == 4 else problem("cell.identity")


def is_identity(text: str) -> bool:
    """Whether eighteen characters have the right check digit (GB 11643-1999: ISO 7064 MOD 11-2)."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17]


def hours(given: Given) -> Repaired:
    """Whole hours: a number, a duration such as 72:00, or words such as 3天."""
    value = given.value
    if isinstance(value, timedelta | time):
        return _lasting(value)
    if isinstance(value, date):
        return problem("cell.became_date")
    if isinstance(value, int | float):
        return (
            Repaired(str(int(value)))
            if value == int(value) and abs(value) < 10**KEPT_DIGITS
            else problem("cell.hours")
        )
    text, widened = narrow(value)
    if text.endswith("%"):
        return problem("cell.percent")
    read = _spoken(text.replace(" ", "").lower())
    return replace(read, repairs=(*widened, *read.repairs))


def _lasting(value: timedelta | time) -> Repaired:
    seconds = (
        value.total_seconds()
        if isinstance(value, timedelta)
        else value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    )
    hours = round(seconds / 3600)
    exact = abs(seconds - hours * 3600) < 1
    return Repaired(str(hours), mended("cell.duration")) if exact else problem("cell.hours")


def _spoken(text: str) -> Repaired:
    lasting = _DURATION.fullmatch(text)
    if lasting:
        return Repaired(lasting["hours"], mended("cell.duration"))
    bare = text.partition(".")[0] if _FLOAT.fullmatch(text) else text
    if re.fullmatch(r"-?[0-9]+", bare):
        return Repaired(bare)
    found = _HOURS.fullmatch(text)
    if found is None or len(text) > 12 or not (found["days"] or found["hours"]):
        return problem("cell.hours")
    days = found["days"] or "0"
    hours = (_NUMERALS.get(days) or int(days)) * 24 + int(found["hours"] or 0)
    return Repaired(str(hours), mended("cell.hours_words"))
