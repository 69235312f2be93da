"""One embedded server for the run, migrated and loaded once; each test is rolled back, or gets a database of its own."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from foundation.database import db, transaction
from foundation.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer
from foundation.schema import upgrade
from foundation.settings import Settings
from seeds.reference_data import load_reference
from web.app import create_app

# How long one example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "changtong"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A short temporary folder for the server, keys and files of the run."""
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    # The account that runs the database must be able to look in; the data folder below it is private.
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[EmbeddedServer]:
    """The database server of the run."""
    with EmbeddedServer(home / "instance", durable=False) as running:
        yield running


def settings_for(server: EmbeddedServer, home: Path, database: str = TEMPLATE, **changes: str) -> Settings:
    """Settings of an app on one database of the test server."""
    return Settings.of(
        {
            "DATABASE_URL": server.dsn(APP_ROLE, database),
            "DATABASE_OWNER_URL": server.dsn(OWNER_ROLE, database),
            "INSTANCE_DIR": str(home / "instance"),
            "KEY_DIR": str(home / "keys" / database),
            "FONTS_DIR": str(ROOT / "frontend/node_modules/@embedpdf/fonts-sc/fonts"),
            "PUBLIC_URL": "https://ct.example.cn",
            "SECRET_KEY": "test",
            **changes,
        }
    )


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, home: Path) -> str:
    """The name of the migrated database with the reference data; nobody stays connected to it."""
    app = create_app(settings_for(server, home))
    upgrade(app)
    with app.app_context():
        with transaction() as session:
            load_reference(session)
        db.session.remove()
        db.engine.dispose()
    return TEMPLATE


@pytest.fixture(scope="session")
def app(server: EmbeddedServer, home: Path, template: str) -> Iterator[Flask]:
    """The product on a copy of the template; tests that use it are rolled back."""
    server.create_database("unit", template=template)
    made = create_app(settings_for(server, home, "unit"))
    made.testing = False
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session inside a transaction that is rolled back after the test; requests of `client` join it."""
    with app.app_context():
        # The mapping is the extension's own; a session binds to a connection as well as to an engine.
        engines = cast("dict[str | None, Engine | Connection]", db.engines)
        engine = db.engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection
        try:
            yield db.session()
        finally:
            db.session.remove()
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without scripts, in the transaction of the test."""
    del session
    return app.test_client()


@pytest.fixture
def clone(server: EmbeddedServer, home: Path, template: str) -> Iterator[Callable[..., Flask]]:
    """Makes apps on databases of their own, for tests with several connections or processes."""
    made: list[tuple[str, Flask]] = []

    def make(**changes: str) -> Flask:
        name = f"clone{next(_numbers)}"
        server.create_database(name, template=template)
        app = create_app(settings_for(server, home, name, **changes))
        made.append((name, app))
        return app

    yield make
    for name, app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        server.drop_database(name)


@pytest.fixture
def as_owner(server: EmbeddedServer) -> Callable[[str, str], None]:
    """Runs a statement as the role that owns the tables: `as_owner(database, statement)`."""

    def run(database: str, statement: str) -> None:
        engine = create_engine(server.url(OWNER_ROLE, database))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    return run
