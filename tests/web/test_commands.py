"""What whoever runs the server types: save, bring back, migrate, and the table of settings."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from accounts.models import Area
from accounts.permissions import SYSTEM
from audit.public import record, seal_pending, verify_chain
from foundation.clock import now as present
from foundation.database import db, transaction
from foundation.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer
from foundation.settings import TABLE, Settings
from seeds.reference_data import load_reference
from web.app import create_app
from web.commands import MADE_FROM_TABLE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def embedded() -> Iterator[Flask]:
    """An app with an embedded database of its own, which somebody else runs."""
    folder = Path(tempfile.mkdtemp(prefix="ct-save-"))
    folder.chmod(0o711)
    with EmbeddedServer(folder / "instance", durable=False):
        app = create_app(Settings.of({"INSTANCE_DIR": str(folder / "instance"), "SECRET_KEY": "test"}))
        assert app.test_cli_runner().invoke(args=["database", "migrate"]).exit_code == 0
        yield app
        forget(app)
    shutil.rmtree(folder)


def forget(app: Flask) -> None:
    """Give back all connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def run(app: Flask, *words: str) -> tuple[int, str]:
    answer = app.test_cli_runner().invoke(args=[str(word) for word in words])
    return answer.exit_code, answer.output


def remember(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        load_reference(session)
        record(session, SYSTEM, "key:make", "key", "all", now=present())
        seal_pending(session, now=present())


def kept(app: Flask) -> tuple[int, int, str | None]:
    """Areas, length of the audit's chain, and its first break."""
    with app.app_context():
        session = db.session()
        areas = session.scalar(select(func.count()).select_from(Area)) or 0
        report = verify_chain(session)
        session.rollback()
    return areas, report.length, report.what


def test_a_backup_brought_back_is_what_was_saved_and_still_protects_the_audit(
    embedded: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "changtong.dump"
    remember(embedded)
    before = kept(embedded)
    assert before[0] > 60
    assert run(embedded, "database", "backup", str(file))[0] == 0
    with embedded.app_context(), transaction() as session:
        session.execute(text("DELETE FROM goods_item"))
        record(session, SYSTEM, "key:make", "key", "later", now=present())
    status, said = run(embedded, "database", "restore", str(file))
    assert (status, "--yes" in said) == (1, True)
    assert kept(embedded) == before
    assert run(embedded, "database", "restore", str(file), "--yes")[0] == 0
    forget(embedded)
    assert kept(embedded) == before
    with embedded.app_context(), transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM goods_item")) > 0
        assert not session.scalar(
            text("SELECT has_table_privilege('audit_event', 'UPDATE, DELETE, TRUNCATE')")
        )
        session.execute(text("SELECT ensure_month_partitions(4)"))


def test_a_file_that_is_no_backup_costs_nothing(embedded: Flask, tmp_path: Path) -> None:
    file = tmp_path / "junk.dump"
    file.write_bytes(b"PGDMP junk")
    remember(embedded)
    before = kept(embedded)
    status, said = run(embedded, "database", "restore", str(file), "--yes")
    assert status == 1
    assert "pg_restore" in said
    assert "Traceback" not in said
    assert kept(embedded) == before


def test_a_server_of_ones_own_is_saved_and_brought_back_into_an_empty_database(
    clone: Callable[..., Flask], server: EmbeddedServer, tmp_path: Path
) -> None:
    file = tmp_path / "changtong.dump"
    app = clone()
    remember(app)
    before = kept(app)
    assert run(app, "database", "backup", str(file))[0] == 0
    status, said = run(app, "database", "restore", str(file), "--yes")
    assert (status, "not empty" in said) == (1, True)
    server.create_database("empty", template="template0")
    try:
        other = clone(
            DATABASE_URL=server.dsn(APP_ROLE, "empty"), DATABASE_OWNER_URL=server.dsn(OWNER_ROLE, "empty")
        )
        status, said = run(other, "database", "restore", str(file), "--yes")
        assert status == 0, said
        assert kept(other) == before
        forget(other)
    finally:
        server.drop_database("empty")


def test_migrating_twice_changes_nothing(clone: Callable[[], Flask]) -> None:
    app = clone()
    remember(app)
    before = kept(app)
    assert run(app, "database", "migrate")[0] == 0
    assert kept(app) == before


@pytest.mark.parametrize("name", MADE_FROM_TABLE)
def test_the_files_made_from_the_table_of_settings_are_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == MADE_FROM_TABLE[name](), "run: flask settings --write"


def test_the_table_of_settings_is_printed_whole(app: Flask) -> None:
    status, said = run(app, "settings")
    assert status == 0
    assert all(f"| `{setting.name}` |" in said for setting in TABLE)
