"""The roadside for tests: officers, devices, and events as a device makes them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Role, permissions_of
from accounts.service.devices import make_device_token
from checkpoints.models import Sighting
from foundation import clock
from passes.credential import build_text
from passes.public import Issued, workshop
from tests.browser import Browser
from tests.builders import a_body, an_issued_pass
from tests.passes.applying import a_person
from tests.passes.signed_in import signed_in

HERE = "CP002"
"""A checkpoint on G1, the road of the passes that `tests.builders` issues."""
ELSEWHERE = "CP003"
_numbers = count(1)


def an_officer(
    session: Session,
    *,
    checkpoint: str | None = HERE,
    role: Role = Role.CHECKPOINT_STAFF,
    body: str = "jl-transport",
) -> Actor:
    """Somebody at the roadside, or in command, of a body."""
    of_body = a_body(session, body)
    person = a_person(
        session, role, login=f"roadside{next(_numbers)}", body_id=of_body.id, checkpoint_code=checkpoint
    )
    return Actor(
        ActorKind.PERSON,
        person.id,
        permissions_of([role]),
        frozenset({role}),
        body_id=of_body.id,
        area=of_body.area,
        checkpoint_code=checkpoint,
    )


def browsing(client: FlaskClient, session: Session, **who: Any) -> Browser:
    """A browser of an officer."""
    return signed_in(client, session, an_officer(session, **who))


def a_device(session: Session, checkpoint: str = HERE) -> str:
    """The bearer token of a phone at a checkpoint."""
    _, token = make_device_token(session, COMMAND_LINE, "手机", checkpoint, now=clock.now())
    session.commit()
    return token


def call(client: FlaskClient, url: str, body: object, token: str | None, **headers: str) -> TestResponse:
    """A request as a program makes it."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(url, json=body, headers={**bearer, **headers})


def a_pass_today(session: Session, **changes: Any) -> Issued:
    """A pass in force now."""
    start = (clock.now() - timedelta(hours=1)).replace(second=0, microsecond=0)
    return an_issued_pass(session, now=clock.now(), asked_at=start, not_before=start, **changes)


def text_of(issued: Issued) -> str:
    """What the QR of a pass holds."""
    return build_text(workshop().prefix, issued.payload, issued.signature)


def a_scan(now: datetime, **changes: Any) -> dict[str, Any]:
    """A green scan of a vehicle, as a phone sends it."""
    return {
        "kind": "scan",
        "event_id": str(uuid4()),
        "plate": "吉A12345",
        "checkpoint": HERE,
        "scanned_at": now.isoformat(),
        "level": "green",
        "verdict": "valid",
        "reasons": ["valid"],
        "plate_seen": "matches",
        "offline": False,
        **changes,
    }


def a_blue_scan(now: datetime, **changes: Any) -> dict[str, Any]:
    """A scan of a vehicle without a pass."""
    return a_scan(now, **{"level": "blue", "verdict": "no_pass", "reasons": ["no_pass"], **changes})


def an_action(now: datetime, scan: dict[str, Any], action: str, **changes: Any) -> dict[str, Any]:
    """What was done after a scan."""
    return {
        "kind": "action",
        "event_id": str(uuid4()),
        "plate": scan["plate"],
        "checkpoint": scan["checkpoint"],
        "acted_at": now.isoformat(),
        "scan_id": scan["event_id"],
        "action": action,
        **changes,
    }


def an_undo(now: datetime, action: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The undoing of an action."""
    scan = {**action, "event_id": action["scan_id"]}
    return an_action(now, scan, "undone", undoes=action["event_id"], **changes)


def a_sighting(session: Session, checkpoint: str, other: str, *, now: datetime, **changes: Any) -> Sighting:
    """A pass seen at two checkpoints too soon after one another; its scans are not there."""
    number = f"220100{next(_numbers):06d}"
    given: dict[str, Any] = {
        "unique_key": f"too_fast:{number}",
        "rule": "too_fast",
        "number": number,
        "plate": "吉A12345",
        "scan_id": uuid4(),
        "other_scan_id": uuid4(),
        "checkpoint": checkpoint,
        "other_checkpoint": other,
        "km": 253.0,
        "minutes": 60.0,
        "at": now,
        "found_at": now,
        **changes,
    }
    row = Sighting(**given)
    session.add(row)
    session.flush()
    return row


def a_hand_over(now: datetime, **changes: Any) -> dict[str, Any]:
    """A shift handed over, as a phone sends it."""
    counts = dict.fromkeys(
        ("scans", "green", "amber", "red", "blue", "passed", "turned_back", "held", "offline"), 0
    )
    return {
        "kind": "shift",
        "event_id": str(uuid4()),
        "checkpoint": HERE,
        "changed_at": now.isoformat(),
        "officer": "小王",
        "note": None,
        "counts": {**counts, "scans": 12, "green": 10, "blue": 2, "passed": 12},
        **changes,
    }
