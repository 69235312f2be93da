"""The driver's link: who makes one, what is kept of it, and that a revoked one is as if it had never been."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from audit.public import AuditEvent
from foundation import clock
from foundation.problems import NotFound
from passes.models import DriverLink
from passes.public import PassAction, PassReason, change_pass, workshop
from passes.service.links import make_link, pass_of_token, revoke_links
from tests.builders import NOON, with_keys
from tests.passes.applying import an_applicant, an_officer
from tests.passes.signed_in import a_pass_of, signed_in


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=1))
    with_keys(session, tmp_path)


def test_holder_and_officer_make_links_and_only_hashes_are_kept(session: Session) -> None:
    holder = an_applicant(session)
    number = a_pass_of(session, holder).number
    officer = an_officer(session, "changchun-transport")
    tokens = [make_link(session, actor, number, now=NOON) for actor in (holder, officer)]
    assert [len(token) for token in tokens] == [26, 26]
    for token in tokens:
        found = pass_of_token(session, token)
        assert found is not None
        assert found.number == number
    kept = session.scalars(select(DriverLink)).all()
    assert {link.created_by for link in kept} == {holder.id, officer.id}
    assert all(token.encode() not in link.token_hash for token in tokens for link in kept)
    assert pass_of_token(session, tokens[0].upper()) is None
    assert pass_of_token(session, tokens[0][:-1]) is None


def test_strangers_neither_make_nor_revoke_links(session: Session) -> None:
    number = a_pass_of(session, an_applicant(session)).number
    for actor in (an_applicant(session), an_officer(session)):
        with pytest.raises(NotFound):
            make_link(session, actor, number, now=NOON)
        with pytest.raises(NotFound):
            revoke_links(session, actor, number, now=NOON)
    with pytest.raises(NotFound):
        make_link(session, COMMAND_LINE, "220100999999", now=NOON)


def test_revoking_stops_every_link_of_this_pass_and_of_no_other(session: Session) -> None:
    holder = an_applicant(session)
    one, other = a_pass_of(session, holder).number, a_pass_of(session, holder).number
    tokens = [make_link(session, holder, number, now=NOON) for number in (one, one, other)]
    assert revoke_links(session, holder, one, now=NOON) == 2
    assert [pass_of_token(session, token) is not None for token in tokens] == [False, False, True]
    assert revoke_links(session, holder, one, now=NOON) == 0
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_id == one)).all()
    assert tags.count("link:make") == 2
    assert tags.count("link:revoke") == 1


def test_a_driver_opens_the_link_without_login_and_shows_what_a_checkpoint_needs(
    client: Any, session: Session
) -> None:
    holder = an_applicant(session)
    issued = a_pass_of(session, holder)
    token = make_link(session, holder, issued.number, now=NOON)
    session.commit()
    answer = client.get(f"/d/{token}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers
    for wanted in (
        "本证有效",
        issued.check_code,
        issued.plate[2:],
        "吉林省长春市南关区",
        '<svg class="code-picture" data-worker="/sw.js"',
    ):
        assert wanted in answer.text, wanted
    assert "吉林粮运有限公司" not in answer.text
    assert token not in answer.text


def test_the_drivers_page_follows_the_state_of_the_pass(client: Any, session: Session) -> None:
    number = a_pass_of(session, None).number
    token = make_link(session, COMMAND_LINE, number, now=NOON)
    session.commit()
    for action, reason, said in (
        (PassAction.SUSPEND, PassReason.MISUSE, "已被暂停使用"),
        (PassAction.RESUME, None, "本证有效"),
        (PassAction.REVOKE, PassReason.MISUSE, "已被吊销"),
    ):
        change_pass(session, COMMAND_LINE, number, action, reason=reason, now=NOON)
        session.commit()
        page = client.get(f"/d/{token}").text
        assert said in page
        assert ("本证有效" in page) == (said == "本证有效")


def test_unknown_revoked_and_mangled_links_give_the_same_bytes(client: Any, session: Session) -> None:
    number = a_pass_of(session, None).number
    token = make_link(session, COMMAND_LINE, number, now=NOON)
    session.commit()
    assert client.get(f"/d/{token}").status_code == 200
    revoke_links(session, COMMAND_LINE, number, now=NOON)
    session.commit()
    answers = [client.get(f"/d/{path}") for path in (token, "a" * 26, "x", token[:-1], "二维码", "a" * 4000)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_the_page_shows_a_new_link_once_and_can_stop_it(client: Any, session: Session) -> None:
    holder = an_applicant(session)
    number = a_pass_of(session, holder).number
    browser = signed_in(client, session, holder)
    token_field = next(iter(browser.get("/sheet-orders").forms)).fields["csrf_token"]
    answer = browser.raw("POST", f"/passes/{number}/links", data={"csrf_token": token_field})
    assert answer.status_code == 200
    address = next(part for part in answer.text.split('"') if "/d/" in part)
    assert address.startswith("https://ct.example.cn/d/")
    path = address.removeprefix("https://ct.example.cn")
    assert client.get(path).status_code == 200
    stopped = browser.raw(
        "POST", f"/passes/{number}/links/revoke", data={"csrf_token": token_field}, follow=False
    )
    assert (stopped.status_code, stopped.headers["Location"]) == (303, f"/passes/{number}")
    assert client.get(path).status_code == 404
