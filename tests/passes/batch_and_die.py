"""A child of the kill test: does the worker's part in a batch and kills itself after its k-th writing statement."""

import os
import signal
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import event

from foundation.database import db, transaction
from foundation.settings import Settings
from passes.batch_jobs import accept_batch, read_batch
from passes.batch_models import Batch
from passes.service import accepting, batch_reading
from web.app import create_app

PIECE = 2


def main(batch: str, actor: str, kill_after: int) -> None:
    """Read the batch, or accept it, as its state tells; die as told (0 = before the first)."""
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
            state = session.get_one(Batch, UUID(batch)).state
        db.session.remove()
    context = SimpleNamespace(additional_context={"app": app})
    job, more = (
        (read_batch, {})
        if state == "reading"
        else (accept_batch, {"actor_kind": "person", "actor_id": actor})
    )
    with patch.object(batch_reading, "READ_AT_ONCE", PIECE), patch.object(accepting, "ACCEPT_AT_ONCE", PIECE):
        job.task.func(context, batch=batch, **more)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
