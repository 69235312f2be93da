"""Pass books: which passes are in, who is given which book, and when one is written anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Role, permissions_of
from accounts.service.exchanges import make_exchange_token
from accounts.tokens import hash_of
from checkpoints.models import Checkpoint, PassBook
from checkpoints.pass_book_jobs import build_books, order_books
from checkpoints.pass_books import Built, build_pass_books
from foundation import clock
from foundation.database import db, transaction
from foundation.jobs import work_off
from passes.public import Driver, Issued, PassAction, PassReason, Place, change_pass, comes_through
from tests.builders import an_issued_pass
from tests.checkpoints.book_reading import read_book
from tests.checkpoints.roadside import ELSEWHERE, HERE, a_device, a_pass_today

URL = "/api/v1/pass-book"
ADMINISTRATOR = Actor(ActorKind.PERSON, permissions=permissions_of([Role.ADMINISTRATOR]))
pytestmark = pytest.mark.usefixtures("keys")


def build(session: Session, now: datetime | None = None) -> Built:
    built = build_pass_books(session, now=now or clock.now())
    session.commit()
    return built


def get(client: FlaskClient, token: str, etag: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(URL, headers={**headers, "If-None-Match": etag} if etag else headers)


def numbers(session: Session, checkpoint: str = HERE) -> set[str]:
    content = session.scalars(select(PassBook.content).where(PassBook.checkpoint == checkpoint)).one()
    return {one["number"] for one in read_book(content)[1]}


def point(session: Session, code: str) -> Checkpoint:
    return session.scalars(select(Checkpoint).where(Checkpoint.code == code)).one()


def away(session: Session) -> str:
    """A road that does not lead past the checkpoint."""
    return "G102" if point(session, HERE).road != "G102" else "G1"


def off_route(session: Session, **changes: Any) -> Issued:
    """A pass that does not come through: another road, other counties."""
    content = {"origin": "220203", "destination": "130102", "roads": (away(session),), **changes}
    return a_pass_today(session, **content)


def test_a_book_says_everything_the_code_of_a_pass_says(session: Session) -> None:
    a_device(session)
    driver = Driver(name="张三", phone="13800000001", last4="123X")
    issued = a_pass_today(session, roads=("G1", "G102"), stops=("210102",), drivers=(driver,))
    build(session)
    content = session.scalars(select(PassBook.content)).one()
    (said,) = read_book(content)[1]
    assert said["number"] == issued.number
    assert (said["plate"], said["stops"], said["roads"]) == (issued.plate, ["210102"], ["G1", "G102"])
    assert (said["origin"], said["destination"]) == ("220102", "110115")
    assert (said["drivers"], said["duration_minutes"], said["goods"]) == (["123X"], 72 * 60, 12)


def test_no_name_and_no_phone_is_in_a_book(session: Session) -> None:
    a_device(session)
    a_pass_today(session, drivers=(Driver(name="张三", phone="13800000001", last4="123X"),))
    build(session)
    book, _ = read_book(session.scalars(select(PassBook.content)).one())
    assert "张三" not in str(book)
    assert "13800000001" not in str(book)


def test_a_pass_is_in_by_its_road_or_by_a_county_of_its_route(session: Session) -> None:
    a_device(session)
    here = point(session, HERE)
    by_road = off_route(session, roads=(away(session), here.road))
    by_origin = off_route(session, origin=here.county)
    by_destination = off_route(session, origin="130102", destination=here.county)
    by_stop = off_route(session, stops=(here.county,))
    off_route(session)
    build(session)
    assert numbers(session) == {one.number for one in (by_road, by_origin, by_destination, by_stop)}


def test_the_book_and_the_verdict_ask_the_same_rule() -> None:
    here = Place(road="G1", county="220102")
    assert comes_through(here, ("G1",), ())
    assert comes_through(here, (), ("220102",))
    assert not comes_through(here, ("G0102", "G102"), ("110115",))


def test_only_what_is_live_and_has_not_ended_is_in(session: Session) -> None:
    a_device(session)
    kept, stopped = a_pass_today(session), a_pass_today(session)
    change_pass(
        session, COMMAND_LINE, stopped.number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=clock.now()
    )
    build(session)
    assert numbers(session) == {kept.number}
    build(session, clock.now() + timedelta(hours=80))
    assert numbers(session) == set()


def test_a_pass_is_in_before_it_begins(session: Session) -> None:
    a_device(session)
    start = (clock.now() + timedelta(hours=5)).replace(second=0, microsecond=0)
    later = an_issued_pass(session, now=clock.now(), not_before=start)
    build(session)
    assert later.number in numbers(session)


def test_there_is_a_book_for_each_checkpoint_with_a_device_in_force_and_for_no_other(
    session: Session,
) -> None:
    a_device(session, HERE)
    assert build(session).books == 1
    a_device(session, ELSEWHERE)
    assert build(session).books == 2
    session.execute(
        update(ApiToken).where(ApiToken.checkpoint_code == ELSEWHERE).values(revoked_at=clock.now())
    )
    build(session)
    assert set(session.scalars(select(PassBook.checkpoint))) == {HERE}


def test_a_book_is_written_only_when_it_says_something_else(session: Session) -> None:
    a_device(session)
    a_pass_today(session)
    assert build(session).written == 1
    first = session.execute(select(PassBook.etag, PassBook.built_at)).one()
    assert build(session, clock.now() + timedelta(minutes=10)).written == 0
    assert session.execute(select(PassBook.etag, PassBook.built_at)).one() == first
    a_pass_today(session)
    assert build(session).written == 1
    assert session.scalars(select(PassBook.etag)).one() != first.etag


def test_a_device_is_given_the_book_of_its_own_checkpoint(client: FlaskClient, session: Session) -> None:
    token = a_device(session)
    issued = a_pass_today(session)
    build(session)
    answer = get(client, token)
    assert (answer.status_code, answer.mimetype) == (200, "application/gzip")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Encoding" not in answer.headers
    book, found = read_book(answer.data)
    assert (book["checkpoint"], [one["number"] for one in found]) == (HERE, [issued.number])


def test_a_phone_that_has_the_book_is_told_so_in_no_bytes(client: FlaskClient, session: Session) -> None:
    token = a_device(session)
    a_pass_today(session)
    build(session)
    etag = get(client, token).headers["ETag"]
    known = get(client, token, etag)
    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", etag)
    a_pass_today(session)
    build(session)
    assert get(client, token, etag).status_code == 200


def test_a_device_that_moved_gets_the_other_book_and_the_first_no_more(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session, HERE)
    a_device(session, ELSEWHERE)
    build(session)
    first = get(client, token)
    session.execute(
        update(ApiToken).where(ApiToken.token_hash == hash_of(token)).values(checkpoint_code=ELSEWHERE)
    )
    session.commit()
    # Both books are empty, and still the tag of the first is not that of the second.
    second = get(client, token, first.headers["ETag"])
    assert (second.status_code, read_book(second.data)[0]["checkpoint"]) == (200, ELSEWHERE)


def test_before_there_is_a_book_a_phone_is_told_so_and_the_book_is_ordered_once(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session)
    for _ in range(2):
        answer = get(client, token)
        assert (answer.status_code, answer.json["code"]) == (404, "pass_book.not_yet")
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'")
    assert session.scalar(waiting, {"name": build_books.task.name}) == 1


def test_another_system_has_no_checkpoint_and_no_book(client: FlaskClient, session: Session) -> None:
    _, token = make_exchange_token(
        session, ADMINISTRATOR, "外省平台", ["pass:look_up"], days=1, now=clock.now()
    )
    session.commit()
    answer = get(client, token)
    assert (answer.status_code, answer.json["code"]) == (403, "pass_book.devices_only")


def test_nobody_without_a_token_is_given_a_book(client: FlaskClient, session: Session) -> None:
    assert client.get(URL).status_code == 401


def test_the_tick_has_the_worker_build_the_books(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context():
        a_device(db.session())
        for _ in range(2):
            with transaction() as session:
                order_books(session, clock.now())
        db.session.remove()
    work_off(app)
    with app.app_context():
        assert db.session().execute(select(PassBook.checkpoint, PassBook.passes)).all() == [(HERE, 0)]
