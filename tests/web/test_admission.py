"""Beyond its capacity the product says so: nobody is kept in the dark, nobody's turn is lost, and the barrier goes on."""

import heapq
import math
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from foundation import clock
from tests.browser import Browser
from tests.checkpoints.roadside import a_blue_scan, a_device, call
from tests.passes.applying import an_applicant
from tests.passes.signed_in import signed_in
from web.admission import LEAST_PAUSE, MOST_PAUSE, Admission, Turns


@pytest.fixture
def full(app: Flask) -> Iterator[Admission]:
    """A server with all places for submissions taken."""
    yield from all_taken(app.extensions["admission"])


@pytest.fixture
def full_of_uploads(app: Flask) -> Iterator[Admission]:
    """A server with all places for uploads taken."""
    yield from all_taken(app.extensions["admission_of_uploads"])


def all_taken(admission: Admission) -> Iterator[Admission]:
    everything = admission.at_work + admission.waiting
    for _ in range(everything):
        admission._room.acquire()
    yield admission
    for _ in range(everything):
        admission._room.release()


def test_whoever_finds_room_works_or_waits_and_the_rest_come_again() -> None:
    admission = Admission(at_work=1, waiting=1)
    assert admission.enter() == 0
    entered = threading.Event()

    def come() -> None:
        if admission.enter() == 0:
            entered.set()

    waiting = threading.Thread(target=come)
    waiting.start()
    while admission._room.acquire(blocking=False):
        admission._room.release()
    assert not entered.is_set()
    assert admission.enter() >= 1
    admission.leave()
    waiting.join()
    assert entered.is_set()
    admission.leave()
    assert admission.enter() == 0


def test_a_busy_server_puts_a_submission_off_and_keeps_the_pages_open(
    client: FlaskClient, session: Session, full: Admission
) -> None:
    browser = signed_in(client, session, an_applicant(session))
    assert browser.get("/apply").headings
    answer = browser.send_form("/apply", {"plate": "吉A12345"}, action="/apply")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "没有收下" in answer.text
    del full


def test_a_program_is_told_when_to_come_again(client: FlaskClient, full: Admission) -> None:
    del full
    answer = Browser(client).raw("POST", "/api/v1/applications", json={})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (503, "server.busy")
    assert int(answer.headers["Retry-After"]) == problem["facts"]["retry_after"]


@pytest.mark.usefixtures("full")
def test_a_rush_of_submissions_keeps_no_scan_out(client: FlaskClient, session: Session) -> None:
    scan = a_blue_scan(clock.now())
    answer = call(client, "/api/v1/scans", {"events": [scan]}, a_device(session))
    assert answer.get_json()["results"] == [{"event_id": scan["event_id"], "status": "accepted"}]


@pytest.mark.usefixtures("full_of_uploads")
def test_a_rush_of_uploads_keeps_no_list_no_verdict_and_no_page_waiting(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session)
    put_off = call(client, "/api/v1/scans", {"events": [a_blue_scan(clock.now())]}, token)
    assert (put_off.status_code, put_off.get_json()["code"]) == (503, "server.busy_with_uploads")
    assert int(put_off.headers["Retry-After"]) >= 1
    assert call(client, "/api/v1/verdicts", {"plate": "吉A12345"}, token).status_code == 200
    assert Browser(client).get("/").headings
    assert call(client, "/api/v1/applications", {}, None).status_code == 401


def test_a_place_is_given_back_whatever_comes_of_the_request(client: FlaskClient, app: Flask) -> None:
    admission: Admission = app.extensions["admission"]
    for _ in range(3 * (admission.at_work + admission.waiting)):
        assert Browser(client).raw("POST", "/api/v1/applications", json={}).status_code == 401


def test_turns_follow_each_other_as_fast_as_submissions_were_taken_in() -> None:
    turns = Turns()
    for second in range(30):
        for _ in range(40):
            turns.take(second)
        turns.put_off(second)
    assert turns.rate == pytest.approx(40, rel=0.01)
    later = [turns.put_off(100.0) for _ in range(320)]
    assert later == sorted(later)
    assert later[0] == math.ceil(LEAST_PAUSE) + 1
    assert later[-1] == pytest.approx(LEAST_PAUSE + 320 / 48, abs=1)
    assert turns.put_off(1000.0) <= LEAST_PAUSE + 1
    for _ in range(100_000):
        turns.put_off(1000.0)
    assert turns.put_off(1000.0) == MOST_PAUSE


def test_a_backlog_is_worked_off_without_a_pause_and_without_a_crowd() -> None:
    """A minute of 250 a second before a server that takes 80: nobody waits much longer than the work takes."""
    turns, due, taken, asked = Turns(), [place / 250 for place in range(15_000)], 0, 0
    heapq.heapify(due)
    second, room = 0, 80
    while due:
        at = heapq.heappop(due)
        asked += 1
        if int(at) != second:
            second, room = int(at), 80
        if room:
            room, taken = room - 1, taken + 1
            turns.take(at)
        else:
            heapq.heappush(due, at + turns.put_off(at))
    assert taken == 15_000
    assert second < 15_000 / 80 * 1.5
    assert asked < 15_000 * 4
