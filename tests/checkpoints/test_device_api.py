"""A phone and the server: enrolling by a code, moving, reporting, the checkpoints, and the end of its token."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.device_rules import ENROLMENTS_PER_MINUTE
from accounts.models import ApiToken, RoleGrant
from accounts.permissions import COMMAND_LINE, Actor, Role
from accounts.service.devices import make_device_token
from accounts.service.enrolment import order_enrolment
from accounts.service.exchanges import make_exchange_token
from checkpoints.devices import may_stand_at
from checkpoints.models import Scan
from checkpoints.register import register
from foundation import clock
from foundation.base import new_id
from passes.ledgers import StatusChange, StatusHead
from passes.public import complete_until
from tests.builders import NOON
from tests.checkpoints.roadside import ELSEWHERE, HERE, a_device, a_scan, an_officer, call
from tests.passes.applying import a_firm
from tests.passes.firm_programs import a_token_row
from tests.passes.signed_in import an_administrator

DEVICES, DEVICE, POINTS = "/api/v1/devices", "/api/v1/device", "/api/v1/checkpoints"
MOVE, REPORT, SCANS = f"{DEVICE}/checkpoint", f"{DEVICE}/report", "/api/v1/scans"
WELL = {
    "app_version": "1.2.0",
    "waiting": 3,
    "refused": 0,
    "status_seq": 7,
    "trust_seq": None,
    "book_etag": "abc",
    "persisted": True,
    "health": "ok",
}


@pytest.fixture(autouse=True)
def patience(app: Flask) -> None:
    """Each test starts as a client that has asked nothing yet."""
    app.extensions.pop("rate", None)


def a_code(session: Session, who: Actor | None = None) -> str:
    _, code = order_enrolment(session, who or an_officer(session), "3 号机", HERE, now=clock.now())
    session.commit()
    return code


def enrolled(client: FlaskClient, session: Session, who: Actor | None = None) -> dict[str, Any]:
    answer = call(client, DEVICES, {"code": a_code(session, who), "app_version": "1.2.0"}, None)
    assert answer.status_code == 201, answer.text
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def got(client: FlaskClient, url: str, token: str, **headers: str) -> TestResponse:
    return client.get(url, headers={"Authorization": f"Bearer {token}", **headers})


def code_of(answer: TestResponse) -> tuple[int, str]:
    found = answer.get_json()
    assert isinstance(found, dict)
    return answer.status_code, found["code"]


@pytest.mark.usefixtures("keys")
def test_a_phone_with_the_code_gets_its_token_its_checkpoint_and_the_roots(
    client: FlaskClient, session: Session
) -> None:
    found = enrolled(client, session)
    device = found["device"]
    assert (device["name"], device["checkpoint"]["code"], len(device["code"])) == ("3 号机", HERE, 4)
    assert device["checkpoint"].keys() == {
        "code", "name", "county", "county_words", "road", "direction", "stake", "may_issue",
    }  # fmt: skip
    assert [root["kid"].split("-")[0] for root in found["roots"]] == ["root", "spare_root"]
    assert all(
        root["jwk"].keys() >= {"kty", "crv", "x", "y"} and "d" not in root["jwk"] for root in found["roots"]
    )
    assert found["status_url"] == "/.well-known/changtong/status.jws"
    assert found["trust_url"] == "/.well-known/changtong/trust.jws"
    assert datetime.fromisoformat(found["server_time"]).tzinfo
    asked = got(client, DEVICE, found["token"]).get_json()
    assert isinstance(asked, dict)
    assert {**asked, "server_time": None, "token": None} == {**found, "server_time": None, "token": None}


def test_wrong_used_and_expired_codes_are_one_answer_byte_for_byte(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, late = a_code(session), a_code(session)
    call(client, DEVICES, {"code": used, "app_version": "1"}, None)
    answers = [
        call(client, DEVICES, {"code": code, "app_version": "1"}, None) for code in (used, "ABCD1234", "!")
    ]
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    answers.append(call(client, DEVICES, {"code": late, "app_version": "1"}, None))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert code_of(answers[0]) == (404, "enrolment.unknown")


def test_whoever_tries_codes_one_after_the_other_is_slowed_down(
    client: FlaskClient, session: Session
) -> None:
    code = a_code(session)
    tries = [
        call(client, DEVICES, {"code": f"ABCD{number:04d}", "app_version": "1"}, None).status_code
        for number in range(ENROLMENTS_PER_MINUTE + 3)
    ]
    assert tries[:ENROLMENTS_PER_MINUTE] == [404] * ENROLMENTS_PER_MINUTE
    last = call(client, DEVICES, {"code": code, "app_version": "1"}, None)
    assert code_of(last) == (429, "rate.limited")
    assert int(last.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "sent",
    [{}, {"code": "ABCD1234"}, {"code": 7, "app_version": "1"}, {"code": "A" * 99, "app_version": "1"}, [],
     {"code": "ABCD1234", "app_version": "1", "name": "x"}, {"code": "ABCD1234", "app_version": "\x00"}],
)  # fmt: skip
def test_a_request_of_another_shape_is_no_fault_of_ours(
    client: FlaskClient, session: Session, sent: object
) -> None:
    del session
    assert code_of(call(client, DEVICES, sent, None)) == (422, "input.invalid")


def test_a_device_moves_where_its_officer_may_stand(client: FlaskClient, session: Session) -> None:
    roaming = granted(session, an_officer(session, checkpoint=None, role=Role.CONTROL_OFFICER))
    token = enrolled(client, session, roaming)["token"]
    moved = call(client, MOVE, {"checkpoint": ELSEWHERE}, token).get_json()
    assert isinstance(moved, dict)
    assert moved["device"]["checkpoint"]["code"] == ELSEWHERE
    again = got(client, DEVICE, token).get_json()
    assert isinstance(again, dict)
    assert again["device"]["checkpoint"]["code"] == ELSEWHERE


def test_a_device_stays_where_its_officer_belongs(client: FlaskClient, session: Session) -> None:
    token = enrolled(client, session)["token"]
    assert code_of(call(client, MOVE, {"checkpoint": ELSEWHERE}, token)) == (403, "checkpoint.foreign")
    assert code_of(call(client, MOVE, {"checkpoint": "CP999"}, token)) == (422, "input.invalid")
    found = got(client, DEVICE, token).get_json()
    assert isinstance(found, dict)
    assert found["device"]["checkpoint"]["code"] == HERE


def test_who_may_have_a_device_moved(session: Session) -> None:
    places = register(session, now=clock.now()).points
    here, elsewhere = places[HERE], places[ELSEWHERE]
    province, city = (an_administrator(session, body) for body in ("jl-transport", "changchun-transport"))
    lead = an_officer(session, role=Role.CHECKPOINT_LEAD)
    for actor in (province, city, lead):
        granted(session, actor)
    assert may_stand_at(session, None, elsewhere)
    assert may_stand_at(session, province.id, elsewhere)
    assert not may_stand_at(session, city.id, elsewhere)
    assert not may_stand_at(session, new_id(), here)
    assert may_stand_at(session, lead.id, here)
    assert not may_stand_at(session, lead.id, elsewhere)


def granted(session: Session, actor: Actor) -> Actor:
    """The actor with the roles in the table, where the server looks them up later."""
    for role in actor.roles:
        session.merge(RoleGrant(person_id=actor.id, role=role, granted_at=NOON))
    session.flush()
    return actor


def test_what_a_device_reports_is_kept_with_how_complete_its_list_is(
    client: FlaskClient, session: Session
) -> None:
    found = enrolled(client, session)
    answer = call(client, REPORT, WELL, found["token"])
    assert (answer.status_code, answer.data) == (204, b"")
    row = session.get_one(ApiToken, found["device"]["id"])
    session.refresh(row)
    assert row.report is not None
    assert row.report == {**WELL, "status_as_of": row.report["status_as_of"]}
    assert row.reported_at is not None
    assert datetime.fromisoformat(row.report["status_as_of"]) == row.reported_at
    call(client, REPORT, {**WELL, "status_seq": None}, found["token"])
    session.refresh(row)
    assert row.report["status_as_of"] is None


@pytest.mark.parametrize(
    "change",
    [{"waiting": -1}, {"waiting": "many"}, {"waiting": 2**40}, {"health": "ill"}, {"app_version": "v" * 99},
     {"persisted": None}, {"plate": "吉A12345"}, {"status_seq": True}, {"app_version": "1\x00"},
     {"book_etag": "\x00"}],
)  # fmt: skip
def test_a_report_that_makes_no_sense_is_refused(
    client: FlaskClient, session: Session, change: dict[str, Any]
) -> None:
    token = a_device(session)
    assert code_of(call(client, REPORT, {**WELL, **change}, token)) == (422, "input.invalid")


def test_a_list_is_complete_until_the_first_change_that_it_lacks(session: Session) -> None:
    session.add(StatusHead(id=1, seq=9, published_at=NOON))
    session.execute(
        insert(StatusChange),
        [
            {
                "id": new_id(), "number": "220100000001", "code": 1, "revision": 0, "step": seq,
                "ends_at": NOON, "changed_at": NOON + timedelta(minutes=seq), "seq": seq,
            }
            for seq in (8, 9)
        ],
    )  # fmt: skip
    later = NOON + timedelta(hours=1)
    assert complete_until(session, 9, now=later) == later
    assert complete_until(session, 8, now=later) == NOON + timedelta(minutes=9)
    assert complete_until(session, 3, now=later) == NOON + timedelta(minutes=8)


def test_the_checkpoints_are_given_once_and_then_only_their_tag(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session)
    first = got(client, POINTS, token)
    points = first.get_json()
    assert isinstance(points, dict)
    codes = [point["code"] for point in points["checkpoints"]]
    assert HERE in codes
    assert codes == sorted(codes)
    again = got(client, POINTS, token, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_device_of_a_checkpoint_that_is_gone_is_told_so_and_can_move(
    client: FlaskClient, session: Session
) -> None:
    token = a_device(session, "CP999")
    assert code_of(got(client, DEVICE, token)) == (409, "device.checkpoint_gone")
    assert call(client, MOVE, {"checkpoint": HERE}, token).status_code == 200


@pytest.fixture(params=["revoked", "expired"])
def ended(request: pytest.FixtureRequest, session: Session) -> tuple[str, str]:
    """The token of a device that has ended, and how."""
    made_at = clock.now() - timedelta(days=2)
    row, token = make_device_token(
        session, COMMAND_LINE, "手机", HERE, days=1 if request.param == "expired" else 9, now=made_at
    )
    row.revoked_at = clock.now() - timedelta(hours=1) if request.param == "revoked" else None
    session.commit()
    return token, request.param


def test_an_ended_device_is_told_how_it_ended_everywhere_but_where_it_hands_in(
    client: FlaskClient, session: Session, ended: tuple[str, str]
) -> None:
    token, how = ended
    told = (401, f"token.{how}")
    assert code_of(got(client, DEVICE, token)) == told
    assert code_of(got(client, POINTS, token)) == told
    assert code_of(call(client, REPORT, WELL, token)) == told
    assert code_of(call(client, MOVE, {"checkpoint": HERE}, token)) == told
    assert code_of(call(client, "/api/v1/verdicts", {"plate": "吉A12345"}, token)) == told
    before = clock.now() - timedelta(hours=30)
    answer = call(client, SCANS, {"events": [a_scan(before)]}, token)
    assert answer.status_code == 200
    assert session.scalar(select(func.count()).select_from(Scan)) == 1


def test_the_lead_learns_that_an_ended_phone_has_heard_of_it(
    client: FlaskClient, session: Session, ended: tuple[str, str]
) -> None:
    token, _ = ended
    row = session.scalars(select(ApiToken)).one()
    row.last_used_at = clock.now() - timedelta(hours=25)
    session.commit()
    got(client, DEVICE, token)
    session.refresh(row)
    assert row.last_used_at is not None
    assert clock.now() - row.last_used_at < timedelta(minutes=1)


def test_whoever_never_had_a_token_and_other_programs_are_refused_as_ever(
    client: FlaskClient, session: Session
) -> None:
    firm, firm_token = a_token_row(a_firm(session))
    session.add(firm)
    exchange, exchange_token = make_exchange_token(
        session, an_administrator(session), "邻省", ["pass:look_up"], days=9, now=clock.now()
    )
    firm.revoked_at, exchange.expires_at = clock.now(), clock.now()
    session.commit()
    answers = [got(client, DEVICE, token) for token in ("guessed", firm_token, exchange_token)]
    answers += [
        call(client, SCANS, {"events": []}, token) for token in ("guessed", firm_token, exchange_token)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert code_of(answers[0]) == (401, "token.refused")
