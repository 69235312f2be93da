"""A world for tests, built through the services, so that impossible states cannot be built."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from accounts.public import Body
from foundation.database import db, transaction
from passes.keys import ensure_keys
from passes.public import Content, Holder, Issued, Tools, issue_pass, sign_trust, tools, workshop

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
"""Noon of the day of the press conference, Beijing time."""
_plates = count(10000)


def a_plate() -> str:
    """A plate no other test has used."""
    return f"吉A{next(_plates):05d}"


def a_content(**changes: Any) -> Content:
    """Grain from 长春南关 to 北京大兴 by G1 for three days, in a vehicle of its own."""
    content: dict[str, Any] = {
        "kind": 0,
        "plate": a_plate(),
        "plate_colour": 0,
        "goods": 12,
        "goods_words": None,
        "origin": "220102",
        "destination": "110115",
        "stops": (),
        "roads": ("G1",),
        "not_before": NOON,
        "hours": 72,
        "drivers": (),
    }
    return Content(**{**content, **changes})


def a_body(session: Session, code: str = "changchun-transport") -> Body:
    """A body of the reference data."""
    return session.scalars(select(Body).where(Body.code == code)).one()


def with_keys(session: Session, folder: Path, public_url: str = "https://ct.example.cn") -> None:
    """Keys for every area, and a signed trust list."""
    if ensure_keys(session, COMMAND_LINE, folder, now=NOON - timedelta(days=2)):
        sign_trust(session, COMMAND_LINE, workshop().keys.get("root.pem"), public_url, now=NOON)


def an_issued_pass(
    session: Session,
    *,
    body: str = "changchun-transport",
    now: datetime = NOON,
    asked_at: datetime | None = None,
    **changes: Any,
) -> Issued:
    """A live pass of a body."""
    return issue_pass(
        session,
        COMMAND_LINE,
        a_body(session, body),
        a_content(**changes),
        Holder(name="吉林粮运有限公司"),
        some_tools(session, now),
        now=now,
        asked_at=asked_at,
    )


def some_tools(session: Session, now: datetime = NOON) -> Tools:
    """The reference data and keys of the app."""
    return tools(session, now=now)


@contextmanager
def own_transaction(app: Flask) -> Iterator[Session]:
    """A committed transaction on an app of its own, on a connection of its own."""
    with app.app_context():
        try:
            with transaction() as session:
                yield session
        finally:
            db.session.remove()
