"""What goes wrong while an answer is made: it is said by its own name, never by another one's."""

from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from accounts.guards import open_to_all
from foundation.database import db
from foundation.embedded import EmbeddedServer
from foundation.problems import DomainProblem, NotFound

PATH = "/api/v1/breaks"


def lose_connection(server: EmbeddedServer) -> None:
    """End the connection under the session of this request, as a server does that is stopped."""
    pid = db.session().execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def site(clone: Callable[..., Flask], server: EmbeddedServer) -> Callable[..., Flask]:
    """An app with one more view, which loses its connection and then does what the test says."""

    def make(then: Callable[[], str]) -> Flask:
        def view() -> str:
            lose_connection(server)
            return then()

        app = clone()
        app.add_url_rule(PATH, "breaks", open_to_all("a test asks")(view))
        return app

    return make


def refuse() -> str:
    raise NotFound


def read_on() -> str:
    return str(db.session().execute(text("SELECT 1")).scalar_one())


@pytest.mark.parametrize("then", [refuse, read_on])
def test_a_connection_lost_on_the_way_is_no_fault_of_the_request(
    site: Callable[..., Flask], then: Callable[[], str]
) -> None:
    client = site(then).test_client()
    answer = client.get(PATH)
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "service.unavailable"
    assert client.get("/").status_code == 200


def test_a_connection_lost_after_the_last_read_does_not_spoil_a_finished_answer(
    site: Callable[..., Flask],
) -> None:
    client = site(lambda: "done").test_client()
    assert client.get(PATH).text == "done"
    assert client.get("/").status_code == 200


def test_our_own_mistake_while_a_problem_is_answered_is_not_called_a_bad_request(
    clone: Callable[..., Flask],
) -> None:
    def view() -> str:
        raise DomainProblem("a.code_nobody_wrote_words_for")

    app = clone()
    app.add_url_rule(PATH, "breaks", open_to_all("a test asks")(view))
    answer = app.test_client().get(PATH)
    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["code"] == "internal"


@pytest.mark.parametrize("query", ["q=%00", "before=a%00", "%00=1"])
def test_a_zero_byte_in_an_address_is_refused_before_it_reaches_the_database(
    client: FlaskClient, query: str
) -> None:
    answer = client.get(f"/check?{query}")
    assert answer.status_code == 400
    assert "http.bad_request" in answer.text
