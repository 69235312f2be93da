"""What spreadsheet programs do to cells is undone or named; it never becomes another valid value."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passes.imports.cells import EPOCH_1900, EPOCH_1904, Cell, Repaired, repair
from passes.imports.columns import TARGETS
from passes.imports.digits import is_identity
from passes.rules.plates import normalise_plate

TODAY = date(2022, 4, 16)
FIELDS = [*TARGETS, "stops.1", "drivers.0.name", "drivers.1.phone", "drivers.0.last4"]


def midnight(day: date) -> datetime:
    """The beginning of a day, local as the rows are."""
    return datetime.combine(day, time())


INVISIBLE = st.sampled_from(["\u200b", "\ufeff", "\u200e", "\x07", "\u00ad"])

digits = st.text("0123456789", min_size=8, max_size=8)
mobiles = st.builds("1{}{}".format, st.sampled_from("3456789"), st.text("0123456789", min_size=9, max_size=9))
landlines = st.one_of(
    st.builds("0{}{}".format, st.sampled_from(["10", "21", "24", "29"]), digits),
    st.builds("0{}{}".format, st.sampled_from(["431", "432", "755", "898"]), digits),
    st.builds("0{}{}".format, st.sampled_from(["439", "371"]), st.text("123456789", min_size=7, max_size=7)),
)
phones = st.one_of(
    mobiles, landlines, st.builds("400{}".format, st.text("0123456789", min_size=7, max_size=7))
)
minutes = st.datetimes(midnight(date(2000, 1, 2)), midnight(date(2098, 1, 1))).map(
    lambda at: at.replace(second=0, microsecond=0)
)
plates = st.builds(
    "{}{}{}".format,
    st.sampled_from("吉京黑辽"),
    st.sampled_from("ABCDEFGH"),
    st.text("0123456789ABCDEFGH", min_size=5, max_size=6),
)


def an_identity(area: str, born: date, order: int) -> str:
    """Eighteen characters with the right check digit, counted the other way round than in the product."""
    body = f"{area}{born:%Y%m%d}{order:03d}"
    return next(body + last for last in "0123456789X" if is_identity(body + last))


identities = st.builds(
    an_identity,
    st.sampled_from(["220102", "110115", "230102"]),
    st.dates(date(1950, 1, 1), date(2004, 1, 1)),
    st.integers(1, 999),
)


def displayed(text: str, width: int) -> str:
    """A number as a narrow column of Excel shows it, and as Excel then writes it into a CSV."""
    number = str(int(text))
    if len(number) <= width:
        return number
    mantissa, _, exponent = f"{float(text):.{max(width - 6, 0)}E}".partition("E")
    return f"{mantissa}E+{int(exponent):02d}"


def meant(field: str, found: Repaired, original: str) -> None:
    """Either the original, or a problem and no text at all."""
    if found.problem:
        assert found.text == ""
    else:
        assert found.text == original, field


@given(phones)
def test_a_phone_that_became_a_number_gets_its_zero_back(phone: str) -> None:
    found = repair("contact_phone", Cell(float(phone)))
    assert (found.text, found.problem) == (phone, None)
    assert {mended.code for mended in found.repairs} <= {"cell.number", "cell.zeros"}
    assert phone not in repr(found.repairs)


def test_a_number_that_looks_in_the_sheet_as_it_reads_is_not_told() -> None:
    assert repair("contact_phone", Cell(13800001111.0)) == repair("contact_phone", Cell("13800001111"))
    (told,) = repair("drivers.0.last4", Cell(123.0)).repairs
    assert (told.code, told.was) == ("cell.zeros", "123")


@given(phones, st.integers(5, 14))
def test_a_phone_in_a_csv_of_excel_is_itself_or_named(phone: str, width: int) -> None:
    meant("contact_phone", repair("contact_phone", Cell(displayed(phone, width), exact=False)), phone)


@given(st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True))
def test_no_phone_of_any_form_becomes_another_by_being_a_number(phone: str) -> None:
    found = repair("contact_phone", Cell(float(phone)))
    known = found.text.removeprefix("+").lstrip("0") == phone.lstrip("+0")
    assert found.problem or known


@given(phones, st.sampled_from(["{}.0", "'{}", '="{}"', " {}\u00a0", "{}\t", "‘{}"]))
def test_what_programs_put_around_a_phone_is_taken_off(phone: str, around: str) -> None:
    assert repair("contact_phone", Cell(around.format(phone))).text == phone


@given(mobiles, INVISIBLE, st.integers(0, 11))
def test_invisible_signs_within_a_phone_are_taken_out_and_told(phone: str, sign: str, at: int) -> None:
    found = repair("contact_phone", Cell(phone[:at] + sign + phone[at:]))
    assert found.text == phone
    assert [mended.code for mended in found.repairs] == ["cell.invisible"]


def test_a_phone_with_plus_that_became_a_number_is_the_same_phone() -> None:
    found = repair("drivers.0.phone", Cell(8613800138000.0))
    assert (found.text, found.repairs[0].code) == ("+8613800138000", "cell.plus")


@given(identities)
def test_an_identity_number_that_became_a_number_is_never_believed(number: str) -> None:
    if number.endswith("X"):
        return
    for damaged in (float(number), displayed(number, 11), number[:15] + "000"):
        for exact in (True, False):
            found = repair("drivers.0.last4", Cell(damaged, exact=exact))
            assert found.problem == "cell.digits_lost" or (exact and found.text == number[:15] + "000")
            assert found.text in {"", number[:15] + "000"}
    assert repair("drivers.0.last4", Cell(number[:15] + "000", exact=False)).problem == "cell.digits_lost"


@given(identities)
def test_an_identity_number_as_text_is_kept_whatever_its_width_and_case(number: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number.lower())
    for written in (number, number.lower(), f"{number[:6]} {number[6:]}", wide):
        found = repair("drivers.0.last4", Cell(written))
        assert (found.text, found.problem) == (number, None) or number.endswith("000")


@given(identities, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_in_an_identity_number_is_named(number: str, at: int, more: int) -> None:
    wrong = number[:at] + str((int(number[at]) + more) % 10) + number[at + 1 :]
    assert repair("drivers.0.last4", Cell(wrong)).problem in {"cell.identity", "cell.digits_lost"}


@given(st.text("0123456789", min_size=4, max_size=4))
def test_the_last_four_get_their_zeros_back(last4: str) -> None:
    assert repair("drivers.0.last4", Cell(float(last4))).text == last4
    assert repair("drivers.0.last4", Cell(str(int(last4)), exact=False)).text == last4


@given(minutes, st.sampled_from([EPOCH_1900, EPOCH_1904]))
def test_a_day_left_as_a_number_is_the_same_minute(at: datetime, epoch: date) -> None:
    serial = (at - midnight(epoch)) / timedelta(days=1)
    if at.date() - epoch > timedelta(days=36525):
        found = repair("not_before", Cell(serial, epoch=epoch))
        assert found.text == f"{at:%Y-%m-%dT%H:%M}"
        assert found.repairs[0].code == "cell.serial"


@given(minutes, st.integers(0, 9))
def test_a_serial_number_cut_by_a_narrow_column_is_itself_or_named(at: datetime, decimals: int) -> None:
    serial = (at - midnight(EPOCH_1900)) / timedelta(days=1)
    shown = f"{serial:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{serial:.0f}"
    meant("not_before", repair("not_before", Cell(shown, exact=False)), f"{at:%Y-%m-%dT%H:%M}")


@given(minutes, st.integers(-400_000, 400_000))
def test_fractions_of_a_second_do_not_cost_a_minute(at: datetime, microseconds: int) -> None:
    given_ = at + timedelta(microseconds=microseconds)
    assert repair("not_before", Cell(given_)).text == f"{at:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    "form",
    [
        "{0:%Y-%m-%dT%H:%M}",
        "{0:%Y-%m-%d %H:%M:%S}",
        "{0:%Y/%m/%d %H:%M}",
        "{0.year}/{0.month}/{0.day} {0.hour}:{0:%M}",
        "{0.year}年{0.month}月{0.day}日{0.hour}时{0.minute}分",
        "{0.year}年{0.month}月{0.day}日 {0.hour}点{0.minute}分",
        "{0.year}.{0.month}.{0.day} {0.hour}:{0:%M}",
        "{0:%Y%m%d%H%M}",
        "{0:%Y年%m月%d日} 星期六 {0:%H：%M}",
        "{0:%Y/%m/%d %I:%M %p}",
    ],
)
@given(minutes)
def test_every_usual_way_to_write_a_time_means_the_same_minute(form: str, at: datetime) -> None:
    found = repair("not_before", Cell(form.format(at)))
    assert (found.text, found.problem) == (f"{at:%Y-%m-%dT%H:%M}", None)


@given(minutes)
def test_month_first_is_read_only_where_it_cannot_be_day_first(at: datetime) -> None:
    found = repair("not_before", Cell(f"{at.month}/{at.day}/{at.year} {at.hour}:{at:%M}"))
    if at.day <= 12 and at.day != at.month:
        assert found.problem == "cell.date_unclear"
    else:
        assert found.text == f"{at:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("written", "text", "code"),
    [
        ("4月16日8时", "2022-04-16T08:00", "cell.year_added"),
        ("4月16日 下午3点半", "2022-04-16T15:30", "cell.year_added"),
        ("2022年4月16日24时", "2022-04-17T00:00", "cell.clock"),
        ("2022/4/16 上午8:00", "2022-04-16T08:00", "cell.clock"),
        (20220416.0, "2022-04-16T00:00", "cell.date_digits"),
        (202204160830.0, "2022-04-16T08:30", "cell.date_digits"),
        ("20220416", "2022-04-16T00:00", "cell.date_digits"),
    ],
)
def test_what_is_added_to_a_time_is_told(written: Any, text: str, code: str) -> None:
    found = repair("not_before", Cell(written), today=TODAY)
    assert (found.text, [mended.code for mended in found.repairs]) == (text, [code])


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("2022-02-30 08:00", "cell.date"),
        ("2022-04-16 25:00", "cell.date"),
        ("2022-04-16 08:61", "cell.date"),
        ("明天", "cell.date"),
        ("2022/4/16 晚上12点", "cell.date_unclear"),
        ("2022/4/16 上午15:00", "cell.date_unclear"),
        ("5/4", "cell.no_year"),
        (time(8, 0), "cell.no_day"),
        (72.0, "cell.date"),
        (1e300, "cell.date"),
        ("44667.33", "cell.digits_lost"),
        ("=cmd|'/c calc'!A0", "cell.date"),
    ],
)
def test_a_time_that_cannot_be_told_is_named(written: Any, problem: str) -> None:
    assert repair("not_before", Cell(written), today=TODAY).problem == problem


def test_the_year_that_is_missing_is_the_nearest_and_never_taken_from_nowhere() -> None:
    assert repair("not_before", Cell("12月31日23时"), today=date(2022, 1, 1)).text == "2021-12-31T23:00"
    assert repair("not_before", Cell("1月1日0时"), today=date(2022, 12, 31)).text == "2023-01-01T00:00"
    assert repair("not_before", Cell("4月16日8时")).problem == "cell.no_year"


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        (72, "72"),
        (72.0, "72"),
        ("72.0", "72"),
        ("72小时", "72"),
        ("７２", "72"),
        ("72h", "72"),
        ("3天", "72"),
        ("三天", "72"),
        ("3天12小时", "84"),
        ("72:00", "72"),
        (timedelta(days=3), "72"),
        (time(8, 0), "8"),
        (-5, "-5"),
    ],
)
def test_hours_are_read_from_numbers_durations_and_words(written: Any, hours: str) -> None:
    assert repair("hours", Cell(written)).text == hours


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (0.72, "cell.hours"),
        ("72%", "cell.percent"),
        ("一周", "cell.hours"),
        ("72:30", "cell.hours"),
        (timedelta(hours=3, minutes=30), "cell.hours"),
        (date(1900, 3, 12), "cell.became_date"),
        (True, "cell.boolean"),
        ("#DIV/0!", "cell.error"),
        ("####", "cell.error"),
        (float("inf"), "cell.error"),
    ],
)
def test_hours_that_are_none_are_named(written: Any, problem: str) -> None:
    assert repair("hours", Cell(written)).problem == problem


@given(plates, st.booleans(), st.sampled_from(["", " ", "·", "\u200b", "\u00a0"]))
def test_a_plate_keeps_its_meaning_whatever_its_width(plate: str, wide: bool, between: str) -> None:
    typed = "".join(chr(ord(sign) + 0xFEE0) if wide and sign.isascii() else sign for sign in plate)
    found = repair("plate", Cell(typed[:2] + between + typed[2:].lower()))
    assert normalise_plate(found.text) == plate


@pytest.mark.parametrize(
    ("words", "colour"),
    [
        ("黄牌", "yellow"),
        ("黄", "yellow"),
        ("蓝色", "blue"),
        ("绿牌（小型新能源）", "green"),
        ("黄绿双拼", "yellow_green"),
    ],
)
def test_colours_are_known_by_their_words(words: str, colour: str) -> None:
    assert repair("plate_colour", Cell(words)).text == colour


def test_what_excel_made_a_day_of_is_named_and_not_turned_back() -> None:
    found = repair("goods_words", Cell(date(2022, 3, 4)))
    assert (found.problem, found.was) == ("cell.became_date", "2022-03-04")


def test_a_sign_that_was_lost_is_named_so_that_no_name_is_cut_short() -> None:
    for name in ("张\ufffd", "张\ue863"):
        assert repair("drivers.0.name", Cell(name)).problem == "cell.sign"


def test_a_formula_stays_the_text_it_is() -> None:
    assert repair("goods_words", Cell("=cmd|'/c calc'!A0")).text == "=cmd|'/c calc'!A0"


values = st.one_of(
    st.text(max_size=40),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@given(st.sampled_from(FIELDS), values, st.booleans())
def test_whatever_a_cell_holds_it_is_a_text_or_a_problem(field: str, value: Any, exact: bool) -> None:
    found = repair(field, Cell(value, exact=exact), today=TODAY)
    assert not (found.problem and found.text)
    assert found.text.isprintable() or " " in found.text
    assert all(sign.isprintable() for sign in found.text)
