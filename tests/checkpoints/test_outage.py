"""After an outage: phones send their queues at the same instant on connections of their own, some of them twice."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from bench.outage import VEHICLES, Outage, phones, queue_of
from foundation import clock
from foundation.database import db
from tests.checkpoints.roadside import call

PHONES, TWICE = 12, 4
"""Together as many uploads as a server with 64 threads lets work or wait."""
STORED = text(
    "SELECT event_id::text, plate, sequence, scanned_at AS at FROM scan "
    "UNION ALL SELECT event_id::text, plate, sequence, acted_at FROM action ORDER BY event_id"
)


def test_queues_that_arrive_together_are_stored_once_each_and_as_they_were_recorded(
    clone: Callable[..., Flask],
) -> None:
    app = clone(THREADS="64")
    with app.app_context():
        tokens = phones(PHONES)
        db.session.remove()
    queues = [queue_of(place, clock.now()) for place in range(PHONES)]
    uploads = [*zip(tokens, queues, strict=True), *zip(tokens[:TWICE], queues[:TWICE], strict=True)]
    results = at_once([partial(sent, app, *one) for one in uploads])
    assert sorted(told for answer in results for _, told in answer) == sorted(
        ["accepted"] * PHONES * 2 * VEHICLES + ["repeated"] * TWICE * 2 * VEHICLES
    )
    with app.app_context():
        rows = [(row.event_id, row.plate, row.sequence, row.at) for row in db.session().execute(STORED)]
        receipts = db.session().scalar(text("SELECT count(*) FROM scan_receipt"))
    assert [(event, plate, place, at.isoformat()) for event, plate, place, at in rows] == sorted(
        recorded(event) for queue in queues for event in queue
    )
    assert receipts == PHONES * 2 * VEHICLES


def test_what_came_of_an_outage_is_told_lost_or_doubled() -> None:
    found = Outage(events=2, answered={"a": "accepted", "b": "accepted"}, stored=(2, 1, 1))
    assert found.clean
    assert Outage(events=3, answered={"a": "accepted", "b": "accepted"}, stored=(2, 1, 1)).lost == 1
    assert Outage(events=2, answered=found.answered, stored=(1, 1, 0)).lost == 1
    assert Outage(events=2, answered=found.answered, stored=(2, 2, 1)).doubled == 1


def sent(app: Flask, token: str, queue: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What the server says of each event."""
    answer = call(app.test_client(), "/api/v1/scans", {"events": queue}, token)
    return [(result["event_id"], result["status"]) for result in answer.get_json()["results"]]


def recorded(event: dict[str, Any]) -> tuple[str, str, int, str]:
    """An event as its row must say it."""
    at = event["scanned_at"] if event["kind"] == "scan" else event["acted_at"]
    return event["event_id"], event["plate"], event["sequence"], at


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run the works at the same instant, each in a thread of its own; what each gave."""
    ready, given = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int) -> None:
        ready.wait()
        given[place] = works[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given
