"""Bringing the schema to the head and asking whether it is there. The one file that touches Flask-Migrate."""

from pathlib import Path

import flask_migrate
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.database import db

FOLDER = Path(__file__).parent / "migrations"


def bind_migrations(app: Flask) -> None:
    """Give `flask db` its folder."""
    flask_migrate.Migrate(app, db, directory=str(FOLDER))


def upgrade(app: Flask) -> None:
    """Bring the database to the head; does nothing when it is there."""
    with app.app_context():
        flask_migrate.upgrade(directory=str(FOLDER))


def head() -> str:
    """The revision the code expects."""
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def at_head(session: Session) -> bool:
    """Whether the database is at the revision the code expects."""
    return bool(session.scalar(text("SELECT version_num FROM alembic_version")) == head())
