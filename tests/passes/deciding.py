"""Batches that have been accepted and wait with a body, for tests of their review."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import RoleGrant
from accounts.permissions import Actor, Role
from accounts.public import Body
from foundation.models import StoredFile
from passes.batch_models import Batch, BatchReview
from passes.models import Application
from passes.service.batch_review import take_batch
from passes.service.drafting import new_slip
from passes.service.reviewing import issue, take
from tests.builders import NOON, some_tools
from tests.passes.applying import an_application, an_officer

_numbers = count(1)


def a_batch(session: Session, applicant: Actor, applications: Sequence[Application]) -> Batch:
    """The applications as a batch that was accepted: one item at each body that decides some of them."""
    file = sha256(f"batch {next(_numbers)}".encode()).hexdigest()
    session.add(StoredFile(sha256=file, media_type="text/csv", size=1, created_at=NOON))
    session.flush()
    batch = Batch(
        slip=new_slip(NOON),
        firm_id=applicant.firm_id,
        person_id=applicant.id,
        channel="online",
        file_name="四月十六日.xlsx",
        sha256=file,
        state="accepted",
        rows=len(applications),
        read_rows=len(applications),
        created_at=NOON,
        accepted_at=NOON,
    )
    session.add(batch)
    session.flush()
    for one in applications:
        one.batch_id = batch.id
    bodies = [one.body_id for one in applications]
    session.add_all(
        BatchReview(batch_id=batch.id, body_id=body, total=bodies.count(body), submitted_at=NOON)
        for body in dict.fromkeys(bodies)
    )
    session.flush()
    return batch


def a_batch_of(session: Session, applicant: Actor, size: int, **changes: object) -> Batch:
    """A batch of so many applications for vehicles of their own."""
    made = [an_application(session, applicant, **changes) for _ in range(size)]
    return a_batch(session, applicant, made)


def a_taken_batch(session: Session, applicant: Actor, officer: Actor, size: int, **changes: object) -> UUID:
    """The id of a batch in the hands of an officer."""
    batch_id = a_batch_of(session, applicant, size, **changes).id
    take_batch(session, officer, batch_id, now=NOON)
    return batch_id


def of_batch(session: Session, batch_id: UUID) -> Sequence[Application]:
    """The applications of a batch by id, read anew."""
    statement = select(Application).where(Application.batch_id == batch_id).order_by(Application.id)
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def an_officer_on_duty(session: Session, **changes: str) -> Actor:
    """An issuing officer whose roles are rows, so that a job can act for the person."""
    officer = an_officer(session, **changes)
    session.add(RoleGrant(person_id=officer.id, role=Role.ISSUING_OFFICER, granted_at=NOON))
    session.flush()
    return officer


def decide_all(session: Session, batch_id: UUID) -> None:
    """Every application of a batch issued by an officer of its body."""
    for one in of_batch(session, batch_id):
        code = session.scalars(select(Body.code).where(Body.id == one.body_id)).one()
        officer = an_officer(session, code)
        take(session, officer, one.id, now=NOON)
        issue(session, officer, one.id, some_tools(session), now=NOON)
