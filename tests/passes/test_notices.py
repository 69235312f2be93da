"""Notices: whom they mean, that nobody is told twice, their pace, and stopping them at any moment."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.models import Person
from accounts.permissions import Actor, Role
from audit.public import AuditEvent
from foundation import clock
from foundation.jobs import requeue_stalled, work_off
from foundation.models import Message
from foundation.outbox import words_of
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound
from passes import notice_gathering
from passes.models import Application
from passes.notice_gathering import Reach, gather_step, reach_of
from passes.notice_jobs import count_notice, gather_notice, release_notices, stop_notice
from passes.notice_models import Notice
from passes.public import PassAction, PassReason, change_pass
from passes.rules.notices import (
    NOTICE_MOVES,
    NoticeAction,
    NoticeState,
    may_go,
    next_notice_state,
    open_notice_actions,
)
from passes.service.notices import discard_draft, move_notice, write_notice
from tests.builders import NOON, a_body, an_issued_pass, own_transaction, with_keys
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.passes.applying import (
    a_firm,
    a_person,
    acting,
    an_applicant,
    an_application,
    an_owner_driver,
)
from tests.passes.signed_in import a_pass_of, signed_in

CHILD = Path(__file__).with_name("gather_and_die.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def _world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, and the day of the builders."""
    request.getfixturevalue("keys")
    monkeypatch.setattr(clock, "now", lambda: NOON)


def a_commander(session: Session, body: str = "changchun-transport") -> Actor:
    """Somebody of the command, for the area of a body."""
    found = a_body(session, body)
    return acting(a_person(session, Role.COMMAND, body_id=found.id), Role.COMMAND, found.area)


def a_notice(session: Session, actor: Actor | None = None, **changes: Any) -> Notice:
    """A draft to all holders of 长春."""
    said = {
        "area": "220100",
        "category": None,
        "subject": "G1 封闭",
        "words": "G1 长春段今晚封闭，请绕行 G12。",
        "urgent": False,
        "by_sms": False,
        "per_minute": 600,
        **changes,
    }
    return write_notice(session, actor or a_commander(session), said, now=NOON)


def started(session: Session, **changes: Any) -> Notice:
    """A notice that is being sent."""
    actor = a_commander(session)
    notice = a_notice(session, actor, **changes)
    return move_notice(session, actor, notice.id, NoticeAction.START, now=NOON)


def gather(session: Session, notice: Notice) -> None:
    """All steps, without the worker."""
    while notice.gathered_at is None:
        gather_step(session, notice, now=NOON)
    session.flush()


def told(session: Session, notice: Notice) -> list[tuple[str, str | None, str]]:
    """(channel, address, state) of the messages of a notice."""
    rows = session.execute(
        select(Message.channel, Message.address, Message.state)
        .where(Message.notice_id == notice.id)
        .order_by(Message.channel, Message.address)
    )
    return [(row.channel, row.address, row.state) for row in rows]


def holders(session: Session, notice: Notice) -> set[object]:
    """Whose inboxes a notice is in."""
    gather(session, notice)
    return set(
        session.scalars(
            select(Message.recipient_id).where(Message.notice_id == notice.id, Message.channel == "inbox")
        )
    )


@pytest.mark.usefixtures("_world")
def test_everybody_of_a_firm_is_told_once_however_many_passes_it_has(session: Session) -> None:
    firm = a_firm(session)
    one = an_applicant(session, firm, email="Li@example.cn", phone="138-1234 5678")
    other = an_applicant(session, firm, email="li@example.cn", phone="13812345678")
    an_applicant(session, firm, active=False)
    for _ in range(3):
        a_pass_of(session, one)
    notice = started(session, by_sms=True)
    assert reach_of(session, notice, now=NOON) == Reach(2, 0, 1, 1)
    assert holders(session, notice) == {one.id, other.id}
    assert told(session, notice) == [
        ("email", "li@example.cn", "held"),
        ("inbox", None, "sent"),
        ("inbox", None, "sent"),
        ("sms", "13812345678", "held"),
    ]
    assert notice.found == 2


