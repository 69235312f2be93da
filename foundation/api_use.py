"""How often a program may ask: counted for each token and minute in the database, so one limit holds for all processes.

Every answer to a token says what is left, in the headers of draft-ietf-httpapi-ratelimit-headers-03, the version
that clients know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.jobs import every
from foundation.models import ApiUse
from foundation.problems import DomainProblem

MINUTE = timedelta(minutes=1)
KEPT_FOR = timedelta(hours=1)
UNCOUNTED = "_uncounted"
"""The mark of a view that may be asked as often as a day brings vehicles."""
# A count that a crash loses is no loss, and a commit that need not wait for the disk costs next to nothing.
COUNT = text(
    "INSERT INTO api_use (holder_id, minute, asked) "
    "SELECT :holder_id, :minute, 1 FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quick "
    "ON CONFLICT (holder_id, minute) DO UPDATE SET asked = api_use.asked + 1 RETURNING asked"
)


@dataclass(frozen=True)
class Use:
    """Where a token stands in the present minute; `reset` is in seconds."""

    limit: int
    asked: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The three headers every answer carries."""
        left = max(self.limit - self.asked, 0)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.reset),
        }


def count_use(session: Session, holder_id: UUID, limit: int, *, now: datetime) -> Use:
    """Count one request of a token in one statement."""
    minute = now.replace(second=0, microsecond=0)
    asked = session.execute(COUNT, {"holder_id": holder_id, "minute": minute}).scalar_one()
    # At least a second, so that whoever waits that long comes in the next minute.
    return Use(limit, asked, max(1, -((now - minute - MINUTE) // timedelta(seconds=1))))


@every(seconds=600)
def forget_use(session: Session, now: datetime) -> None:
    """Delete the counts of minutes long gone."""
    gone = delete(ApiUse).where(ApiUse.minute < now - KEPT_FOR)
    session.execute(gone.execution_options(synchronize_session=False))


def bind_use(app: Flask, *, prefix: str, per_minute: int, holder: Callable[[], UUID | None]) -> None:
    """Count each request below `prefix` once it is known who asks; `holder` gives the token of the request."""

    @app.before_request
    def count() -> None:
        g.api_use, g.api_holder = None, None
        if request.path.startswith(prefix):
            g.api_holder = holder()
            _count(g.api_holder, per_minute)

    @app.after_request
    def tell(response: Response) -> Response:
        use: Use | None = g.get("api_use")
        if use is not None:
            response.headers.update(use.headers)
        return response


def _count(holder_id: UUID | None, per_minute: int) -> None:
    """Raises `rate.limited` (fact `retry_after`, seconds) when the minute's requests are used up."""
    view = current_app.view_functions.get(request.endpoint or "")
    if holder_id is None or getattr(view, UNCOUNTED, False):
        return
    with transaction() as session:
        g.api_use = count_use(session, holder_id, per_minute, now=clock.now())
    if g.api_use.asked > per_minute:
        raise DomainProblem("rate.limited", retry_after=g.api_use.reset)
