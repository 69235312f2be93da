"""The outbox for administrators, and the catcher page of the demo."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.permissions import Role
from audit.public import AuditEvent
from foundation import outbox
from foundation.clock import now as present
from foundation.models import Message
from foundation.outbox import Recipient
from tests.browser import Browser
from tests.passes.applying import a_person, acting
from tests.passes.signed_in import an_administrator, signed_in
from web.messages_pages import masked

NAME = "pass.resume"


@pytest.fixture
def office(app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """An administrator's browser, which may also send forms that no page shows it."""
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return signed_in(client, session, an_administrator(session))


def an_email(session: Session, number: int = 0, state: str = "queued", error: str | None = None) -> Message:
    """An e-mail in a state."""
    now = present()
    person = a_person(session, Role.APPLICANT)
    facts = {"number": "220100000001"}
    outbox.put(
        session, Recipient(person.id, f"wang{number}@example.cn"), NAME, facts, key=f"k{number}", now=now
    )
    found = session.scalars(select(Message).where(Message.unique_key == f"k{number}:email")).one()
    found.state, found.last_error, found.attempts, found.tried_at = state, error, 2, now
    if state != "queued":
        found.next_try_at = None
    session.flush()
    return found


def deeds(session: Session) -> list[tuple[str, str | None, str | None]]:
    """What the audit says was done with messages."""
    rows = session.scalars(
        select(AuditEvent).where(AuditEvent.tag.startswith("message:")).order_by(AuditEvent.at)
    )
    return [(row.tag, row.from_state, row.to_state) for row in rows]


def test_messages_stand_by_state_with_what_went_wrong_and_nobodys_address(
    office: Browser, session: Session
) -> None:
    an_email(session, 1, "failed", "smtp.550")
    an_email(session, 2, "unknown", "smtp.no_answer")
    page = office.get("/messages").text
    assert "邮件服务器答复 550" in page, "what failed stands first"
    assert "w***@example.cn" in page
    assert "wang1@" not in page
    assert "邮件已交出，没有收到答复" in office.get("/messages?channel=email&state=unknown").text
    assert "这里没有消息" in office.get("/messages?channel=sms&state=sent").text


@pytest.mark.parametrize(
    "query", ["state=odd", "channel=inbox", "before=x", "channel=sms&state=", "state=held"]
)
def test_an_odd_address_is_no_mistake_of_ours(office: Browser, query: str) -> None:
    assert office.get(f"/messages?{query}").headings == ["消息"]


def test_a_failed_message_is_sent_again_and_the_audit_says_who_did_it(
    office: Browser, session: Session
) -> None:
    found = an_email(session, 1, "failed", "smtp.550")
    office.send_form("/messages", action=f"/messages/{found.id}/resend")
    session.refresh(found)
    assert (found.state, found.attempts) == ("queued", 0)
    assert found.next_try_at is not None
    assert deeds(session) == [("message:resend", "failed", "queued")]


def test_a_waiting_message_is_stopped_and_what_was_sent_is_left_alone(
    office: Browser, session: Session
) -> None:
    waiting, sent = an_email(session, 1), an_email(session, 2, "sent")
    assert office.raw("POST", f"/messages/{waiting.id}/stop", follow=False).status_code == 303
    assert office.raw("POST", f"/messages/{sent.id}/resend", follow=False).status_code == 409
    session.refresh(waiting)
    assert (waiting.state, waiting.next_try_at) == ("stopped", None)
    assert deeds(session) == [("message:stop", "queued", "stopped")]


def test_a_message_of_an_inbox_is_nobodys_to_send_again(office: Browser, session: Session) -> None:
    an_email(session, 1)
    found = session.scalars(select(Message).where(Message.channel == "inbox")).one()
    assert office.raw("POST", f"/messages/{found.id}/resend", follow=False).status_code == 404


def test_what_failed_in_the_last_hour_is_sent_again_at_once_and_what_is_older_is_not(
    office: Browser, session: Session
) -> None:
    for number in range(3):
        an_email(session, number, "failed", "smtp.unreachable")
    old = an_email(session, 9, "failed", "smtp.unreachable")
    old.tried_at = present() - timedelta(hours=2)
    session.commit()
    told = office.post_form("/messages", action="/messages/resend-failed").text
    assert "3 条消息已重新排队" in told
    states = session.scalars(
        select(Message.state).where(Message.channel == "email").order_by(Message.id)
    ).all()
    assert states == ["queued"] * 3 + ["failed"]
    assert deeds(session) == [("message:resend_failed", None, None)]


def test_many_messages_are_shown_a_page_at_a_time(office: Browser, session: Session) -> None:
    for number in range(60):
        an_email(session, number, "failed")
    first = office.get("/messages?state=failed")
    assert first.text.count("pass.resume") == outbox.PAGE
    last = session.scalars(
        select(Message.id).where(Message.state == "failed").order_by(Message.id.desc()).offset(49).limit(1)
    ).one()
    assert any(str(last) in link for link in first.links)
    assert office.get(f"/messages?state=failed&before={last}").text.count("pass.resume") == 10


def test_counts_do_not_read_what_was_sent_long_ago(session: Session) -> None:
    old, new = an_email(session, 1, "sent"), an_email(session, 2, "sent")
    long_ago = UUID(int=int((present() - timedelta(days=3)).timestamp() * 1000) << 80 | 7 << 76 | 1)
    session.execute(text("UPDATE message SET id = :new WHERE id = :old"), {"new": long_ago, "old": old.id})
    assert outbox.counts(session, now=present()) == {("email", "sent"): 1}
    assert new.state == "sent"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("wang@example.cn", "w***@example.cn"),
        ("13812345678", "138****5678"),
        ("@", "***@"),
        ("", ""),
    ],
)
def test_an_address_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.fixture
def demo(app: Flask) -> Iterator[None]:
    """The app says that it is a demo."""
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, demo=True)
    yield
    app.extensions["settings"] = settings


@pytest.mark.usefixtures("demo")
def test_the_catcher_shows_mails_and_text_messages_as_they_are_read(
    client: FlaskClient, session: Session
) -> None:
    an_email(session, 1, "caught")
    facts = {"number": "220100000002"}
    outbox.put_sms(session, "13812345678", NAME, facts, key="sms", now=present(), urgent=True)
    page = Browser(client).get("/demo/mail").text
    assert "通行证 220100000001 已恢复" in page
    assert "【畅通】通行证 220100000002 已恢复" in page
    assert "https://ct.example.cn/passes/220100000002" in page, "the whole address, as a telephone shows it"
    assert page.index("220100000002") < page.index("220100000001"), "the newest first"


@pytest.mark.usefixtures("demo")
def test_the_catcher_is_read_page_by_page(client: FlaskClient, session: Session) -> None:
    for number in range(55):
        an_email(session, number, "caught")
    browser = Browser(client)
    first = browser.get("/demo/mail").text
    assert first.count("@example.cn") == 50
    before = session.scalars(
        select(Message.id).where(Message.channel == "email").order_by(Message.id.desc()).offset(49).limit(1)
    ).one()
    assert browser.get(f"/demo/mail?before={before}").text.count("@example.cn") == 5


def test_outside_a_demo_there_is_no_catcher(client: FlaskClient, session: Session) -> None:
    del session
    assert Browser(client).raw("GET", "/demo/mail").status_code == 404


def test_whoever_does_not_look_after_messages_is_refused(client: FlaskClient, session: Session) -> None:
    officer = acting(a_person(session, Role.ISSUING_OFFICER), Role.ISSUING_OFFICER)
    assert signed_in(client, session, officer).raw("GET", "/messages").status_code == 403
