"""Finding a pass by number or plate: the check code, five tries, and the lock that holds for every process."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from foundation.problems import DomainProblem
from passes.models import CheckCodeAttempt, Pass, PassRevision
from passes.public import PassAction, PassReason, change_pass, workshop
from passes.service.lookup import LOCKED_FOR, TRIES, forget_tries, look_up, look_up_by_check_code
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction, with_keys
from tests.races import race

MINUTE = timedelta(minutes=1)
WRONG = "ZZZZZZ"


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def code_of(session: Session, number: str) -> str:
    return session.scalars(select(PassRevision.check_code).where(PassRevision.number == number)).one()


def tried(session: Session, asked: str, code: str = WRONG, now: datetime = NOON) -> str:
    """The number that was found, `nothing`, or the code of the problem."""
    try:
        found: Pass | None = look_up_by_check_code(session, asked, code, now=now)
    except DomainProblem as refused:
        return refused.code
    return found.number if found else "nothing"


def test_number_or_plate_with_the_printed_code_finds_the_pass(session: Session) -> None:
    plate = a_plate()
    number = an_issued_pass(session, plate=plate).number
    code = code_of(session, number)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    for asked in (
        number,
        f"{number[:6]} {number[6:]}",
        full_width,
        plate,
        f"{plate[:2]}·{plate[2:]}".lower(),
    ):
        assert tried(session, asked, f" {code[:3]}-{code[3:].lower()} ") == number
    assert session.scalar(select(func.count()).select_from(CheckCodeAttempt)) == 0


def test_letters_that_look_like_digits_are_read_as_digits(session: Session) -> None:
    number = an_issued_pass(session).number
    revision = session.scalars(select(PassRevision).where(PassRevision.number == number)).one()
    revision.check_code = "01AB10"
    session.flush()
    assert tried(session, number, "oLabIO") == number


@pytest.mark.parametrize(
    "asked", ["known", "220100999999", "吉A99999", "110000000001", "?", "no plate at all, long"]
)
def test_five_wrong_tries_lock_what_was_asked_for_known_or_not(session: Session, asked: str) -> None:
    number = an_issued_pass(session).number
    asked = number if asked == "known" else asked
    assert [tried(session, asked) for _ in range(TRIES + 2)] == ["nothing"] * TRIES + [
        "check_code.locked"
    ] * 2


def test_while_locked_the_right_code_opens_nothing_and_an_hour_later_it_does(session: Session) -> None:
    number = an_issued_pass(session).number
    code = code_of(session, number)
    for minute in range(TRIES):
        tried(session, number, now=NOON + minute * MINUTE)
    last = NOON + (TRIES - 1) * MINUTE
    assert tried(session, number, code, now=last + LOCKED_FOR - MINUTE) == "check_code.locked"
    assert tried(session, number, code, now=last + LOCKED_FOR) == number
    assert tried(session, number, now=last + LOCKED_FOR) == "nothing"
    assert tried(session, number, code, now=last + LOCKED_FOR) == number


def test_tries_spread_over_hours_do_not_lock(session: Session) -> None:
    number = an_issued_pass(session).number
    for tries in range(TRIES * 2):
        assert tried(session, number, now=NOON + tries * 20 * MINUTE) == "nothing"


def test_one_lock_says_when_it_ends_and_leaves_other_passes_alone(session: Session) -> None:
    first, second = an_issued_pass(session).number, an_issued_pass(session).number
    for _ in range(TRIES):
        tried(session, first)
    with pytest.raises(DomainProblem) as refused:
        look_up_by_check_code(session, first, WRONG, now=NOON + 59 * MINUTE)
    assert refused.value.facts["retry_after"] == 61
    assert tried(session, second, code_of(session, second)) == second


def test_tries_that_lock_nothing_any_more_are_forgotten(session: Session) -> None:
    tried(session, "220100000001")
    forget_tries(session, now=NOON + LOCKED_FOR)
    assert session.scalar(select(func.count()).select_from(CheckCodeAttempt)) == 1
    forget_tries(session, now=NOON + 3 * LOCKED_FOR)
    assert session.scalar(select(func.count()).select_from(CheckCodeAttempt)) == 0


def test_staff_find_by_number_or_plate_without_a_code(session: Session) -> None:
    plate = a_plate()
    number = an_issued_pass(session, plate=plate).number
    found = [look_up(session, asked, now=NOON) for asked in (number, plate, "220100999999", "吉A99999")]
    assert [each and each.number for each in found] == [number, number, None, None]


def test_the_pass_in_force_speaks_then_the_next_then_the_newest(session: Session) -> None:
    plate = a_plate()
    first = an_issued_pass(session, plate=plate, hours=24)
    second = an_issued_pass(session, plate=plate, hours=24, not_before=NOON + timedelta(hours=24))
    later = an_issued_pass(session, plate=plate, hours=24, not_before=NOON + timedelta(hours=72))

    def speaks(hours: int) -> str:
        found = look_up(session, plate, now=NOON + timedelta(hours=hours))
        return found.number if found else "none"

    assert [speaks(1), speaks(25), speaks(50)] == [first.number, second.number, later.number]
    change_pass(session, COMMAND_LINE, first.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON)
    assert speaks(1) == second.number
    assert speaks(200) in {first.number, second.number, later.number}


def test_of_ten_tries_at_the_same_instant_five_are_counted_and_five_are_locked_out(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    results = race(app, [lambda s: tried(s, "220100000001")] * 10)
    assert sorted(map(str, results)) == ["check_code.locked"] * 5 + ["nothing"] * 5
    with own_transaction(app) as session:
        assert tried(session, "220100000001") == "check_code.locked"
