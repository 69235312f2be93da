"""What is said of the API: every address is described, every description is whole, and the page shows all of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from foundation.api import PREFIX, api_description
from web.api_docs import groups, shapes

PART = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?(?P<name>\w+)>")
SILENT = {"HEAD", "OPTIONS"}
WITHOUT_TOKEN = {("post", "/api/v1/devices")}
"""Where a token is given out and none can be asked for."""


@pytest.fixture(scope="module")
def description(app: Flask) -> dict[str, Any]:
    """The description as it is served."""
    with app.app_context():
        found: dict[str, Any] = json.loads(json.dumps(api_description(app)))
    return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        yield from ((path, name, told) for name, told in methods.items() if isinstance(told, dict))


def test_every_address_of_the_api_is_described(app: Flask, description: dict[str, Any]) -> None:
    there = {
        (PART.sub(r"{\g<name>}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - SILENT
    }
    told = {(path, method) for path, method, _ in operations(description)}
    assert len(there) > 15
    assert there == told


def test_every_route_says_what_it_does_what_it_gives_and_how_it_refuses(description: dict[str, Any]) -> None:
    for path, method, told in operations(description):
        where = f"{method} {path}"
        assert told["summary"], where
        assert told["security"] == ([] if (method, path) in WITHOUT_TOKEN else [{"bearer": []}]), where
        assert {"401", "403", "503"} <= told["responses"].keys(), where
        good = [status for status in told["responses"] if status.startswith("2")]
        assert len(good) == 1, where
        assert good[0] == "204" or told["responses"][good[0]]["content"], where


def test_every_name_in_the_description_leads_somewhere(description: dict[str, Any]) -> None:
    names = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(description))
    assert len(names) > 100
    for name in set(names):
        found: Any = description
        for step in name.split("/"):
            found = found[step]
        assert found


def test_nothing_of_the_kitchen_is_served(description: dict[str, Any]) -> None:
    assert "x-route" not in json.dumps(description)


def test_what_a_program_must_send_and_may_expect_is_told(description: dict[str, Any]) -> None:
    apply = description["paths"]["/api/v1/applications"]["post"]
    required = [parameter["name"] for parameter in apply["parameters"] if parameter["required"]]
    assert required == ["Idempotency-Key"]
    assert {"Location", "ETag", "Idempotent-Replayed", "RateLimit-Remaining"} <= apply["responses"]["201"][
        "headers"
    ].keys()
    assert {"400", "401", "403", "409", "413", "422", "429", "503"} <= apply["responses"].keys()
    body = description["components"]["schemas"]["ApplicationBody"]
    assert {"plate", "goods", "origin", "destination", "not_before", "hours"} <= set(body["required"])
    assert body["additionalProperties"] is False


def test_the_page_shows_every_route_and_every_schema(
    client: FlaskClient, description: dict[str, Any]
) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    for path, _, _ in operations(description):
        assert f">{path}</code>" in page.text
    for name in description["components"]["schemas"]:
        assert f'id="schema-{name}"' in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert 'style="' not in page.text


def test_an_example_is_a_line_that_a_shell_takes(description: dict[str, Any]) -> None:
    found = [
        operation for group in groups(description, "https://ct.example.cn") for operation in group.operations
    ]
    example = next(op.example for op in found if (op.method, op.path) == ("POST", "/api/v1/applications"))
    assert example.startswith("curl -X POST 'https://ct.example.cn/api/v1/applications'")
    assert '-H "Idempotency-Key: $(uuidgen)"' in example
    body = json.loads(example.partition("-d '")[2].removesuffix("'"))
    assert (body["plate"], body["goods"]) == ("吉A12345", 12)
    assert len({op.anchor for op in found}) == len(found)
    assert {shape.name for shape in shapes(description)} == description["components"]["schemas"].keys()
