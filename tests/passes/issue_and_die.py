"""A child of the kill test: decides one application and kills itself after its k-th writing statement."""

import os
import signal
import sys
from typing import Any
from uuid import UUID

from sqlalchemy import event

from accounts.permissions import Actor, ActorKind, Role, permissions_of
from foundation.database import db, transaction
from foundation.settings import Settings
from passes.service import reviewing
from tests.builders import NOON, some_tools
from web.app import create_app


def main(officer: str, body: str, application: str, kill_after: int) -> None:
    """Issue; die as told (0 = before the first)."""
    app = create_app(Settings.from_env())
    actor = Actor(ActorKind.PERSON, UUID(officer), permissions_of([Role.ISSUING_OFFICER]), body_id=UUID(body))
    with app.app_context():
        done = -1

        @event.listens_for(db.engine, "before_cursor_execute")
        def count(*arguments: Any) -> None:
            nonlocal done
            done += not str(arguments[2]).lstrip().upper().startswith("SELECT")
            if done >= kill_after:
                os.kill(os.getpid(), signal.SIGKILL)

        with transaction() as session:
            reviewing.issue(session, actor, UUID(application), some_tools(session), now=NOON)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
