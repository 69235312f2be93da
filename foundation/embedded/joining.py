"""Use the server that runs, or run one for as long as it is needed."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from foundation.embedded.account import Account
from foundation.embedded.layout import Layout
from foundation.embedded.locking import announced, try_lock, wait_for_lock
from foundation.embedded.problems import EmbeddedServerError
from foundation.embedded.server import Server
from foundation.embedded.supervisor import EmbeddedServer

_POLL = 0.02
_PATIENCE = 60.0


@contextmanager
def serve_or_join(
    instance_dir: Path,
    *,
    settings: Mapping[str, str] | None = None,
    durable: bool = True,
    patience: float = _PATIENCE,
) -> Iterator[Server]:
    """A server for the time of the block: the one that runs, or one of our own that is stopped at the end,
    as soon as those who joined it meanwhile have left.

    `settings` and `durable` matter only if the server is ours. Raises EmbeddedServerError `no_answer` when
    somebody holds the folder for `patience` seconds and no server answers, or what `EmbeddedServer` raises.
    """
    own = EmbeddedServer(instance_dir, settings=settings, durable=durable)
    account = own.prepare()
    layout = Layout(Path(os.path.realpath(instance_dir)))
    deadline = time.monotonic() + patience
    with ExitStack() as stack:
        while (server := _serve(own, account, layout, stack) or _join(layout, stack)) is None:
            if time.monotonic() > deadline:
                raise _no_answer(layout)
            time.sleep(_POLL)
        yield server


def _serve(own: EmbeddedServer, account: Account, layout: Layout, stack: ExitStack) -> Server | None:
    if not own.start_if_free(account):
        return None
    stack.callback(_stop_when_unused, own, layout)
    return own


def _stop_when_unused(own: EmbeddedServer, layout: Layout) -> None:
    """From the last joiner's end until the server is down nobody can join; a new command then runs its own.

    An interrupt ends the waiting and stops the server at once.
    """
    with ExitStack() as stack:
        try:
            stack.callback(os.close, wait_for_lock(layout.in_use))
        finally:
            own.stop()


def _join(layout: Layout, stack: ExitStack) -> Server | None:
    """The running server, kept from being stopped by a passing owner; None while it comes or goes."""
    in_use = try_lock(layout.in_use, fcntl.LOCK_SH)
    if in_use is None:
        return None
    server = _answering(layout)
    if server is None:
        os.close(in_use)
        return None
    stack.callback(os.close, in_use)
    return server


def _answering(layout: Layout) -> Server | None:
    """The announced server, if it is really that one which answers."""
    running = announced(layout.state)
    if running is None:
        return None
    server = Server(Path(running.socket_folder))
    try:
        return server if server.started() == running.started else None
    except psycopg.OperationalError:
        return None


def _no_answer(layout: Layout) -> EmbeddedServerError:
    return EmbeddedServerError(
        "no_answer",
        f"Somebody runs the database in {layout.instance}, but it does not answer.",
        f"Look into {layout.logs}, stop the process that holds {layout.lock}, and try again.",
    )
