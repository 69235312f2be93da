"""The firms' API: passes read, printed, sent to the driver and handed back by a program; limits told in headers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from foundation import clock
from foundation.models import ApiUse, IdempotentAnswer
from passes.models import Application, DriverLink, Pass
from passes.public import PassAction, PassReason, change_pass
from passes.service.reviewing import issue, take
from tests.builders import NOON, an_issued_pass, own_transaction, some_tools
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.checkpoints.roadside import a_device, call
from tests.passes.applying import a_firm, an_applicant, an_officer
from tests.passes.firm_programs import Program, a_program, a_token_row, code_of, told, wanted
from tests.passes.papers import words
from tests.passes.signed_in import a_pass_of

pytestmark = pytest.mark.usefixtures("keys")


def a_pass(session: Session, program: Program, **changes: Any) -> str:
    """A pass of the program's firm, in force now."""
    begins = (clock.now() - timedelta(hours=1)).replace(second=0, microsecond=0)
    holder = replace(program.actor, id=None)
    number = a_pass_of(session, holder, **{"not_before": begins, **changes}).number
    session.commit()
    return number


def test_a_pass_is_told_as_it_stands(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    found = program.get(f"/passes/{a_pass(session, program)}")
    assert (found["state"], found["origin"], found["roads"]) == ("live", "220102", ["G1"])
    assert found["not_before"] < found["not_after"]
    assert found["body"]["phone"]


def test_passes_are_listed_by_state_page_by_page(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    live = [a_pass(session, program) for _ in range(3)]
    over = a_pass(session, program, not_before=NOON)
    first = program.get("/passes?state=live&limit=2")
    rest = program.get(first["next"].removeprefix("/api/v1"))
    numbers = [item["number"] for item in (*first["items"], *rest["items"])]
    assert numbers == sorted(live, reverse=True)
    assert rest["next"] is None
    assert [item["number"] for item in program.get("/passes?state=expired")["items"]] == [over]
    assert len(program.get("/passes")["items"]) == 4


def test_a_change_of_a_pass_changes_its_tag(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    number = a_pass(session, program)
    seen = program.ask("GET", f"/passes/{number}").headers["ETag"]
    assert program.ask("GET", f"/passes/{number}", If_None_Match=seen).status_code == 304
    change_pass(session, COMMAND_LINE, number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=clock.now())
    session.commit()
    answer = program.ask("GET", f"/passes/{number}", If_None_Match=seen)
    assert (told(answer)["state"], told(answer)["state_reason"]) == ("suspended", "misuse")
    stale = program.ask("POST", f"/passes/{number}/surrender", {"reason": "lost"}, If_Match=seen)
    assert code_of(stale) == (412, "etag.stale")


def test_the_sheet_is_a_pdf_and_is_not_sent_twice(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    number = a_pass(session, program)
    answer = program.ask("GET", f"/passes/{number}/sheet.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert number in words(answer.data)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    seen = answer.headers["ETag"]
    again = program.ask("GET", f"/passes/{number}/sheet.pdf", If_None_Match=seen)
    assert (again.status_code, again.data) == (304, b"")


def test_a_pass_is_handed_back_once_and_for_a_reason(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    path = f"/passes/{a_pass(session, program)}"
    seen = program.ask("GET", path).headers["ETag"]
    assert code_of(program.ask("POST", f"{path}/surrender", {"reason": "lost"})) == (428, "etag.missing")
    odd = program.ask("POST", f"{path}/surrender", {"reason": "misuse"}, If_Match=seen)
    assert code_of(odd) == (422, "input.invalid")
    gone = program.ask("POST", f"{path}/surrender", {"reason": "holder_request"}, If_Match=seen)
    assert (told(gone)["state"], told(gone)["state_reason"]) == ("surrendered", "holder_request")
    again = program.ask("POST", f"{path}/surrender", {"reason": "lost"}, If_Match=gone.headers["ETag"])
    assert code_of(again) == (409, "move.not_allowed")
    assert program.ask("GET", path).headers["ETag"] == gone.headers["ETag"]


def test_a_link_opens_the_drivers_page_and_is_kept_nowhere(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    number = a_pass(session, program)
    address = told(program.ask("POST", f"/passes/{number}/links"), 201)["address"]
    assert address.startswith("https://ct.example.cn/d/")
    page = client.get(address.removeprefix("https://ct.example.cn"))
    assert (page.status_code, program.get(f"/passes/{number}")["plate"][2:] in page.text) == (200, True)
    assert session.scalar(select(func.count()).select_from(DriverLink)) == 1
    assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 0


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("GET", "/sheet.pdf", None),
        ("POST", "/links", None),
        ("POST", "/surrender", {"reason": "lost"}),
    ],
)
def test_unknown_and_foreign_passes_are_one_answer_byte_for_byte(
    client: FlaskClient, session: Session, method: str, tail: str, body: object
) -> None:
    program = a_program(client, session)
    foreign = [a_pass_of(session, an_applicant(session)).number, an_issued_pass(session).number]
    session.commit()
    answers = [
        program.ask(method, f"/passes/{number}{tail}", body, If_Match="*")
        for number in (*foreign, "220100999999", "no number at all", "%00")
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert len({answer.data for answer in answers}) == 1


def test_every_answer_to_a_token_tells_its_limit(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    answers = [
        program.ask("GET", "/status"),
        program.ask("GET", "/passes/220100999999"),
        program.ask("GET", "/nothing/here"),
        program.ask("POST", "/applications", {}),
        program.ask("DELETE", "/applications"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 422, 405]
    assert {"GET", "POST"} <= set(answers[-1].headers["Allow"].split(", "))
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left == sorted(left, reverse=True)
    assert all(answer.headers["RateLimit-Limit"] == "600" for answer in answers)
    assert all(1 <= int(answer.headers["RateLimit-Reset"]) <= 60 for answer in answers)


def test_who_asks_too_often_waits_for_the_next_minute(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, now = a_program(client, session), clock.now().replace(second=50, microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: now)
    program.get("/status")
    session.execute(update(ApiUse).values(asked=600))
    session.commit()
    answer = program.ask("GET", "/status")
    assert code_of(answer) == (429, "rate.limited")
    assert (answer.headers["Retry-After"], answer.headers["RateLimit-Remaining"]) == ("10", "0")
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=10))
    assert program.ask("GET", "/status").headers["RateLimit-Remaining"] == "599"


def test_the_roadside_is_never_told_to_wait(client: FlaskClient, session: Session) -> None:
    answer = call(client, "/api/v1/verdicts", {"plate": "吉A00001"}, a_device(session))
    assert (answer.status_code, answer.headers.get("RateLimit-Limit")) == (200, None)
    assert session.scalar(select(func.count()).select_from(ApiUse)) == 0


def test_of_one_question_asked_many_times_at_once_one_is_done(clone: Callable[..., Flask]) -> None:
    app, asked, key = clone(), wanted(), str(uuid4())
    with own_transaction(app) as session:
        firm = a_firm(session)
        row, token = a_token_row(firm)
        session.add(row)

    def ask(_: int) -> tuple[int, str | None]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        answer = app.test_client().post("/api/v1/applications", json=asked, headers=headers)
        return answer.status_code, (answer.get_json() or {}).get("id")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({made for status, made in answers if status == 201}) == 1
    assert ask(0) == next(answer for answer in answers if answer[0] == 201)
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 1


def test_an_application_of_a_program_becomes_a_pass_of_its_firm(
    client: FlaskClient, session: Session
) -> None:
    program, officer, now = a_program(client, session), an_officer(session), clock.now()
    made = program.apply()
    take(session, officer, UUID(made["id"]), now=now)
    issue(session, officer, UUID(made["id"]), some_tools(session, now), now=now)
    session.commit()
    decided = program.get(f"/applications/{made['id']}")
    assert (decided["state"], decided["decided_at"] is None) == ("issued", False)
    colleague = a_program(client, session, program.firm)
    found = colleague.get(f"/passes/{decided['pass_number']}")
    assert (found["application_id"], found["drivers"]) == (made["id"], made["drivers"])
    row = session.scalars(select(Pass).where(Pass.number == found["number"])).one()
    assert (row.person_id, row.firm_id, row.channel) == (None, program.firm.id, "api")
