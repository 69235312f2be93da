"""Beyond its capacity the product says so: nobody is kept in the dark, nobody's turn is lost, and the barrier goes on."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.browser import Browser
from tests.passes.applying import an_applicant
from tests.passes.signed_in import signed_in
from web.admission import LEAST_PAUSE, MOST_PAUSE, Admission, Pause


@pytest.fixture
def full(app: Flask) -> Iterator[Admission]:
    """A server with all places taken."""
    admission: Admission = app.extensions["admission"]
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
    assert full.pause.mean >= LEAST_PAUSE


def test_a_program_is_told_when_to_come_again(client: FlaskClient, full: Admission) -> None:
    del full
    answer = Browser(client).raw("POST", "/api/v1/applications", json={})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (503, "server.busy")
    assert int(answer.headers["Retry-After"]) == problem["facts"]["retry_after"]


def test_a_place_is_given_back_whatever_comes_of_the_request(client: FlaskClient, app: Flask) -> None:
    admission: Admission = app.extensions["admission"]
    for _ in range(3 * (admission.at_work + admission.waiting)):
        assert Browser(client).raw("POST", "/api/v1/applications", json={}).status_code == 401


def test_the_pause_grows_until_no_more_are_put_off_than_taken_in_and_shrinks_again() -> None:
    pause = Pause()
    for second in range(20):
        for place in range(30):
            pause.note(second + place / 30, taken=place < 10)
    assert pause.mean == MOST_PAUSE
    assert {60 <= pause.drawn() <= 180 for _ in range(200)} == {True}
    for second in range(20, 40):
        pause.note(second, taken=True)
    assert pause.mean == LEAST_PAUSE
    before = pause.mean
    for second in range(40, 60):
        pause.note(second, taken=True)
        pause.note(second, taken=False)
    assert pause.mean == before
