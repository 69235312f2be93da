"""Two books compared: the events a phone keeps, and what the server keeps of them."""

from collections import Counter
from typing import Any

from sqlalchemy import select

from checkpoints.events import digest_of
from checkpoints.models import Action, Scan, ScanReceipt, ShiftChange
from tests.builders import own_transaction
from tests.journeys.conftest import Site
from tests.journeys.phones import Phone


def server_book(site: Site) -> dict[str, tuple[str, bytes]]:
    """What the server holds: kind and SHA-256 of every event, by its id. Fails when one of them is there twice."""
    with own_transaction(site.app) as session:
        rows: Counter[str] = Counter()
        for table in (Scan, Action, ShiftChange):
            rows.update(str(found) for found in session.scalars(select(table.event_id)))
        kept = {
            str(receipt.event_id): (receipt.kind, receipt.content_hash)
            for receipt in session.scalars(select(ScanReceipt).where(ScanReceipt.kind != "slip"))
        }
    assert all(count == 1 for count in rows.values()), "an event is there twice"
    assert rows.keys() == kept.keys(), "a row without a receipt, or a receipt without a row"
    return kept


def phone_book(phone: Phone) -> dict[str, tuple[str, bytes]]:
    """What the phone holds, written as the server does it; the numbers of its events have no gap."""
    events = phone.events()
    numbers = [event["sequence"] for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return {event["eventId"]: (event["kind"], digest_of(event["body"])) for event in events}


def books_agree(site: Site, phone: Phone) -> list[dict[str, Any]]:
    """The same events with the same content on both sides, each once, all answered for; returns the phone's."""
    assert phone_book(phone) == server_book(site)
    events = list(phone.events())
    assert {event["state"] for event in events} == {"accepted"}
    return events
