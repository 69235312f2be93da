"""What a firm's own server is told of its applications, passes and batches: once each, and never of anybody's data."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, Role
from accounts.service.webhooks import add_endpoint
from accounts.webhook_models import WebhookEvent
from passes.models import Application
from passes.rules import PassAction, PassReason, RefuseReason
from passes.service.batch_reading import open_file
from passes.service.batches import send_file
from passes.service.change import change_pass
from passes.service.reviewing import issue, refuse, return_, take
from tests.builders import NOON, some_tools
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.passes.applying import a_firm, an_applicant, an_application, an_officer
from tests.passes.signed_in import a_pass_of

pytestmark = pytest.mark.usefixtures("keys")


def a_firm_that_listens(session: Session) -> Actor:
    """Somebody of a firm with a server of its own."""
    firm = a_firm(session)
    lead = an_applicant(session, firm, role=Role.FIRM_LEAD)
    add_endpoint(session, lead, "https://example.com/", private=False, now=NOON)
    return an_applicant(session, firm)


def told(session: Session) -> list[tuple[str, dict[str, object]]]:
    """Kinds and subjects of the events in their order."""
    rows = session.execute(select(WebhookEvent.kind, WebhookEvent.subject).order_by(WebhookEvent.id))
    return [(row.kind, row.subject) for row in rows]


def taken(session: Session, actor: Actor) -> tuple[Application, Actor]:
    """An application of the firm in the hands of the officer who decides it."""
    application, officer = an_application(session, actor), an_officer(session)
    take(session, officer, application.id, now=NOON)
    return application, officer


def test_an_issued_application_is_told_with_its_number(session: Session) -> None:
    actor = a_firm_that_listens(session)
    application, officer = taken(session, actor)
    issued = issue(session, officer, application.id, some_tools(session), now=NOON)
    ((kind, subject),) = told(session)
    assert kind == "application.issued"
    assert subject == {
        "application": str(application.id),
        "slip": application.slip,
        "state": "issued",
        "number": issued.number,
        "batch": None,
    }
    assert str(application.plate) not in str(subject)


def test_returned_and_refused_applications_are_told(session: Session) -> None:
    actor = a_firm_that_listens(session)
    application, officer = taken(session, actor)
    return_(session, officer, application.id, {"goods": "请写明品名"}, now=NOON)
    application, officer = taken(session, actor)
    refuse(session, officer, application.id, RefuseReason.NOT_KEY_GOODS, "", now=NOON)
    assert [kind for kind, _ in told(session)] == ["application.returned", "application.refused"]


def test_changes_of_a_pass_are_told(session: Session) -> None:
    number = a_pass_of(session, a_firm_that_listens(session)).number
    for action, reason in (
        (PassAction.SUSPEND, PassReason.MISUSE),
        (PassAction.RESUME, None),
        (PassAction.REVOKE, PassReason.MISUSE),
    ):
        change_pass(session, COMMAND_LINE, number, action, reason=reason, now=NOON)
    assert told(session) == [
        ("pass.suspended", {"number": number, "state": "suspended"}),
        ("pass.resumed", {"number": number, "state": "live"}),
        ("pass.revoked", {"number": number, "state": "revoked"}),
    ]


def test_nobody_else_is_told(session: Session) -> None:
    a_firm_that_listens(session)
    stranger = an_applicant(session)
    application, officer = taken(session, stranger)
    issue(session, officer, application.id, some_tools(session), now=NOON)
    assert told(session) == []


def test_a_batch_that_cannot_be_read_is_told_with_its_state(session: Session) -> None:
    batch = send_file(session, a_firm_that_listens(session), b"no table at all", "a.csv", now=NOON)
    assert open_file(session, batch.id, now=NOON) is None
    assert told(session) == [
        ("batch.read", {"batch": str(batch.id), "slip": batch.slip, "state": "unreadable"})
    ]
