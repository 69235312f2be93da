"""Processes that `make run` starts beside the database: each in a process group of its own, none outlives us."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: the signal a process gets when the one that started it is gone."""
PATIENCE_SECONDS = 15.0
"""How long a child may take to finish its requests and jobs; a job that is cut off is done again."""


@contextmanager
def child(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child for the time of the block, stopped at its end with all the processes that it started.

    Its own process group keeps a Ctrl-C on the terminal from it: the order of stopping is ours.
    """
    process = subprocess.Popen(  # noqa: S603 - the words come from web.launch
        command, stdin=subprocess.DEVNULL, env=environ, process_group=0, preexec_fn=_die_with(os.getpid())
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_SECONDS)
    # What the child left behind, or the child itself when it did not want to go.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with(parent: int) -> Callable[[], None]:
    """The library is loaded before the fork, because between fork and exec as little as possible should happen."""
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # The parent may have died before the kernel knew that we care.
        if os.getppid() != parent:
            os._exit(1)

    return arrange
