"""The firms' API: applications handed in, read, changed and taken back by a program; every firm its own alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from audit.public import AuditEvent
from foundation import clock
from passes.models import Application
from passes.rules.moves import RefuseReason
from passes.service.reviewing import refuse, return_, take
from tests.passes.applying import a_firm, an_applicant, an_application, an_officer
from tests.passes.firm_programs import a_program, code_of, told, wanted


def test_a_program_hands_in_an_application_of_its_firm(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    answer = program.ask("POST", "/applications", wanted(plate="吉Ａ 1234 5"))
    made = told(answer, 201)
    assert answer.headers["Location"] == f"/api/v1/applications/{made['id']}"
    assert (made["state"], made["plate"], made["plate_colour"]) == ("submitted", "吉A12345", "blue")
    assert made["contact_phone"] == program.firm.phone
    assert made["body"]["name"]
    row = session.scalars(select(Application).where(Application.slip == made["slip"])).one()
    assert (row.channel, row.person_id, row.firm_id) == ("api", None, program.firm.id)
    assert row.holder_name == program.firm.name
    deeds = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == made["id"])).all()
    assert [(deed.tag, deed.actor_kind, deed.actor_id) for deed in deeds] == [
        ("application:submit", "firm_token", program.actor.id)
    ]


def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_kept(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    asked = wanted(plate="12345", origin="9", hours=0, goods=..., drivers=[{"name": "李四", "last4": "1"}])
    answer = program.ask("POST", "/applications", asked)
    assert code_of(answer) == (422, "input.invalid")
    fields = {error["field"] for error in told(answer, 422)["errors"]}
    assert {"plate", "origin", "goods", "drivers.0.last4"} <= fields
    assert session.scalar(select(func.count()).select_from(Application)) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "blue"}, "colour"),
        ({"drivers": [{"name": "李四", "age": 50}]}, "drivers.0.age"),
        ({"stops": "220102"}, "stops"),
        ({"stops": [None]}, "stops.0"),
        ({"plate": None}, "plate"),
        ({"plate": {"text": "吉A12345"}}, "plate"),
        ({"hours": [72]}, "hours"),
        ({"not_before": "morgen"}, "not_before"),
    ],
)
def test_what_no_form_holds_is_refused_by_field(
    client: FlaskClient, session: Session, changes: dict[str, Any], field: str
) -> None:
    answer = a_program(client, session).ask("POST", "/applications", wanted(**changes))
    assert code_of(answer) == (422, "input.invalid")
    assert field in {error["field"] for error in told(answer, 422)["errors"]}


def test_what_may_be_left_out_may_be_null(client: FlaskClient, session: Session) -> None:
    empty = dict.fromkeys(("goods_words", "area", "stops", "roads", "drivers", "contact_phone", "replaces"))
    made = a_program(client, session).apply(**empty)
    assert (made["stops"], made["roads"], made["drivers"]) == ([], [], [])


def test_the_same_key_makes_one_application_and_gives_the_same_answer(
    client: FlaskClient, session: Session
) -> None:
    program, asked, key = a_program(client, session), wanted(), str(uuid4())
    first, again = (program.ask("POST", "/applications", asked, Idempotency_Key=key) for _ in range(2))
    assert first.data == again.data
    assert (first.status_code, again.status_code) == (201, 201)
    assert {name: first.headers[name] for name in ("Location", "ETag")} == {
        name: again.headers[name] for name in ("Location", "ETag")
    }
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert session.scalar(select(func.count()).select_from(Application)) == 1
    other = program.ask("POST", "/applications", wanted(), Idempotency_Key=key)
    assert code_of(other) == (422, "idempotency.other_question")


def test_a_refused_question_leaves_its_key_free(client: FlaskClient, session: Session) -> None:
    program, asked, key = a_program(client, session), wanted(), str(uuid4())
    wrong = program.ask("POST", "/applications", {**asked, "hours": 0}, Idempotency_Key=key)
    assert code_of(wrong) == (422, "input.invalid")
    assert told(program.ask("POST", "/applications", asked, Idempotency_Key=key), 201)["hours"] == 72


@pytest.mark.parametrize("key", [None, "", " ", "k" * 201, "a b", "键"])
def test_without_a_key_nothing_is_made(client: FlaskClient, session: Session, key: str | None) -> None:
    program = a_program(client, session)
    sent = key.encode().decode("latin-1") if key else key
    answer = program.ask("POST", "/applications", wanted(), Idempotency_Key=sent)
    assert code_of(answer) == (400, "idempotency.missing")


def test_keys_of_two_tokens_are_strangers(client: FlaskClient, session: Session) -> None:
    firm, asked = a_firm(session), wanted()
    mine, other = a_program(client, session, firm), a_program(client, session, firm)
    told(mine.ask("POST", "/applications", asked, Idempotency_Key="1"), 201)
    assert (
        told(other.ask("POST", "/applications", wanted(), Idempotency_Key="1"), 201)["plate"]
        != asked["plate"]
    )


def test_a_list_is_read_page_by_page_newest_first(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    made = [program.apply()["id"] for _ in range(5)]
    found: list[str] = []
    path: str | None = "/applications?limit=2"
    while path:
        answer = program.ask("GET", path)
        page = told(answer)
        found += [item["id"] for item in page["items"]]
        path = page["next"] and page["next"].removeprefix("/api/v1")
        link = answer.headers.get("Link")
        assert link == (f'</api/v1{path}>; rel="next"' if path else None)
    assert found == made[::-1]


def test_a_list_holds_what_one_asks_for_and_says_what_came_by_the_form(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    by_form = an_application(session, an_applicant(session, program.firm))
    gone = program.apply()
    seen = program.ask("GET", f"/applications/{gone['id']}").headers["ETag"]
    program.ask("POST", f"/applications/{gone['id']}/withdraw", If_Match=seen)
    waiting = program.get("/applications?state=submitted")["items"]
    assert [(item["id"], item["channel"]) for item in waiting] == [(str(by_form.id), "online")]
    assert [item["id"] for item in program.get("/applications?state=withdrawn")["items"]] == [gone["id"]]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "state=lost", "after=7", "before=7"])
def test_a_list_asked_for_wrongly_is_refused(client: FlaskClient, session: Session, query: str) -> None:
    assert code_of(a_program(client, session).ask("GET", f"/applications?{query}")) == (422, "input.invalid")


def test_while_nothing_happens_a_waiting_program_is_told_so_in_a_line(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    made = program.apply()
    path = f"/applications/{made['id']}"
    seen = program.ask("GET", path).headers["ETag"]
    assert program.ask("GET", path, If_None_Match=seen).status_code == 304
    take(session, an_officer(session), UUID(made["id"]), now=clock.now())
    session.commit()
    answer = program.ask("GET", path, If_None_Match=seen)
    assert told(answer)["state"] == "in_review"
    assert answer.headers["ETag"] != seen


def test_a_waiting_application_is_changed_by_whoever_has_seen_it(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    made, asked = program.ask("POST", "/applications", wanted()), wanted(hours=24)
    path, first = made.headers["Location"].removeprefix("/api/v1"), made.headers["ETag"]
    assert code_of(program.ask("PUT", path, asked)) == (428, "etag.missing")
    changed = program.ask("PUT", path, asked, If_Match=first)
    assert told(changed)["hours"] == 24
    assert code_of(program.ask("PUT", path, wanted(), If_Match=first)) == (412, "etag.stale")
    again = program.ask("PUT", path, asked, If_Match=changed.headers["ETag"])
    assert told(again)["plate"] == asked["plate"]


def test_a_waiting_application_cannot_be_emptied(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    made = program.ask("POST", "/applications", wanted())
    path, seen = made.headers["Location"].removeprefix("/api/v1"), made.headers["ETag"]
    answer = program.ask("PUT", path, wanted(goods=..., hours=..., origin="nowhere"), If_Match=seen)
    assert code_of(answer) == (422, "input.invalid")
    assert {error["field"] for error in told(answer, 422)["errors"]} >= {"goods", "hours", "origin"}
    assert program.ask("GET", path).headers["ETag"] == seen


def test_a_returned_application_is_mended_and_handed_in_again(client: FlaskClient, session: Session) -> None:
    program, officer, now = a_program(client, session), an_officer(session), clock.now()
    asked = wanted()
    made = told(program.ask("POST", "/applications", asked), 201)
    seen = take(session, officer, UUID(made["id"]), now=now).application.version
    return_(session, officer, UUID(made["id"]), {"goods_words": "请写明货物"}, version=seen, now=now)
    session.commit()
    path = f"/applications/{made['id']}"
    answer = program.ask("GET", path)
    assert told(answer)["notes"] == [{"field": "goods_words", "words": "请写明货物"}]
    mended = program.ask("PUT", path, {**asked, "goods_words": "鸡蛋"}, If_Match=answer.headers["ETag"])
    assert (told(mended)["state"], told(mended)["goods_words"], told(mended)["notes"]) == (
        "submitted",
        "鸡蛋",
        [],
    )
    assert told(mended)["submitted_at"] == made["submitted_at"]


def test_what_an_officer_has_taken_is_no_longer_the_programs_to_change(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    made = program.apply()
    path = f"/applications/{made['id']}"
    take(session, an_officer(session), UUID(made["id"]), now=clock.now())
    session.commit()
    seen = program.ask("GET", path).headers["ETag"]
    assert code_of(program.ask("PUT", path, wanted(), If_Match=seen)) == (409, "edit.conflict")
    assert code_of(program.ask("POST", f"{path}/withdraw", If_Match=seen)) == (409, "move.not_allowed")


def test_a_refusal_is_told_with_its_reason(client: FlaskClient, session: Session) -> None:
    program, officer, now = a_program(client, session), an_officer(session), clock.now()
    made = program.apply()
    seen = take(session, officer, UUID(made["id"]), now=now).application.version
    refuse(session, officer, UUID(made["id"]), RefuseReason.NO_ANSWER, None, version=seen, now=now)
    session.commit()
    found = program.get(f"/applications/{made['id']}")
    assert (found["state"], found["refusal"]["code"]) == ("refused", "no_answer")


def test_withdrawn_is_withdrawn_once(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    made = program.ask("POST", "/applications", wanted())
    path, seen = f"{made.headers['Location'].removeprefix('/api/v1')}/withdraw", made.headers["ETag"]
    assert code_of(program.ask("POST", path)) == (428, "etag.missing")
    gone = program.ask("POST", path, If_Match=seen)
    assert told(gone)["state"] == "withdrawn"
    assert code_of(program.ask("POST", path, If_Match=seen)) == (412, "etag.stale")
    again = program.ask("POST", path, If_Match=gone.headers["ETag"])
    assert code_of(again) == (409, "move.not_allowed")


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [("GET", "", None), ("PUT", "", wanted), ("POST", "/withdraw", None)],
)
def test_unknown_and_foreign_applications_are_one_answer_byte_for_byte(
    client: FlaskClient, session: Session, method: str, tail: str, body: Any
) -> None:
    program, sent = a_program(client, session), body() if body else None
    foreign = [a_program(client, session).apply()["id"], an_application(session, an_applicant(session)).id]
    session.commit()
    answers = [
        program.ask(method, f"/applications/{one}{tail}", sent, If_Match="*") for one in (*foreign, uuid4())
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("firm:read",), "POST", "/applications"),
        (("firm:read",), "POST", "/passes/220100000001/surrender"),
        (("firm:read",), "POST", "/passes/220100000001/links"),
        (("application:apply",), "GET", "/applications"),
        (("pass:surrender",), "GET", "/passes"),
        (("pass:read", "scan:record", "person:manage"), "GET", "/passes"),
        (("pass:look_up",), "POST", "/verdicts"),
    ],
)
def test_a_token_does_what_its_scopes_say_and_no_more(
    client: FlaskClient, session: Session, scopes: tuple[str, ...], method: str, path: str
) -> None:
    program = a_program(client, session, scopes=scopes)
    assert code_of(program.ask(method, path, {})) == (403, "permission.missing")


def test_a_program_asks_who_it_is(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session, scopes=("firm:read",))
    found = program.get("/status")
    assert found["firm"] == {"name": program.firm.name, "credit_code": program.firm.credit_code}
    assert (found["name"], found["scopes"], found["checkpoint"]) == ("ERP", ["firm:read"], None)
    assert found["limits"] == {"requests_per_minute": 600}
    assert found["expires_at"] > found["server_time"]


@pytest.mark.parametrize(
    "path", ["/status", "/reference/goods", "/reference/counties", "/applications", "/passes"]
)
def test_without_a_token_nobody_enters(client: FlaskClient, path: str) -> None:
    assert code_of(client.get(f"/api/v1{path}")) == (401, "login.needed")


def test_reference_lists_are_what_applications_are_filled_from(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session, scopes=())
    goods = program.get("/reference/goods")["items"]
    county = program.get("/reference/counties")["items"][0]
    road = program.get("/reference/roads")["items"][0]
    colour = program.get("/reference/colours")["items"][0]
    assert {"number", "code", "name", "category", "category_name", "plain"} == goods[0].keys()
    filled = wanted(
        goods=goods[0]["code"], destination=county["words"], roads=[road["name"]], plate_colour=colour["code"]
    )
    made = told(a_program(client, session).ask("POST", "/applications", filled), 201)
    assert (made["goods"], made["destination"], made["roads"]) == (
        goods[0]["number"],
        county["code"],
        [road["code"]],
    )


def test_a_token_revoked_in_the_middle_stops_at_once_and_what_was_taken_stays(
    client: FlaskClient, session: Session
) -> None:
    program = a_program(client, session)
    rows = [wanted() for _ in range(4)]
    taken = [told(program.ask("POST", "/applications", row), 201)["id"] for row in rows[:2]]
    revoked = update(ApiToken).where(ApiToken.id == program.actor.id).values(revoked_at=clock.now())
    session.execute(revoked)
    session.commit()
    answers = [program.ask("POST", "/applications", row) for row in rows[2:]]
    assert [code_of(answer) for answer in answers] == [(401, "token.refused")] * 2
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    successor = a_program(client, session, program.firm)
    kept = successor.get("/applications?state=submitted")["items"]
    assert [item["id"] for item in kept] == taken[::-1]


def test_a_token_that_is_over_opens_nothing(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    ended = {"expires_at": clock.now() - timedelta(seconds=1)}
    session.execute(update(ApiToken).where(ApiToken.id == program.actor.id).values(**ended))
    session.commit()
    assert code_of(program.ask("GET", "/status")) == (401, "token.refused")


def test_the_program_of_a_suspended_firm_applies_no_more(client: FlaskClient, session: Session) -> None:
    program = a_program(client, session)
    program.firm.state = "suspended"
    session.commit()
    answer = program.ask("POST", "/applications", wanted())
    assert answer.status_code in {401, 403}
    assert session.scalar(select(func.count()).select_from(Application)) == 0
