"""The status list: exact, in order of commit, in deltas, small, and never silent about a revocation."""

import json
import random
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from foundation import clock
from foundation.database import db, transaction
from passes.ledgers import ListKey
from passes.public import PassAction, PassReason, change_pass, workshop
from passes.signing import generate_key, key_from_jwk, verify_jws
from passes.status import MOST_CHANGES, AreaBook, StatusBook, delta, publish, sign_status
from tests.builders import NOON, an_issued_pass, own_transaction, with_keys

LIST = "/.well-known/changtong/status.jws"


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    monkeypatch.setattr(workshop(), "book", StatusBook())
    with_keys(session, tmp_path)


def full(session: Session) -> dict[str, Any]:
    return StatusBook().full(session, now=NOON)


def of_area(listed: dict[str, Any], area: str = "220100") -> dict[str, Any]:
    return next(entry for entry in listed["areas"] if entry["area"] == area)


def test_a_list_says_of_each_serial_exactly_what_happened_to_it(session: Session) -> None:
    first, second, third = (an_issued_pass(session) for _ in range(3))
    change_pass(session, COMMAND_LINE, first.number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=NOON)
    change_pass(session, COMMAND_LINE, second.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON)
    assert publish(session, now=NOON) == 5
    listed = full(session)
    assert listed["seq"] == 5
    assert of_area(listed) == {"area": "220100", "base": 1, "high": int(third.number[-6:]), "bits": "231"}


def test_an_unpublished_change_is_not_in_the_list_and_publishing_twice_numbers_nothing_twice(
    session: Session,
) -> None:
    an_issued_pass(session)
    assert full(session)["areas"] == []
    assert (publish(session, now=NOON), publish(session, now=NOON)) == (1, 0)


def test_a_delta_brings_an_old_list_to_the_new_one(session: Session) -> None:
    first = an_issued_pass(session)
    publish(session, now=NOON)
    since = full(session)["seq"]
    second = an_issued_pass(session)
    change_pass(session, COMMAND_LINE, first.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON)
    publish(session, now=NOON)
    change = delta(session, since, now=NOON)
    assert change is not None
    assert change["changes"] == [[first.number, 3], [second.number, 1]]
    assert (change["base_seq"], change["seq"]) == (since, since + 2)


def test_a_delta_of_nothing_carries_a_fresh_time(session: Session) -> None:
    an_issued_pass(session)
    publish(session, now=NOON)
    change = delta(session, 1, now=NOON + timedelta(minutes=1))
    assert change is not None
    assert (change["changes"], change["server_time"]) == ([], "2022-04-16T04:01:00+00:00")


def test_a_book_that_follows_changes_equals_one_read_anew(session: Session) -> None:
    book = StatusBook()
    chance = random.Random(7)  # noqa: S311 - the order of a test, not a secret
    numbers: list[str] = []
    for _ in range(30):
        if numbers and chance.random() < 0.4:
            number = numbers.pop(chance.randrange(len(numbers)))
            change_pass(session, COMMAND_LINE, number, PassAction.REVOKE, reason=PassReason.LOST, now=NOON)
        else:
            numbers.append(an_issued_pass(session).number)
        publish(session, now=NOON)
        assert book.full(session, now=NOON) == full(session)


def test_suspended_and_resumed_in_one_second_ends_as_good_whatever_order_the_rows_come_in(
    session: Session,
) -> None:
    issued = an_issued_pass(session)
    change_pass(session, COMMAND_LINE, issued.number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=NOON)
    change_pass(session, COMMAND_LINE, issued.number, PassAction.RESUME, now=NOON)
    session.execute(text("UPDATE status_change SET id = uuidv7() WHERE step = 1"))
    publish(session, now=NOON)
    assert of_area(full(session))["bits"] == "1"


def test_the_base_passes_what_ended_a_day_ago_and_keeps_what_has_not(session: Session) -> None:
    an_issued_pass(session, hours=1)
    an_issued_pass(session, hours=100)
    publish(session, now=NOON)
    later = NOON + timedelta(hours=26)
    listed = StatusBook().full(session, now=later)
    assert of_area(listed) == {"area": "220100", "base": 2, "high": 2, "bits": "1"}


