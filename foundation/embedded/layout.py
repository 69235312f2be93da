"""The folders and files of one embedded server, and who may own them.

Below the instance folder: `postgres/` (data, lock, state, copied programs) and `logs/postgres/`. The socket
is elsewhere: the address of a Unix socket holds at most 107 bytes, and an instance path may be longer.
"""

import hashlib
import os
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foundation.embedded.account import Account, name_of
from foundation.embedded.problems import EmbeddedServerError

SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET = 107
_KEPT_LOGS = 10
_REACH_TRIES = 5
_REACH_PAUSE = 0.05
_MOVE = "Run this as that user, or set INSTANCE_DIR to a folder of your own."


@dataclass(frozen=True)
class Layout:
    """Where everything of one instance is; nothing is touched by asking."""

    instance: Path

    @property
    def home(self) -> Path:
        """The folder of the server inside the instance folder."""
        return self.instance / "postgres"

    @property
    def data(self) -> Path:
        """PGDATA, there only once initdb has finished."""
        return self.home / "data"

    @property
    def new_data(self) -> Path:
        """Where initdb works; whatever is found here was interrupted and is worth nothing."""
        return self.home / "data.new"

    @property
    def lock(self) -> Path:
        """Locked as long as any process of the server lives."""
        return self.home / "lock"

    @property
    def in_use(self) -> Path:
        """Locked, shared, by every process that has joined."""
        return self.home / "in-use"

    @property
    def state(self) -> Path:
        """How to reach the running server."""
        return self.home / "state.json"

    @property
    def logs(self) -> Path:
        """The server's own log files."""
        return self.instance / "logs" / "postgres"

    @property
    def start_log(self) -> Path:
        """What the last start wrote before the server opened its own log."""
        return self.home / "start.log"

    @property
    def socket_folder(self) -> Path:
        """A short folder that always has the same name for the same user and instance, so that pools find a
        server that was started again."""
        digest = hashlib.sha256(os.fsencode(self.instance)).hexdigest()[:12]
        name = f"changtong-{os.geteuid()}-{digest}"
        return _socket_parent(name) / name


def _socket_parent(name: str) -> Path:
    """The user's runtime folder where there is one; root's own is closed to the server's account."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    fits = len(os.fsencode(runtime / name / SOCKET_NAME)) <= _LONGEST_SOCKET
    usable = os.geteuid() != 0 and runtime.is_absolute() and fits and os.access(runtime, os.W_OK)
    if usable and runtime.stat().st_uid == os.geteuid():
        return runtime
    return Path("/tmp")  # noqa: S108 - the folder made here is private and refused when it is another's


def make_folders(layout: Layout, account: Account) -> None:
    """Make what is missing; the mode and owner of what somebody else made stay as they are.

    Raises EmbeddedServerError `folder.closed`, `folder.foreign` or `folder.unreachable`.
    """
    try:
        for folder in (*reversed(layout.home.parents), layout.home, layout.logs.parent):
            _make(folder, 0o711)
        _make_for(layout.logs, account)
    except OSError as error:
        raise EmbeddedServerError(
            "folder.closed", f"The folder {layout.instance} cannot be used: {error.strerror}.", _MOVE
        ) from error
    _refuse_foreign(layout, account)
    _refuse_unreachable(layout, account)


def _make(folder: Path, mode: int) -> None:
    """Make a folder that is not there, with this mode in spite of the umask; one that is there is kept."""
    if folder.is_dir():
        return
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(mode)


def _make_for(folder: Path, account: Account) -> None:
    """A folder that was there and is root's own was made by a root process killed before the next line."""
    _make(folder, 0o700)
    if not account.is_ours and folder.lstat().st_uid == os.geteuid():
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _refuse_foreign(layout: Layout, account: Account) -> None:
    ours = {os.geteuid(), account.uid}
    for path in (layout.home, layout.lock, layout.data, layout.new_data, layout.logs):
        if os.path.lexists(path) and path.lstat().st_uid not in ours:
            owner = name_of(path.lstat().st_uid)
            raise EmbeddedServerError(
                "folder.foreign",
                f"{path} belongs to {owner} and is left alone.",
                _MOVE,
            )


def _refuse_unreachable(layout: Layout, account: Account) -> None:
    for _ in range(_REACH_TRIES):
        if account.is_ours or account.may("-w", layout.logs):
            return
        # Another process may have made a folder just now and be about to open it.
        time.sleep(_REACH_PAUSE)
    raise EmbeddedServerError(
        "folder.unreachable",
        f"Root cannot run PostgreSQL, and {account.name}, who does, cannot enter {layout.instance}.",
        "Set INSTANCE_DIR to a folder that every user can pass through, such as /var/lib/changtong.",
    )


def make_data_folder(layout: Layout, account: Account) -> None:
    """An empty folder for initdb, whatever an interrupted one left behind."""
    shutil.rmtree(layout.new_data, ignore_errors=True)
    _make_for(layout.new_data, account)


def keep_data_folder(layout: Layout) -> None:
    """The finished folder gets its name, for good: the parent is flushed too."""
    layout.new_data.rename(layout.data)
    descriptor = os.open(layout.home, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_socket_folder(layout: Layout, account: Account) -> None:
    """An empty private folder for the socket; one that exists must be ours and closed to all others.

    Only for the holder of the lock, who knows that a socket found in it is a dead server's.
    Raises EmbeddedServerError `socket.foreign`.
    """
    folder = layout.socket_folder
    _make_for(folder, account)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedServerError(
            "socket.foreign",
            f"{folder}, where the socket of the database belongs, was made by somebody else.",
            "Find out by whom, remove it, and start again.",
        )
    for left in folder.iterdir():
        left.unlink()


def clear_leftovers(layout: Layout) -> None:
    """Remove what a killed server left. Only for the holder of the lock, who knows that none is alive: the
    process number in such a file may long be another's."""
    layout.state.unlink(missing_ok=True)
    (layout.data / "postmaster.pid").unlink(missing_ok=True)


def remove_socket_folder(layout: Layout) -> None:
    """Leave nothing in the shared temporary folder; only after `make_socket_folder` found it to be ours."""
    shutil.rmtree(layout.socket_folder, ignore_errors=True)


def drop_old_logs(layout: Layout) -> None:
    """The server starts a new file by size and by day and never removes one; the newest are kept."""
    names = sorted(layout.logs.glob("*.log"))
    for old in names[:-_KEPT_LOGS]:
        old.unlink(missing_ok=True)