@pytest.mark.usefixtures("_world")
def test_a_notice_means_live_passes_issued_in_its_area_or_touching_it(session: Session) -> None:
    far: dict[str, Any] = {"origin": "110115", "destination": "120101"}
    issued, begins, ends, stops, elsewhere, over, revoked = (an_owner_driver(session) for _ in range(7))
    a_pass_of(session, issued, **far)
    for actor, route in (
        (begins, {**far, "origin": "220102"}),
        (ends, {**far, "destination": "220103"}),
        (stops, {**far, "stops": ("220103",)}),
        (elsewhere, far),
    ):
        found = an_issued_pass(session, body="jilin-transport", **route)
        session.execute(
            text("UPDATE pass SET person_id = :id WHERE number = :number"),
            {"id": actor.id, "number": found.number},
        )
    a_pass_of(session, over, not_before=NOON - timedelta(days=4), hours=24)
    gone = a_pass_of(session, revoked)
    change_pass(
        session, a_commander(session), gone.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON
    )
    assert holders(session, started(session)) == {issued.id, begins.id, ends.id, stops.id}


@pytest.mark.usefixtures("_world")
def test_a_category_of_goods_means_its_passes_alone(session: Session) -> None:
    eggs, other = an_owner_driver(session), an_owner_driver(session)
    a_pass_of(session, eggs, goods=12)
    a_pass_of(session, other, goods=0)
    category = session.scalar(text("SELECT category FROM goods_item WHERE number = 12"))
    assert holders(session, started(session, category=category)) == {eggs.id}


@pytest.mark.usefixtures("_world")
def test_a_holder_from_a_counter_is_reached_by_text_message_alone(session: Session) -> None:
    walk_in = a_pass_of(session, None)
    officer = a_person(session, Role.ISSUING_OFFICER)
    application = an_application(session, an_owner_driver(session), contact_phone="13987654321")
    session.execute(
        text(
            "UPDATE application SET channel = 'counter', person_id = NULL, entered_by = :officer WHERE id = :id"
        ),
        {"officer": officer.id, "id": application.id},
    )
    session.execute(
        text("UPDATE pass SET application_id = :id WHERE number = :number"),
        {"id": application.id, "number": walk_in.number},
    )
    assert holders(session, started(session)) == set()
    notice = started(session, by_sms=True)
    assert reach_of(session, notice, now=NOON) == Reach(1, 1, 0, 1)
    assert holders(session, notice) == set()
    assert told(session, notice) == [("sms", "13987654321", "held")]
    assert notice.found == 1
    assert session.get(Application, application.id) is not None


@pytest.mark.usefixtures("_world")
def test_the_words_are_kept_once_and_framed_in_the_language_of_the_reader(session: Session) -> None:
    a_pass_of(session, an_owner_driver(session))
    notice = started(session)
    gather(session, notice)
    (message,) = session.scalars(select(Message).where(Message.notice_id == notice.id))
    assert message.facts == {"notice": str(notice.id), "locale": "zh"}
    words = words_of(message)
    assert (words.subject, words.body) == ("通知：G1 封闭", "G1 长春段今晚封闭，请绕行 G12。")


@pytest.mark.usefixtures("_world")
def test_gathering_twice_tells_nobody_twice(session: Session) -> None:
    for _ in range(3):
        a_pass_of(session, an_owner_driver(session))
    notice = started(session)
    gather(session, notice)
    notice.cursor, notice.gathered_at = None, None
    gather(session, notice)
    assert len(told(session, notice)) == notice.found == 3


def test_a_pace_is_kept_and_a_rest_is_not_made_up_for() -> None:
    assert may_go(600, None, NOON) == 50
    assert may_go(600, NOON - timedelta(seconds=5), NOON) == 50
    assert may_go(600, NOON - timedelta(hours=9), NOON) == 600
    assert may_go(60, NOON - timedelta(milliseconds=900), NOON) == 0
    assert may_go(600, NOON + timedelta(seconds=1), NOON) == 0


@pytest.mark.parametrize("state", list(NoticeState))
@pytest.mark.parametrize("action", list(NoticeAction))
def test_what_the_table_of_moves_does_not_hold_is_refused(state: NoticeState, action: NoticeAction) -> None:
    if (state, action) in NOTICE_MOVES:
        assert next_notice_state(state, action) is NOTICE_MOVES[state, action]
    else:
        with pytest.raises(NotAllowed):
            next_notice_state(state, action)


def test_nobody_finishes_a_notice_by_hand() -> None:
    assert open_notice_actions(NoticeState.SENDING) == (NoticeAction.PAUSE, NoticeAction.STOP)
    assert open_notice_actions(NoticeState.SENT) == ()


