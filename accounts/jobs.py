"""What the room clears away by the clock."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from accounts.models import LoginAttempt, LoginSession, OneTimeCode
from accounts.rules import LOCK_WINDOW
from foundation.jobs import every

ENDED_FOR = timedelta(days=30)
"""How long an ended session stays readable after it ended, for questions about who was logged in where."""
SPENT_FOR = timedelta(days=1)


@every(seconds=3600)
def clear_away(session: Session, now: datetime) -> None:
    """Remove tries that no lock counts any more, codes that no longer work and sessions long ended."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - 2 * LOCK_WINDOW - SPENT_FOR))
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now - SPENT_FOR))
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now - ENDED_FOR))
