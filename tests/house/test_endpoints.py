"""Every address says who may enter and looks like the others; every role gets in exactly where the matrix lets it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from secrets import token_hex

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule, UUIDConverter

from accounts.guards import API_PREFIX, MARK, SECOND_STEP_ENDPOINTS, entry_of
from accounts.models import ApiToken, Firm, LoginSession, Person, RoleGrant
from accounts.permissions import (
    ROLE_PERMISSIONS,
    SCOPES,
    ActorKind,
    Permission,
    Role,
)
from accounts.sessions import COOKIE
from accounts.tokens import hash_of
from foundation import clock
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.embedded import EmbeddedServer
from tests.conftest import settings_for
from web.app import create_app

HOST = "ct.example.cn"
REDIRECTS = {302, 303}
ENTERED = "entered"
SEGMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.(json|pdf|png|zip|jws|js|csv|xlsx|webmanifest))?")
EXCEPTIONS = {
    "/scanner/": "the scope of a page that works offline",
    "/inspect/": "the scope of a page that works offline",
    "/p/": "what a person types who has the address without its digits",
    "/": "the first page",
}
NOBODY = "nobody"
Party = Role | ActorKind | str
PARTIES: tuple[Party, ...] = (*Role, *SCOPES, NOBODY)


def rules(app: Flask) -> list[Rule]:
    """All addresses of the product."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"), key=lambda rule: rule.rule
    )


def test_every_endpoint_says_who_may_enter(app: Flask) -> None:
    silent = [rule.endpoint for rule in rules(app) if entry_of(app.view_functions[rule.endpoint]) is None]
    assert silent == []


def test_whoever_lets_everybody_in_says_why(app: Flask) -> None:
    entries = {rule.endpoint: entry_of(app.view_functions[rule.endpoint]) for rule in rules(app)}
    short = [
        name for name, entry in entries.items() if not isinstance(entry, Permission) and len(str(entry)) < 20
    ]
    assert short == []


def test_addresses_are_written_alike(app: Flask) -> None:
    odd = [
        rule.rule
        for rule in rules(app)
        for segment in re.sub(r"<[^>]*>", "x", rule.rule).strip("/").split("/")
        if not SEGMENT.fullmatch(segment) and not rule.rule.startswith("/.well-known/") and rule.rule != "/"
    ]
    assert odd == []


def test_no_address_ends_in_a_stroke_without_a_reason(app: Flask) -> None:
    assert [rule.rule for rule in rules(app) if rule.rule.endswith("/") and rule.rule not in EXCEPTIONS] == []


def test_a_name_of_an_object_says_its_type(app: Flask) -> None:
    """An id that is none is then unknown by itself, and never reaches a query."""
    loose = [
        rule.rule
        for rule in rules(app)
        for name in rule.arguments
        if name.endswith("_id") and f"<uuid:{name}>" not in rule.rule
    ]
    assert loose == []


def test_what_changes_something_is_never_a_get(app: Flask) -> None:
    """Verbs at the end of an address stand for deeds."""
    deeds = {
        "revoke",
        "approve",
        "retire",
        "activate",
        "deactivate",
        "take",
        "issue",
        "return",
        "refuse",
        "withdraw",
    }
    wrong = [
        rule.rule
        for rule in rules(app)
        if rule.rule.rsplit("/", 1)[-1] in deeds and rule.arguments and "GET" in (rule.methods or set())
    ]
    assert wrong == []


@dataclass(frozen=True)
class Asking:
    """A client and what it sends along as each party."""

    app: Flask
    client: FlaskClient
    cookies: dict[Party, str]
    tokens: dict[Party, str]

    def ask(self, party: Party, method: str, path: str) -> str:
        """`entered`, or the code of the refusal."""
        self.client.delete_cookie(COOKIE, domain=HOST)
        headers = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
        if party in self.cookies:
            self.client.set_cookie(COOKIE, self.cookies[party], domain=HOST, secure=True)
        if party in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[party]}"
        answer = self.client.open(path, method=method, headers=headers, base_url=f"https://{HOST}")
        if answer.status_code in REDIRECTS:
            return "login.needed" if "/login" in answer.headers["Location"] else answer.headers["Location"]
        return answer.text if answer.text == ENTERED else str(answer.get_json(silent=True) or answer.text)


@pytest.fixture(scope="module")
def asking(server: EmbeddedServer, home: Path, template: str) -> Iterator[Asking]:
    """The product with its guards alone: behind each of them stands a view that says that one is in."""
    server.create_database("matrix", template=template)
    app = create_app(settings_for(server, home, "matrix"))
    app.config["WTF_CSRF_METHODS"] = set()
    for endpoint, view in list(app.view_functions.items()):
        app.view_functions[endpoint] = hollow(entry_of(view))
    with app.app_context(), transaction() as session:
        cookies: dict[Party, str] = {role: a_cookie(session, role) for role in Role}
        tokens: dict[Party, str] = {kind: a_token(session, kind) for kind in SCOPES}
    yield Asking(app, app.test_client(), cookies, tokens)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop_database("matrix")


