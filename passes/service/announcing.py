"""What a firm's own server is told by webhook: results of applications, changes of passes, turns of batches.

Numbers, ids and states only; the same event of the audit tells it once.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.public import WebhookKind, announce
from passes.batch_models import Batch
from passes.models import Application, Pass
from passes.rules.moves import ApplicationState, PassAction

OF_APPLICATIONS: Mapping[str, WebhookKind] = {
    ApplicationState.RETURNED: WebhookKind.APPLICATION_RETURNED,
    ApplicationState.ISSUED: WebhookKind.APPLICATION_ISSUED,
    ApplicationState.REFUSED: WebhookKind.APPLICATION_REFUSED,
}
OF_PASSES: Mapping[PassAction, WebhookKind] = {
    PassAction.SUSPEND: WebhookKind.PASS_SUSPENDED,
    PassAction.RESUME: WebhookKind.PASS_RESUMED,
    PassAction.REVOKE: WebhookKind.PASS_REVOKED,
    PassAction.SURRENDER: WebhookKind.PASS_SURRENDERED,
    PassAction.SUPERSEDE: WebhookKind.PASS_SUPERSEDED,
    PassAction.AMEND: WebhookKind.PASS_AMENDED,
}


def announce_application(session: Session, found: Application, event: UUID, *, now: datetime) -> None:
    """The result of an application, once it has one."""
    kind = OF_APPLICATIONS.get(found.state)
    if kind is None:
        return
    subject = {
        "application": str(found.id),
        "slip": found.slip,
        "state": found.state,
        "number": found.pass_number,
        "batch": str(found.batch_id) if found.batch_id else None,
    }
    announce(session, found.firm_id, kind, subject, key=str(event), now=now)


def announce_pass(
    session: Session, found: Pass, action: PassAction, to: str, event: UUID, *, now: datetime
) -> None:
    """What was done with a pass after its issue, and the state it is in now."""
    subject = {"number": found.number, "state": str(to)}
    announce(session, found.firm_id, OF_PASSES[action], subject, key=str(event), now=now)


def announce_batch(session: Session, batch: Batch, kind: WebhookKind, event: UUID, *, now: datetime) -> None:
    """A batch was read, became applications, or was decided by a body."""
    subject = {"batch": str(batch.id), "slip": batch.slip, "state": batch.state}
    announce(session, batch.firm_id, kind, subject, key=str(event), now=now)
