"""A batch of 5,000 trucks through the worker: the file read and every row checked, then all accepted."""

import time

from flask import Flask
from sqlalchemy import func, select

from accounts.permissions import Actor, ActorKind, Role, permissions_of
from accounts.public import Firm, Person
from bench.batches import a_workbook
from bench.world import NOW
from foundation import clock
from foundation.base import new_id
from foundation.database import transaction
from foundation.jobs import work_off
from passes.batch_models import Batch
from passes.models import Application
from passes.public import catalogue
from passes.service.batches import accept, send_file


def _dispatcher() -> Actor:
    """The lead of a firm."""
    with transaction() as session:
        now = clock.now()
        firm = Firm(
            id=new_id(),
            name="压测车队",
            credit_code="9122FLEET000000001",
            area="220102",
            phone="043180000000",
            state="approved",
            created_at=now,
        )
        session.add(firm)
        session.flush()
        person = Person(
            id=new_id(),
            login="bench-fleet",
            name="压测",
            phone="13800000000",
            password_hash="",
            firm_id=firm.id,
            created_at=now,
        )
        session.add(person)
    roles = frozenset({Role.FIRM_LEAD})
    return Actor(ActorKind.PERSON, person.id, permissions_of(roles), roles, firm_id=firm.id)


def seconds(app: Flask) -> tuple[float, float]:
    """Seconds from the upload to the last row checked, and from accepting to the last application."""
    real = clock.now
    clock.now = lambda: NOW
    try:
        actor = _dispatcher()
        with transaction() as session:
            content = a_workbook(catalogue(session, now=NOW), origin="吉林省长春市南关区")
        started = time.perf_counter()
        with transaction() as session:
            batch = send_file(session, actor, content, "车队.xlsx", now=NOW).id
        work_off(app)
        read = time.perf_counter()
        with transaction() as session:
            found = session.get_one(Batch, batch)
            assert found.read_rows == 5000, found.state
            accept(session, actor, batch, found.version, now=NOW)
        work_off(app)
        done = time.perf_counter()
        with transaction() as session:
            made = session.scalar(select(func.count()).where(Application.batch_id == batch)) or 0
            assert made > 4500, f"only {made} applications"
    finally:
        clock.now = real
    return read - started, done - read
