"""A decision on many applications of a batch: one transaction each, taken up again, told once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import passes.deciding_jobs as deciding_jobs
import passes.service.batch_deciding as batch_deciding
from accounts.permissions import Actor
from accounts.public import Person
from audit.public import history
from foundation import clock
from foundation.jobs import requeue_stalled, work_off
from foundation.models import Message, TaskProgress
from foundation.outbox import words_of
from foundation.problems import DomainProblem, InvalidInput
from passes.batch_models import BatchReview
from passes.deciding_jobs import decide_batch, order_decision, resume_decision, stop_given_up
from passes.models import Application, Pass, PassSheet
from passes.review_facts import BARRED, CLEAN, GROUPS, WARNED, findings_of, group_of
from passes.rules.applying import LEASE, AlreadyTaken
from passes.rules.moves import ApplicationAction, RefuseReason
from passes.service.batch_deciding import Decision
from passes.service.batch_review import release_batch, take_batch
from passes.workshop import catalogue
from tests.builders import NOON, a_plate, own_transaction, some_tools, with_keys
from tests.passes.applying import a_firm, an_applicant, an_application
from tests.passes.deciding import a_batch, a_batch_of, a_taken_batch, an_officer_on_duty, of_batch
from tests.passes.signed_in import a_pass_of
from tests.races import race

SOON = NOON + timedelta(minutes=10)
CHILD = Path(__file__).with_name("decide_and_die.py")
ROOT = Path(__file__).resolve().parents[2]
ISSUE_CLEAN = Decision(ApplicationAction.ISSUE, (CLEAN,))


@pytest.fixture
def office(clone: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An app on a database of its own, with keys, ten minutes past noon."""
    monkeypatch.setattr(clock, "now", lambda: SOON)
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    return app


def order(app: Flask, officer: Actor, batch_id: UUID, decision: Decision = ISSUE_CLEAN) -> UUID:
    with own_transaction(app) as session:
        known = catalogue(session, now=SOON)
        return order_decision(session, officer, batch_id, decision, known, now=SOON).id


def states(app: Flask, batch_id: UUID) -> list[str]:
    with own_transaction(app) as session:
        return [one.state for one in of_batch(session, batch_id)]


def grouped(session: Session, batch_id: UUID) -> list[str]:
    found = findings_of(session, of_batch(session, batch_id), some_tools(session).catalogue, now=SOON)
    return [group_of(found[one.id]) for one in of_batch(session, batch_id)]


def a_mixed_batch(session: Session, officer: Actor) -> UUID:
    """Two that are clean, one to think about (its period is nearly over), one whose vehicle has a pass."""
    applicant, taken = an_applicant(session), a_plate()
    made = [an_application(session, applicant) for _ in range(2)]
    made.append(an_application(session, applicant, hours=6))
    made.append(an_application(session, applicant, plate=taken))
    a_pass_of(session, None, plate=taken)
    batch_id = a_batch(session, applicant, made).id
    take_batch(session, officer, batch_id, now=NOON)
    return batch_id


def test_what_the_rules_found_sorts_a_batch_with_as_many_queries_as_one_application(office: Flask) -> None:
    with own_transaction(office) as session:
        batch_id = a_mixed_batch(session, an_officer_on_duty(session))
        assert grouped(session, batch_id) == [CLEAN, CLEAN, WARNED, BARRED]
        assert BARRED in GROUPS


