"""`make run`: the database, its contents, the web server and the worker, started in order and stopped in reverse.

One process owns the others. What ends unasked ends everything, with a status other than 0, so that whatever
supervises `make run` starts it again as a whole; Ctrl-C and SIGTERM end it with status 0.
"""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click
from sqlalchemy import exists, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM
from accounts.public import Firm
from foundation import clock
from foundation.database import db, transaction
from foundation.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer, EmbeddedServerError
from foundation.problems import DomainProblem
from foundation.schema import ensure_partitions, upgrade
from foundation.settings import Settings, gather
from passes.public import ensure_keys, list_key_file, sign_trust, workshop
from seeds.demo import LOGINS, PASSWORD, load_demo
from seeds.reference_data import load_reference
from web.app import create_app
from web.children import child

ROOT = Path(__file__).resolve().parent.parent
BACKLOG = 1024
"""Open connections a process of the web server holds; browsers keep theirs open, so it is not a count of requests."""
PATIENCE_WITH_PREDECESSOR = 3.0
"""Seconds for a run that is just stopping to give the instance and the port back."""
PATIENCE_WITH_START = 60.0
LOOK_SECONDS = 0.1

Children = Mapping[str, subprocess.Popen[bytes]]


class Stopped(BaseException):
    """Somebody asked us to stop: not a failure."""


class CannotRunError(Exception):
    """Why it cannot run, in one line for the person at the keyboard."""


def main() -> int:
    """Run until told to stop; the exit status."""
    os.chdir(ROOT)
    for how in (signal.SIGINT, signal.SIGTERM):
        signal.signal(how, _stop)
    try:
        run(dict(os.environ))
    except Stopped:
        click.echo("stopped")
        return 0
    except (CannotRunError, EmbeddedServerError, ValueError) as problem:
        click.echo(f"cannot run: {problem}", err=True)
    except OperationalError:
        # The message of the driver may hold the password of the address.
        click.echo(
            "cannot run: the database does not answer; look at DATABASE_URL and DATABASE_OWNER_URL", err=True
        )
    return 1


def _stop(number: int, frame: FrameType | None) -> None:
    """The first request counts; a second Ctrl-C must not tear the clearing up that the first began."""
    del number, frame
    for how in (signal.SIGINT, signal.SIGTERM):
        signal.signal(how, signal.SIG_IGN)
    raise Stopped


def run(environ: dict[str, str]) -> None:
    """Start everything and watch it. Raises `Stopped` when asked to stop, `CannotRunError` when something is in the way."""
    given = gather(environ)
    settings = Settings.of(given)
    free_port(settings)
    with database(settings) as (addresses, server):
        demo = prepare(Settings.of({**given, **addresses}), wants_demo(given))
        environ = {**environ, **addresses, "DEMO": "1" if demo else "0"}
        with child(worker_command(), environ) as worker, child(web_command(settings), environ) as web:
            children = {"worker": worker, "web server": web}
            wait_until_ready(settings, children, server)
            announce(settings, demo=demo)
            while True:
                watch(children, server)
                time.sleep(LOOK_SECONDS)


def free_port(settings: Settings) -> None:
    """Raises `CannotRunError` when another program listens on the port."""
    deadline = time.monotonic() + PATIENCE_WITH_PREDECESSOR
    while _in_use(settings):
        if time.monotonic() > deadline:
            words = f"port {settings.port} of {settings.host} is in use; stop what uses it, or set PORT"
            raise CannotRunError(words)
        time.sleep(LOOK_SECONDS)


def _in_use(settings: Settings) -> bool:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return True
    return False


@contextmanager
def database(settings: Settings) -> Iterator[tuple[dict[str, str], EmbeddedServer | None]]:
    """The addresses of the database for everything we start, and the server if it is our own."""
    if settings.database_url:
        yield {}, None
        return
    server = EmbeddedServer(settings.instance_dir)
    try:
        server.start(PATIENCE_WITH_PREDECESSOR)
        yield {"DATABASE_URL": server.dsn(APP_ROLE), "DATABASE_OWNER_URL": server.dsn(OWNER_ROLE)}, server
    finally:
        server.stop()


