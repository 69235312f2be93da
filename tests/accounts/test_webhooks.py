"""Webhooks: signed, at least once, tried again with longer pauses, and never into the network the server stands in."""

import asyncio
import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import webhook_sending
from accounts.models import Person
from accounts.permissions import Actor, ActorKind, Role, permissions_of
from accounts.service.webhooks import (
    add_endpoint,
    announce,
    pause_endpoint,
    ping,
    remove_endpoint,
    renew_secret,
    send_again,
)
from accounts.webhook_models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhook_rules import (
    BACK_OFF,
    MOST_ENDPOINTS,
    WebhookKind,
    is_public,
    next_try,
    secret_of,
    shown_secret,
    signed_headers,
    url_problems,
)
from accounts.webhook_sending import Telling, claim, forget_events, send, start_telling
from foundation import clock
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.jobs import work_off
from foundation.problems import DomainProblem, InvalidInput, NotFound
from tests.accounts.people import ANOTHER_CREDIT_CODE, firm_person, logged_in
from tests.accounts.receiver import Receiver, a_receiver, is_signed
from tests.browser import Browser
from tests.builders import NOON, own_transaction
from tests.races import race

KEY = b"test"


class Clock:
    """The time the jobs see; it goes on only when it is told to."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the jobs, standing at noon."""
    stood = Clock()
    monkeypatch.setattr(clock, "now", stood)
    return stood


