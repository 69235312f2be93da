"""The firms' API: rows sent together, and passes renewed or changed by a program."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from foundation import clock
from passes.batch_models import Batch
from passes.models import Application
from tests.builders import NOON
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.passes.applying import an_applicant
from tests.passes.batching import accepted, read_to_end
from tests.passes.changing import SOON, ZHAO, a_reviewed_pass
from tests.passes.firm_programs import Program, a_program, code_of, told, wanted

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the press conference."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


def sent(program: Program, session: Session, *rows: dict[str, Any]) -> dict[str, Any]:
    """A batch that has been read, as the program sees it."""
    made = told(program.ask("POST", "/batches", {"rows": list(rows)}), 201)
    read_to_end(session, session.get_one(Batch, UUID(made["id"])), clock.now())
    session.commit()
    return program.get(f"/batches/{made['id']}")


@pytest.mark.usefixtures("at_noon")
def test_rows_become_applications_and_the_bad_ones_say_why(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    good, bad = [wanted() for _ in range(3)], wanted(origin="nowhere", hours=0)
    answer = program.ask("POST", "/batches", {"name": "四月十六日", "rows": [*good, bad]})
    made = told(answer, 201)
    assert answer.headers["Location"] == f"/api/v1/batches/{made['id']}"
    assert (made["state"], made["name"]) == ("reading", "四月十六日")
    batch = session.get_one(Batch, UUID(made["id"]))
    read_to_end(session, batch)
    session.commit()
    path = f"/batches/{made['id']}"
    ready = program.ask("GET", path)
    assert told(ready)["state"] == "ready"
    assert told(ready)["counts"] == {"good": 3, "bad": 1, "left_out": 0, "accepted": 0}
    wrong = program.get(f"{path}/rows?state=bad")["items"]
    assert [row["position"] for row in wrong] == [4]
    assert {problem["field"] for problem in wrong[0]["problems"]} >= {"origin", "hours"}
    assert all(problem["message"] for problem in wrong[0]["problems"])
    taken = program.ask("POST", f"{path}/accept", If_Match=ready.headers["ETag"])
    assert told(taken)["state"] == "accepting"
    accepted(session, program.actor, batch)
    session.commit()
    done = program.get(path)
    assert (done["state"], done["decided"]) == ("accepted", {"submitted": 3})
    rows = program.get(f"{path}/rows?state=accepted")["items"]
    ids = {row["application"]["id"] for row in rows}
    listed = program.get("/applications")["items"]
    assert {one["id"] for one in listed} == ids
    assert {(one["channel"], one["batch_id"]) for one in listed} == {("api", made["id"])}


@pytest.mark.usefixtures("at_noon")
def test_rows_are_read_page_by_page(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    made = sent(program, session, *(wanted() for _ in range(5)))
    first = program.get(f"/batches/{made['id']}/rows?limit=3&state=good")
    assert [row["position"] for row in first["items"]] == [1, 2, 3]
    rest = program.get(first["next"].removeprefix("/api/v1"))
    assert ([row["position"] for row in rest["items"]], rest["next"]) == ([4, 5], None)


@pytest.mark.usefixtures("at_noon")
def test_the_same_rows_are_one_batch_under_whatever_key(client: FlaskClient, session: Session) -> None:
    program, rows = a_program(client, session), [wanted(), wanted()]
    key = str(uuid4())
    answers = [
        program.ask("POST", "/batches", {"rows": rows}, Idempotency_Key=one) for one in (key, key, "another")
    ]
    assert len({told(answer, 201)["id"] for answer in answers}) == 1
    assert session.scalar(select(func.count()).select_from(Batch)) == 1


@pytest.mark.usefixtures("at_noon")
def test_what_is_accepted_is_what_was_seen(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    made = sent(program, session, wanted())
    path = f"/batches/{made['id']}/accept"
    assert code_of(program.ask("POST", path)) == (428, "etag.missing")
    assert code_of(program.ask("POST", path, If_Match='"before"')) == (412, "etag.stale")
    hopeless = sent(program, session, wanted(origin="nowhere"))
    seen = program.ask("GET", f"/batches/{hopeless['id']}").headers["ETag"]
    refused = program.ask("POST", f"/batches/{hopeless['id']}/accept", If_Match=seen)
    assert code_of(refused) == (409, "batch.nothing_good")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"rows": []}, "batch.empty", None),
        ({"rows": [{}] * 5001}, "batch.too_many_rows", None),
        ({}, "input.invalid", "rows"),
        ({"rows": {}}, "input.invalid", "rows"),
        ({"rows": ["吉A12345"]}, "input.invalid", "rows.0"),
        ({"rows": [{"plate": "吉A12345"}, {"colour": "blue"}]}, "input.invalid", "rows.1.colour"),
        ({"rows": [{}], "name": "x" * 121}, "input.invalid", "name"),
    ],
)
def test_rows_that_are_none_are_refused_together(
    client: FlaskClient, session: Session, body: object, code: str, field: str | None
) -> None:
    answer = a_program(client, session).ask("POST", "/batches", body)
    assert code_of(answer) == (422, code)
    fields = {error["field"] for error in told(answer, 422)["errors"]}
    assert fields == ({field} if field else set())
    assert session.scalar(select(func.count()).select_from(Batch)) == 0


@pytest.mark.usefixtures("at_noon")
def test_a_token_revoked_while_its_batch_is_worked_on_loses_nothing(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    made = sent(program, session, wanted(), wanted())
    path = f"/batches/{made['id']}"
    seen = program.ask("GET", path).headers["ETag"]
    told(program.ask("POST", f"{path}/accept", If_Match=seen))
    session.execute(update(ApiToken).where(ApiToken.id == program.actor.id).values(revoked_at=clock.now()))
    session.commit()
    assert code_of(program.ask("GET", path)) == (401, "token.refused")
    accepted(session, program.actor, session.get_one(Batch, UUID(made["id"])))
    session.commit()
    assert session.scalar(select(func.count()).select_from(Application)) == 2
    assert a_program(client, session, program.firm).get(path)["decided"] == {"submitted": 2}


def soon(monkeypatch: pytest.MonkeyPatch, client: FlaskClient, session: Session) -> tuple[Program, str]:
    """A program two days before its firm's pass ends, and the number of the pass."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    program = a_program(client, session)
    number = a_reviewed_pass(session, an_applicant(session, program.firm)).number
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: SOON)
    return program, number


