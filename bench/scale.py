"""The same figures with ten thousand and with a million passes; and the plans the indexes promise."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from accounts.permissions import COMMAND_LINE
from accounts.public import Body
from bench.issuing import a_content, timed
from bench.world import NOW
from foundation.database import transaction
from passes.credential import build_text
from passes.public import Holder, Issued, issue_pass, judge_text, tools, workshop
from passes.queries import body_page, find_pass, passes_of_plate

LOOKUPS: dict[str, str] = {
    "by number": "SELECT * FROM pass_number WHERE number = '220101000500'",
    "by plate": "SELECT * FROM pass WHERE plate = '黑B001F4' ORDER BY issued_at DESC LIMIT 20",
    "body page": "SELECT * FROM pass WHERE body_id = (SELECT id FROM body WHERE code = 'jl-transport') "
    "AND number < '220101000500' ORDER BY number DESC LIMIT 50",
    "overlap": "SELECT number FROM pass WHERE plate = '黑B001F4' AND plate_colour = 0 "
    "AND validity && tstzrange(now(), now() + interval '1 day') AND state IN ('live', 'suspended')",
    "queue": "SELECT id FROM application WHERE body_id = (SELECT id FROM body WHERE code = 'jl-transport') "
    "AND state = 'submitted' ORDER BY submitted_at, id LIMIT 50",
    "changes after a number": "SELECT number FROM status_change WHERE seq > 0",
}


def works(app: Flask) -> dict[str, Callable[[], Any]]:
    """What is timed at both sizes, each in a transaction of its own on the app's database."""
    with app.app_context(), transaction() as session:
        body = session.scalars(select(Body).where(Body.code == "changchun-transport")).one()
        session.expunge(body)

    def issue() -> Issued:
        with transaction() as session:
            return issue_pass(
                session,
                COMMAND_LINE,
                body,
                a_content(),
                Holder(name="压测企业"),
                tools(session, now=NOW),
                now=NOW,
            )

    with app.app_context():
        issued = issue()
        qr = build_text(workshop().prefix, issued.payload, issued.signature)

    def within(work: Callable[[Any], Any]) -> Callable[[], None]:
        def run() -> None:
            with transaction() as session:
                work(session)

        return run

    return {
        "issue": issue,
        "verdict": within(lambda session: judge_text(session, qr, now=NOW)),
        "find by number": within(lambda session: find_pass(session, issued.number)),
        "passes of a plate": within(lambda session: passes_of_plate(session, issued.plate)),
        "page of a body": within(lambda session: body_page(session, body.id)),
    }


@dataclass(frozen=True)
class Pair:
    """Milliseconds a call with few and with many passes, and the median of the rounds' ratios."""

    small: float
    large: float
    ratio: float


def measure(small: Flask, large: Flask, rounds: int = 9) -> dict[str, Pair]:
    """Both databases in alternating rounds, so that a busy moment of the machine slows both sides."""
    few, many = works(small), works(large)
    found = {}
    for name in few:
        times = [(_round(small, few[name]), _round(large, many[name])) for _ in range(rounds + 1)][1:]
        found[name] = Pair(
            statistics.median(one for one, _ in times) * 1000,
            statistics.median(other for _, other in times) * 1000,
            statistics.median(other / one for one, other in times),
        )
    return found


def _round(app: Flask, work: Callable[[], Any]) -> float:
    with app.app_context():
        return timed(work, 150)


SMALL = {"body"}
"""Tables of some hundred rows, which a plan may well read as a whole."""


def sequential_scans(app: Flask) -> list[str]:
    """The lookups whose plan reads a whole large table; there should be none."""
    bad = []
    with app.app_context(), transaction() as session:
        for name, statement in LOOKUPS.items():
            plan = session.execute(text(f"EXPLAIN (FORMAT JSON) {statement}")).scalar_one()
            if _scanned(plan[0]["Plan"]) - SMALL:
                bad.append(name)
    return bad


def _scanned(plan: dict[str, Any]) -> set[str]:
    """Tables a plan reads as a whole."""
    own = {str(plan["Relation Name"])} if plan["Node Type"] == "Seq Scan" else set()
    return own.union(*(_scanned(part) for part in plan.get("Plans", [])))