def waiting(session: Session, count: int, notice: Notice) -> None:
    """So many e-mails of a notice that are held back."""
    session.execute(
        text(
            "INSERT INTO message (id, unique_key, notice_id, recipient_id, channel, address, template, facts, state,"
            " attempts, created_at) SELECT gen_random_uuid(), concat('n', CAST(:notice AS text), n), CAST(:notice AS uuid),"
            " gen_random_uuid(), 'email', concat('w', n, '@example.cn'), 'passes.notice', '{}', 'held', 0, :now"
            " FROM generate_series(1, :count) AS n"
        ),
        {"notice": str(notice.id), "count": count, "now": NOON},
    )


def states(session: Session, notice: Notice) -> Counter[str]:
    """How many messages of a notice are in each state."""
    return Counter(session.scalars(select(Message.state).where(Message.notice_id == notice.id)))


def test_messages_are_let_go_at_the_pace_and_the_end_is_noticed(session: Session) -> None:
    notice = started(session, per_minute=600)
    waiting(session, 120, notice)
    notice.gathered_at = NOON
    release_notices(session, NOON)
    assert states(session, notice) == {"queued": 50, "held": 70}
    release_notices(session, NOON + timedelta(seconds=2))
    assert states(session, notice) == {"queued": 70, "held": 50}
    release_notices(session, NOON + timedelta(seconds=7))
    release_notices(session, NOON + timedelta(seconds=12))
    assert (notice.state, notice.finished_at) == ("sent", NOON + timedelta(seconds=12))
    assert states(session, notice) == {"queued": 120}


@pytest.mark.parametrize(("urgent", "gone"), [(False, 0), (True, 50)])
def test_at_night_only_what_is_urgent_goes(session: Session, urgent: bool, gone: int) -> None:
    notice = started(session, urgent=urgent)
    waiting(session, 60, notice)
    release_notices(session, NOON + timedelta(hours=11))
    assert states(session, notice)["queued"] == gone


def test_a_paused_notice_lets_nothing_go_and_goes_on_at_its_pace(session: Session) -> None:
    actor = a_commander(session)
    notice = a_notice(session, actor)
    waiting(session, 700, notice)
    move_notice(session, actor, notice.id, NoticeAction.START, now=NOON)
    move_notice(session, actor, notice.id, NoticeAction.PAUSE, now=NOON)
    release_notices(session, NOON + timedelta(minutes=1))
    assert states(session, notice) == {"held": 700}
    move_notice(session, actor, notice.id, NoticeAction.RESUME, now=NOON + timedelta(hours=2))
    release_notices(session, NOON + timedelta(hours=2))
    assert states(session, notice) == {"queued": 50, "held": 650}
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_id == str(notice.id)))
    assert set(tags) == {"notice:write", "notice:start", "notice:pause", "notice:resume"}


def test_a_notice_is_written_for_ones_own_area_and_below(session: Session) -> None:
    commander = a_commander(session)
    a_notice(session, commander, area="220102")
    for area in ("220200", "220000", "229999", "110115"):
        with pytest.raises(InvalidInput):
            a_notice(session, commander, area=area)
    with pytest.raises(InvalidInput):
        a_notice(session, commander, category="odd")
    with pytest.raises(DomainProblem, match="permission"):
        a_notice(session, an_applicant(session))
    with pytest.raises(NotFound):
        move_notice(
            session,
            a_commander(session, "jilin-transport"),
            a_notice(session, commander).id,
            NoticeAction.START,
            now=NOON,
        )


def test_a_draft_can_be_thrown_away_and_a_notice_that_was_started_cannot(session: Session) -> None:
    actor = a_commander(session)
    discard_draft(session, actor, a_notice(session, actor).id, now=NOON)
    assert session.scalars(select(Notice)).all() == []
    notice = a_notice(session, actor)
    move_notice(session, actor, notice.id, NoticeAction.START, now=NOON)
    with pytest.raises(NotAllowed):
        discard_draft(session, actor, notice.id, now=NOON)


