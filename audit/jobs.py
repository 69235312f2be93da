"""The sealer's tick."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.sealer import seal_pending
from foundation.jobs import every


@every(seconds=1)
def seal(session: Session, now: datetime) -> None:
    """Seal what has committed since the last tick."""
    seal_pending(session, now=now)
