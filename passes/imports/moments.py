"""Days and times as people and programs write them, read to the minute in Beijing time. Two readings are none."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""A number outside of these days is no day at all (as in `passes.schemas`)."""
HALF_A_SECOND = timedelta(milliseconds=500)
WRITTEN_DECIMALS = 5
"""Decimals of a written serial number that tell the minute: fewer mean that a narrow column cut it (4 are 9 seconds)."""
_DAY = r"(?:(?P<year>[0-9]{4})(?:年|[-/.]))?(?P<month>[0-9]{1,2})(?P<mark>月|[-/.])(?P<day>[0-9]{1,2})[日号]?"
_PART = r"(?P<part>凌晨|早上|上午|中午|下午|晚上|am|pm)?"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"|[时点](?:(?P<spoken>[0-9]{1,2})分?|(?P<half>半)|整)?)"
)
_WRITTEN = re.compile(rf"{_DAY}(?:[t ]*{_PART} *{_CLOCK} *(?P<after>am|pm)?)?")
_AMERICAN = re.compile(r"(?P<first>[0-9]{1,2})[-/.](?P<second>[0-9]{1,2})[-/.](?P<year>[0-9]{4})(?P<rest>.*)")
_DIGITS = re.compile(r"(?P<day>[0-9]{8})(?P<clock>[0-9]{4}(?:[0-9]{2})?)?")
_SERIAL = re.compile(r"[0-9]{5}(?:\.(?P<decimals>[0-9]+))?")
_WEEKDAY = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_BEFORE_NOON, _AFTER_NOON = {"凌晨", "早上", "上午", "am"}, {"下午", "晚上", "中午", "pm"}
_TWELVE = {"am": 0, "凌晨": 0, "pm": 12, "下午": 12, "中午": 12}
"""What twelve o'clock means; of 上午12点 and 晚上12点 nobody can be sure."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time in Beijing as ISO text, and the code of what had to be done for it; or the code of the problem."""

    text: str = ""
    repair: str | None = None
    problem: str | None = None


def of_datetime(at: datetime, repair: str | None = None) -> Moment:
    """A time of a program: the nearest second, then its minute, because fractions of days are never exact."""
    return Moment((at + HALF_A_SECOND).strftime("%Y-%m-%dT%H:%M"), repair)


def of_serial(serial: float, epoch: date) -> Moment:
    """A day counted from `epoch`, its fraction the time. Digits such as 20220416 are no count but a day written out."""
    whole = repr(int(serial)) if serial == int(serial) else ""
    if _DIGITS.fullmatch(whole):
        return _written_out(whole)
    if not 0 <= serial <= (LAST_DAY - epoch).days:
        return Moment(problem="cell.date")
    at = datetime.combine(epoch, time()) + timedelta(days=serial)
    if at.date() < FIRST_DAY:
        return Moment(problem="cell.date")
    return of_datetime(at, "cell.serial")


def of_text(text: str, epoch: date, today: date | None) -> Moment:
    """A day with or without a time, as it is written. `today` gives the year where there is none."""
    short = " ".join(_WEEKDAY.sub(" ", unicodedata.normalize("NFKC", text)).lower().split())
    serial = _SERIAL.fullmatch(short)
    if serial:
        cut = len(serial["decimals"] or "") < WRITTEN_DECIMALS
        return Moment(problem="cell.digits_lost") if cut else of_serial(float(short), epoch)
    if _DIGITS.fullmatch(short):
        return _written_out(short)
    if _has_offset(short):
        return Moment(short.upper())
    return _american(short) or _written(short, today)


def _written_out(digits: str) -> Moment:
    clock = digits[8:12] or "0000"
    return _at(digits[:4], digits[4:6], digits[6:8], int(clock[:2]), int(clock[2:]), "cell.date_digits")


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        return False


def _american(text: str) -> Moment | None:
    """Month first or day first: taken only where one of them cannot be a month."""
    found = _AMERICAN.fullmatch(text)
    if found is None:
        return None
    first, second = int(found["first"]), int(found["second"])
    if first <= 12 and second <= 12 and first != second:
        return Moment(problem="cell.date_unclear")
    month, day = (first, second) if first <= 12 else (second, first)
    read = _written(f"{found['year']}-{month}-{day}{found['rest']}", None)
    return read if read.problem else Moment(read.text, "cell.date_order")


def _written(text: str, today: date | None) -> Moment:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return Moment(problem="cell.date")
    if found["year"] is None and (found["mark"] != "月" or today is None):
        return Moment(problem="cell.no_year")
    part = found["part"] or found["after"]
    hour = _hour(int(found["hour"] or 0), part)
    if hour is None:
        return Moment(problem="cell.date_unclear")
    minute = 30 if found["half"] else int(found["minute"] or found["spoken"] or 0)
    year = found["year"] or _year_near(found["month"], found["day"], today)
    unusual = "cell.clock" if part or hour == 24 else None
    return _at(
        year, found["month"], found["day"], hour, minute, unusual if found["year"] else "cell.year_added"
    )


def _hour(hour: int, part: str | None) -> int | None:
    """The hour of 24; None where the words before it do not fit or leave a doubt."""
    if part is None:
        return hour
    if hour == 12:
        return _TWELVE.get(part)
    if part in _AFTER_NOON:
        return hour + 12 if hour < 12 and part != "中午" else hour
    return hour if hour < 12 else None


def _year_near(month: str, day: str, today: date | None) -> str:
    """The year that puts the day nearest to today; nothing may begin more than a month from now anyway."""
    if today is None:
        return ""
    found = [
        (abs(at - today), at.year) for shift in (-1, 0, 1) if (at := _day(today.year + shift, month, day))
    ]
    return str(min(found)[1]) if found else ""


def _day(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


def _at(year: str, month: str, day: str, hour: int, minute: int, repair: str | None) -> Moment:
    """The moment, where the calendar and the clock have it; 24:00 is the beginning of the next day."""
    found = _day(int(year), month, day) if year else None
    at_end = hour == 24 and minute == 0
    if found is None or not FIRST_DAY <= found <= LAST_DAY or minute > 59 or (hour > 23 and not at_end):
        return Moment(problem="cell.date")
    begin = datetime.combine(found, time())
    return of_datetime(begin + timedelta(hours=hour, minutes=minute), repair)
