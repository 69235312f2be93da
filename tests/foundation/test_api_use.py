"""How often a token asks, counted in the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.api_use import count_use, forget_use
from foundation.base import new_id
from foundation.models import ApiUse
from tests.builders import own_transaction

NOW = datetime(2022, 4, 16, 4, 0, 12, tzinfo=UTC)


def test_each_token_has_its_own_count_and_each_minute_begins_anew(session: Session) -> None:
    holder = new_id()
    uses = [count_use(session, holder, 2, now=NOW) for _ in range(3)]
    assert [use.asked for use in uses] == [1, 2, 3]
    assert [use.headers["RateLimit-Remaining"] for use in uses] == ["1", "0", "0"]
    assert count_use(session, new_id(), 2, now=NOW).asked == 1
    assert count_use(session, holder, 2, now=NOW + timedelta(minutes=1)).asked == 1


def test_it_is_told_when_the_next_minute_begins(session: Session) -> None:
    holder = new_id()
    resets = [
        count_use(session, holder, 9, now=NOW.replace(second=second, microsecond=micro)).reset
        for second, micro in ((0, 0), (12, 0), (12, 1), (59, 0), (59, 999_999))
    ]
    assert resets == [60, 48, 48, 1, 1]


def test_counts_of_processes_add_up(clone: Callable[..., Flask]) -> None:
    app, holder = clone(), new_id()

    def ask(_: int) -> int:
        with own_transaction(app) as session:
            return count_use(session, holder, 9, now=NOW).asked

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(12))) == list(range(1, 13))


def test_minutes_long_gone_are_forgotten(session: Session) -> None:
    for ago in (0, 59, 61, 600):
        count_use(session, new_id(), 9, now=NOW - timedelta(minutes=ago))
    forget_use(session, NOW)
    assert len(session.scalars(select(ApiUse.minute)).all()) == 2
