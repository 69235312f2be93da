"""Browsers that are logged in as somebody, and passes that belong to somebody, for tests of pages."""

from datetime import timedelta
from secrets import token_hex
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import LoginSession, RoleGrant
from accounts.permissions import COMMAND_LINE, Actor, Role
from accounts.sessions import COOKIE
from accounts.tokens import hash_of
from foundation import clock
from passes.public import Holder, Issued, issue_pass
from tests.browser import Browser
from tests.builders import NOON, a_body, a_content, some_tools
from tests.passes.applying import a_person, acting


def an_administrator(session: Session, body: str = "changchun-transport", **changes: Any) -> Actor:
    """Somebody who approves seals in the area of a body."""
    of_body = a_body(session, body)
    person = a_person(session, Role.ADMINISTRATOR, body_id=of_body.id, **changes)
    return acting(person, Role.ADMINISTRATOR, of_body.area)


def a_pass_of(session: Session, holder: Actor | None, *, demo: bool = False, **changes: Any) -> Issued:
    """A live pass of 长春交通运输 for the firm or person of an applicant; for nobody's account without one."""
    person_id, firm_id = (holder.id, holder.firm_id) if holder else (None, None)
    return issue_pass(
        session,
        COMMAND_LINE,
        a_body(session),
        a_content(**changes),
        Holder(name="吉林粮运有限公司", person_id=person_id, firm_id=firm_id, demo=demo),
        some_tools(session),
        now=changes.get("not_before", NOON),
    )


def signed_in(client: FlaskClient, session: Session, actor: Actor) -> Browser:
    """A browser whose cookie belongs to the person, with the roles the actor has."""
    token, now = token_hex(16), clock.now()
    for role in actor.roles:
        session.merge(RoleGrant(person_id=actor.id, role=role, granted_at=now))
    session.add(
        LoginSession(
            token_hash=hash_of(token),
            person_id=actor.id,
            device_name="Chrome",
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=1),
        )
    )
    # A refused request rolls the session back; the login must outlive that.
    session.commit()
    client.set_cookie(COOKIE, token, domain="ct.example.cn", secure=True)
    return Browser(client)
