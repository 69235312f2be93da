"""Ticks and jobs of the passes: publishing changes, signing the audit's head."""

import json
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.public import AuditHead, chain_head
from foundation.jobs import every
from foundation.problems import DomainProblem
from passes.keys import list_key_file
from passes.signing import sign_jws
from passes.status import publish, status_kid
from passes.watches import drop_ended_watches
from passes.workshop import workshop

HOUR = 3600


@every(seconds=1)
def publish_status(session: Session, now: datetime) -> None:
    """Number what has committed."""
    publish(session, now=now)


@every(seconds=HOUR)
def forget_watches(session: Session, now: datetime) -> None:
    """Drop watches that are over."""
    drop_ended_watches(session, now=now)


@every(seconds=HOUR)
def sign_audit_head(session: Session, now: datetime) -> None:
    """Sign the newest seal: who keeps the head can prove later that nothing before it was changed."""
    position, head = chain_head(session)
    kid = status_kid(session)
    if not position or kid is None:
        return
    try:
        key = workshop().keys.get(list_key_file("status"))
    except DomainProblem:
        return
    content = {
        "format": "changtong-audit-head/1",
        "position": position,
        "hash": head.hex(),
        "at": now.isoformat(),
    }
    jws = sign_jws(key, kid, json.dumps(content).encode(), "changtong-audit-head+jws")
    row = {"position": position, "hash": head, "signed_at": now, "jws": jws}
    session.execute(insert(AuditHead).values(row).on_conflict_do_nothing())
