"""The address of a running server, and what is asked of it as its superuser."""

from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER_ROLE = "changtong_owner"
"""Owns the database and its tables: migrations log in as this role."""
APP_ROLE = "changtong_app"
"""Owns nothing: the application logs in as this role."""
DATABASE = "changtong"
PORT = 5432
"""Part of the socket's file name only; nothing listens on the network."""


class Server:
    """A running embedded server, owned by this process or by another."""

    def __init__(self, socket_folder: Path) -> None:
        self.socket_folder = socket_folder

    def dsn(self, role: str = APP_ROLE, database: str = DATABASE) -> str:
        """The address for psycopg, pg_dump and everything else that stands on libpq."""
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{quote(role)}@:{PORT}/{quote(database)}?host={folder}"

    def url(self, role: str = APP_ROLE, database: str = DATABASE) -> str:
        """The same address for SQLAlchemy with psycopg 3."""
        return self.dsn(role, database).replace("postgresql:", "postgresql+psycopg:", 1)

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database of `OWNER_ROLE`: empty with the extensions, or a copy of `template`.

        Nobody may be connected to the template; psycopg's ObjectInUse and DuplicateDatabase come through.
        """
        command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template or "template1")
        )
        self._execute(command)

    def drop_database(self, name: str) -> None:
        """Drop it if it is there, ending the connections to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def replace_database(self, name: str, by: str) -> None:
        """Put the database `by` in the place of `name`, which is dropped with the connections to it."""
        self.drop_database(name)
        self._execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(by), sql.Identifier(name))
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[str, ...]]:
        """A connection of the superuser that commits each statement by itself."""
        return psycopg.connect(self.dsn(SUPERUSER, database), autocommit=True, connect_timeout=10)

    def started(self) -> str:
        """When the server was started, in its own words: equal for the same run of a server only."""
        with self.connect() as connection:
            row = connection.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::text").fetchone()
        return row[0] if row else ""

    def _execute(self, command: sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(command)
