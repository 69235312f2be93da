"""A child of the test of a killed worker: a worker that kills itself in the third step of gathering holders."""

import os
import signal
from typing import Any
from unittest.mock import patch

from foundation.jobs import work_off
from foundation.settings import Settings
from passes import notice_gathering, notice_jobs
from web.app import create_app

STEP = 10


def main() -> None:
    """Work; die as told."""
    gather, begun = notice_gathering.gather_step, 0

    def gather_or_die(*arguments: Any, **more: Any) -> None:
        nonlocal begun
        begun += 1
        gather(*arguments, **more)
        if begun == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    with (
        patch.object(notice_gathering, "STEP", STEP),
        patch.object(notice_jobs, "gather_step", gather_or_die),
    ):
        work_off(create_app(Settings.from_env()))


if __name__ == "__main__":
    main()
