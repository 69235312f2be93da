"""The roadside's API: verdicts by text, number and plate, and uploads, with nothing but a bearer token."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.permissions import COMMAND_LINE
from checkpoints.models import Scan, ScanReceipt
from foundation import clock
from passes.models import CheckCodeAttempt, PassRevision
from passes.public import PassAction, PassReason, change_pass
from tests.builders import a_plate
from tests.checkpoints.roadside import (
    HERE,
    a_device,
    a_pass_today,
    a_scan,
    an_action,
    browsing,
    call,
    text_of,
)

VERDICTS = "/api/v1/verdicts"
SCANS = "/api/v1/scans"


def asked(client: FlaskClient, token: str, **question: Any) -> dict[str, Any]:
    answer = call(client, VERDICTS, question, token)
    assert answer.status_code == 200, answer.text
    return json_of(answer)


def json_of(answer: TestResponse) -> dict[str, Any]:
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("keys")
def test_the_text_of_a_good_code_gives_verdict_and_content_in_words(
    client: FlaskClient, session: Session
) -> None:
    issued = a_pass_today(session, drivers=())
    token = a_device(session)
    found = asked(client, token, text=text_of(issued), plate_seen="matches", checkpoint=HERE)
    assert (found["level"], found["code"], found["reasons"]) == ("green", "valid", ["valid"])
    content = found["content"]
    assert content["number"] == issued.number
    assert content["origin"] == "吉林省长春市南关区"
    assert content["roads"][0].startswith("G1 ")
    assert content["body"]
    assert content["phone"]
    assert found["needs_refusal_reason"] is True


def test_words_come_in_the_language_asked_for_and_codes_do_not_change(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session)
    chinese, english = (
        json_of(call(client, VERDICTS, {"plate": a_plate()}, token, **{"Accept-Language": language}))
        for language in ("zh", "en")
    )
    assert chinese["level_words"] == "无证"
    assert chinese.keys() == english.keys()
    assert (chinese["level"], chinese["code"]) == (english["level"], english["code"]) == ("blue", "no_pass")


@pytest.mark.usefixtures("keys")
def test_a_code_altered_by_one_digit_is_red_and_shows_nothing_of_the_pass(
    client: FlaskClient, session: Session
) -> None:
    text = text_of(a_pass_today(session))
    altered = text[:-1] + ("1" if text[-1] != "1" else "2")
    found = asked(client, a_device(session), text=altered)
    assert (found["level"], found["code"], found["content"]) == ("red", "bad_signature", None)


@pytest.mark.usefixtures("keys")
def test_number_and_plate_find_the_pass_and_the_checkpoint_is_compared(
    client: FlaskClient, session: Session
) -> None:
    plate = a_plate()
    issued = a_pass_today(session, plate=plate)
    token = a_device(session)
    by_number = asked(client, token, number=issued.number)
    by_plate = asked(
        client, token, plate=f" {plate[:2]}·{plate[2:].lower()} ", plate_seen="matches", checkpoint="CP003"
    )
    assert by_number["awaits_plate"] is True
    assert by_plate["content"]["number"] == issued.number
    assert "off_route" in by_plate["reasons"]


@pytest.mark.usefixtures("keys")
def test_of_several_passes_the_one_in_force_speaks_for_the_vehicle(
    client: FlaskClient, session: Session
) -> None:
    plate = a_plate()
    stopped = a_pass_today(session, plate=plate)
    change_pass(
        session, COMMAND_LINE, stopped.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=clock.now()
    )
    token = a_device(session)
    assert asked(client, token, plate=plate)["code"] == "revoked"
    issued = a_pass_today(session, plate=plate)
    assert asked(client, token, plate=plate)["content"]["number"] == issued.number


@pytest.mark.usefixtures("keys")
def test_a_verdict_for_another_time_is_judged_for_that_time(client: FlaskClient, session: Session) -> None:
    issued = a_pass_today(session)
    later = (clock.now() + timedelta(days=5)).isoformat()
    found = asked(client, a_device(session), number=issued.number, at=later)
    assert (found["code"], found["counts_as_no_pass"]) == ("expired", True)
    assert found["as_of"] == later


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({}, 422, "verdict.what"),
        ({"text": "x", "number": "220100000001"}, 422, "verdict.what"),
        ({"number": "220100999999"}, 404, "not_found"),
        ({"number": "220100999999", "check_code": "AAAAAA"}, 404, "not_found"),
        ({"number": "22010099999"}, 422, "input.invalid"),
        ({"plate": "吉AO1234"}, 422, "input.invalid"),
        ({"plate": "吉A12345", "checkpoint": "CP999"}, 422, "input.invalid"),
        ({"plate": "吉A12345", "colour": 1}, 422, "input.invalid"),
        ({"text": "1" * 4000}, 422, "input.invalid"),
        ([1], 422, "input.invalid"),
    ],
)
def test_a_question_that_makes_no_sense_gets_a_problem_with_a_code(
    client: FlaskClient, session: Session, question: object, status: int, code: str
) -> None:
    answer = call(client, VERDICTS, question, a_device(session))
    assert (answer.status_code, json_of(answer)["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


@pytest.mark.usefixtures("keys")
def test_unknown_number_and_wrong_code_are_one_answer_byte_for_byte_and_are_counted(
    client: FlaskClient, session: Session
) -> None:
    issued = a_pass_today(session)
    token = a_device(session)
    session.commit()
    numbers = (issued.number, "220100999999", "110000000001")
    answers = [
        call(client, VERDICTS, {"number": number, "check_code": "ZZZZZZ"}, token) for number in numbers
    ]
    assert len({answer.data for answer in answers}) == 1
    assert session.scalar(select(func.count()).select_from(CheckCodeAttempt)) == 3


@pytest.mark.usefixtures("keys")
def test_the_printed_check_code_opens_the_pass(client: FlaskClient, session: Session) -> None:
    issued = a_pass_today(session)
    code = session.scalars(select(PassRevision.check_code).where(PassRevision.number == issued.number)).one()
    found = asked(client, a_device(session), number=issued.number, check_code=code.lower())
    assert found["content"]["number"] == issued.number


def test_a_verdict_leaves_no_scan(client: FlaskClient, session: Session) -> None:
    asked(client, a_device(session), plate=a_plate())
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


@pytest.mark.parametrize("url", [VERDICTS, SCANS])
def test_without_a_token_or_with_a_cookie_nobody_enters(
    client: FlaskClient, session: Session, url: str
) -> None:
    assert call(client, url, {}, None).status_code == 401
    assert call(client, url, {}, "guessed").status_code == 401
    browser = browsing(client, session)
    assert browser.raw("POST", url, json={}).status_code == 401


def test_an_upload_answers_for_each_event_in_order(client: FlaskClient, session: Session) -> None:
    now = clock.now()
    scan = a_scan(now)
    unexplained = an_action(now, scan, "turned_back")
    events = [scan, unexplained, "junk", scan, an_action(now, scan, "passed")]
    answer = call(client, SCANS, {"events": events}, a_device(session))
    results = json_of(answer)["results"]
    assert [result["status"] for result in results] == [
        "accepted",
        "refused",
        "refused",
        "repeated",
        "accepted",
    ]
    assert results[1]["code"] == "reason.missing"
    assert results[2] == {
        "event_id": None,
        "status": "refused",
        "code": "input.invalid",
        "errors": [{"field": "kind", "code": "event.kind"}],
    }
    assert session.scalar(select(func.count()).select_from(ScanReceipt)) == 2


@pytest.mark.parametrize(
    "upload", [{"events": []}, {"events": [{}] * 1001}, {"events": {}}, {}, {"scans": []}]
)
def test_an_upload_is_a_list_of_one_to_a_thousand(
    client: FlaskClient, session: Session, upload: object
) -> None:
    answer = call(client, SCANS, upload, a_device(session))
    assert (answer.status_code, json_of(answer)["code"]) == (422, "input.invalid")
