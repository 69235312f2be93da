"""Reviewing: the queue, the lease, and the decisions, with two officers who do everything at the same instant."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Firm
from audit.public import history
from foundation.models import Message
from foundation.outbox import words_of
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound
from passes.application_queries import last_notes
from passes.models import Application, Pass
from passes.public import PassState, workshop
from passes.queue_queries import queue_counts, queue_page
from passes.rules.applying import LEASE, AlreadyTaken
from passes.rules.moves import RefuseReason
from passes.service.batch_review import take_next
from passes.service.drafting import submit
from passes.service.issue import Issued
from passes.service.reviewing import Taken, issue, refuse, release, renew_lease, return_, take
from tests.builders import NOON, a_body, a_plate, own_transaction, some_tools, with_keys
from tests.passes.applying import (
    an_applicant,
    an_application,
    an_officer,
    in_review,
    rolled_back,
)
from tests.races import race

SOON = NOON + timedelta(minutes=10)
LATER = NOON + LEASE


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def messages(session: Session, template: str) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.template == template)))


def test_two_officers_take_at_the_same_instant_and_exactly_one_gets_it(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        application = an_application(session, an_applicant(session)).id
        officers = [an_officer(session) for _ in range(4)]

    def taken_by(officer: Actor) -> Callable[[Session], object]:
        return lambda session: take(session, officer, application, now=NOON).application.taken_by

    results = race(app, [taken_by(officer) for officer in officers])
    won = [result for result in results if isinstance(result, UUID)]
    lost = [result for result in results if isinstance(result, AlreadyTaken)]
    assert (len(won), len(lost)) == (1, 3)
    with own_transaction(app) as session:
        found = session.get_one(Application, application)
        assert (found.state, found.taken_by, found.lease_until) == ("in_review", won[0], LATER)
        takes = [
            event for event in history(session, "application", application) if event.tag.endswith("take")
        ]
        assert len(takes) == 1


def test_officers_who_ask_for_the_next_one_at_the_same_instant_get_different_ones(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        applicant = an_applicant(session)
        for _ in range(3):
            an_application(session, applicant)
        officers = [an_officer(session) for _ in range(3)]

    def next_of(officer: Actor) -> Callable[[Session], object]:
        def work(session: Session) -> object:
            taken = take_next(session, officer, now=NOON)
            return taken.application.id if isinstance(taken, Taken) else None

        return work

    results = race(app, [next_of(officer) for officer in officers])
    assert len({result for result in results if isinstance(result, UUID)}) == 3


def test_issued_twice_at_the_same_instant_gives_one_pass(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        officer = an_officer(session)
        application = in_review(session, an_applicant(session), officer).id
    results = race(app, [lambda s: issue(s, officer, application, some_tools(s), now=NOON)] * 3)
    issued = [result for result in results if isinstance(result, Issued)]
    refused = [result for result in results if isinstance(result, NotAllowed)]
    assert (len(issued), len(refused)) == (1, 2)
    with own_transaction(app) as session:
        assert session.scalars(select(Pass.number)).all() == [issued[0].number]
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_lease_that_has_run_out_lets_a_colleague_take_it_and_says_who_had_it(session: Session) -> None:
    first, second = an_officer(session, name="赵一"), an_officer(session)
    found = in_review(session, an_applicant(session), first)
    with pytest.raises(AlreadyTaken) as refused:
        take(session, second, found.id, now=LATER - timedelta(seconds=1))
    assert refused.value.facts["by"] == "赵一"
    taken = take(session, second, found.id, now=LATER)
    assert (taken.was_with, taken.application.taken_by) == ("赵一", second.id)
    with pytest.raises(AlreadyTaken):
        refuse(session, first, found.id, RefuseReason.NOT_NEEDED, None, now=LATER)


def test_work_on_it_begins_the_lease_again(session: Session) -> None:
    first, second = an_officer(session), an_officer(session)
    found = in_review(session, an_applicant(session), first)
    assert renew_lease(session, first, found.id, now=SOON)
    assert not renew_lease(session, second, found.id, now=SOON)
    with pytest.raises(AlreadyTaken):
        take(session, second, found.id, now=LATER)
    assert take(session, first, found.id, now=LATER).application.lease_until == LATER + LEASE


def test_who_has_it_may_still_decide_after_the_lease_unless_somebody_took_it(
    session: Session, keys: None
) -> None:
    del keys
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    assert issue(session, officer, found.id, some_tools(session), now=LATER + LEASE).number
    assert found.state == "issued"


def test_given_back_it_is_first_in_the_queue_again(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    first, second = an_application(session, applicant), an_application(session, applicant)
    take(session, officer, first.id, now=NOON)
    assert [row[0].id for row in queue_page(session, officer, "waiting", SOON)] == [second.id]
    release(session, officer, first.id, now=SOON)
    assert [row[0].id for row in queue_page(session, officer, "waiting", SOON)] == [first.id, second.id]
    taken = take_next(session, officer, now=SOON)
    assert isinstance(taken, Taken)
    assert taken.application.id == first.id


def test_a_returned_one_comes_back_to_its_place(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    first = in_review(session, applicant, officer)
    second = an_application(session, applicant)
    return_(session, officer, first.id, {"hours": "超出行程需要", "other": ""}, now=SOON)
    assert [(note.field, note.words) for note in last_notes(session, first.id)] == [("hours", "超出行程需要")]
    assert (first.taken_by, first.submitted_at) == (None, NOON)
    submit(session, applicant, first.id, some_tools(session).catalogue, now=SOON)
    assert [row[0].id for row in queue_page(session, officer, "waiting", SOON)] == [first.id, second.id]


def test_a_return_tells_the_applicant_what_to_mend(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    return_(session, officer, found.id, {"plate": "请核对车牌"}, now=SOON)
    told = messages(session, "application.returned")
    assert [message.recipient_id for message in told] == [applicant.id]
    words = words_of(told[0])
    assert "车牌号：请核对车牌" in words.body
    assert found.slip in words.subject


@pytest.mark.parametrize(
    ("notes", "field", "code"),
    [
        ({}, "notes.other", "application.note_missing"),
        ({"plate": "  "}, "notes.other", "application.note_missing"),
        ({"colour_of_the_sky": "蓝"}, "notes.colour_of_the_sky", "choice.unknown"),
        ({"plate": "长" * 201}, "notes.plate", "text.too_long"),
    ],
)
def test_a_return_needs_notes_to_fields_there_are(
    session: Session, notes: dict[str, str], field: str, code: str
) -> None:
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    with pytest.raises(InvalidInput) as refused:
        return_(session, officer, found.id, notes, now=SOON)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]
    assert found.state == "in_review"


def test_a_refusal_tells_why_what_to_do_and_whom_to_phone(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    refuse(session, officer, found.id, RefuseReason.NOT_KEY_GOODS, "工艺品不在清单内。", now=SOON)
    assert (found.state, found.refuse_code, found.decided_by) == ("refused", "not_key_goods", officer.id)
    words = words_of(messages(session, "application.refused")[0])
    for part in ("所运货物不属于重点物资", "工艺品不在清单内。", "无证也可通行"):
        assert part in words.body
    assert a_body(session, "changchun-nanguan-commerce").phone in words.body


def test_issuing_makes_the_pass_stores_its_number_and_tells_the_applicant(
    session: Session, keys: None
) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    found = in_review(session, applicant, officer)
    issued = issue(session, officer, found.id, some_tools(session), now=SOON)
    made = session.scalars(select(Pass).where(Pass.number == issued.number)).one()
    assert (found.state, found.pass_number, found.decided_at) == ("issued", issued.number, SOON)
    assert (made.application_id, made.firm_id, made.body_id) == (found.id, applicant.firm_id, found.body_id)
    event = history(session, "application", found.id)[-1]
    assert (event.tag, event.facts["number"], event.facts["minutes"]) == (
        "application:issue",
        issued.number,
        10,
    )
    assert issued.number in words_of(messages(session, "application.issued")[0]).subject


def test_everybody_of_the_firm_is_told_once(session: Session, keys: None) -> None:
    del keys
    applicant, officer = an_applicant(session), an_officer(session)
    firm = session.get_one(Application, in_review(session, applicant, officer).id).firm_id
    colleague = an_applicant(session, session.get_one(Firm, firm))
    found = in_review(session, applicant, officer)
    issue(session, officer, found.id, some_tools(session), now=SOON)
    told = sorted(str(message.recipient_id) for message in messages(session, "application.issued"))
    assert told == sorted([str(applicant.id), str(colleague.id)])


def test_a_vehicle_that_has_a_pass_stays_in_review_and_nothing_is_half_done(
    session: Session, keys: None
) -> None:
    del keys
    officer, plate = an_officer(session), a_plate()
    first = in_review(session, an_applicant(session), officer, plate=plate)
    second = in_review(session, an_applicant(session), officer, plate=plate).id
    issued = issue(session, officer, first.id, some_tools(session), now=SOON)
    with rolled_back(session), pytest.raises(DomainProblem, match="pass.overlap") as refused:
        issue(session, officer, second, some_tools(session), now=SOON)
    assert refused.value.facts["number"] == issued.number
    found = session.get_one(Application, second)
    assert (found.state, found.taken_by, found.pass_number) == ("in_review", officer.id, None)
    assert session.scalars(select(Pass.number)).all() == [issued.number]
    assert len(messages(session, "application.issued")) == 1


def test_replacing_takes_the_old_pass_out_in_the_same_step(session: Session, keys: None) -> None:
    del keys
    applicant, officer, plate = an_applicant(session), an_officer(session), a_plate()
    old = issue(
        session,
        officer,
        in_review(session, applicant, officer, plate=plate).id,
        some_tools(session),
        now=SOON,
    )
    new = in_review(session, applicant, officer, plate=plate, replaces=True)
    issued = issue(session, officer, new.id, some_tools(session), now=SOON)
    states = {row[0]: row[1] for row in session.execute(select(Pass.number, Pass.state))}
    assert states == {old.number: PassState.SUPERSEDED, issued.number: PassState.LIVE}


def test_a_start_that_has_passed_while_it_waited_is_no_reason_to_refuse(session: Session, keys: None) -> None:
    del keys
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    assert issue(session, officer, found.id, some_tools(session), now=NOON + timedelta(hours=71)).number


def test_a_period_that_is_over_cannot_be_issued(session: Session, keys: None) -> None:
    del keys
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    with pytest.raises(InvalidInput) as refused:
        issue(session, officer, found.id, some_tools(session), now=NOON + timedelta(hours=72))
    assert [error.code for error in refused.value.errors] == ["period.over"]


def test_a_decision_on_an_older_version_is_a_conflict(session: Session) -> None:
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    with pytest.raises(DomainProblem, match="edit.conflict"):
        return_(session, officer, found.id, {"plate": "x"}, now=SOON, version=found.version - 1)


@pytest.mark.parametrize("deed", ["take", "release", "return", "refuse", "issue"])
@pytest.mark.parametrize("body", ["changchun-nanguan-transport", "jl-commerce"])
def test_another_bodys_application_is_not_found(session: Session, deed: str, body: str) -> None:
    stranger = an_officer(session, body)
    found = in_review(session, an_applicant(session), an_officer(session))
    which = found.id
    deeds: dict[str, Callable[[], object]] = {
        "take": lambda: take(session, stranger, which, now=LATER),
        "release": lambda: release(session, stranger, which, now=SOON),
        "return": lambda: return_(session, stranger, which, {"plate": "x"}, now=SOON),
        "refuse": lambda: refuse(session, stranger, which, RefuseReason.NOT_NEEDED, None, now=SOON),
        "issue": lambda: issue(session, stranger, which, some_tools(session), now=SOON),
    }
    with pytest.raises(NotFound):
        deeds[deed]()
    assert found.state == "in_review"


def test_an_applicant_cannot_decide_on_the_own_application(session: Session) -> None:
    applicant = an_applicant(session)
    found = an_application(session, applicant)
    with pytest.raises(DomainProblem, match="permission.missing"):
        take(session, applicant, found.id, now=SOON)
    with pytest.raises(NotFound):
        issue(session, applicant, found.id, some_tools(session), now=SOON)


def test_a_colleagues_application_cannot_be_decided_while_he_has_it(session: Session) -> None:
    found = in_review(session, an_applicant(session), an_officer(session, name="赵一"))
    with pytest.raises(AlreadyTaken):
        issue(session, an_officer(session), found.id, some_tools(session), now=SOON)


def test_the_figures_over_the_queue_count_what_its_parts_show(session: Session) -> None:
    applicant, officer, colleague = an_applicant(session), an_officer(session), an_officer(session)
    for _ in range(2):
        an_application(session, applicant)
    in_review(session, applicant, officer)
    in_review(session, applicant, colleague)
    return_(session, officer, in_review(session, applicant, officer).id, {"plate": "x"}, now=NOON)
    an_application(session, applicant, goods=1)
    counts = queue_counts(session, officer, SOON)
    shown = {
        part: len(queue_page(session, officer, part, SOON))
        for part in ("waiting", "mine", "others", "returned")
    }
    assert shown == {"waiting": 2, "mine": 1, "others": 1, "returned": 1}
    assert (counts.waiting, counts.mine, counts.others, counts.returned) == (2, 1, 1, 1)
    assert counts.oldest == NOON


def test_the_queue_pages_by_key_without_a_gap(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    made = [an_application(session, applicant).id for _ in range(5)]
    seen: list[UUID] = []
    after = None
    while True:
        rows = queue_page(session, officer, "waiting", SOON, after=after, limit=2)
        seen += [row[0].id for row in rows[:2]]
        if len(rows) <= 2:
            break
        last = rows[1][0]
        assert last.submitted_at is not None
        after = (last.submitted_at, last.id)
    assert seen == made


def test_nothing_waiting_gives_nothing(session: Session) -> None:
    assert take_next(session, an_officer(session), now=NOON) is None


def test_taking_what_one_has_is_no_mistake(session: Session) -> None:
    officer = an_officer(session)
    found = in_review(session, an_applicant(session), officer)
    again = take(session, officer, found.id, now=SOON)
    assert isinstance(again, Taken)
    assert again.application.lease_until == SOON + LEASE
    assert len([e for e in history(session, "application", found.id) if e.tag == "application:take"]) == 1
