"""Issuing: ours against the floor, and with ten thousand passes against a million."""

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import select

from accounts.permissions import COMMAND_LINE
from accounts.public import Body
from bench import floors
from bench.world import NOW
from foundation.database import transaction
from passes.public import Content, Holder, issue_pass, tools, workshop

ROUND = 300
_plates = count(1)


def a_content(not_before: datetime = NOW) -> Content:
    """A new vehicle each time."""
    plate = f"吉C{next(_plates):05d}"
    return Content(
        kind=0,
        plate=plate,
        plate_colour=0,
        goods=12,
        goods_words=None,
        origin="220102",
        destination="110115",
        stops=(),
        roads=("G1",),
        not_before=not_before,
        hours=72,
    )


def timed(work: Callable[[], Any], times: int = ROUND) -> float:
    """Seconds a call, over a round."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def ratio(app: Flask, dsn: str, rounds: int = 5) -> dict[str, float]:
    """Ours and the floor in alternating rounds; the ratio is the median of the rounds' ratios."""
    with transaction() as session:
        body = session.scalars(select(Body).where(Body.code == "changchun-transport")).one()
        session.expunge(body)
    key = workshop().keys.for_area(body.area, 0)
    holder = Holder(name="压测企业")

    def ours() -> None:
        with transaction() as session:
            issue_pass(session, COMMAND_LINE, body, a_content(), holder, tools(session, now=NOW), now=NOW)

    with psycopg.connect(dsn, autocommit=True) as connection:
        ours()

        def floor() -> None:
            floors.issue(connection, a_content(), body, key, NOW)

        timed(ours, 50)
        timed(floor, 50)
        pairs = [(timed(ours), timed(floor)) for _ in range(rounds)]
    del app
    return {
        "ours_ms": statistics.median(pair[0] for pair in pairs) * 1000,
        "floor_ms": statistics.median(pair[1] for pair in pairs) * 1000,
        "ratio": statistics.median(pair[1] / pair[0] for pair in pairs),
    }
