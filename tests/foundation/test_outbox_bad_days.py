"""Servers that are down, refuse, hang, hang up or speak nonsense; a killed worker. Nothing is lost, nothing twice."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from foundation import outbox
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.models import Message
from foundation.outbox import (
    Channel,
    MessageState,
    Recipient,
    Words,
    ask_receipts,
    lose_sight,
    send_due,
)
from foundation.outbox import gateway as gateways
from foundation.outbox.rules import BACK_OFF, BEIJING
from tests.foundation.outside import (
    HANG,
    HANG_UP,
    LOSE,
    Messenger,
    a_free_port,
    a_messenger,
    a_post_office,
)
from tests.races import race

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
NAME = "tests.decided"
ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("send_and_die.py")
PATIENCE = 30.0
ERROR: tuple[int, dict[str, Any]] = (500, {"status": "error"})


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **much: float) -> None:
        """Let time go by."""
        self.at += timedelta(**much)


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture(autouse=True)
def _template(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of message that the product does not have."""
    monkeypatch.setitem(
        outbox.TEMPLATES, NAME, lambda facts: Words(facts["number"], "已核发", f"/p/{facts['number']}")
    )


def write(app: Flask, count: int = 1, now: datetime = NOON, *, urgent: bool = False) -> None:
    """So many text messages."""
    with app.app_context(), transaction() as session:
        for number in range(count):
            facts, phone = {"number": str(number)}, f"1381234{number:04d}"
            outbox.put_sms(session, phone, NAME, facts, key=f"link:{number}", now=now, urgent=urgent)


def write_mails(app: Flask, count: int = 1) -> None:
    """So many e-mails."""
    with app.app_context(), transaction() as session:
        for number in range(count):
            reader = Recipient(new_id(), f"firm{number}@example.cn")
            outbox.put(session, reader, NAME, {"number": str(number)}, key=f"pass:{number}", now=NOON)


def send(app: Flask, clock: Clock, channel: Channel = Channel.SMS) -> None:
    """Send what is due now."""
    with app.app_context():
        send_due(channel, clock)


def ask(app: Flask, clock: Clock) -> None:
    """Ask for the receipts that are due now."""
    with app.app_context():
        ask_receipts(clock)


def look(app: Flask, clock: Clock) -> None:
    """The tick that finds what a dead worker left."""
    with app.app_context(), transaction() as session:
        lose_sight(session, clock())


def messages(app: Flask, channel: Channel = Channel.SMS) -> list[Message]:
    """All messages of a channel, oldest first."""
    with app.app_context():
        found = list(
            db.session().scalars(select(Message).where(Message.channel == channel).order_by(Message.id))
        )
        db.session.remove()
        return found


def states(app: Flask, channel: Channel = Channel.SMS) -> Counter[str]:
    """How many messages are in each state."""
    return Counter(message.state for message in messages(app, channel))


def sms_app(clone: Callable[..., Flask], gateway: Messenger) -> Flask:
    """The product with a gateway."""
    return clone(SMS_URL=gateway.url, SMS_TOKEN="secret")


