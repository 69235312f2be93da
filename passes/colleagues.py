"""What somebody has going on for a firm in this room: passes that hold a vehicle, applications that are open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.public import WORK_SHOWN, Work, WorkRow, shows_work
from foundation.i18n import lazy_gettext as _
from passes.models import Application, Pass
from passes.queries import HOLDING
from passes.rules import ApplicationState, PassState
from passes.words import PASS_STATE_WORDS, STATE_WORDS

OPEN = [
    str(state)
    for state in (
        ApplicationState.DRAFT,
        ApplicationState.SUBMITTED,
        ApplicationState.IN_REVIEW,
        ApplicationState.RETURNED,
    )
]


@shows_work
def applications_of(session: Session, firm_id: UUID, person_id: UUID, now: datetime) -> Work:
    """Applications the person began for the firm that nobody has decided."""
    del now
    own = (Application.firm_id == firm_id, Application.person_id == person_id, Application.state.in_(OPEN))
    newest = select(Application).where(*own).order_by(Application.id.desc()).limit(WORK_SHOWN)
    rows = [
        WorkRow(
            row.plate or row.slip,
            url_for("passes.own_application", application_id=row.id),
            row.state,
            STATE_WORDS[ApplicationState(row.state)],
        )
        for row in session.scalars(newest)
    ]
    return Work(_("未办结的申请"), _count(session, select(Application.id).where(*own)), rows)


@shows_work
def passes_of(session: Session, firm_id: UUID, person_id: UUID, now: datetime) -> Work:
    """Passes the person applied for that hold a vehicle now or later."""
    own = (
        Pass.firm_id == firm_id,
        Pass.person_id == person_id,
        Pass.state.in_(HOLDING),
        func.upper(Pass.validity) > now,
    )
    newest = select(Pass).where(*own).order_by(Pass.number.desc()).limit(WORK_SHOWN)
    rows = [
        WorkRow(
            row.plate,
            url_for("passes.pass_page", number=row.number),
            row.state,
            PASS_STATE_WORDS[PassState(row.state)],
        )
        for row in session.scalars(newest)
    ]
    return Work(_("有效期内的通行证"), _count(session, select(Pass.number).where(*own)), rows)


def _count(session: Session, found: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
