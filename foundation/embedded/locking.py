"""The two locks of an instance, and the small file that says how to reach the server.

`lock` is held by every process of the server, through a descriptor that each inherits: when it is free, none
is alive, whatever any file with a process number says. `in-use` is held, shared, by those who joined a server
that belongs to a passing command, so that this command does not stop the server under them. Both are given
back by the kernel when a process dies.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from foundation.embedded.problems import EmbeddedServerError


@dataclass(frozen=True)
class Running:
    """A running server: its socket folder, and its start as the server itself tells it, which no other
    server shares."""

    socket_folder: str
    started: str


def try_lock(path: Path, kind: int) -> int | None:
    """A descriptor that holds the lock (`fcntl.LOCK_EX` or `LOCK_SH`), or None when another holds it.

    Raises EmbeddedServerError `folder.closed` when the file belongs to somebody else.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def wait_for_lock(path: Path) -> int:
    """A descriptor that holds the lock alone, once all others have given it back."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise EmbeddedServerError(
            "folder.closed",
            f"{path} cannot be opened: {error.strerror}.",
            "Run this as the user who runs the database, or set INSTANCE_DIR to a folder of your own.",
        ) from error


def announce(path: Path, running: Running) -> None:
    """Tell others how to reach the server; the file is there whole or not at all."""
    half = path.with_suffix(".new")
    half.write_text(json.dumps(asdict(running)))
    half.replace(path)


def announced(path: Path) -> Running | None:
    """What the file says. It may speak of a server that is gone: compare `started` with the server's own."""
    try:
        return Running(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
