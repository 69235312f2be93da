"""The owner of a server: starts it, watches it, stops it."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from foundation.embedded.account import Account, serving_account
from foundation.embedded.binaries import programs_for
from foundation.embedded.cluster import ensure_contents, last_lines, make_cluster, server_command
from foundation.embedded.layout import (
    Layout,
    clear_leftovers,
    drop_old_logs,
    make_folders,
    make_socket_folder,
    remove_socket_folder,
)
from foundation.embedded.locking import Running, announce, try_lock
from foundation.embedded.problems import EmbeddedServerError
from foundation.embedded.process import spawn
from foundation.embedded.server import Server

_POLL = 0.005
_PATIENCE_WITH_OTHERS = 30.0
_PATIENCE_WITH_START = 300.0
"""Seconds: after a crash the server first replays its log, which is long only where much was written."""
_STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Fast shutdown, then immediate, then by force, each with the seconds it is given."""


class EmbeddedServer(Server):
    """A PostgreSQL server below `instance_dir` that lives as a child of this process.

    `settings` are PostgreSQL settings that win over the built-in ones; `durable=False` gives up safety
    against a power cut, for tests. Handling SIGTERM and SIGINT is left to the caller, who calls `stop()`.
    """

    def __init__(
        self, instance_dir: Path, *, settings: Mapping[str, str] | None = None, durable: bool = True
    ) -> None:
        self._layout = Layout(Path(os.path.realpath(instance_dir)))
        self._settings = dict(settings or {})
        self._durable = durable
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_is_ours = False
        self._started_by = 0
        super().__init__(self._layout.socket_folder)

    def start(self, patience: float = _PATIENCE_WITH_OTHERS) -> None:
        """Become the owner and run the server; returns when it takes connections and has its roles,
        extensions and database. Waits up to `patience` seconds for a server that is just being stopped.

        Raises EmbeddedServerError: `held` when another process keeps the folder, or whatever is in the way.
        """
        deadline = time.monotonic() + patience
        account = self.prepare()
        while not self.start_if_free(account):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    "held",
                    f"Another process runs the database in {self._layout.instance}.",
                    "Stop that one first, or set INSTANCE_DIR to another folder.",
                )
            time.sleep(_POLL)

    def prepare(self) -> Account:
        """Make the folders and say who will run the server; raises EmbeddedServerError when nobody can."""
        account = serving_account()
        make_folders(self._layout, account)
        return account

    def start_if_free(self, account: Account) -> bool:
        """Like `start`, but False at once when another process runs the database of this folder."""
        if self._process is not None and self._process.poll() is None:
            return True
        self.stop()
        self._lock = try_lock(self._layout.lock, fcntl.LOCK_EX)
        if self._lock is None:
            return False
        self._started_by = os.getpid()
        try:
            self._run(account, self._lock)
        except BaseException:
            self.stop()
            raise
        return True

    def _run(self, account: Account, lock: int) -> None:
        layout = self._layout
        clear_leftovers(layout)
        drop_old_logs(layout)
        programs = programs_for(account, layout.home)
        make_cluster(layout, account, programs, lock=lock, durable=self._durable)
        make_socket_folder(layout, account)
        self._socket_is_ours = True
        command = server_command(layout, programs, durable=self._durable, settings=self._settings)
        with layout.start_log.open("wb") as output:
            self._process = spawn(command, account, lock=lock, output=output)
        self._wait_until_ready(self._process)
        ensure_contents(self)
        announce(layout.state, Running(str(self.socket_folder), self.started()))

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE_WITH_START
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedServerError(
                    "start",
                    f"PostgreSQL did not start: {last_lines(self._layout)}",
                    f"More is in {self._layout.logs}.",
                )
            time.sleep(_POLL)

    def _is_ready(self) -> bool:
        """The eighth line of postmaster.pid is the server's own word about itself (pg_ctl reads it too)."""
        try:
            lines = (self._layout.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def poll(self) -> int | None:
        """None while the server runs; its exit status once it has ended, -1 when it was never started."""
        return -1 if self._process is None else self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, once the server ends; subprocess.TimeoutExpired after `timeout` seconds."""
        return -1 if self._process is None else self._process.wait(timeout)

    @property
    def instance_dir(self) -> Path:
        """The folder it lives in, free of symbolic links."""
        return self._layout.instance

    @property
    def pid(self) -> int | None:
        """The process number of the postmaster."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Stop the server and give the folder back. May be called at any time and again; a forked copy of
        this object does nothing, because the server is not its child."""
        if self._lock is None or self._started_by != os.getpid():
            return
        self._stop_process()
        clear_leftovers(self._layout)
        if self._socket_is_ours:
            remove_socket_folder(self._layout)
        # Closed, not unlocked: unlocking would also take the lock from a process that is still dying.
        os.close(self._lock)
        self._lock, self._socket_is_ours = None, False

    def _stop_process(self) -> None:
        """An interrupt in here leaves everything as it is, so that `stop` may be called again."""
        for how, seconds in _STOPS:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
