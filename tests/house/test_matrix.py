"""Own, sibling's and foreign: what a party does not reach is answered as what does not exist, byte for byte."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.permissions import ActorKind
from foundation import clock
from tests.browser import Browser
from tests.builders import NOON
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.house.objects import FOREIGN, NAMES_NO_OBJECT, OBJECTS, OWN, SIBLING, Case, Values
from tests.passes.firm_programs import Program, asking_as
from tests.passes.signed_in import signed_in

CASES = [
    pytest.param(endpoint, case, id=f"{endpoint}-{case.make.__name__}")
    for endpoint, cases in OBJECTS.items()
    for case in cases
]
NOBODYS: Values = {"number": "220100999999", "code": "CP999"}
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
"""Signed with the time, so it differs between two answers that say the same."""


@pytest.fixture
def _world(app: Flask, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, the day of the builders, and forms without their tokens."""
    request.getfixturevalue("keys")
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=1))
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())


def test_every_address_that_names_an_object_has_a_case(app: Flask) -> None:
    named = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments and rule.endpoint != "static"
    }
    assert named - OBJECTS.keys() - NAMES_NO_OBJECT.keys() == set()
    assert (OBJECTS.keys() | NAMES_NO_OBJECT.keys()) - named == set()
    assert OBJECTS.keys() & NAMES_NO_OBJECT.keys() == set()


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("endpoint", "case"), CASES)
def test_what_is_not_reached_is_as_if_it_were_not_there(
    app: Flask, client: FlaskClient, session: Session, endpoint: str, case: Case
) -> None:
    world = case.make(session)
    # A program has a token and a voice of its own; both ask `raw`.
    programs = world.who.kind is ActorKind.FIRM_TOKEN
    browser = asking_as(client, session, world.who) if programs else signed_in(client, session, world.who)
    unknown = ask(app, browser, endpoint, case, {name: NOBODYS.get(name, uuid4()) for name in world.own})
    assert unknown[0] == 404
    for relation, values in ((FOREIGN, world.foreign), (SIBLING, world.sibling), (OWN, world.own)):
        found = ask(app, browser, endpoint, case, values)
        if relation in case.reached:
            assert found[0] < 400, f"{relation}: {found[0]} {found[1][:1500]!r}"
        else:
            assert found == unknown, f"{relation}: {found[0]}"


def ask(app: Flask, browser: Browser | Program, endpoint: str, case: Case, values: Values) -> tuple[int, str]:
    """Status and words of the answer, before any redirect."""
    adapter = app.url_map.bind("ct.example.cn", url_scheme="https")
    address = adapter.build(endpoint, {**case.common, **values})
    answer = browser.raw(case.method, address, data=dict(case.data) or None, follow=False)
    body = answer.get_data()
    text = body.decode() if (answer.mimetype or "").startswith("text/") else f"{len(body)} bytes"
    return answer.status_code, TOKEN.sub("", text)