def test_a_renewal_is_decided_at_once_and_once(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, number = soon(monkeypatch, client, session)
    key = str(uuid4())
    first, again = (program.ask("POST", f"/passes/{number}/renew", {}, Idempotency_Key=key) for _ in range(2))
    made = told(first, 201)
    assert told(again, 201) == made
    assert (made["state"], made["why"]) == ("issued", [])
    old, new = program.get(f"/passes/{number}"), program.get(f"/passes/{made['pass_number']}")
    assert (new["plate"], new["not_before"]) == (old["plate"], old["not_after"])
    application = program.get(first.headers["Location"].removeprefix("/api/v1"))
    assert (application["purpose"], application["about"], application["channel"]) == ("renew", number, "api")
    other = program.ask("POST", f"/passes/{number}/renew", {"hours": 24})
    assert code_of(other) == (409, "pass.renewed")


def test_another_truck_takes_over_the_rest_of_the_period(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, number = soon(monkeypatch, client, session)
    asked = {"plate": "吉 c 5432１", "plate_colour": "blue"}
    made = told(program.ask("POST", f"/passes/{number}/vehicle", asked), 201)
    old, new = program.get(f"/passes/{number}"), program.get(f"/passes/{made['pass_number']}")
    assert (new["plate"], new["not_after"]) == ("吉C54321", old["not_after"])
    assert (old["state"], old["superseded_by"]) == ("superseded", new["number"])
    late = program.ask("POST", f"/passes/{number}/vehicle", asked)
    assert code_of(late) == (409, "pass.replaced")


def test_other_drivers_are_a_revision_of_the_same_pass(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, number = soon(monkeypatch, client, session)
    path = f"/passes/{number}/drivers"
    seen = program.ask("GET", f"/passes/{number}").headers["ETag"]
    made = told(program.ask("POST", path, {"drivers": [{**ZHAO, "phone": None}]}), 201)
    assert made["pass_number"] == number
    found = program.ask("GET", f"/passes/{number}", If_None_Match=seen)
    assert (told(found)["revision"], told(found)["drivers"]) == (1, [{**ZHAO, "phone": ""}])
    unbound = told(program.ask("POST", path, {"drivers": []}), 201)
    assert (unbound["pass_number"], unbound["why"]) == (None, ["unbound"])
    assert code_of(program.ask("POST", path, {"drivers": [ZHAO]})) == (409, "pass.change_waiting")


@pytest.mark.parametrize(
    ("tail", "body", "field"),
    [
        ("vehicle", {"plate": "12345"}, "plate_colour"),
        ("vehicle", {"plate": "吉C54321", "plate_colour": "pink"}, "plate_colour"),
        ("drivers", {}, "drivers"),
        ("drivers", {"drivers": [{"last4": "12"}]}, "drivers.0.last4"),
        ("renew", {"hours": 0}, "hours"),
        ("renew", {"hours": "7"}, "hours"),
        ("renew", {"from_now": "yes"}, "from_now"),
    ],
)
def test_a_change_that_makes_no_sense_names_its_field(
    client: FlaskClient,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    tail: str,
    body: object,
    field: str,
) -> None:
    program, number = soon(monkeypatch, client, session)
    answer = program.ask("POST", f"/passes/{number}/{tail}", body)
    assert code_of(answer) == (422, "input.invalid")
    assert field in {error["field"] for error in told(answer, 422)["errors"]}


def test_a_pass_long_over_is_not_changed_any_more(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, number = soon(monkeypatch, client, session)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=20))
    assert code_of(program.ask("POST", f"/passes/{number}/drivers", {"drivers": [ZHAO]})) == (
        409,
        "pass.over",
    )
