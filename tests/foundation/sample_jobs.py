"""Jobs for the tests of the worker, and a worker process, `main(point)`.

The point is where its first job says so on stdout and hangs for ever, to be killed there: `executed` (the statement
is, the transaction is not committed), `committed` (it is, but the queue does not know yet), or `nowhere`.
"""

import threading
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.base import new_id
from foundation.clock import now as present
from foundation.database import transaction
from foundation.jobs import job, long_job, run_worker
from foundation.models import Message
from foundation.settings import Settings
from web.app import create_app

HANG_AT = ["nowhere"]


def _reached(point: str) -> None:
    if HANG_AT[0] == point:
        print(point, flush=True)
        threading.Event().wait()


def _keep(session: Session, now: datetime, key: str) -> None:
    row = {"id": new_id(), "unique_key": key, "recipient_id": new_id(), "channel": "inbox", "created_at": now}
    row |= {"template": "tests", "facts": {}, "state": "sent", "attempts": 0}
    session.execute(insert(Message).values(row).on_conflict_do_nothing(index_elements=["unique_key"]))


@job("tests.say")
def say(session: Session, now: datetime, key: str) -> None:
    """An effect that its key lets happen once."""
    _keep(session, now, key)
    # A name of its own tells this commit from those of the ticks.
    session.info["said"] = key
    _reached("executed")


@job("tests.fail", retries=1)
def fail(session: Session, now: datetime, key: str) -> None:
    """Would leave something behind, were its transaction not rolled back."""
    _keep(session, now, key)
    raise LookupError(key)


@long_job("tests.say_both", retries=1)
def say_both(first: str, second: str) -> None:
    """Keep one thing, then break in the middle of the second step."""
    with transaction() as session:
        _keep(session, present(), first)
    with transaction() as session:
        _keep(session, present(), second)
        raise LookupError(second)


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if "said" in session.info:
        _reached("committed")


def main(point: str) -> None:
    """A worker that hangs at `point`."""
    HANG_AT[0] = point
    run_worker(create_app(Settings.from_env()))
