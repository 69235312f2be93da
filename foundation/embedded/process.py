"""Starting the server's processes so that none outlives us and all hold the lock."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO

from foundation.embedded.account import Account
from foundation.embedded.problems import EmbeddedServerError

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: the signal a process gets when the thread that started it is gone."""

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the server sees of our environment: no PG* variable of the caller reaches it."""


def _refuse_wrong_place() -> None:
    """The kernel ties the server's life to one thread of ours, so it must be the one that lives longest."""
    if not sys.platform.startswith("linux"):
        raise EmbeddedServerError(
            "platform",
            "The embedded database runs on Linux only.",
            "Set DATABASE_URL to a server of your own.",
        )
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServerError(
            "thread",
            "The embedded database was started outside the main thread.",
            "Start it before any thread.",
        )


def spawn(command: list[str], account: Account, *, lock: int, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process of the server: in a session of its own (a Ctrl-C on the terminal is ours to handle),
    stopped by the kernel when we die, with the lock's descriptor inherited by it and all its children.

    Raises EmbeddedServerError `platform` or `thread`.
    """
    _refuse_wrong_place()
    return subprocess.Popen(  # noqa: S603 - the words come from this package and the settings
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env=_ENVIRONMENT,
        pass_fds=(lock,),
        start_new_session=True,
        umask=0o077,
        user=account.switch_uid,
        group=account.switch_gid,
        extra_groups=account.switch_groups,
        preexec_fn=_die_with_parent(os.getpid()),
    )


def _die_with_parent(parent: int) -> Callable[[], None]:
    """Run after the change of user, which would clear the setting. The library is loaded beforehand, because
    between fork and exec as little as possible should happen."""
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        # The parent may have died before the kernel knew that we care.
        if os.getppid() != parent:
            os._exit(1)

    return arrange
