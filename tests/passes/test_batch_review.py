"""A batch in the queue of a body: one item, one lease, taken by exactly one officer."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from audit.public import AuditEvent, history
from foundation.problems import DomainProblem, NotFound
from passes.batch_models import BatchReview
from passes.models import Application
from passes.queue_queries import BatchItem, Item, place_of, queue_counts, queue_items
from passes.rules.applying import LEASE, AlreadyTaken
from passes.rules.moves import RefuseReason
from passes.service.batch_items import close_items
from passes.service.batch_review import (
    TakenBatch,
    find_item,
    next_of_batch,
    release_batch,
    renew_batch_lease,
    take_batch,
    take_next,
)
from passes.service.drafting import hand_in, submit, withdraw
from passes.service.reviewing import Taken, refuse, return_
from tests.builders import NOON, own_transaction, some_tools
from tests.passes.applying import an_applicant, an_application, an_officer, asked
from tests.passes.deciding import a_batch, a_batch_of, a_taken_batch, of_batch
from tests.races import race

SOON = NOON + timedelta(minutes=10)
LATER = NOON + LEASE


def ids(items: list[Item]) -> list[UUID]:
    return [place_of(item)[1] for item in items]


def item_of(session: Session, officer: Actor, batch_id: UUID) -> BatchReview:
    session.expire_all()
    return find_item(session, officer, batch_id)


def test_a_batch_is_one_item_among_the_applications_oldest_first(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    first = an_application(session, applicant)
    batch = a_batch_of(session, applicant, 3)
    last = an_application(session, applicant)
    items = queue_items(session, officer, "waiting", SOON)
    # Handed in at the same instant, they stand in the order of their ids; the batch was made after its rows.
    assert ids(items) == [first.id, batch.id, last.id]
    found = items[1]
    assert isinstance(found, BatchItem)
    assert (found.vehicles, found.slip, found.file_name) == (3, batch.slip, "四月十六日.xlsx")
    counts = queue_counts(session, officer, SOON)
    assert (counts.singles, counts.batches, counts.vehicles, counts.waiting) == (2, 1, 3, 3)


def test_each_body_has_its_part_of_a_batch(session: Session) -> None:
    applicant = an_applicant(session)
    commerce, agriculture = an_officer(session), an_officer(session, "changchun-nanguan-agriculture")
    mixed = [an_application(session, applicant, goods=goods) for goods in (12, 12, 1)]
    other = mixed[2].body_id
    assert other != mixed[0].body_id
    batch = a_batch(session, applicant, mixed)
    taken = take_batch(session, commerce, batch.id, now=NOON)
    assert taken.taken == 2
    assert [one.state for one in of_batch(session, batch.id)] == ["in_review", "in_review", "submitted"]
    if agriculture.body_id != other:
        with pytest.raises(NotFound):
            take_batch(session, agriculture, batch.id, now=NOON)


def test_the_queue_with_batches_pages_by_key_without_a_gap(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    made: list[UUID] = []
    for _ in range(3):
        made += [an_application(session, applicant).id, a_batch_of(session, applicant, 2).id]
    seen: list[UUID] = []
    after = None
    while True:
        items = queue_items(session, officer, "waiting", SOON, after=after, limit=2)
        seen += ids(items[:2])
        if len(items) <= 2:
            break
        after = place_of(items[1])
    assert seen == made


def test_taking_the_next_takes_whichever_is_oldest(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    first = a_batch_of(session, applicant, 2)
    second = an_application(session, applicant)
    taken = take_next(session, officer, now=NOON)
    assert isinstance(taken, TakenBatch)
    assert (taken.batch_id, taken.taken) == (first.id, 2)
    single = take_next(session, officer, now=NOON)
    assert isinstance(single, Taken)
    assert single.application.id == second.id
    assert take_next(session, officer, now=NOON) is None


def test_taken_all_of_it_is_in_review_under_one_lease_with_an_event_each(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    batch_id = a_taken_batch(session, applicant, officer, 3)
    found = of_batch(session, batch_id)
    assert {(one.state, one.taken_by, one.lease_until, one.version) for one in found} == {
        ("in_review", officer.id, LATER, 3)
    }
    events = [event.tag for one in found for event in history(session, "application", one.id)]
    assert events.count("application:take") == 3
    assert [event.tag for event in history(session, "batch", batch_id)] == ["batch:take"]
    shown = {part: ids(queue_items(session, officer, part, SOON)) for part in ("waiting", "mine", "others")}
    assert shown == {"waiting": [], "mine": [batch_id], "others": []}
    colleague = an_officer(session)
    assert ids(queue_items(session, colleague, "others", SOON)) == [batch_id]
    assert queue_counts(session, colleague, SOON).others == 1


def test_of_three_officers_at_the_same_instant_one_gets_all_of_it(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        batch_id = a_batch_of(session, an_applicant(session), 5).id
        officers = [an_officer(session) for _ in range(3)]

    def taking(officer: Actor) -> Callable[[Session], object]:
        return lambda session: (officer.id, take_batch(session, officer, batch_id, now=NOON))

    results = race(app, [taking(officer) for officer in officers])
    won = [result for result in results if isinstance(result, tuple)]
    assert len(won) == 1
    assert sum(isinstance(result, AlreadyTaken) for result in results) == 2
    with own_transaction(app) as session:
        assert {one.taken_by for one in of_batch(session, batch_id)} == {won[0][0]}
        tags = select(func.count()).where(AuditEvent.tag == "application:take")
        assert session.scalar(tags) == 5


def test_the_next_for_two_officers_is_never_the_same(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        applicant = an_applicant(session)
        a_batch_of(session, applicant, 3)
        an_application(session, applicant)
        officers = [an_officer(session) for _ in range(2)]

    def next_of(officer: Actor) -> Callable[[Session], object]:
        return lambda session: type(take_next(session, officer, now=NOON)).__name__

    assert sorted(map(str, race(app, [next_of(one) for one in officers]))) == ["Taken", "TakenBatch"]


def test_an_applicant_who_withdraws_one_while_the_batch_is_taken_gets_one_answer(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        applicant, officer = an_applicant(session), an_officer(session)
        batch_id = a_batch_of(session, applicant, 3).id
        one = of_batch(session, batch_id)[1].id
    race(
        app,
        [
            lambda session: take_batch(session, officer, batch_id, now=NOON),
            lambda session: withdraw(session, applicant, one, now=NOON),
        ],
    )
    with own_transaction(app) as session:
        states = sorted(found.state for found in of_batch(session, batch_id))
        assert states in (["in_review"] * 3, ["in_review", "in_review", "withdrawn"])


def test_a_lease_that_has_run_out_lets_a_colleague_take_all_of_it(session: Session) -> None:
    first, second = an_officer(session, name="赵一"), an_officer(session)
    batch_id = a_taken_batch(session, an_applicant(session), first, 2)
    with pytest.raises(AlreadyTaken) as refused:
        take_batch(session, second, batch_id, now=LATER - timedelta(seconds=1))
    assert refused.value.facts["by"] == "赵一"
    assert ids(queue_items(session, second, "waiting", LATER)) == [batch_id]
    taken = take_batch(session, second, batch_id, now=LATER)
    assert (taken.taken, taken.was_with) == (2, "赵一")
    assert {one.taken_by for one in of_batch(session, batch_id)} == {second.id}


def test_work_on_it_begins_the_lease_again_and_a_young_one_is_left_alone(session: Session) -> None:
    officer, colleague = an_officer(session), an_officer(session)
    batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
    assert renew_batch_lease(session, officer, batch_id, now=NOON + timedelta(minutes=4))
    assert item_of(session, officer, batch_id).lease_until == LATER
    assert renew_batch_lease(session, officer, batch_id, now=SOON)
    assert item_of(session, officer, batch_id).lease_until == SOON + LEASE
    assert {one.lease_until for one in of_batch(session, batch_id)} == {SOON + LEASE}
    assert not renew_batch_lease(session, colleague, batch_id, now=SOON)


def test_given_back_it_waits_in_its_old_place(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    batch_id = a_taken_batch(session, applicant, officer, 2)
    single = an_application(session, applicant)
    assert release_batch(session, officer, batch_id, now=SOON) == 2
    assert ids(queue_items(session, officer, "waiting", SOON)) == [batch_id, single.id]
    assert {(one.state, one.taken_by) for one in of_batch(session, batch_id)} == {("submitted", None)}
    with pytest.raises(DomainProblem, match=r"batch\.not_taken"):
        release_batch(session, officer, batch_id, now=SOON)


def test_decided_one_by_one_the_item_is_gone_with_its_last_application(session: Session) -> None:
    officer = an_officer(session)
    batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
    first, second = (one.id for one in of_batch(session, batch_id))
    assert next_of_batch(session, officer, batch_id, first) == second
    refuse(session, officer, first, RefuseReason.NOT_NEEDED, None, now=SOON)
    assert item_of(session, officer, batch_id).finished_at is None
    assert next_of_batch(session, officer, batch_id, first) == second
    return_(session, officer, second, {"plate": "请核对"}, now=SOON)
    found = item_of(session, officer, batch_id)
    assert (found.finished_at, found.taken_by) == (SOON, None)
    assert next_of_batch(session, officer, batch_id, second) is None
    assert queue_items(session, officer, "mine", SOON) == []
    with pytest.raises(DomainProblem, match=r"batch\.decided"):
        take_batch(session, officer, batch_id, now=SOON)


def test_what_comes_back_opens_the_item_again_in_its_old_place(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    batch_id = a_taken_batch(session, applicant, officer, 1)
    (only,) = of_batch(session, batch_id)
    return_(session, officer, only.id, {"plate": "请核对"}, now=SOON)
    single = an_application(session, applicant)
    submit(session, applicant, only.id, some_tools(session).catalogue, now=SOON)
    assert ids(queue_items(session, officer, "waiting", SOON)) == [batch_id, single.id]
    assert take_batch(session, officer, batch_id, now=SOON).taken == 1


def test_what_comes_back_while_the_batch_is_in_hand_joins_it_when_taken_again(session: Session) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    batch_id = a_taken_batch(session, applicant, officer, 2)
    first = of_batch(session, batch_id)[0]
    return_(session, officer, first.id, {"plate": "请核对"}, now=SOON)
    submit(session, applicant, first.id, some_tools(session).catalogue, now=SOON)
    assert take_batch(session, officer, batch_id, now=SOON).taken == 1
    assert {one.taken_by for one in of_batch(session, batch_id)} == {officer.id}
    takes = [event for event in history(session, "batch", batch_id) if event.tag == "batch:take"]
    assert len(takes) == 1


def test_other_goods_make_it_wait_with_another_body_as_part_of_the_batch(session: Session) -> None:
    applicant = an_applicant(session)
    batch = a_batch_of(session, applicant, 1)
    (only,) = of_batch(session, batch.id)
    was = only.body_id
    known = some_tools(session).catalogue
    hand_in(session, applicant, only.form_token, asked(goods=1), known, now=SOON)
    assert only.body_id != was
    assert session.get(BatchReview, (batch.id, only.body_id)) is not None
    close_items(session, SOON)
    session.expire_all()
    old = session.get_one(BatchReview, (batch.id, was))
    new = session.get_one(BatchReview, (batch.id, only.body_id))
    assert (old.finished_at, new.finished_at) == (SOON, None)


def test_two_last_decisions_at_the_same_instant_close_the_item_at_the_latest_by_the_tick(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        officer = an_officer(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
        both = [one.id for one in of_batch(session, batch_id)]

    def refusing(one: UUID) -> Callable[[Session], object]:
        return lambda session: refuse(session, officer, one, RefuseReason.NOT_NEEDED, None, now=SOON).state

    assert race(app, [refusing(one) for one in both]) == ["refused", "refused"]
    with own_transaction(app) as session:
        close_items(session, LATER)
    with own_transaction(app) as session:
        assert find_item(session, officer, batch_id).finished_at in {SOON, LATER}


def test_another_bodys_batch_is_not_found_and_an_applicant_takes_none(session: Session) -> None:
    applicant = an_applicant(session)
    batch_id = a_batch_of(session, applicant, 1).id
    stranger = an_officer(session, "changchun-nanguan-transport")
    for deed in (take_batch, release_batch):
        with pytest.raises(NotFound):
            deed(session, stranger, batch_id, now=SOON)
    with pytest.raises(DomainProblem, match=r"permission\.missing"):
        take_batch(session, applicant, batch_id, now=SOON)


def test_a_queue_of_many_is_read_from_the_index(session: Session) -> None:
    """The single ones come in order from their own index, however many of batches lie before them."""
    officer = an_officer(session)
    session.execute(select(func.set_config("enable_seqscan", "off", True)))
    session.execute(select(func.set_config("enable_sort", "off", True)))
    statement = (
        select(Application.id)
        .where(
            Application.body_id == officer.body_id,
            Application.batch_id.is_(None),
            Application.state == "submitted",
        )
        .order_by(Application.submitted_at, Application.id)
        .limit(51)
    )
    compiled = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {compiled}"))
    assert "ix_application_single" in plan
    assert "Sort" not in plan
