"""Firms' programs for tests: a token, and requests as a program makes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import ApiToken
from accounts.permissions import SCOPES, Actor, ActorKind, permissions_of_scopes
from accounts.public import Firm
from accounts.tokens import hash_of, new_token
from foundation import clock
from foundation.base import new_id
from tests.builders import a_plate
from tests.passes.applying import a_firm

EVERYTHING = tuple(sorted(str(scope) for scope in SCOPES[ActorKind.FIRM_TOKEN]))


@dataclass
class Program:
    """A program of a firm with its token."""

    client: FlaskClient
    firm: Firm
    token: str
    actor: Actor

    def ask(self, method: str, path: str, body: object = None, **headers: str | None) -> TestResponse:
        """A request below `/api/v1`; `If_Match="…"` is a header, and a POST has a key of its own unless one is given."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            sent["Idempotency-Key"] = str(uuid4())
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**sent, **named}.items() if value is not None}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=sent)

    def raw(self, method: str, address: str, data: object = None, *, follow: bool = False) -> TestResponse:
        """As a browser asks: a whole address, of whatever version is there."""
        del follow
        return self.ask(method, address.removeprefix("/api/v1"), data, If_Match="*")

    def get(self, path: str, **headers: str | None) -> dict[str, Any]:
        """What is answered with 200."""
        return told(self.ask("GET", path, None, **headers))

    def apply(self, **changes: Any) -> dict[str, Any]:
        """A submitted application."""
        return told(self.ask("POST", "/applications", wanted(**changes)), 201)


def told(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """The JSON of an answer with the status expected."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.content_type == "application/problem+json", answer.text
    found = answer.get_json()
    assert isinstance(found, dict)
    return answer.status_code, str(found["code"])


def a_token_row(firm: Firm, scopes: Iterable[str] = EVERYTHING, *, days: int = 30) -> tuple[ApiToken, str]:
    """A token of a firm, with its row not yet written."""
    token, now = new_token(), clock.now()
    row = ApiToken(
        id=new_id(),
        token_hash=hash_of(token),
        holder="firm",
        name="ERP",
        scopes=list(scopes),
        firm_id=firm.id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return row, token


def a_program(
    client: FlaskClient, session: Session, firm: Firm | None = None, scopes: Iterable[str] = EVERYTHING
) -> Program:
    """A program of a firm, of a new one by default."""
    owner = firm or a_firm(session)
    row, token = a_token_row(owner, scopes)
    session.add(row)
    # A refused request rolls the session back; the token must outlive that.
    session.commit()
    permissions = permissions_of_scopes(ActorKind.FIRM_TOKEN, scopes)
    return Program(client, owner, token, Actor(ActorKind.FIRM_TOKEN, row.id, permissions, firm_id=owner.id))


def asking_as(client: FlaskClient, session: Session, actor: Actor) -> Program:
    """A program that acts as a party made before."""
    firm = session.get_one(Firm, actor.firm_id)
    row, token = a_token_row(firm)
    row.id = actor.id or row.id
    session.add(row)
    session.commit()
    return Program(client, firm, token, actor)


def an_actor_of(firm: Firm) -> Actor:
    """The party that a program of a firm is, without a token so far."""
    permissions = permissions_of_scopes(ActorKind.FIRM_TOKEN, EVERYTHING)
    return Actor(ActorKind.FIRM_TOKEN, new_id(), permissions, firm_id=firm.id)


def wanted(**changes: Any) -> dict[str, Any]:
    """What a program sends: eggs and milk from 长春南关 to 北京大兴 by G1 for three days, from now on."""
    asked = {
        "plate": a_plate(),
        "plate_colour": "blue",
        "goods": 12,
        "origin": "220102",
        "destination": "110115",
        "roads": ["G1"],
        "not_before": clock.now().isoformat(),
        "hours": 72,
        "drivers": [{"name": "李四", "phone": "13900000000", "last4": "123X"}],
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not ...}
