"""A database for a benchmark: a durable embedded server, migrated, with reference data, keys and many passes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from accounts.permissions import COMMAND_LINE
from foundation.database import db, transaction
from foundation.embedded import APP_ROLE, DATABASE, OWNER_ROLE, EmbeddedServer
from foundation.schema import upgrade
from foundation.settings import Settings
from passes.public import ensure_keys, sign_trust, workshop
from seeds.reference_data import load_reference
from web.app import create_app

NOW = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent

FILL = """
WITH numbers AS (
    SELECT n, '2201' || lpad((n / 900000 + 1)::text, 2, '0') || lpad((n % 900000 + 1)::text, 6, '0') AS number,
        '黑B' || lpad(to_hex(n), 5, '0') AS plate FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
), numbered AS (
    INSERT INTO pass_number (number, plate) SELECT number, upper(plate) FROM numbers RETURNING 1
), filled AS (
    INSERT INTO pass (plate, number, plate_colour, kind, state, state_changed_at, validity, revision, step, body_id, channel,
                      holder_name, issued_at, demo)
    SELECT upper(plate), number, 0, 0, 'live', :now, tstzrange(:now, CAST(:now AS timestamptz) + interval '30 days'), 0, 0,
        (SELECT id FROM body WHERE code = 'jl-transport'), 'command_line', '压测企业', :now, false FROM numbers RETURNING 1
), revised AS (
    INSERT INTO pass_revision (plate, number, revision, key, goods, origin, destination, stops, roads, not_before,
                               duration_minutes, drivers, check_code, payload, signature, issued_at)
    SELECT upper(plate), number, 0, 0, 12, '220102', '110115', '{}', '{G1}', :now, 43200, '[]', '000000',
        decode(repeat('00', 34), 'hex'), decode(repeat('00', 64), 'hex'), :now FROM numbers RETURNING 1
)
INSERT INTO status_entry (area, serial, code, revision, step, ends_at)
SELECT left(number, 6), right(number, 6)::int, 1, 0, 0, CAST(:now AS timestamptz) + interval '30 days' FROM numbers
"""
"""Rows as issuing writes them, but for signatures nobody checks here: a million real ones would take an hour."""


FILL_QUEUE = """
WITH firm AS (
    INSERT INTO firm (id, name, credit_code, area, phone, state, created_at, demo)
    VALUES (uuidv7(), '压测企业', '9122QUEUE000000001', '220102', '0', 'approved', :now, false) RETURNING id
), applicant AS (
    INSERT INTO person (id, login, name, phone, password_hash, totp_required, active, locale, created_at, demo, firm_id)
    SELECT uuidv7(), 'bench', '压测', '0', '', false, true, 'zh', :now, false, firm.id FROM firm RETURNING id, firm_id
), bodies AS (SELECT id, row_number() OVER (ORDER BY code) AS place FROM body)
INSERT INTO application (id, slip, form_token, state, version, channel, person_id, firm_id, holder_name, contact_phone,
                         body_id, kind, plate, plate_colour, goods, origin, destination, stops, roads, not_before, hours,
                         drivers, submitted_at, created_at, updated_at, demo)
SELECT uuidv7(), 'bench-' || n, uuidv7(), 'submitted', 1, 'online', applicant.id, applicant.firm_id, '压测企业', '0',
    bodies.id, 0, '黑C' || n, 0, 12, '220102', '110115', '{}', '{G1}', :now, 72, '[]',
    CAST(:now AS timestamptz) - n * interval '1 second', :now, :now, false
FROM applicant, generate_series(1, 100000) AS n JOIN bodies ON bodies.place = n % 400 + 1
"""
"""A hundred thousand applications that wait with four hundred bodies."""


@contextmanager
def world() -> Iterator[tuple[EmbeddedServer, Flask]]:
    """A durable server (fsync on) and an app on it."""
    with tempfile.TemporaryDirectory(prefix="ct-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with EmbeddedServer(home / "instance") as server:
            settings = Settings.of(
                {
                    "DATABASE_URL": server.dsn(APP_ROLE),
                    "DATABASE_OWNER_URL": server.dsn(OWNER_ROLE),
                    "INSTANCE_DIR": str(home / "instance"),
                    "PUBLIC_URL": "https://ct.example.cn",
                    "FONTS_DIR": str(ROOT / "frontend/node_modules/@embedpdf/fonts-sc/fonts"),
                    "SECRET_KEY": "bench",
                }
            )
            app = create_app(settings)
            upgrade(app)
            with app.app_context():
                with transaction() as session:
                    load_reference(session)
                    ensure_keys(session, COMMAND_LINE, workshop().keys.folder, now=NOW)
                    sign_trust(
                        session, COMMAND_LINE, workshop().keys.get("root.pem"), settings.public_url, now=NOW
                    )
                yield server, app
                db.session.remove()
                db.engine.dispose()


def beside(server: EmbeddedServer, app: Flask, name: str) -> Flask:
    """An app on a copy of the database as it is now, on the same server, with the same keys."""
    db.session.remove()
    db.engine.dispose()
    server.create_database(name, template=DATABASE)
    settings: Settings = app.extensions["settings"]
    return create_app(
        replace(
            settings,
            database_url=server.dsn(APP_ROLE, name),
            database_owner_url=server.dsn(OWNER_ROLE, name),
        )
    )


def fill(app: Flask, first: int, last: int) -> None:
    """Passes number `first` to `last`, in pieces; then fresh statistics, as autovacuum would make them."""
    piece = 50_000
    with app.app_context():
        for start in range(first, last + 1, piece):
            with transaction() as session:
                values = {"first": start, "last": min(start + piece - 1, last), "now": NOW}
                session.execute(text(FILL), values)


def fill_queue() -> None:
    """Applications that wait, for the plan of the queue."""
    with transaction() as session:
        session.execute(text(FILL_QUEUE), {"now": NOW})
