"""Messages go out after the commit, once, in the reader's language, and to the inbox in any case."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask
from flask_babel import get_locale
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation import outbox
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.jobs import work_off
from foundation.models import Message
from foundation.outbox import Recipient, Words
from tests.races import race

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
NAME = "tests.decided"


@pytest.fixture(autouse=True)
def _template(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of message that the product does not have."""

    def words(facts: dict[str, Any]) -> Words:
        return Words(f"{facts['number']} {get_locale()}", "已核发", f"/passes/{facts['number']}")

    monkeypatch.setitem(outbox.TEMPLATES, NAME, words)


def a_reader(email: str | None = "firm@example.cn", locale: str = "zh") -> Recipient:
    return Recipient(new_id(), email, locale)


def tell(session: Session, reader: Recipient, key: str = "pass:1", now: datetime = NOON) -> None:
    outbox.put(session, reader, NAME, {"number": "220100000001"}, key=key, now=now)


def states(app: Flask) -> list[tuple[str, str]]:
    """(channel, state) of every message."""
    with app.app_context():
        found = db.session().execute(select(Message.channel, Message.state).order_by(Message.channel))
        return [(row.channel, row.state) for row in found]


class _Talk(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs to hand over a mail."""

    def handle(self) -> None:
        assert isinstance(self.server, PostOffice)
        self.say("220 post office")
        for line in self.rfile:
            word = line.split(b" ")[0].strip().upper()
            if word == b"DATA":
                self.say(self.server.answer)
                if self.server.answer.startswith("3"):
                    self.server.mails.append(self.mail())
                    self.say("250 taken")
            else:
                self.say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class PostOffice(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given, or refuses it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[bytes] = []
        self.answer = "354 go on"

    @property
    def url(self) -> str:
        """The setting that leads here."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def a_post_office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever)
        thread.start()
        yield office
        office.shutdown()
        thread.join()


def test_a_message_is_in_the_inbox_at_once_and_caught_where_there_is_no_mail_server(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        tell(session, a_reader())
    assert states(app) == [("email", "queued"), ("inbox", "sent")]
    work_off(app)
    assert states(app) == [("email", "caught"), ("inbox", "sent")]


def test_who_has_no_address_finds_it_in_the_inbox_only(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        tell(session, a_reader(email=None))
    work_off(app)
    assert states(app) == [("inbox", "sent")]


def test_a_mail_is_handed_over_with_its_link_and_a_name_of_its_own(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url, MAIL_FROM="changtong@example.cn")
        with app.app_context(), transaction() as session:
            tell(session, a_reader())
        work_off(app)
        assert states(app) == [("email", "sent"), ("inbox", "sent")]
        (mail,) = [message_from_bytes(raw, policy=policy.default) for raw in office.mails]
    assert (mail["To"], mail["From"]) == ("firm@example.cn", "changtong@example.cn")
    assert mail["Subject"] == "220100000001 zh"
    assert mail.get_content().split() == ["已核发", "https://ct.example.cn/passes/220100000001"]
    with app.app_context():
        message = db.session().scalars(select(Message).where(Message.channel == "email")).one()
        assert str(message.id) in mail["Message-ID"]


def test_a_mail_server_that_refuses_is_asked_again_later(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        office.answer = "451 come back later"
        with app.app_context(), transaction() as session:
            tell(session, a_reader())
        work_off(app)
        assert states(app) == [("email", "queued"), ("inbox", "sent")]
        office.answer = "354 go on"
        with app.app_context(), transaction() as session:
            session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
        work_off(app)
        assert len(office.mails) == 1
    assert states(app) == [("email", "sent"), ("inbox", "sent")]


def test_a_job_that_comes_twice_sends_once(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            tell(session, a_reader())
            message = session.scalars(select(Message.id).where(Message.channel == "email")).one()
            outbox.send_email.defer(session, message_id=str(message))
        work_off(app)
        assert len(office.mails) == 1


def test_the_same_key_says_it_once(clone: Callable[[], Flask]) -> None:
    app = clone()
    reader = a_reader()
    race(app, [lambda session: tell(session, reader)] * 3)
    assert states(app) == [("email", "queued"), ("inbox", "sent")]
    with app.app_context():
        assert db.session().scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


def test_a_transaction_that_is_rolled_back_says_nothing(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), pytest.raises(LookupError):
        tell_and_fail()
    work_off(app)
    assert states(app) == []


def tell_and_fail() -> None:
    with transaction() as session:
        tell(session, a_reader())
        raise LookupError("anything that goes wrong afterwards")


def test_a_kind_of_message_without_words_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="no such template"):
        outbox.put(session, a_reader(), "tests.unknown", {}, key="x", now=NOON)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_words_are_in_the_language_of_the_reader(session: Session, locale: str) -> None:
    tell(session, a_reader(locale=locale))
    (message,) = session.scalars(select(Message).where(Message.channel == "inbox"))
    assert outbox.words_of(message).subject == f"220100000001 {locale}"


def test_an_inbox_is_read_newest_first_and_page_by_page(session: Session) -> None:
    reader, stranger = a_reader(email=None), a_reader(email=None)
    tell(session, stranger, key="other")
    for number in range(5):
        tell(session, reader, key=f"pass:{number}", now=NOON + timedelta(minutes=number))
    first = outbox.inbox(session, reader.person_id, limit=3)
    rest = outbox.inbox(session, reader.person_id, before=first[-1].id, limit=3)
    keys = [message.unique_key for message in (*first, *rest)]
    assert keys == [f"pass:{number}:inbox" for number in (4, 3, 2, 1, 0)]
    assert outbox.unread(session, reader.person_id) == 5
    outbox.mark_read(session, reader.person_id, now=NOON)
    assert outbox.unread(session, reader.person_id) == 0
    assert outbox.unread(session, stranger.person_id) == 1


def test_the_catcher_shows_mails_and_not_the_inbox(session: Session) -> None:
    tell(session, a_reader())
    assert [message.channel for message in outbox.caught(session)] == ["email"]
