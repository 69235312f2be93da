"""The programs' door: what is taken, what is refused, and what is described."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema, fields
from werkzeug.test import TestResponse

import foundation.words  # noqa: F401 - registers the words of the problems that every route can raise
from foundation.api import DESCRIPTION_URL, Answer, api_room, bind_api, check_match
from foundation.parsing import InputSchema
from foundation.problems import DomainProblem


class Asked(InputSchema):
    """A question."""

    name = fields.String(required=True)


class Page(InputSchema):
    """Where to go on."""

    after = fields.Integer(load_default=0)


class Told(Schema):
    """An answer."""

    words = fields.String()


@pytest.fixture
def client() -> FlaskClient:
    """An app with one room of a few routes, in which a problem is its code."""
    app = Flask("sample")
    room = api_room("sample", "Samples.")

    @room.route(
        "/greetings", "POST", takes=Asked, query=Page, gives=Told, status=201, problems=("not_found",)
    )
    def greet(asked: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
        """Greet somebody."""
        return {"words": f"{asked['name']} {page['after']}"}

    @room.route("/greetings/<int:place>", gives=Told)
    def greeting(place: int) -> dict[str, Any]:
        """A greeting again."""
        return {"words": str(place)}

    @room.route("/papers/<int:place>", gives="application/pdf", tagged=True, counted=False)
    def paper(place: int) -> Answer:
        """A greeting on paper."""
        return Answer(b"%PDF" + bytes([place]), etag="first", headers={"Content-Language": "zh"})

    @room.route("/papers/<int:place>", "PUT", takes=Asked, gives=Told, tagged=True, matched=True)
    def write(asked: dict[str, Any], place: int) -> Answer:
        """Another greeting on the same paper."""
        check_match("first")
        return Answer({"words": f"{asked['name']} {place}"}, etag="second")

    app.register_error_handler(DomainProblem, told)
    bind_api(app, [room], exempt=lambda _room: None, admit=lambda view: view)
    return app.test_client()


def test_a_view_may_answer_with_bytes_and_a_tag(client: FlaskClient) -> None:
    answer = client.get("/api/v1/papers/65")
    assert (answer.data, answer.content_type) == (b"%PDFA", "application/pdf")
    assert (answer.headers["ETag"], answer.headers["Content-Language"]) == ('"first"', "zh")
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(("seen", "status"), [('"first"', 304), ('"other", "first"', 304), ('"other"', 200)])
def test_what_is_known_already_is_not_sent_again(client: FlaskClient, seen: str, status: int) -> None:
    answer = client.get("/api/v1/papers/65", headers={"If-None-Match": seen})
    assert answer.status_code == status
    assert bool(answer.data) is (status == 200)
    assert answer.headers["ETag"] == '"first"'


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (None, "etag.missing"),
        ("", "etag.missing"),
        ('"other"', "etag.stale"),
        ('W/"first"', "etag.stale"),
        ('"first"', None),
        ('"other", "first"', None),
        ("*", None),
    ],
)
def test_a_change_names_the_version_it_changes(
    client: FlaskClient, seen: str | None, code: str | None
) -> None:
    headers = {} if seen is None else {"If-Match": seen}
    answer = client.put("/api/v1/papers/1", json={"name": "王"}, headers=headers)
    assert json_of(answer).get("code") == code
    assert answer.headers.get("ETag") == (None if code else '"second"')


def json_of(answer: TestResponse) -> dict[str, Any]:
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def told(problem: Exception) -> tuple[dict[str, Any], int]:
    assert isinstance(problem, DomainProblem)
    return {"code": problem.code, "errors": [[error.field, error.code] for error in problem.errors]}, 400


def test_body_and_query_reach_the_view_in_this_order(client: FlaskClient) -> None:
    answer = client.post("/api/v1/greetings?after=3", json={"name": "王"})
    assert (answer.status_code, answer.json) == (201, {"words": "王 3"})
    assert client.get("/api/v1/greetings/7").json == {"words": "7"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("{", "application/json"),
        ("[" * 200_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (r'{"name": "\uD800"}', "application/json"),
        ('{"name": NaN}', "application/json"),
        ('{"name": [1e999]}', "application/json"),
        ('{"name": "x"}', "text/plain"),
        ("name=x", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_json_is_refused_as_that(client: FlaskClient, data: Any, kind: str) -> None:
    assert json_of(client.post("/api/v1/greetings", data=data, content_type=kind))["code"] == "input.not_json"


@pytest.mark.parametrize(
    ("url", "body", "errors"),
    [
        ("/api/v1/greetings", {}, [["name", "field.required"]]),
        ("/api/v1/greetings", {"name": "x", "age": 3}, [["age", "field.unknown"]]),
        ("/api/v1/greetings?after=x", {"name": "x"}, [["after", "field.invalid"]]),
        ("/api/v1/greetings?before=1", {"name": "x"}, [["before", "field.unknown"]]),
        ("/api/v1/greetings", 7, [["", "field.invalid"]]),
    ],
)
def test_every_mistake_has_its_field_and_code(
    client: FlaskClient, url: str, body: object, errors: list[list[str]]
) -> None:
    answer = json_of(client.post(url, json=body))
    assert answer["code"] == "input.invalid"
    assert answer["errors"] == errors


def test_the_description_names_what_is_taken_given_and_refused(client: FlaskClient) -> None:
    described = json_of(client.get(DESCRIPTION_URL))
    route = described["paths"]["/api/v1/greetings"]["post"]
    assert route["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Asked"
    }
    assert route["security"] == [{"bearer": []}]
    assert "not_found" in route["responses"]["404"]["description"]
    assert set(route["responses"]) == {"201", "400", "404", "413", "422", "429", "503"}
    assert "Error" not in described["components"]["schemas"]


def test_the_description_tells_headers_tags_and_papers(client: FlaskClient) -> None:
    described = json_of(client.get(DESCRIPTION_URL))
    paper = described["paths"]["/api/v1/papers/{place}"]
    assert list(paper["get"]["responses"]["200"]["content"]) == ["application/pdf"]
    assert "ETag" in paper["get"]["responses"]["304"]["headers"]
    assert "429" not in paper["get"]["responses"]
    asked = {parameter["name"]: parameter["required"] for parameter in paper["put"]["parameters"]}
    assert asked == {"If-Match": True}
    assert [parameter["name"] for parameter in paper["parameters"]] == ["place"]
    assert {"412", "428", "429"} <= set(paper["put"]["responses"])
    assert "RateLimit-Remaining" in paper["put"]["responses"]["412"]["headers"]


def test_the_description_is_the_same_each_time(client: FlaskClient) -> None:
    assert client.get(DESCRIPTION_URL).json == client.get(DESCRIPTION_URL).json
