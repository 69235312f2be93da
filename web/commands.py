"""`flask doctor | worker | settings | database`: what whoever runs the server needs at a shell."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from foundation import clock
from foundation.database import DatabaseSource, db, transaction
from foundation.embedded import (
    DATABASE,
    SUPERUSER,
    EmbeddedServerError,
    Server,
    backup,
    restore,
    serve_or_join,
)
from foundation.jobs import CONCURRENCY, run_worker
from foundation.schema import ensure_partitions, upgrade
from foundation.settings import Settings, as_dotenv, as_markdown
from web.health import DOCTOR, look

ROOT = Path(__file__).resolve().parent.parent
MADE_FROM_TABLE = {".env.example": as_dotenv, "docs/settings.md": as_markdown}
"""Files that a house test compares with the table of settings."""

database = AppGroup("database", help="Migrate, save and bring back the database.")


def register(app: Flask) -> None:
    """Give the app these commands."""
    for command in (doctor, worker, settings, database):
        app.cli.add_command(command)


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check everything that must hold, and say what to do about what does not (exit code 1)."""
    findings = list(look(db.session(), clock.now(), _settings(), DOCTOR))
    for finding in findings:
        click.echo(f"{finding.check:<12} {finding.problem or 'ok'}")
    failed = [finding for finding in findings if finding.problem]
    for finding in failed:
        click.echo(f"\n{finding.check}: {finding.remedy}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


@click.command("worker")
@click.option("--concurrency", default=CONCURRENCY, show_default=True, help="Jobs at the same time.")
@with_appcontext
def worker(concurrency: int) -> None:
    """Work off the jobs and keep the ticks, until Ctrl-C or SIGTERM."""
    # The app itself, and not the proxy of this context: jobs run in threads with contexts of their own.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy's documented method
    run_worker(app, concurrency=concurrency)


@click.command("settings")
@click.option("--write", is_flag=True, help="Write .env.example and docs/settings.md.")
def settings(write: bool) -> None:
    """Print the table of settings, or write the files that are made from it."""
    if not write:
        click.echo(as_markdown())
        return
    for name, make in MADE_FROM_TABLE.items():
        (ROOT / name).write_text(make())


@database.command("migrate")
def migrate() -> None:
    """Bring the database to the revision of the code, with its partitions; harmless when it is there."""
    upgrade(current_app)
    with transaction() as session:
        ensure_partitions(session)


@database.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save(file: Path) -> None:
    """Save the database to FILE while everything runs. The signing keys in KEY_DIR are saved apart from it."""
    with _told():
        if _source().embedded:
            with serve_or_join(_settings().instance_dir) as server:
                backup(server.dsn(SUPERUSER), file)
        else:
            backup(_source().owner_dsn(), file)
    click.echo(f"saved to {file}")


@database.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Yes, replace what is in the database now.")
def bring_back(file: Path, yes: bool) -> None:
    """Bring FILE back. The embedded database is replaced by it; a server named by DATABASE_URL must hold an
    empty database, which only its administrator can make."""
    if not yes:
        raise click.ClickException("this replaces what is in the database now; say --yes to do it")
    with _told():
        if _source().embedded:
            with serve_or_join(_settings().instance_dir) as server:
                _replace(server, file)
        else:
            restore(_source().owner_dsn(), file)
    click.echo(f"restored from {file}; restart what was running")


def _replace(server: Server, file: Path) -> None:
    """Beside the present database first, so that a broken file costs nothing."""
    beside = f"{DATABASE}_restoring"
    server.drop_database(beside)
    server.create_database(beside)
    restore(server.dsn(SUPERUSER, beside), file)
    server.replace_database(DATABASE, beside)


@contextmanager
def _told() -> Iterator[None]:
    """What is in the way is said in a line."""
    try:
        yield
    except EmbeddedServerError as problem:
        raise click.ClickException(str(problem)) from problem


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def _source() -> DatabaseSource:
    found: DatabaseSource = current_app.extensions["database_source"]
    return found
