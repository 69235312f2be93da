"""A child of the kill test: a worker that kills itself when it begins the second piece of an order of sheets."""

import os
import signal
import sys
from typing import Any
from unittest.mock import patch

from foundation.jobs import work_off
from foundation.settings import Settings
from passes import sheet_jobs
from passes.service.sheets import print_sheets
from web.app import create_app


def main(piece: int) -> None:
    """Work; die as told."""
    begun = 0

    def print_or_die(*arguments: Any, **more: Any) -> bytes:
        nonlocal begun
        begun += 1
        content = print_sheets(*arguments, **more)
        if begun == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return content

    with patch.object(sheet_jobs, "PIECE", piece), patch.object(sheet_jobs, "print_sheets", print_or_die):
        work_off(create_app(Settings.from_env()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