@pytest.mark.usefixtures("_world")
def test_a_notice_is_written_looked_at_and_started_in_a_browser(
    client: FlaskClient, session: Session
) -> None:
    for _ in range(3):
        a_pass_of(session, an_owner_driver(session))
    actor = a_commander(session)
    browser = signed_in(client, session, actor)
    assert "还没有通知" in browser.get("/notices").text
    refused = browser.post_form(
        "/notices/new", {"area": "220200", "subject": "封闭", "words": "绕行"}, status=422
    )
    assert "请从列出的选项中选择" in refused.text
    said = {
        "area": "220102",
        "subject": "G1 封闭",
        "words": "请绕行 G12。",
        "by_sms": "1",
        "per_minute": "300",
    }
    page = browser.post_form("/notices/new", said)
    assert "正在计算会收到的人数" in page.text
    (notice,) = session.scalars(select(Notice))
    address = f"/notices/{notice.id}"
    notice.reach = asdict(reach_of(session, notice, now=NOON))
    session.commit()
    assert "开始发送" in browser.get(address).text
    page = browser.post_form(address, action=f"{address}/start")
    assert "可以离开此页" in page.text
    for deed, shown in (("pause", "已暂停"), ("resume", "继续发送"), ("stop", "已停止")):
        assert shown in browser.post_form(address, action=f"{address}/{deed}").text
    assert "G1 封闭" in browser.get("/notices").text
    again = browser.get(f"/notices/new?like={notice.id}")
    form = next(form for form in again.forms if form.action == "/notices/new")
    assert (form.fields["area"], form.fields["subject"], form.fields["by_sms"]) == ("220102", "G1 封闭", "1")
    jobs = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert Counter(jobs) == {"passes.count_notice": 1, "passes.gather_notice": 2, "passes.stop_notice": 1}


@pytest.fixture
def province(clone: Callable[..., Flask]) -> Flask:
    """A database of its own with forty holders in 长春."""
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["settings"].key_dir)
        now = clock.now().replace(second=0, microsecond=0)
        for _ in range(40):
            driver = an_owner_driver(session)
            session.get_one(Person, driver.id).email = f"{driver.id}@example.cn"
            a_pass_of(session, driver, not_before=now)
    return app


def ordered(app: Flask) -> Notice:
    """A notice the worker has been told to gather."""
    with own_transaction(app) as session:
        notice = started(session)
        count_notice.defer(session, notice=str(notice.id))
        gather_notice.defer(session, notice=str(notice.id))
        session.expunge(notice)
    return notice


def test_a_killed_worker_is_followed_by_one_that_tells_the_others_and_nobody_twice(province: Flask) -> None:
    notice = ordered(province)
    settings = province.extensions["settings"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "KEY_DIR": str(settings.key_dir),
        "INSTANCE_DIR": str(settings.instance_dir),
        "SECRET_KEY": "test",
    }
    died = subprocess.run(
        [sys.executable, str(CHILD)], env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    )
    assert died.returncode == -signal.SIGKILL
    with own_transaction(province) as session:
        row = session.get_one(Notice, notice.id)
        assert (row.found, row.gathered_at) == (20, None), "the step at hand is undone"
        assert states(session, row) == {"sent": 20, "held": 20}
        session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
        )
        requeue_stalled(session, clock.now())
    work_off(province)
    with own_transaction(province) as session:
        row = session.get_one(Notice, notice.id)
        assert row.found == 40
        assert row.gathered_at is not None
        assert row.reach == {"holders": 40, "without_account": 0, "emails": 40, "text_messages": 0}
        assert states(session, row) == {"sent": 40, "held": 40}


def test_a_notice_paused_while_holders_are_found_goes_on_where_it_stood(
    province: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_gathering, "STEP", 15)
    notice = ordered(province)

    def gather_and_be_paused(session: Session, row: Notice, *, now: datetime) -> None:
        gather_step(session, row, now=now)
        row.state = "paused"

    with monkeypatch.context() as while_it_runs:
        while_it_runs.setattr("passes.notice_jobs.gather_step", gather_and_be_paused)
        work_off(province)
    with own_transaction(province) as session:
        row = session.get_one(Notice, notice.id)
        assert (row.found, row.gathered_at) == (15, None)
        row.state = "sending"
        gather_notice.defer(session, notice=str(notice.id))
    work_off(province)
    with own_transaction(province) as session:
        assert session.get_one(Notice, notice.id).found == 40


def test_a_stopped_notice_sends_nothing_that_has_not_left(
    province: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passes.service.notices.STOPPED_AT_ONCE", 7)
    notice = ordered(province)
    work_off(province)
    with own_transaction(province) as session:
        row = session.get_one(Notice, notice.id)
        row.per_minute = 60
        release_notices(session, NOON)
        assert states(session, row) == {"sent": 40, "queued": 5, "held": 35}
        row.state = "stopped"
        stop_notice.defer(session, notice=str(notice.id))
    work_off(province)
    with own_transaction(province) as session:
        assert states(session, session.get_one(Notice, notice.id)) == {"sent": 40, "stopped": 40}
