"""`/readyz` and `flask doctor`: each thing that can be wrong is found, and comes with what to do about it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM
from audit.public import record, seal_pending
from foundation.clock import now as present
from foundation.database import db, transaction
from foundation.jobs import note_worker
from foundation.settings import Settings
from passes.keys import key_file
from passes.public import ensure_keys
from web import health
from web.app import create_app
from web.health import DOCTOR, READY, REMEDIES, look


def settings_of(app: Flask) -> Settings:
    found: Settings = app.extensions["settings"]
    return found


@pytest.fixture
def well(app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An instance with which everything is all right."""
    settings = replace(settings_of(app), key_dir=tmp_path / "keys", fonts_dir=tmp_path / "fonts")
    settings.fonts_dir.mkdir()
    (settings.fonts_dir / "NotoSansSC-Regular.ttf").touch()
    (tmp_path / "manifest.json").touch()
    monkeypatch.setattr(health, "FRONT_END", tmp_path / "manifest.json")
    note_worker(session, present())
    ensure_keys(session, SYSTEM, settings.key_dir, now=present())
    return settings


def failed(session: Session, settings: Settings) -> set[str]:
    """What the doctor finds."""
    findings = list(look(session, present(), settings, DOCTOR))
    assert all((finding.remedy == REMEDIES[finding.check]) == bool(finding.problem) for finding in findings)
    return {finding.check for finding in findings if finding.problem}


def test_a_healthy_instance_has_no_finding(session: Session, well: Settings) -> None:
    assert failed(session, well) == set()


def test_every_check_has_a_remedy(app: Flask) -> None:
    del app
    assert DOCTOR.keys() <= REMEDIES.keys()
    assert READY.keys() <= DOCTOR.keys()


def test_a_clock_two_seconds_off_is_found(session: Session, well: Settings) -> None:
    for skew, found in ((-3, "skewed"), (3, "skewed"), (0, None)):
        at = present() + timedelta(seconds=skew)
        findings = {finding.check: finding.problem for finding in look(session, at, well, DOCTOR)}
        assert findings["clock"] == found


def test_a_database_behind_the_code_is_found(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None]
) -> None:
    app = clone()
    with app.app_context():
        name = str(db.session().scalar(text("SELECT current_database()")))
        as_owner(name, "UPDATE alembic_version SET version_num = '0001'")
        assert "migrations" in failed(db.session(), settings_of(app))


def test_a_lost_private_key_is_found(session: Session, well: Settings) -> None:
    signing = session.execute(text("SELECT area, key FROM signing_key WHERE state = 'signing' LIMIT 1")).one()
    (well.key_dir / key_file(signing.area, signing.key)).unlink()
    assert failed(session, well) == {"signing_key"}


def test_keys_that_were_never_made_are_found(session: Session, well: Settings) -> None:
    session.execute(text("DELETE FROM signing_key"))
    assert failed(session, well) == {"signing_key"}


@pytest.mark.parametrize(("seconds", "found"), [(50, set()), (70, {"worker"})])
def test_a_worker_unseen_for_a_minute_is_found(
    session: Session, well: Settings, seconds: int, found: set[str]
) -> None:
    note_worker(session, present() - timedelta(seconds=seconds))
    assert failed(session, well) == found


def test_a_worker_never_seen_is_found(session: Session, well: Settings) -> None:
    session.execute(text("DELETE FROM worker_seen"))
    assert failed(session, well) == {"worker"}


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_missing_partition_is_found_and_made_again_by_the_remedy(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None], ahead: int
) -> None:
    app = clone()
    with app.app_context():
        name = str(db.session().scalar(text("SELECT current_database()")))
        month = db.session().scalar(
            text("SELECT to_char(now() AT TIME ZONE 'UTC' + make_interval(months => :ahead), 'YYYYMM')"),
            {"ahead": ahead},
        )
        db.session.remove()
        as_owner(name, f"DROP TABLE action_{month}")
        assert "partitions" in failed(db.session(), settings_of(app))
        db.session.remove()
        assert app.test_cli_runner().invoke(args=["database", "migrate"]).exit_code == 0
        assert "partitions" not in failed(db.session(), settings_of(app))


@pytest.mark.parametrize(("seconds", "found"), [(50, set()), (70, {"seal"})])
def test_an_event_unsealed_for_a_minute_is_found(
    session: Session, well: Settings, seconds: int, found: set[str]
) -> None:
    while seal_pending(session, now=present()):
        pass
    record(session, SYSTEM, "key:make", "key", "all", now=present() - timedelta(seconds=seconds))
    assert failed(session, well) == found


def test_a_database_without_an_owner_of_its_own_does_not_protect_the_audit(
    session: Session, well: Settings
) -> None:
    assert failed(session, replace(well, database_owner_url="")) == {"audit"}
    assert failed(session, replace(well, database_owner_url="", database_url="")) == set()


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_role_that_may_rewrite_the_audit_is_found(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None], right: str
) -> None:
    app = clone()
    with app.app_context():
        name = str(db.session().scalar(text("SELECT current_database()")))
        assert "audit" not in failed(db.session(), settings_of(app))
        as_owner(name, f"GRANT {right} ON audit_event TO changtong_app")
        assert "audit" in failed(db.session(), settings_of(app))


def test_a_role_that_owns_the_tables_is_found(clone: Callable[[], Flask]) -> None:
    settings = settings_of(clone())
    careless = create_app(replace(settings, database_url=settings.database_owner_url))
    with careless.app_context():
        assert "audit" in failed(db.session(), settings_of(careless))
        db.session.remove()
        db.engine.dispose()


def test_a_disk_that_is_nearly_full_is_found(
    session: Session, well: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    for free, found in ((1024**3 - 1, {"disk"}), (1024**3, set())):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, free=free: Usage(free))
        assert failed(session, well) == found


def test_missing_fonts_and_a_front_end_that_is_not_built_are_found(session: Session, well: Settings) -> None:
    (well.fonts_dir / "NotoSansSC-Regular.ttf").unlink()
    health.FRONT_END.unlink()
    assert failed(session, well) == {"fonts", "front_end"}
    well.fonts_dir.rmdir()
    assert failed(session, well) == {"fonts", "front_end"}


def test_the_doctor_ends_with_status_1_and_names_the_remedy(clone: Callable[[], Flask]) -> None:
    app = clone()
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 1
    assert f"worker: {REMEDIES['worker']}" in answer.stderr
    assert f"signing_key: {REMEDIES['signing_key']}" in answer.stderr


def test_the_doctor_says_that_the_database_is_away(clone: Callable[..., Flask]) -> None:
    app = clone(DATABASE_URL="postgresql://changtong_app@127.0.0.1:9/none")
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 1
    assert REMEDIES["database"] in answer.stderr


def test_the_load_balancer_is_told_what_is_not_ready(client: FlaskClient, session: Session) -> None:
    session.execute(text("DELETE FROM worker_seen"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ready"] is False
    assert answer.json["checks"].keys() == READY.keys()
    assert answer.json["checks"]["worker"] == "not_seen"


def test_the_load_balancer_is_told_when_all_is_ready(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        note_worker(session, present())
        ensure_keys(session, SYSTEM, settings_of(app).key_dir, now=present())
    answer = app.test_client().get("/readyz")
    assert answer.json == {"ready": True, "checks": dict.fromkeys(READY, "ok")}
    assert answer.status_code == 200