def test_the_clean_ones_are_issued_and_the_applicant_is_told_once(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_mixed_batch(session, officer)
    run_id = order(office, officer, batch_id)
    work_off(office)
    assert states(office, batch_id) == ["issued", "issued", "in_review", "in_review"]
    with own_transaction(office) as session:
        run = session.get_one(TaskProgress, run_id)
        assert (run.state, run.done, run.total, run.facts["problems"]) == ("done", 2, 2, {})
        messages = session.scalars(select(Message)).all()
        assert [message.template for message in messages] == ["batch.decided"]
        assert "核发 2 张通行证" in words_of(messages[0]).subject
        # The documents were made in one go by the same worker.
        assert session.scalar(select(func.count()).select_from(PassSheet)) == 2
        tags = [event.tag for event in history(session, "batch", batch_id)]
        assert tags == ["batch:take", "batch:issue", "batch:decided"]
        item = session.get_one(BatchReview, (batch_id, officer.body_id))
        assert (item.finished_at, item.taken_by) == (None, officer.id)


def test_what_cannot_be_issued_stays_in_review_with_its_reason(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
        first = of_batch(session, batch_id)[0]
        twice, plate = str(first.id), first.plate
    run_id = order(office, officer, batch_id)
    with own_transaction(office) as session:
        # Between the order and its run the vehicle gets a pass elsewhere.
        number = a_pass_of(session, None, plate=plate).number
    work_off(office)
    assert states(office, batch_id) == ["in_review", "issued"]
    with own_transaction(office) as session:
        run = session.get_one(TaskProgress, run_id)
        assert (run.state, run.done) == ("done", 2)
        assert run.facts["problems"][twice]["code"] == "pass.overlap"
        assert run.facts["problems"][twice]["facts"] == {"number": number}
        words = words_of(session.scalars(select(Message)).one())
        assert "另有 1 件未能一并办理" in words.body


@pytest.mark.parametrize(
    ("decision", "state", "said"),
    [
        (
            Decision(ApplicationAction.RETURN, (CLEAN,), {"other": "请补充装货地点"}),
            "returned",
            "请补充装货地点",
        ),
        (
            Decision(ApplicationAction.REFUSE, (CLEAN,), reason=RefuseReason.NOT_NEEDED, words="省内直达"),
            "refused",
            "省内直达",
        ),
    ],
)
def test_all_of_it_is_returned_or_refused_and_nothing_waits_any_more(
    office: Flask, decision: Decision, state: str, said: str
) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 3)
    order(office, officer, batch_id, decision)
    work_off(office)
    assert states(office, batch_id) == [state] * 3
    with own_transaction(office) as session:
        assert session.get_one(BatchReview, (batch_id, officer.body_id)).finished_at == SOON
        words = words_of(session.scalars(select(Message)).one())
        assert said in words.body
        assert "3 件" in words.subject


@pytest.mark.parametrize(
    ("decision", "field", "code"),
    [
        (Decision(ApplicationAction.ISSUE, ()), "groups", "field.required"),
        (Decision(ApplicationAction.ISSUE, (BARRED,)), "groups", "choice.unknown"),
        (Decision(ApplicationAction.RETURN, (CLEAN,)), "notes.other", "application.note_missing"),
        (Decision(ApplicationAction.REFUSE, (CLEAN,)), "reason", "field.required"),
        (
            Decision(ApplicationAction.REFUSE, (CLEAN,), reason=RefuseReason.NOT_NEEDED, words="长" * 201),
            "words",
            "text.too_long",
        ),
    ],
)
def test_an_unfinished_decision_is_refused_before_anything_is_done(
    session: Session, decision: Decision, field: str, code: str
) -> None:
    officer = an_officer_on_duty(session)
    batch_id = a_taken_batch(session, an_applicant(session), officer, 1)
    with pytest.raises(InvalidInput) as refused:
        order_decision(session, officer, batch_id, decision, some_tools(session).catalogue, now=SOON)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_only_who_has_the_batch_decides_and_only_one_decision_runs(session: Session) -> None:
    officer, known = an_officer_on_duty(session, name="赵一"), some_tools(session).catalogue
    batch = a_batch_of(session, an_applicant(session), 2)
    with pytest.raises(DomainProblem, match=r"batch\.not_taken"):
        order_decision(session, officer, batch.id, ISSUE_CLEAN, known, now=SOON)
    take_batch(session, officer, batch.id, now=NOON)
    with pytest.raises(AlreadyTaken) as refused:
        order_decision(session, an_officer_on_duty(session), batch.id, ISSUE_CLEAN, known, now=SOON)
    assert refused.value.facts["by"] == "赵一"
    with pytest.raises(DomainProblem, match=r"batch\.nothing_of_it"):
        order_decision(
            session, officer, batch.id, Decision(ApplicationAction.ISSUE, (WARNED,)), known, now=SOON
        )
    order_decision(session, officer, batch.id, ISSUE_CLEAN, known, now=SOON)
    for deed in (
        lambda: order_decision(session, officer, batch.id, ISSUE_CLEAN, known, now=SOON),
        lambda: release_batch(session, officer, batch.id, now=SOON),
    ):
        with pytest.raises(DomainProblem, match=r"batch\.at_work"):
            deed()


def test_two_clicks_at_the_same_instant_are_one_order(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 3)

    def click(session: Session) -> object:
        known = catalogue(session, now=SOON)
        return order_decision(session, officer, batch_id, ISSUE_CLEAN, known, now=SOON).total

    results = race(office, [click, click])
    assert [result for result in results if isinstance(result, int)] == [3]
    work_off(office)
    with own_transaction(office) as session:
        assert session.scalar(select(func.count()).select_from(Pass)) == 3


def environment(app: Flask) -> dict[str, str]:
    settings = app.extensions["settings"]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "KEY_DIR": str(settings.key_dir),
        "INSTANCE_DIR": str(settings.instance_dir),
        "FONTS_DIR": str(settings.fonts_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "test",
    }


@pytest.mark.parametrize(("moment", "decided"), [("before", 2), ("after", 3)])
def test_a_worker_killed_in_the_middle_loses_one_decision_at_most_and_none_is_made_twice(
    office: Flask, moment: str, decided: int
) -> None:
    with own_transaction(office) as session:
        officer, plate = an_officer_on_duty(session), a_plate()
        applicant = an_applicant(session)
        plates = [a_plate(), plate, *(a_plate() for _ in range(4))]
        made = [an_application(session, applicant, plate=one) for one in plates]
        second = str(made[1].id)
        batch_id = a_batch(session, applicant, made).id
        take_batch(session, officer, batch_id, now=NOON)
    run_id = order(office, officer, batch_id)
    with own_transaction(office) as session:
        # The second of the six cannot be issued; its problem is written with the third.
        a_pass_of(session, None, plate=plate)
    command = [sys.executable, str(CHILD), "3", moment, SOON.isoformat()]
    child = subprocess.run(command, env=environment(office), cwd=ROOT, check=False, capture_output=True)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()[-2000:]
    assert states(office, batch_id).count("issued") == decided
    with own_transaction(office) as session:
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"))
        requeue_stalled(session, SOON)
    work_off(office)
    assert states(office, batch_id) == ["issued", "in_review", "issued", "issued", "issued", "issued"]
    with own_transaction(office) as session:
        run = session.get_one(TaskProgress, run_id)
        assert (run.state, run.done, list(run.facts["problems"])) == ("done", 6, [second])
        assert session.scalar(select(func.count()).select_from(Pass)) == 6
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_delivered_twice_the_second_run_does_nothing(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
    run_id = order(office, officer, batch_id)
    with own_transaction(office) as session:
        decide_batch.defer(session, order=str(run_id))
    work_off(office)
    with own_transaction(office) as session:
        assert session.scalar(select(func.count()).select_from(Pass)) == 2
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def try_until_given_up(app: Flask) -> None:
    """Work, and have what failed tried again at once, until nothing is tried any more."""
    waiting = True
    while waiting:
        work_off(app)
        with own_transaction(app) as session:
            again = text(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' RETURNING id"
            )
            waiting = bool(session.execute(again).all())


def test_a_decision_that_fails_for_the_last_time_says_so_and_goes_on_when_asked(
    office: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
    run_id = order(office, officer, batch_id)

    def broken(*_arguments: Any) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(deciding_jobs, "_decide_one", broken)
        try_until_given_up(office)
    with own_transaction(office) as session:
        stop_given_up(session, SOON)
    with own_transaction(office) as session:
        run = session.get_one(TaskProgress, run_id)
        assert (run.state, run.problem) == ("failed", "batch.given_up")
        resume_decision(session, officer, batch_id, now=SOON)
    work_off(office)
    assert states(office, batch_id) == ["issued", "issued"]


def test_one_application_with_something_unheard_of_does_not_keep_the_others(
    office: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 3)
        odd = of_batch(session, batch_id)[1].id
    run_id = order(office, officer, batch_id)
    made = batch_deciding.deed_of

    def odd_deed(*arguments: Any) -> Any:
        deed = made(*arguments)

        def do(session: Session, one: UUID) -> object:
            if one == odd:
                raise ValueError("no such thing was ever seen")
            return deed(session, one)

        return do

    monkeypatch.setattr(deciding_jobs, "deed_of", odd_deed)
    work_off(office)
    assert states(office, batch_id) == ["issued", "in_review", "issued"]
    with own_transaction(office) as session:
        run = session.get_one(TaskProgress, run_id)
        assert run.facts["problems"][str(odd)]["code"] == "batch.fault"


def test_an_officer_who_is_deactivated_decides_nothing_more(office: Flask) -> None:
    with own_transaction(office) as session:
        officer, colleague = an_officer_on_duty(session), an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
    run_id = order(office, officer, batch_id)
    with own_transaction(office) as session:
        session.get_one(Person, officer.id).active = False
    work_off(office)
    assert states(office, batch_id) == ["in_review", "in_review"]
    with own_transaction(office) as session:
        assert session.get_one(TaskProgress, run_id).problem == "batch.officer_gone"
        take_batch(session, colleague, batch_id, now=NOON + LEASE)
        resume_decision(session, colleague, batch_id, now=NOON + LEASE)
    work_off(office)
    assert states(office, batch_id) == ["issued", "issued"]


def test_everybody_of_the_firm_gets_the_one_message(office: Flask) -> None:
    with own_transaction(office) as session:
        firm, officer = a_firm(session), an_officer_on_duty(session)
        applicant, colleague = an_applicant(session, firm), an_applicant(session, firm)
        batch_id = a_taken_batch(session, applicant, officer, 2)
    order(office, officer, batch_id)
    work_off(office)
    with own_transaction(office) as session:
        told = session.scalars(select(Message.recipient_id)).all()
        assert sorted(map(str, told)) == sorted([str(applicant.id), str(colleague.id)])
        assert session.scalar(select(func.count()).where(Application.state == "issued")) == 2
