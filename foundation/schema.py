"""Bringing the schema to the head and asking whether it is there. The one file that touches Flask-Migrate."""

from datetime import datetime
from pathlib import Path

import flask_migrate
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.database import db
from foundation.jobs import every

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


def ensure_partitions(session: Session) -> None:
    """Make the partitions of this month and the three after it, by the database's clock in UTC."""
    session.execute(text("SELECT ensure_month_partitions(3)"))


@every(seconds=3600)
def keep_partitions(session: Session, now: datetime) -> None:
    """A worker that runs for months meets months that were far away when it was started."""
    del now
    ensure_partitions(session)


def missing_partitions(session: Session) -> list[str]:
    """Tables of this month and the next that rows would fall past, into the default partition."""
    return list(session.scalars(text(_MISSING)))


_MISSING = """
    SELECT parent || '_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead), 'YYYYMM')
        AS name
    FROM unnest(ARRAY['scan', 'action']) parent, generate_series(0, 1) ahead
    EXCEPT SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    ORDER BY name
"""
