"""The scanner's app as it is served: the right headers on the right files, without a database, and honest when not built."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.permissions import Role
from tests.checkpoints.roadside import browsing
from tests.passes.applying import an_applicant
from tests.passes.signed_in import signed_in
from web import scanner

PAGES = ("/scanner/", "/sw.js")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build."""
    (tmp_path / "index.html").write_text("<!doctype html><title>畅通查验</title>", encoding="utf-8")
    (tmp_path / "sw.js").write_text("self.skipWaiting()", encoding="utf-8")
    monkeypatch.setattr(scanner, "BUILT", tmp_path)
    return tmp_path


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """The whole answer; the file behind it is closed."""
    return client.get(path, headers=headers, buffered=True)


def policy(answer: TestResponse) -> dict[str, str]:
    """The content security policy by directive."""
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("path", "mimetype"), [("/scanner/", "text/html"), ("/sw.js", "text/javascript")])
def test_the_page_and_the_worker_are_asked_for_each_time_and_sent_only_when_they_changed(
    client: FlaskClient, path: str, mimetype: str
) -> None:
    answer = get(client, path)
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert answer.headers["Cache-Control"] == "no-cache"
    again = get(client, path, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("built")
def test_the_worker_may_answer_for_the_whole_site(client: FlaskClient) -> None:
    assert get(client, "/sw.js").headers["Service-Worker-Allowed"] == "/"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", [*PAGES, "/static/built/scanner/assets/decoder.worker-00000000.js"])
def test_webassembly_may_run_in_the_app_and_its_workers_and_no_other_eval(
    client: FlaskClient, path: str
) -> None:
    told = policy(get(client, path))
    assert told["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert (told["default-src"], told["worker-src"]) == ("'none'", "'self'")
    assert (told["img-src"], told["media-src"]) == ("'self' data: blob:", "'self' blob:")
    assert (told["frame-ancestors"], told["base-uri"]) == ("'none'", "'none'")


@pytest.mark.parametrize("path", ["/", "/login", "/static/built/office/x.js", "/scannerx", "/d/unknown"])
def test_no_other_page_may_compile_anything(client: FlaskClient, path: str) -> None:
    assert "wasm" not in get(client, path).headers["Content-Security-Policy"]


@pytest.mark.usefixtures("built")
def test_the_address_without_its_last_slash_leads_to_the_app(client: FlaskClient) -> None:
    answer = client.get("/scanner")
    assert (answer.status_code, answer.headers["Location"]) == (308, "http://localhost/scanner/")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", PAGES)
def test_the_app_is_served_while_the_database_is_away(clone: Callable[..., Flask], path: str) -> None:
    app = clone(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    client = app.test_client()
    client.set_cookie("session", "of somebody who is logged in")
    assert get(client, path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_what_is_not_built_says_so_with_the_line_to_type(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(scanner, "BUILT", tmp_path)
    answer = get(client, path)
    assert answer.status_code == 503
    assert "扫码端还没有构建" in answer.text
    assert "make frontend" in answer.text
    assert "wasm" not in answer.text


def test_officers_find_the_scanner_in_their_menu_and_applicants_do_not(
    client: FlaskClient, session: Session
) -> None:
    assert "/scanner/" in browsing(client, session, role=Role.CHECKPOINT_STAFF).get("/account").links
    assert "/scanner/" not in signed_in(client, session, an_applicant(session)).get("/account").links
