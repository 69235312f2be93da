"""Links for the drivers of all passes of a batch: as a list that is shown once, or by text message to their phones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from audit.public import record, record_many
from foundation.base import table_of
from foundation.outbox import put_sms
from passes.batch_review_queries import LivePass, live_passes
from passes.change_messages import DRIVER_LINK, link_facts
from passes.models import DriverLink
from passes.service.links import hash_of_token, new_token

ADD_LINK = insert(table_of(DriverLink))


@dataclass(frozen=True)
class DriverAddress:
    """A pass with the token of its new link, which nobody can read again."""

    found: LivePass
    token: str


def links_of_batch(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> list[DriverAddress]:
    """A new link for each live pass of a batch, by number; older links stay good.

    The applicant gets those of all passes, an officer those of the own body. Raises `NotFound`.
    """
    return make_links(session, actor, live_passes(session, actor, batch_id, now=now), now=now)


def make_links(
    session: Session, actor: Actor, passes: Sequence[LivePass], *, now: datetime
) -> list[DriverAddress]:
    """A new link for each of the passes, which the caller may read; three statements for any number."""
    made = [DriverAddress(found, new_token()) for found in passes]
    if not made:
        return []
    person = actor.id if actor.kind is ActorKind.PERSON else None
    rows = [
        {
            "token_hash": hash_of_token(one.token),
            "plate": one.found.plate,
            "number": one.found.number,
            "created_at": now,
            "created_by": person,
        }
        for one in made
    ]
    session.execute(ADD_LINK, rows)
    record_many(session, actor, "link:make", "pass", [(one.found.number, None) for one in made], now=now)
    return made


def phones_of(found: LivePass) -> list[str]:
    """The phones of a pass's drivers, each once."""
    return list(dict.fromkeys(driver["phone"] for driver in found.drivers if driver["phone"]))


def send_links(session: Session, actor: Actor, passes: Sequence[LivePass], *, key: str, now: datetime) -> int:
    """Make links and send each to the drivers of its pass who have a phone; how many messages.

    The same `key` is sent once. Urgent, because a driver stands at a barrier at night.
    """
    sent = 0
    for made in make_links(session, actor, [one for one in passes if phones_of(one)], now=now):
        for index, phone in enumerate(phones_of(made.found)):
            unique = f"link:{key}:{made.found.number}:{index}"
            put_sms(session, phone, DRIVER_LINK, link_facts(made.token), key=unique, now=now, urgent=True)
            sent += 1
    return sent


def record_sending(session: Session, actor: Actor, batch_id: UUID, drivers: int, *, now: datetime) -> None:
    """That somebody had the links of a batch sent."""
    record(session, actor, "link:send_batch", "batch", batch_id, now=now, facts={"drivers": drivers})
