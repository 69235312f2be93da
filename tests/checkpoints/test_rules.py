"""What may be done at the roadside: every standing with every action, times, and undoing."""

from datetime import UTC, datetime, timedelta

import pytest

from checkpoints.rules import (
    AHEAD,
    CONSEQUENCES,
    OLDEST,
    RECOGNISED,
    REFUSALS,
    UNDO_WITHIN,
    Consequence,
    RefusalReason,
    RoadsideAction,
    Standing,
    clock_is_off,
    consequence,
    standing_of,
    time_problem,
    undo_problem,
)
from checkpoints.verdicts import standing
from checkpoints.words import ACTION_WORDS, MAY_WORDS, REASON_WORDS
from passes.public import Level, Verdict, VerdictCode, counts_as_no_pass, needs_refusal_reason
from tests.builders import NOON

PROTECTED = {Standing.GOOD, Standing.LIKE_NO_PASS, Standing.NO_PASS}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("action", RoadsideAction)
@pytest.mark.parametrize("here", Standing)
def test_only_turning_back_or_holding_what_may_go_on_asks_for_a_reason(
    here: Standing, action: RoadsideAction
) -> None:
    watched = here in PROTECTED and action in REFUSALS
    assert consequence(here, action) == Consequence(needs_reason=watched, opens_case=watched)


def test_the_table_holds_every_pair() -> None:
    assert set(CONSEQUENCES) == {(here, action) for here in Standing for action in RoadsideAction}


@pytest.mark.parametrize("action", RoadsideAction)
@pytest.mark.parametrize("code", VerdictCode)
@pytest.mark.parametrize("level", Level)
def test_every_verdict_with_every_action_agrees_with_the_judge(
    level: Level, code: VerdictCode, action: RoadsideAction
) -> None:
    asked = consequence(standing(level, code), action).needs_reason
    counted = level is Level.RED or not counts_as_no_pass(code)
    if counted:
        assert asked == (needs_refusal_reason(Verdict(level, code, (code,))) and action in REFUSALS)


def test_red_counts_as_blue_only_when_the_judge_says_so() -> None:
    assert standing_of("red", like_no_pass=True) is Standing.LIKE_NO_PASS
    assert standing_of("red", like_no_pass=False) is Standing.NOT_VALID
    assert standing_of("blue", like_no_pass=False) is Standing.NO_PASS


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [
        (timedelta(), timedelta(), None),
        (-OLDEST - SECOND, -OLDEST, None),
        (-OLDEST - 2 * SECOND, -OLDEST - SECOND, "event.too_old"),
        (AHEAD, AHEAD, None),
        (AHEAD + SECOND, AHEAD + SECOND, "event.ahead"),
        (SECOND, timedelta(), "event.backwards"),
        (-OLDEST * 5, timedelta(), None),
    ],
)
def test_an_event_is_refused_only_when_it_certainly_happened_too_early_or_late(
    low: timedelta, high: timedelta, code: str | None
) -> None:
    assert time_problem(NOON + low, NOON + high, NOON) == code


def test_a_device_clock_a_year_behind_is_marked_and_the_event_taken() -> None:
    year = timedelta(days=365)
    assert time_problem(NOON - SECOND, NOON, NOON) is None
    assert clock_is_off(NOON - year, NOON - SECOND, NOON, NOON)
    assert not clock_is_off(NOON, NOON, NOON, NOON)


def test_bounds_at_the_very_end_of_what_a_date_can_be_are_compared_like_others() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert time_problem(first, last, NOON) is None
    assert not clock_is_off(NOON, first, last, NOON)


@pytest.mark.parametrize("undone", RoadsideAction)
def test_an_action_can_be_undone_for_two_minutes_and_an_undo_never(undone: RoadsideAction) -> None:
    in_time = undo_problem(undone, NOON, NOON + UNDO_WITHIN)
    late = undo_problem(undone, NOON, NOON + UNDO_WITHIN + SECOND)
    before = undo_problem(undone, NOON, NOON - SECOND)
    if undone is RoadsideAction.UNDONE:
        assert {in_time, late, before} == {"action.undo_of_undo"}
    else:
        assert (in_time, late, before) == (None, "action.undo_too_late", "action.undo_too_late")


def test_everything_an_officer_chooses_or_reads_has_words() -> None:
    assert set(ACTION_WORDS) == set(RoadsideAction)
    assert set(REASON_WORDS) == set(RefusalReason)
    assert set(MAY_WORDS) == set(Standing)
    assert set(RefusalReason) > RECOGNISED
