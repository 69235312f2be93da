"""Pages of lists of a hundred thousand applications, as a browser gets them."""

import statistics
import time
from datetime import timedelta
from secrets import token_hex

from flask import Flask
from sqlalchemy import select

from accounts.models import LoginSession, RoleGrant
from accounts.permissions import Role
from accounts.public import Person
from accounts.sessions import COOKIE
from accounts.tokens import hash_of
from foundation import clock
from foundation.database import transaction
from passes.models import Application


def own_applications(app: Flask) -> tuple[float, float]:
    """Milliseconds of the first page and of one in the middle, for the applicant of `bench.world.fill_queue`."""
    client = app.test_client()
    with app.app_context(), transaction() as session:
        person = session.scalars(select(Person).where(Person.login == "bench")).one()
        token, now = token_hex(16), clock.now()
        times = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(hours=1)}
        session.add(RoleGrant(person_id=person.id, role=Role.APPLICANT, granted_at=now))
        session.add(
            LoginSession(token_hash=hash_of(token), person_id=person.id, device_name="bench", **times)
        )
        middle = session.scalars(
            select(Application.id)
            .where(Application.person_id == person.id)
            .order_by(Application.id)
            .offset(50_000)
            .limit(1)
        ).one()
    client.set_cookie(COOKIE, token)

    def page(address: str) -> float:
        started = time.perf_counter()
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.text.count("<tr") > 50
        return (time.perf_counter() - started) * 1000

    def median(address: str) -> float:
        page(address)
        return statistics.median(page(address) for _ in range(20))

    return median("/applications"), median(f"/applications?before={middle}")
