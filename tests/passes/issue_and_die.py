"""A child of the kill test: issues one pass and kills itself after its k-th writing statement (0 = before the first)."""

import os
import signal
import sys
from typing import Any

from sqlalchemy import event

from foundation.database import db, transaction
from foundation.settings import Settings
from tests.builders import an_issued_pass
from web.app import create_app


def main(plate: str, kill_after: int) -> None:
    """Issue; die as told."""
    app = create_app(Settings.from_env())
    with app.app_context():
        done = -1

        @event.listens_for(db.engine, "before_cursor_execute")
        def count(*arguments: Any) -> None:
            nonlocal done
            done += not str(arguments[2]).lstrip().upper().startswith("SELECT")
            if done >= kill_after:
                os.kill(os.getpid(), signal.SIGKILL)

        with transaction() as session:
            an_issued_pass(session, plate=plate)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
