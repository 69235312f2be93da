"""Messages go out after the commit, once, in the reader's language, and to the inbox in any case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import get_locale
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation import outbox
from foundation.base import new_id
from foundation.clock import now as present
from foundation.database import db, transaction
from foundation.jobs import TICKS, run_tick, work_off
from foundation.models import Message
from foundation.outbox import Channel, Recipient, Words, send_due, start_sending
from tests.foundation.outside import a_post_office
from tests.foundation.test_jobs import a_worker, wait_until
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


def work(app: Flask) -> None:
    """What the worker does in the next second."""
    (tick,) = [tick for tick in TICKS if tick.work is start_sending]
    run_tick(app, tick)
    work_off(app)


def states(app: Flask) -> list[tuple[str, str]]:
    """(channel, state) of every message."""
    with app.app_context():
        found = db.session().execute(select(Message.channel, Message.state).order_by(Message.channel))
        return [(row.channel, row.state) for row in found]


def test_a_message_is_in_the_inbox_at_once_and_caught_where_there_is_no_mail_server(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        tell(session, a_reader())
    assert states(app) == [("email", "queued"), ("inbox", "sent")]
    work(app)
    assert states(app) == [("email", "caught"), ("inbox", "sent")]


def test_who_has_no_address_finds_it_in_the_inbox_only(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        tell(session, a_reader(email=None))
        outbox.put(session, a_reader(), NAME, {"number": "7"}, key="quiet", now=NOON, email=False)
    work(app)
    assert states(app) == [("inbox", "sent"), ("inbox", "sent")]


def test_a_mail_is_handed_over_with_its_link_and_a_name_of_its_own(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url, MAIL_FROM="changtong@example.cn")
        with app.app_context(), transaction() as session:
            tell(session, a_reader())
        work(app)
        assert states(app) == [("email", "sent"), ("inbox", "sent")]
        (mail,) = office.mails
    assert (mail["To"], mail["From"]) == ("firm@example.cn", "changtong@example.cn")
    assert mail["Subject"] == "220100000001 zh"
    assert mail.get_content().split() == ["已核发", "https://ct.example.cn/passes/220100000001"]
    with app.app_context():
        message = db.session().scalars(select(Message).where(Message.channel == "email")).one()
        assert str(message.id) in mail["Message-ID"]


def test_somebody_without_an_account_gets_an_email_in_the_language_asked_for(
    clone: Callable[..., Flask],
) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            for _ in range(2):
                outbox.put_email(
                    session, "new@example.cn", NAME, {"number": "7"}, key="invited", now=NOON, locale="en"
                )
        work(app)
        (mail,) = office.mails
    assert (mail["To"], mail["Subject"]) == ("new@example.cn", "7 en")


def test_a_piece_of_mails_goes_over_one_connection(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            for number in range(20):
                tell(session, a_reader(f"firm{number}@example.cn"), key=f"pass:{number}")
        work(app)
        assert (len(office.mails), office.talks) == (20, 1)


def test_what_is_urgent_overtakes_what_has_waited_longer(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            tell(session, a_reader("first@example.cn"), key="first")
            tell(session, a_reader("second@example.cn"), key="second", now=NOON + timedelta(minutes=1))
            now = NOON + timedelta(minutes=2)
            outbox.put(
                session, a_reader("code@example.cn"), NAME, {"number": "7"}, key="code", now=now, urgent=True
            )
        work(app)
        assert [mail["To"].split("@")[0] for mail in office.mails] == ["code", "first", "second"]


def test_a_subject_of_two_lines_makes_no_header_of_its_own(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            facts = {"number": "7\r\nBcc: everybody@example.cn"}
            outbox.put_email(session, "new@example.cn", NAME, facts, key="odd", now=NOON)
            outbox.put_email(
                session, "new@example.cn\nBcc: x@example.cn", NAME, {"number": "8"}, key="x", now=NOON
            )
        work(app)
        (mail,) = office.mails
    assert (mail["Subject"], mail["Bcc"]) == ("7 Bcc: everybody@example.cn zh", None)
    assert sorted(states(app)) == [("email", "failed"), ("email", "sent")]


def test_the_same_key_says_it_once(clone: Callable[[], Flask]) -> None:
    app = clone()
    reader = a_reader()
    race(app, [lambda session: tell(session, reader)] * 3)
    assert states(app) == [("email", "queued"), ("inbox", "sent")]


def test_a_message_leaves_within_two_seconds_of_its_commit(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with a_worker(app, "nowhere", SMTP_URL=office.url):
            say(app, "first")
            wait_until(lambda: len(office.mails) == 1)
            said = present()
            say(app, "second")
            wait_until(lambda: len(office.mails) == 2)
            # Twice the promise, for a machine that has other things to do.
            assert present() - said < timedelta(seconds=4)


def say(app: Flask, key: str) -> None:
    """A message of the product itself: the worker's process knows no other."""
    with app.app_context(), transaction() as session:
        outbox.put(session, a_reader(), "pass.resume", {"number": "220100000001"}, key=key, now=present())


def test_a_second_with_nothing_due_starts_no_job(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        start_sending(session, NOON)
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
        tell(session, a_reader())
        start_sending(session, NOON)
        start_sending(session, NOON + timedelta(seconds=1))
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


def test_two_senders_at_the_same_instant_send_nothing_twice(clone: Callable[..., Flask]) -> None:
    with a_post_office() as office:
        app = clone(SMTP_URL=office.url)
        with app.app_context(), transaction() as session:
            for number in range(40):
                tell(session, a_reader(f"firm{number}@example.cn"), key=f"pass:{number}")
        race(app, [lambda _: send_due(Channel.EMAIL)] * 3)
        assert sorted(mail["To"] for mail in office.mails) == sorted(f"firm{n}@example.cn" for n in range(40))
    assert {state for channel, state in states(app) if channel == "email"} == {"sent"}


def test_a_transaction_that_is_rolled_back_says_nothing(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), pytest.raises(LookupError):
        tell_and_fail()
    work(app)
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


def test_the_catcher_shows_mails_and_text_messages_and_not_the_inbox(session: Session) -> None:
    tell(session, a_reader())
    outbox.put_sms(session, "138 1234-5678", NAME, {"number": "7"}, key="link", now=NOON)
    text_message, mail = outbox.caught(session)
    assert (text_message.channel, text_message.address, mail.channel) == ("sms", "13812345678", "email")
    assert outbox.caught(session, before=text_message.id) == [mail]