@pytest.fixture
def trial(clone: Callable[..., Flask]) -> Flask:
    """The product with a database of its own, allowed to reach this machine."""
    return clone(WEBHOOK_PRIVATE="1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A firm's server that takes everything."""
    with a_receiver() as found:
        yield found


def leader(person: Person) -> Actor:
    """The acting party of a firm's first person."""
    roles = frozenset({Role.FIRM_LEAD})
    return Actor(ActorKind.PERSON, person.id, permissions_of(roles), roles, firm_id=person.firm_id)


def a_firm_that_listens(app: Flask, *urls: str) -> Actor:
    """A firm with endpoints."""
    with own_transaction(app) as session:
        actor = leader(firm_person(session))
        for url in urls:
            add_endpoint(session, actor, url, private=True, now=NOON)
    return actor


def tell(app: Flask, actor: Actor, *keys: str) -> None:
    """Things happen to the firm's passes."""
    with own_transaction(app) as session:
        for key in keys:
            subject = {"number": "220100000001", "state": "revoked"}
            announce(session, actor.firm_id, WebhookKind.PASS_REVOKED, subject, key=key, now=clock.now())


def work(app: Flask) -> None:
    """What the worker does in the next second."""
    with own_transaction(app) as session:
        start_telling(session, clock.now())
    work_off(app)


def deliveries(app: Flask) -> list[WebhookDelivery]:
    """All deliveries in the order of their events."""
    with app.app_context():
        return list(db.session().scalars(select(WebhookDelivery).order_by(WebhookDelivery.event_id)))


def test_what_happened_is_told_signed_and_once(trial: Flask, receiver: Receiver, time: Clock) -> None:
    actor = a_firm_that_listens(trial, receiver.url)
    tell(trial, actor, "revoked:1", "revoked:1", "revoked:2")
    work(trial)
    work(trial)
    assert [event["type"] for event in receiver.events] == ["pass.revoked"] * 2
    assert receiver.events[0]["data"] == {"number": "220100000001", "state": "revoked"}
    assert receiver.events[0]["timestamp"] == NOON.isoformat()
    with trial.app_context():
        endpoint = db.session().scalars(select(WebhookEndpoint)).one()
    secret = shown_secret(secret_of(KEY, str(endpoint.id), 1))
    headers, body = receiver.came[0]
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")
    assert headers["webhook-id"] == receiver.events[0]["id"]
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert {row.state for row in deliveries(trial)} == {"delivered"}


def test_a_rolled_back_transaction_tells_nothing(trial: Flask, receiver: Receiver, time: Clock) -> None:
    actor = a_firm_that_listens(trial, receiver.url)
    with suppress(LookupError), own_transaction(trial) as session:
        announce(session, actor.firm_id, WebhookKind.PASS_REVOKED, {}, key="never", now=NOON)
        raise LookupError
    work(trial)
    assert receiver.came == []


def test_a_firm_without_endpoints_costs_no_rows(session: Session) -> None:
    person = firm_person(session)
    announce(session, person.firm_id, WebhookKind.PASS_REVOKED, {}, key="nobody listens", now=NOON)
    announce(session, None, WebhookKind.PASS_REVOKED, {}, key="nobody's", now=NOON)
    assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 0


def test_a_failure_is_tried_again_and_what_follows_waits_for_it(trial: Flask, time: Clock) -> None:
    with a_receiver(500) as receiver:
        actor = a_firm_that_listens(trial, receiver.url)
        tell(trial, actor, "first", "second")
        work(trial)
        assert len(receiver.came) == 1
        first, second = deliveries(trial)
        assert (first.state, first.attempts, first.last_status) == ("queued", 1, 500)
        assert first.next_try_at == second.next_try_at == NOON + BACK_OFF[0]
        time.at += BACK_OFF[0]
        work(trial)
        ids = [event["id"] for event in receiver.events]
        assert ids == [str(first.event_id), str(first.event_id), str(second.event_id)]
    assert {row.state for row in deliveries(trial)} == {"delivered"}


def test_after_days_it_is_given_up_and_can_be_sent_again(trial: Flask, time: Clock) -> None:
    with a_receiver(*[503] * (len(BACK_OFF) + 1)) as receiver:
        actor = a_firm_that_listens(trial, receiver.url)
        tell(trial, actor, "once")
        work(trial)
        for pause in BACK_OFF:
            time.at += pause
            work(trial)
        (row,) = deliveries(trial)
        assert (row.state, row.attempts, row.next_try_at) == ("given_up", len(BACK_OFF) + 1, None)
        time.at += timedelta(days=30)
        work(trial)
        assert len(receiver.came) == len(BACK_OFF) + 1
        with own_transaction(trial) as session:
            send_again(session, actor, row.id, now=time.at)
        work(trial)
        assert len({event["id"] for event in receiver.events}) == 1
    (row,) = deliveries(trial)
    assert (row.state, row.attempts, row.delivered_at) == ("delivered", 1, time.at)


def test_a_receiver_that_hangs_delays_nobody_else(
    trial: Flask, receiver: Receiver, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sending, "DEADLINE_SECONDS", 0.5)
    with a_receiver(None) as hanging:
        actor = a_firm_that_listens(trial, hanging.url, receiver.url)
        tell(trial, actor, "one", "two", "three")
        work(trial)
        assert len(receiver.came) == 3
        assert len(hanging.came) == 1
    problems = {row.last_problem for row in deliveries(trial) if row.state == "queued"}
    assert problems == {"webhook.timeout", None}


def test_a_firm_with_thousands_of_events_takes_no_turns_of_others(trial: Flask, time: Clock) -> None:
    flooded = a_firm_that_listens(trial, "http://127.0.0.1:9/flooded")
    tell(trial, flooded, *map(str, range(700)))
    time.at += timedelta(minutes=1)
    with own_transaction(trial) as session:
        other = leader(firm_person(session, ANOTHER_CREDIT_CODE))
        add_endpoint(session, other, "http://127.0.0.1:9/other", private=True, now=NOON)
    tell(trial, other, "the only one")
    with own_transaction(trial) as session:
        claimed = claim(session, KEY, now=time.at)
    assert sorted(telling.url for telling in claimed).count("http://127.0.0.1:9/other") == 1
    assert len(claimed) == webhook_sending.EACH + 1


def test_a_slow_receiver_gives_back_what_it_has_no_time_for(
    trial: Flask, receiver: Receiver, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sending, "ROUND_SECONDS", -1.0)
    actor = a_firm_that_listens(trial, receiver.url)
    tell(trial, actor, "one", "two", "three")
    with own_transaction(trial) as session:
        claimed = claim(session, KEY, now=time.at)
    with trial.app_context():
        asyncio.run(webhook_sending._tell(claimed, private=True))
    assert len(receiver.came) == 1
    assert [(row.state, row.next_try_at) for row in deliveries(trial)[1:]] == [("queued", NOON)] * 2
    work(trial)
    assert [event["id"] for event in receiver.events] == [str(row.event_id) for row in deliveries(trial)]


def test_a_redirect_is_not_followed(trial: Flask, time: Clock) -> None:
    with a_receiver(302) as receiver:
        actor = a_firm_that_listens(trial, receiver.url)
        tell(trial, actor, "moved")
        work(trial)
        assert len(receiver.came) == 1
    assert deliveries(trial)[0].last_status == 302


def test_a_receiver_that_is_gone_is_left_alone(trial: Flask, time: Clock) -> None:
    with a_receiver(410) as receiver:
        actor = a_firm_that_listens(trial, receiver.url)
        tell(trial, actor, "one")
        work(trial)
        time.at += timedelta(days=1)
        tell(trial, actor, "two")
        work(trial)
        assert len(receiver.came) == 1
    with trial.app_context():
        assert db.session().scalars(select(WebhookEndpoint)).one().paused


def test_nothing_listens_at_the_address(trial: Flask, time: Clock) -> None:
    with a_receiver() as closed:
        pass
    actor = a_firm_that_listens(trial, closed.url)
    tell(trial, actor, "into the void")
    work(trial)
    assert deliveries(trial)[0].last_problem == "webhook.unreachable"


def test_a_killed_worker_leaves_its_claims_to_the_next(trial: Flask, receiver: Receiver, time: Clock) -> None:
    actor = a_firm_that_listens(trial, receiver.url)
    tell(trial, actor, "one")
    with own_transaction(trial) as session:
        assert len(claim(session, KEY, now=time.at)) == 1
    work(trial)
    assert receiver.came == []
    time.at += webhook_sending.CLAIM
    work(trial)
    assert len(receiver.came) == 1


def test_two_workers_at_the_same_instant_claim_different_deliveries(clone: Callable[..., Flask]) -> None:
    app = clone(WEBHOOK_PRIVATE="1")
    actor = a_firm_that_listens(app, "http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    tell(app, actor, *map(str, range(4)))
    at = clock.now()
    claimed = race(app, [lambda session: claim(session, KEY, now=at)] * 2)
    ids = [telling.id for one in claimed if isinstance(one, list) for telling in one]
    assert len(ids) == len(set(ids))
    with own_transaction(app) as session:
        ids += [telling.id for telling in claim(session, KEY, now=at)]
    assert len(set(ids)) == len(ids) == 8


def test_while_an_endpoint_rests_nothing_is_told(trial: Flask, receiver: Receiver, time: Clock) -> None:
    actor = a_firm_that_listens(trial, receiver.url)
    with trial.app_context():
        (endpoint,) = db.session().scalars(select(WebhookEndpoint.id))
    tell(trial, actor, "before")
    with own_transaction(trial) as session:
        pause_endpoint(session, actor, endpoint, paused=True, now=NOON)
    tell(trial, actor, "meanwhile")
    work(trial)
    assert receiver.came == []
    with own_transaction(trial) as session, pytest.raises(DomainProblem, match=r"webhook\.paused"):
        ping(session, actor, endpoint, now=NOON)
    with own_transaction(trial) as session:
        pause_endpoint(session, actor, endpoint, paused=False, now=NOON)
        ping(session, actor, endpoint, now=NOON)
        renew_secret(session, actor, endpoint, now=NOON)
    work(trial)
    assert [event["type"] for event in receiver.events] == ["pass.revoked", "ping"]
    assert all(is_signed(shown_secret(secret_of(KEY, str(endpoint), 2)), *came) for came in receiver.came)
    tell(trial, actor, "later")
    with own_transaction(trial) as session:
        remove_endpoint(session, actor, endpoint, now=NOON)
    work(trial)
    assert len(receiver.came) == 2


def test_another_firm_reaches_neither_endpoint_nor_log(session: Session) -> None:
    actor = leader(firm_person(session))
    stranger = leader(firm_person(session, ANOTHER_CREDIT_CODE))
    endpoint = add_endpoint(session, actor, "https://example.com/hook", private=False, now=NOON)
    announce(session, actor.firm_id, WebhookKind.BATCH_READ, {}, key="one", now=NOON)
    (delivery,) = session.scalars(select(WebhookDelivery.id))
    for reach in (remove_endpoint, renew_secret, ping):
        with pytest.raises(NotFound):
            reach(session, stranger, endpoint.id, now=NOON)
    with pytest.raises(NotFound):
        send_again(session, stranger, delivery, now=NOON)
    colleague = Actor(ActorKind.PERSON, new_id(), permissions_of([Role.APPLICANT]), firm_id=actor.firm_id)
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        add_endpoint(session, colleague, "https://example.com/hook", private=False, now=NOON)


def test_a_firm_has_only_so_many_endpoints(clone: Callable[..., Flask]) -> None:
    app = clone()
    actor = a_firm_that_listens(app, *[f"https://example.com/{n}" for n in range(MOST_ENDPOINTS - 1)])
    add = lambda session: add_endpoint(session, actor, "https://example.com/last", private=False, now=NOON)  # noqa: E731 - one line, used twice
    results = race(app, [add, add])
    assert sum(isinstance(one, WebhookEndpoint) for one in results) == 1
    refused = [one for one in results if isinstance(one, DomainProblem)]
    assert [one.code for one in refused] == ["webhook.too_many"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/hook", None),
        ("https://example.com:443/hook?firm=1", None),
        ("http://example.com/hook", "webhook.https"),
        ("https://example.com:8443/hook", "webhook.port"),
        ("https://user:secret@example.com/", "webhook.url"),
        ("https://:secret@example.com/", "webhook.url"),
        ("https://example.com/#part", "webhook.url"),
        ("https://", "webhook.url"),
        ("https://[::1", "webhook.url"),
        ("https://example.com:99999/", "webhook.url"),
        ("https://example.com/" + "a" * 300, "webhook.url"),
        ("ftp://example.com/", "webhook.https"),
    ],
)
def test_what_an_address_may_be(url: str, code: str | None) -> None:
    assert [problem.code for problem in url_problems(url, private=False)] == ([code] if code else [])


def test_a_trial_may_use_plain_http() -> None:
    assert url_problems("http://127.0.0.1:8080/", private=True) == []
    assert url_problems("ftp://127.0.0.1/", private=True)[0].code == "webhook.url"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::", False),
    ],
)
def test_what_an_open_address_is(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_an_address_that_leads_inside_is_not_connected_to(receiver: Receiver) -> None:
    telling = Telling(new_id(), new_id(), receiver.url.replace("127.0.0.1", "localhost"), "e", b"k", b"{}")

    async def tried() -> str | None:
        async with httpx.AsyncClient() as client:
            return (await send(client, telling, private=False)).problem

    assert asyncio.run(tried()) == "webhook.private_address"
    assert receiver.came == []


def test_the_pauses_grow_and_end() -> None:
    times = [next_try(attempts, NOON) for attempts in range(1, len(BACK_OFF) + 1)]
    assert times == sorted(times, key=str)
    assert next_try(len(BACK_OFF) + 1, NOON) is None


def test_the_signature_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries, with its signature."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, tz=UTC)
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_log_is_forgotten_after_a_month(trial: Flask, receiver: Receiver, time: Clock) -> None:
    actor = a_firm_that_listens(trial, receiver.url)
    tell(trial, actor, "old")
    work(trial)
    with trial.app_context(), transaction() as session:
        forget_events(session, NOON + webhook_sending.KEPT - timedelta(hours=1))
        assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 1
        forget_events(session, NOON + webhook_sending.KEPT + timedelta(hours=1))
        assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 0


def test_a_bad_address_is_told_at_its_field(session: Session) -> None:
    actor = leader(firm_person(session))
    with pytest.raises(InvalidInput) as refused:
        add_endpoint(session, actor, "http://example.com", private=False, now=NOON)
    assert [(error.field, error.code) for error in refused.value.errors] == [("url", "webhook.https")]


def test_a_lead_adds_an_address_and_sees_what_it_was_told(client: FlaskClient, session: Session) -> None:
    browser = Browser(client)
    person = firm_person(session)
    logged_in(browser, person.login)
    page = browser.post_form("/firm/webhooks", {"url": "http://example.com/"}, status=422)
    assert "https://" in page.text
    page = browser.post_form("/firm/webhooks", {"url": "https://example.com/changtong"})
    assert "地址已添加" in page.text
    (endpoint,) = session.scalars(select(WebhookEndpoint))
    assert shown_secret(secret_of(KEY, str(endpoint.id), 1)) in page.text
    address = f"/firm/webhooks/{endpoint.id}"
    page = browser.post_form(address, action=f"{address}/ping")
    assert "deliveries" in page.ids
    again = browser.raw("GET", f"{address}/log").text
    assert f'hx-get="{address}/log"' in again
    assert "等待发送" in again
    assert "等待发送" in page.text
