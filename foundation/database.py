"""The database: one session factory, one `transaction()`, and where the server is."""

import atexit
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from foundation.base import Base
from foundation.embedded import APP_ROLE, DATABASE, OWNER_ROLE, Server, serve_or_join
from foundation.settings import Settings

RESTED_SECONDS = 5.0
RECYCLE_SECONDS = 1800
"""Firewalls forget connections that are silent for longer."""

# Sessions that join a connection which already has a transaction (tests do that) use a savepoint of their own.
db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"join_transaction_mode": "create_savepoint"},
)


@contextmanager
def transaction() -> Iterator[Session]:
    """All or nothing: the one place that commits. Services are called inside it and never commit."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def psycopg_connection(session: Session) -> "psycopg.Connection[Any]":
    """The driver's connection under the session, inside the session's transaction."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 - narrows the type; the engine has one driver
    return raw


def advisory_lock(session: Session, name: str) -> None:
    """Hold the lock called `name` until the transaction ends; one process at a time gets past this."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def sqlalchemy_url(url: str) -> str:
    """The same server for SQLAlchemy with psycopg 3, whatever spelling of the scheme the setting has."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


class DatabaseSource:
    """Where the database is: the server the settings name, or our own, started when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: Server | None = None
        self._starting = threading.Lock()

    @property
    def embedded(self) -> bool:
        """Whether the application runs its own server."""
        return not self._settings.database_url

    def application_dsn(self) -> str:
        """Address with the role that owns nothing."""
        return self._settings.database_url or self._embedded_dsn(APP_ROLE)

    def owner_dsn(self) -> str:
        """Address with the role that owns the tables; the application's own when no owner is named."""
        return (
            self._settings.database_owner_url or self._settings.database_url or self._embedded_dsn(OWNER_ROLE)
        )

    def application_role(self) -> str:
        """The role the application logs in as."""
        return make_url(self.application_dsn()).username or APP_ROLE

    def _embedded_dsn(self, role: str) -> str:
        with self._starting:
            if self._server is None:
                # The server lives as long as the process that asked for it, unless another one owns it.
                keep = ExitStack()
                self._server = keep.enter_context(serve_or_join(self._settings.instance_dir))
                atexit.register(keep.close)
        return self._server.dsn(role, DATABASE)


def bind_database(app: Flask, settings: Settings) -> DatabaseSource:
    """Attach the session factory to the app; nothing connects before the first query."""
    source = DatabaseSource(settings)
    options: dict[str, Any] = {
        "pool_size": settings.threads + 2,
        "max_overflow": 4,
        "pool_recycle": RECYCLE_SECONDS,
        "pool_timeout": 10,
        "creator": lambda: psycopg.connect(_libpq(source.application_dsn()), connect_timeout=3),
    }
    app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg://"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.extensions["database_source"] = source
    db.init_app(app)
    with app.app_context():
        _ping_what_rested(db.engine)
    return source


def _ping_what_rested(engine: Engine) -> None:
    """Ask a connection that has lain idle whether it still lives; one in use a moment ago is trusted.

    A ping before every request would cost as much as a read. A server that went away meanwhile gives one request a
    503, and the pool then opens new connections.
    """

    @event.listens_for(engine, "checkin")
    def rest(connection: Any, record: ConnectionPoolEntry) -> None:
        del connection
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        del proxy
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < RESTED_SECONDS:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.OperationalError as gone:
            raise DisconnectionError from gone


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
