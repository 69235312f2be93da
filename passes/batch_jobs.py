"""The worker's part in a batch: reading its file and accepting its rows, a piece at a time.

Each piece is a transaction of its own that sees what is done: a killed worker loses one piece at most, and the next
one goes on behind it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from foundation import clock
from foundation.database import transaction
from foundation.jobs import every, given_up, long_job
from passes.service.accepting import accept_piece, stop_accepting
from passes.service.batch_checking import Gazetteer
from passes.service.batch_reading import open_file, read_piece, stop_reading
from passes.workshop import catalogue


@long_job("passes.read_batch")
def read_batch(batch: str) -> None:
    """Read the file of a batch to its end. Delivered twice, or after the batch was discarded, it does nothing."""
    with transaction() as session:
        opened = open_file(session, UUID(batch), now=clock.now())
        names = Gazetteer(catalogue(session, now=clock.now()))
    more = opened is not None
    while more and opened is not None:
        with transaction() as session:
            more = read_piece(session, UUID(batch), opened, names, now=clock.now())


@long_job("passes.accept_batch")
def accept_batch(batch: str, actor_kind: str, actor_id: str | None) -> None:
    """Make applications of all good rows of a batch, for whoever accepted it."""
    actor = Actor(ActorKind(actor_kind), UUID(actor_id) if actor_id else None)
    with transaction() as session:
        names = Gazetteer(catalogue(session, now=clock.now()))
    more = True
    while more:
        with transaction() as session:
            more = accept_piece(session, actor, UUID(batch), names, now=clock.now())


@every(seconds=20)
def stop_given_up(session: Session, now: datetime) -> None:
    """A batch whose job failed for the last time says so, and can be sent or accepted again."""
    for arguments in given_up(session, read_batch):
        stop_reading(session, UUID(arguments["batch"]), now=now)
    for arguments in given_up(session, accept_batch):
        stop_accepting(session, UUID(arguments["batch"]), now=now)