def hollow(entry: object) -> Callable[..., str]:
    """A view with nothing behind its door."""

    def entered(**values: object) -> str:
        del values
        return ENTERED

    setattr(entered, MARK, entry)
    return entered


def a_cookie(session: Session, role: Role) -> str:
    """The cookie of somebody who has this role and no other."""
    token, now = token_hex(16), clock.now()
    person = Person(login=f"{role}", name="王小明", phone="13812345678", password_hash="none", created_at=now)
    session.add(person)
    session.flush()
    session.add(RoleGrant(person_id=person.id, role=role, granted_at=now))
    times = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(hours=1)}
    session.add(LoginSession(token_hash=hash_of(token), person_id=person.id, device_name="Chrome", **times))
    return token


def a_token(session: Session, kind: ActorKind) -> str:
    """A bearer token of a kind, with all that the kind can have."""
    token, now = token_hex(16), clock.now()
    firm = Firm(
        name="吉林粮运",
        credit_code=f"9122{kind}",
        area="220102",
        phone="0431",
        state="approved",
        created_at=now,
    )
    session.add(firm)
    session.flush()
    holder = {"firm_token": "firm"}.get(kind, str(kind))
    scopes = [str(scope) for scope in SCOPES[kind]]
    row = ApiToken(token_hash=hash_of(token), holder=holder, name="matrix", scopes=scopes, firm_id=firm.id)
    row.checkpoint_code, row.created_at, row.expires_at = "CP001", now, now + timedelta(hours=1)
    session.add(row)
    return token


def expected(party: Party, path: str, entry: Permission | str | None) -> str:
    """What the matrix says about one cell."""
    if not isinstance(entry, Permission):
        return ENTERED
    through_the_api = path.startswith(API_PREFIX)
    if party == NOBODY or isinstance(party, ActorKind) != through_the_api:
        return "login.needed"
    may = SCOPES[party] if isinstance(party, ActorKind) else ROLE_PERMISSIONS[Role(party)]
    return ENTERED if entry in may else "permission.missing"


def test_every_party_enters_exactly_where_the_matrix_lets_it(asking: Asking) -> None:
    wrong = []
    cells = 0
    for rule in rules(asking.app):
        entry = entry_of(asking.app.view_functions[rule.endpoint])
        path = an_address(rule)
        for party, method in product(PARTIES, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})):
            cells += 1
            found = asking.ask(party, method, path)
            if expected(party, path, entry) not in found:
                wrong.append(f"{party} {method} {rule.rule}: {found[:120]}")
    assert cells > 500
    assert wrong == [], wrong


def an_address(rule: Rule) -> str:
    """An address that the rule takes, of an object that is not there."""
    values = {name: a_value(converter) for name, converter in rule._converters.items()}
    built = rule.build(values)
    assert built is not None
    return built[1]


def a_value(converter: BaseConverter) -> object:
    """A value that a part of an address can have."""
    if isinstance(converter, UUIDConverter):
        return new_id()
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else "220102"


def test_a_token_of_the_api_opens_no_page_and_a_cookie_no_api(asking: Asking) -> None:
    """Both are in the table above; said once more in words, because everything hangs on it."""
    assert "login.needed" in asking.ask(ActorKind.DEVICE, "GET", "/checkpoints/staff")
    assert "login.needed" in asking.ask(Role.CHECKPOINT_STAFF, "POST", "/api/v1/scans")


def test_whoever_owes_the_second_step_gets_nowhere_else(asking: Asking) -> None:
    with asking.app.app_context(), transaction() as session:
        token = hash_of(asking.cookies[Role.ADMINISTRATOR])
        session.execute(
            update(LoginSession).where(LoginSession.token_hash == token).values(second_step_owed=True)
        )
    open_doors = {
        rule.endpoint
        for rule in rules(asking.app)
        if isinstance(entry_of(asking.app.view_functions[rule.endpoint]), Permission)
        and not rule.rule.startswith(API_PREFIX)
        and asking.ask(
            Role.ADMINISTRATOR, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})[0], an_address(rule)
        )
        == ENTERED
    }
    with asking.app.app_context(), transaction() as session:
        session.execute(
            update(LoginSession).where(LoginSession.token_hash == token).values(second_step_owed=False)
        )
    assert open_doors == {name for name in SECOND_STEP_ENDPOINTS if name in asking.app.view_functions} - {
        "accounts.log_out"
    }
