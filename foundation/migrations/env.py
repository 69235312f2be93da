"""Migrations run as the role that owns the tables, then the application's role is given its rights."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import create_engine

from foundation.base import Base
from foundation.database import DatabaseSource, sqlalchemy_url
from foundation.migrations.rights import grant_rights

OTHERS = ("procrastinate_",)
MADE_BY_HAND = ("scan_", "action_")
"""Partitions are made at start and by a job, not by migrations."""


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out the job library's tables and the partitions."""
    del thing, reflected, compare_to
    return not (kind == "table" and name and (name.startswith(OTHERS) or _is_partition(name)))


def _is_partition(name: str) -> bool:
    return name.startswith(MADE_BY_HAND) and (name[-6:].isdigit() or name.endswith("_default"))


def run() -> None:
    """Bring the database to the head, in one transaction."""
    source: DatabaseSource = current_app.extensions["database_source"]
    engine = create_engine(sqlalchemy_url(source.owner_dsn()))
    with engine.begin() as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, include_object=ours, compare_type=True
        )
        context.run_migrations()
        grant_rights(connection, source.application_role())
    engine.dispose()


run()