def wants_demo(given: Mapping[str, str]) -> bool:
    """Demo data goes into our own database unless DEMO=0, and into another one only with DEMO=1."""
    settings = Settings.of(given)
    return settings.demo or not (given.get("DEMO") or settings.database_url)


def prepare(settings: Settings, demo: bool) -> bool:
    """Bring the database to what the code expects; returns whether its pages must say that this is a demo."""
    app = create_app(settings)
    upgrade(app)
    with app.app_context():
        with transaction() as session:
            load_reference(session)
            ensure_partitions(session)
            _make_keys(session, settings)
            shown, load = demo_world(session, wanted=demo)
        db.session.remove()
        db.engine.dispose()
    if load:
        load_demo(app)
    return shown


def _make_keys(session: Session, settings: Settings) -> None:
    """Keys where there are none, and a trust list that names them; the private root key may lie elsewhere."""
    now = clock.now()
    ensure_keys(session, SYSTEM, settings.key_dir, now=now)
    with suppress(DomainProblem):
        sign_trust(session, SYSTEM, workshop().keys.get(list_key_file("root")), settings.public_url, now=now)


def demo_world(session: Session, *, wanted: bool) -> tuple[bool, bool]:
    """Whether the pages speak of a demo, and whether its data is (re)loaded: never beside a firm that is real."""
    real, made_up = (session.scalar(select(exists().where(Firm.demo.is_(demo)))) for demo in (False, True))
    if wanted and real and not made_up:
        click.echo("no demo data: this database holds real firms", err=True)
    return wanted and (bool(made_up) or not real), wanted and not real


def web_command(settings: Settings) -> list[str]:
    """The words that start the web server."""
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app", "--no-ws", "--no-access-log"]
    words += ["--host", settings.host, "--port", str(settings.port), "--workers", str(settings.workers)]
    words += ["--blocking-threads", str(settings.threads), "--log-level", "warning"]
    words += ["--backlog", str(BACKLOG * settings.workers), "--backpressure", str(BACKLOG)]
    words += ["--workers-kill-timeout", "10"]
    if settings.tls_cert:
        # Phones of the roadside speak no newer version than 1.2.
        words += ["--ssl-certificate", settings.tls_cert, "--ssl-keyfile", settings.tls_key]
        words += ["--ssl-protocol-min", "tls1.2"]
    return words


def worker_command() -> list[str]:
    """The words that start the worker."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]


def watch(children: Children, server: EmbeddedServer | None) -> None:
    """Raises `CannotRunError` when something has ended that nobody stopped."""
    ended = {name: process.poll() for name, process in children.items()}
    if server is not None:
        ended["database"] = server.poll()
    for name, status in ended.items():
        if status is not None:
            raise CannotRunError(
                f"the {name} ended by itself with status {status}; everything else was stopped"
            )


def wait_until_ready(settings: Settings, children: Children, server: EmbeddedServer | None) -> None:
    """Returns when the web server answers; raises `CannotRunError` when something ended or it takes too long."""
    deadline = time.monotonic() + PATIENCE_WITH_START
    while not _answers(settings):
        watch(children, server)
        if time.monotonic() > deadline:
            raise CannotRunError(f"the web server does not answer on port {settings.port}")
        time.sleep(LOOK_SECONDS)


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    if settings.tls_cert:
        connection = http.client.HTTPSConnection(host, settings.port, timeout=2, context=_trusting())
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _trusting() -> ssl.SSLContext:
    """Our own server on this machine is asked whether it lives; its certificate names another host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def announce(settings: Settings, *, demo: bool) -> None:
    """Say where it is, and in a demo who may log in."""
    click.echo(f"\n  {settings.public_url}/\n")
    if demo:
        click.echo(f"  A demo: all of it is made up. The password of every login is {PASSWORD}\n")
        for login in LOGINS:
            click.echo(f"  {login.login:<14}{login.about}")
        click.echo("")
    click.echo("  Ctrl-C stops everything.\n")


if __name__ == "__main__":
    sys.exit(main())
