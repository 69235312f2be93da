"""Sending the links of a whole batch: so many passes at a time, each piece and its successor in one transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import acting_person
from foundation.jobs import job
from foundation.problems import DomainProblem, NotFound
from passes.batch_review_queries import live_passes
from passes.service.batch_links import phones_of, record_sending, send_links

PIECE = 100


def send_links_of_batch(session: Session, actor: Actor, batch_id: UUID, *, key: str, now: datetime) -> int:
    """Have new links sent to all drivers of a batch's live passes; to how many phones.

    The same `key` is sent once. Raises `NotFound`, `batch.no_phone` when no driver has one.
    """
    if actor.id is None:
        raise NotFound
    drivers = sum(len(phones_of(one)) for one in live_passes(session, actor, batch_id, now=now))
    if not drivers:
        raise DomainProblem("batch.no_phone")
    record_sending(session, actor, batch_id, drivers, now=now)
    send_piece.defer(session, batch=str(batch_id), person=str(actor.id), key=key, after="")
    return drivers


@job("passes.send_links_piece")
def send_piece(session: Session, now: datetime, batch: str, person: str, key: str, after: str) -> None:
    """Send the next piece, in the order of numbers. Delivered twice, the second run's messages are the first's."""
    actor = acting_person(session, UUID(person))
    if actor is None:
        return
    passes = [one for one in live_passes(session, actor, UUID(batch), now=now) if one.number > after]
    send_links(session, actor, passes[:PIECE], key=key, now=now)
    if len(passes) > PIECE:
        send_piece.defer(session, batch=batch, person=person, key=key, after=passes[PIECE - 1].number)