def keys_of(session: Session) -> dict[str, Any]:
    return {row.kid: key_from_jwk(row.jwk) for row in session.query(ListKey) if row.purpose == "status"}


def test_the_address_gives_a_signed_list_that_is_never_cached(session: Session, client: FlaskClient) -> None:
    issued = an_issued_pass(session)
    answer = client.get(LIST)
    payload = json.loads(verify_jws(answer.text, keys_of(session), typ="changtong-status+jws"))
    assert (answer.status_code, answer.content_type) == (200, "application/jose")
    assert answer.headers["Cache-Control"] == "no-store"
    assert of_area(payload)["high"] == int(issued.number[-6:])


def test_a_reading_request_publishes_when_no_worker_did(session: Session, client: FlaskClient) -> None:
    now = clock.now()
    issued = an_issued_pass(session, now=now, not_before=now.replace(second=0, microsecond=0))
    client.get(LIST)
    session.execute(text("UPDATE status_head SET published_at = now() - interval '6 seconds'"))
    change_pass(
        session, COMMAND_LINE, issued.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=clock.now()
    )
    payload = json.loads(verify_jws(client.get(LIST).text, keys_of(session)))
    assert of_area(payload)["bits"][-1] == "3"


MANY_CHANGES = text(
    "INSERT INTO status_change (id, number, code, revision, step, ends_at, changed_at) "
    "SELECT gen_random_uuid(), '220100' || lpad(n::text, 6, '0'), 1, 0, 0, :ends, :ends FROM generate_series(1, :rows) AS n"
)


def test_a_delta_larger_than_the_list_is_not_made(session: Session) -> None:
    session.execute(MANY_CHANGES, {"ends": NOON, "rows": MOST_CHANGES + 1})
    while publish(session, now=NOON):
        pass
    assert delta(session, 0, now=NOON) is None
    found = delta(session, 1, now=NOON)
    assert found is not None
    assert len(found["changes"]) == MOST_CHANGES


def test_a_since_from_another_world_gets_the_whole_list(session: Session, client: FlaskClient) -> None:
    an_issued_pass(session)
    for since in ("999999", "-1", "x"):
        payload = json.loads(verify_jws(client.get(f"{LIST}?since={since}").text, keys_of(session)))
        assert payload["base_seq"] is None


def test_the_trust_list_is_signed_by_the_root_and_holds_two_keys_an_area(
    session: Session, client: FlaskClient
) -> None:
    answer = client.get("/.well-known/changtong/trust.jws")
    root = {row.kid: key_from_jwk(row.jwk) for row in session.query(ListKey) if row.purpose == "root"}
    payload = json.loads(verify_jws(answer.text, root, typ="changtong-trust+jws"))
    assert payload["format"] == "changtong-trust/1"
    assert {tuple(key["state"] for key in issuer["keys"]) for issuer in payload["issuers"]} == {
        ("signing", "next")
    }
    assert len(payload["issuers"]) > 60


def test_a_list_of_300000_live_passes_stays_small() -> None:
    """Six in a thousand stopped, spread at random (credential format, section 5)."""
    chance = random.Random(5)  # noqa: S311 - a repeatable spread, not a secret
    book = AreaBook()
    for serial in range(1, 300_001):
        book.put(serial, 1 if chance.random() > 0.006 else chance.choice((2, 3, 3, 3, 3, 3)), 1)
    bits = book.as_json("220100")["bits"]
    deflated = zlib.compress(bits.encode(), 9, wbits=-15)
    signed = sign_status(
        {"format": "changtong-status/1", "areas": [book.as_json("220100")]}, "k", generate_key()
    )
    assert len(deflated) <= 4096
    assert len(signed) <= 4096 * 4 // 3 + 200


def test_while_one_issue_is_open_the_next_waits_for_its_number(clone: Callable[[], Flask]) -> None:
    """Serials commit in order, so a published high-water mark never has a hole below it."""
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        an_issued_pass(session)
    with app.app_context(), transaction() as first:
        an_issued_pass(first)
        with db.engine.connect() as other:
            free = other.execute(text("SELECT area FROM serial_counter FOR UPDATE SKIP LOCKED")).all()
            changes = other.execute(text("SELECT count(*) FROM status_change")).scalar()
    assert (free, changes) == ([], 1)