def test_a_text_message_carries_our_name_its_link_and_our_id(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger() as gateway:
        app = sms_app(clone, gateway)
        write(app)
        send(app, clock)
        (question,) = gateway.questions
        assert gateway.tokens == {"Bearer secret"}
    (message,) = messages(app)
    assert question == {
        "id": str(message.id),
        "to": "13812340000",
        "text": "【畅通】0 已核发 https://ct.example.cn/p/0",
    }
    assert (message.state, message.provider_id, message.sent_at) == (
        "sent",
        f"gw-{str(message.id)[-4:]}",
        NOON,
    )


def test_mail_survives_an_hour_without_a_mail_server(clone: Callable[..., Flask], clock: Clock) -> None:
    port = a_free_port()
    app = clone(SMTP_URL=f"smtp://127.0.0.1:{port}")
    write_mails(app, 12)
    while clock.at < NOON + timedelta(hours=1):
        send(app, clock, Channel.EMAIL)
        assert states(app, Channel.EMAIL) == {"queued": 12}
        clock.wait(seconds=30)
    tried = messages(app, Channel.EMAIL)
    assert {message.last_error for message in tried if message.attempts} == {"smtp.unreachable"}
    # Five faults in a row let the channel rest: a server that is down is not asked for every message.
    assert sum(message.attempts for message in tried) < 80
    with a_post_office(port) as office:
        while states(app, Channel.EMAIL) != {"sent": 12}:
            assert clock.at < NOON + timedelta(hours=6)
            clock.wait(minutes=1)
            send(app, clock, Channel.EMAIL)
        assert len({mail["To"] for mail in office.mails}) == len(office.mails) == 12


def test_a_message_that_nobody_takes_for_a_day_has_failed_and_a_person_sends_it_again(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger(*[ERROR] * (len(BACK_OFF) + 1)) as gateway:
        app = sms_app(clone, gateway)
        write(app, urgent=True)
        for _ in range(len(BACK_OFF) + 1):
            send(app, clock)
            clock.at = messages(app)[0].next_try_at or clock.at
        (message,) = messages(app)
        assert (message.state, message.attempts, message.last_error) == ("failed", 10, "sms.500")
        assert clock.at - NOON < timedelta(days=1)
        with app.app_context(), transaction() as session:
            outbox.move(session, message.id, outbox.MessageAction.RESEND, now=clock())
        clock.wait(minutes=1)
        send(app, clock)
        assert len({question["id"] for question in gateway.questions}) == 1
    assert states(app) == {"sent": 1}


def test_a_full_mailbox_is_tried_again_and_a_wrong_address_is_not(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_post_office() as office:
        office.rcpt = ["452 full", "550 nobody of that name <firm1@example.cn>", "250 OK"]
        app = clone(SMTP_URL=office.url)
        write_mails(app, 3)
        send(app, clock, Channel.EMAIL)
        full, wrong, good = messages(app, Channel.EMAIL)
        assert (full.state, full.last_error, full.next_try_at) == (
            "queued",
            "smtp.452",
            NOON + timedelta(minutes=1),
        )
        assert (wrong.state, wrong.last_error, wrong.next_try_at) == ("failed", "smtp.550", None)
        assert good.state == "sent"
        clock.wait(minutes=1)
        send(app, clock, Channel.EMAIL)
        assert [mail["To"] for mail in office.mails] == ["firm2@example.cn", "firm0@example.cn"]


def test_a_mail_that_is_refused_after_its_last_word_is_judged_by_the_answer(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_post_office() as office:
        office.data = ["451 later", "554 we do not like it"]
        app = clone(SMTP_URL=office.url)
        write_mails(app, 2)
        send(app, clock, Channel.EMAIL)
    assert [message.state for message in messages(app, Channel.EMAIL)] == ["queued", "failed"]


def test_a_mail_server_that_dies_after_the_last_dot_leaves_the_mail_unknown(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_post_office() as office:
        office.data = [LOSE]
        app = clone(SMTP_URL=office.url)
        write_mails(app, 2)
        send(app, clock, Channel.EMAIL)
        lost, next_one = messages(app, Channel.EMAIL)
        assert (lost.state, lost.last_error, lost.next_try_at) == ("unknown", "smtp.no_answer", None)
        assert next_one.state == "sent", "the next one goes over a new connection"
        for _ in range(3):
            clock.wait(days=1)
            look(app, clock)
            send(app, clock, Channel.EMAIL)
        assert [mail["To"] for mail in office.mails] == ["firm0@example.cn", "firm1@example.cn"]


def test_an_error_of_the_gateway_is_tried_again_whatever_its_status(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger(ERROR, (200, {"status": "error", "code": "queue_full"})) as gateway:
        app = sms_app(clone, gateway)
        write(app)
        send(app, clock)
        assert messages(app)[0].last_error == "sms.500"
        clock.wait(minutes=1)
        send(app, clock)
        assert (messages(app)[0].state, messages(app)[0].last_error) == ("queued", "sms.queue_full")
        clock.wait(minutes=5)
        send(app, clock)
        assert len(gateway.questions) == 3
    assert (messages(app)[0].state, messages(app)[0].last_error) == ("sent", None)


def test_a_wrong_number_is_not_tried_again(clone: Callable[..., Flask], clock: Clock) -> None:
    with a_messenger((422, {"status": "rejected", "code": "invalid_number"})) as gateway:
        app = sms_app(clone, gateway)
        write(app)
        for _ in range(3):
            send(app, clock)
            clock.wait(days=1)
        assert len(gateway.questions) == 1
    (message,) = messages(app)
    assert (message.state, message.last_error) == ("failed", "sms.invalid_number")


def test_a_gateway_that_is_busy_is_left_alone_as_long_as_it_asks(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger(*[(429, {"status": "error"})] * 8) as gateway:
        gateway.headers = {"retry-after": "180"}
        app = sms_app(clone, gateway)
        write(app, 20)
        send(app, clock)
        assert len(gateway.questions) == 8, "those that were on their way, and no others"
        clock.wait(seconds=179)
        send(app, clock)
        assert len(gateway.questions) == 8
        clock.wait(seconds=1)
        send(app, clock)
    assert states(app) == {"sent": 20}


def test_a_gateway_that_hangs_holds_nobody_up_and_its_receipts_decide(
    clone: Callable[..., Flask], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "TIMEOUT", httpx.Timeout(0.3))
    with a_messenger(*[HANG] * 8) as gateway:
        app = sms_app(clone, gateway)
        write(app, 30)
        send(app, clock)
        assert states(app) == {"unknown": 8, "queued": 22}, "after five in a row the channel rests"
        clock.wait(seconds=59)
        send(app, clock)
        ask(app, clock)
        assert (len(gateway.questions), gateway.asked) == (8, [])
        clock.wait(seconds=1)
        ask(app, clock)
        assert states(app) == {"sent": 8, "queued": 22}
        send(app, clock)
        assert states(app) == {"sent": 30}
        assert len(gateway.questions) == len(gateway.accepted) == 30


def test_a_gateway_that_hung_up_and_never_heard_of_it_gets_it_again(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger(LOSE, HANG_UP) as gateway:
        app = sms_app(clone, gateway)
        write(app, 2)
        send(app, clock)
        assert states(app) == {"unknown": 2}
        send(app, clock)
        assert len(gateway.questions) == 2, "nothing is sent again by itself"
        clock.wait(minutes=1)
        ask(app, clock)
        assert states(app) == {"sent": 1, "queued": 1}
        clock.wait(minutes=1)
        send(app, clock)
        assert states(app) == {"sent": 2}
        assert (len(gateway.questions), len(gateway.accepted)) == (3, 2)


def test_a_gateway_that_gives_no_receipts_is_asked_for_a_day_and_then_a_person_decides(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger(HANG_UP) as gateway:
        app = clone(SMS_URL=gateway.url)
        write(app)
        send(app, clock)
    while (again := messages(app)[0].next_try_at) is not None:
        clock.at = again
        ask(app, clock)
    assert timedelta(days=1) <= clock.at - NOON < timedelta(days=2)
    assert states(app) == {"unknown": 1}
    look(app, clock)
    with app.app_context(), transaction() as session:
        outbox.move(session, messages(app)[0].id, outbox.MessageAction.RESEND, now=clock())
    assert states(app) == {"queued": 1}


def test_a_gateway_that_speaks_nonsense_is_not_believed(clone: Callable[..., Flask], clock: Clock) -> None:
    with a_messenger((200, "<html>Welcome to the hotel</html>")) as gateway:
        app = sms_app(clone, gateway)
        write(app)
        send(app, clock)
    (message,) = messages(app)
    assert (message.state, message.last_error) == ("unknown", "sms.strange_answer")


def test_an_address_of_the_gateway_that_is_none_loses_nothing(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    app = clone(SMS_URL="gateway.example.cn/messages")
    write(app)
    send(app, clock)
    assert (messages(app)[0].state, messages(app)[0].last_error) == ("queued", "sms.unreachable")


def test_no_telephone_rings_at_night_unless_it_must(clone: Callable[..., Flask], clock: Clock) -> None:
    clock.at = datetime(2022, 4, 16, 23, 30, tzinfo=BEIJING)
    with a_messenger(ERROR) as gateway:
        app = sms_app(clone, gateway)
        write(app, 2, now=clock())
        send(app, clock)
        assert gateway.questions == []
        write(app, 3, now=clock(), urgent=True)
        send(app, clock)
        assert [question["to"] for question in gateway.questions] == ["13812340002"]
        clock.at = datetime(2022, 4, 17, 6, 59, tzinfo=BEIJING)
        send(app, clock)
        assert states(app) == {"sent": 1, "queued": 2}
        clock.wait(minutes=1)
        send(app, clock)
    assert states(app) == {"sent": 3}


def test_a_try_put_off_into_the_night_waits_for_the_morning(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    clock.at = datetime(2022, 4, 16, 21, 59, 30, tzinfo=BEIJING)
    with a_messenger(ERROR) as gateway:
        app = sms_app(clone, gateway)
        write(app, now=clock())
        send(app, clock)
    assert messages(app)[0].next_try_at == datetime(2022, 4, 17, 7, 0, tzinfo=BEIJING)


def test_without_a_gateway_text_messages_are_caught(clone: Callable[..., Flask], clock: Clock) -> None:
    app = clone()
    write(app, 3)
    send(app, clock)
    assert states(app) == {"caught": 3}


def test_a_message_whose_words_are_broken_keeps_no_other_from_leaving(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        outbox.put_sms(session, "13812345678", NAME, {}, key="broken", now=NOON)
    write(app)
    send(app, clock)
    assert [(message.state, message.last_error) for message in messages(app)] == [
        ("failed", "words.broken"),
        ("caught", None),
    ]


def test_a_worker_killed_between_two_messages_sends_none_twice(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    clock.at = datetime(2099, 4, 16, 4, 0, tzinfo=UTC)
    with a_messenger(*["accept"] * 8, *[HANG] * 4, *[HANG_UP] * 4) as gateway:
        app = sms_app(clone, gateway)
        write(app, 30, urgent=True)
        settings = app.extensions["settings"]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": settings.database_url,
            "INSTANCE_DIR": str(settings.instance_dir),
            "SMS_URL": gateway.url,
            "SECRET_KEY": "test",
        }
        worker = subprocess.Popen(
            [sys.executable, str(CHILD)], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        for _ in range(16):
            assert gateway.came.acquire(timeout=PATIENCE)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
        assert states(app) == {"sent": 8, "sending": 8, "queued": 14}
        send(app, clock)
        assert len(gateway.questions) == 30, "what was being sent is left alone"
        look(app, clock)
        assert states(app) == {"sent": 22, "unknown": 8}
        ask(app, clock)
        assert states(app) == {"sent": 26, "queued": 4}
        clock.wait(minutes=1)
        send(app, clock)
        assert states(app) == {"sent": 30}
        assert len(gateway.accepted) == 30
        twice = Counter(question["id"] for question in gateway.questions)
        assert sum(count - 1 for count in twice.values()) == 4, "only what the gateway never heard of"


def test_three_senders_at_the_same_instant_send_nothing_twice(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger() as gateway:
        app = sms_app(clone, gateway)
        write(app, 60)
        race(app, [lambda _: send_due(Channel.SMS, clock)] * 3)
        assert len(gateway.questions) == len(gateway.accepted) == 60
    assert states(app) == {"sent": 60}


def test_an_answer_that_comes_too_late_is_still_heard_and_a_second_one_changes_nothing(
    clone: Callable[..., Flask], clock: Clock
) -> None:
    with a_messenger() as gateway:
        app = sms_app(clone, gateway)
        write(app)
        with app.app_context(), transaction() as session:
            outbox.sending.claim(session, Channel.SMS, 8, now=NOON)
        clock.wait(minutes=6)
        look(app, clock)
        assert states(app) == {"unknown": 1}
        with app.app_context(), transaction() as session:
            row = session.scalars(select(Message)).one()
            late = outbox.rules.Outcome(outbox.MessageAction.ACCEPT, provider_id="7")
            outbox.sending.note(row, late, clock())
            outbox.sending.note(row, outbox.rules.Outcome(outbox.MessageAction.PUT_OFF, "x"), clock())
    assert [message.provider_id for message in messages(app)] == ["7"]
    assert states(app) == {str(MessageState.SENT): 1}
