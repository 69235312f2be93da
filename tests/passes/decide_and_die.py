"""A child of the kill test: a worker that kills itself after its k-th decision of a batch, before or after it commits."""

import os
import signal
import sys
from datetime import datetime
from typing import Any
from unittest.mock import patch

from foundation import clock
from foundation.jobs import work_off
from foundation.settings import Settings
from passes import deciding_jobs
from web.app import create_app


def main(kill_at: int, before_commit: bool, now: datetime) -> None:
    """Work; die as told."""
    decided = 0
    count, decide = deciding_jobs._count, deciding_jobs._decide_one

    def count_or_die(*arguments: Any, **more: Any) -> None:
        nonlocal decided
        decided += 1
        count(*arguments, **more)
        if before_commit and decided == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def decide_or_die(*arguments: Any) -> None:
        decide(*arguments)
        if decided == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with (
        patch.object(deciding_jobs, "_count", count_or_die),
        patch.object(deciding_jobs, "_decide_one", decide_or_die),
        patch.object(clock, "now", lambda: now),
    ):
        work_off(create_app(Settings.from_env()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "before", datetime.fromisoformat(sys.argv[3]))
