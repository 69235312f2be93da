"""The database is what the models say, whichever way it was made, and it refuses what was promised."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import flask_migrate
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, create_engine, text

from accounts.service.invitations import JOINED
from checkpoints.service import take_in
from foundation import clock, outbox
from foundation.base import Base
from foundation.database import DatabaseSource, db, sqlalchemy_url
from foundation.embedded import OWNER_ROLE, EmbeddedServer
from foundation.schema import FOLDER, at_head
from passes.workshop import workshop
from tests.accounts.people import acting_as, colleague_of, firm_person
from tests.builders import own_transaction, with_keys
from tests.checkpoints.roadside import a_hand_over, a_scan, an_action
from tests.checkpoints.slipping import a_phone, a_slip, sent
from tests.passes.applying import an_application
from tests.passes.signed_in import a_pass_of

PROMISED = {
    # One vehicle, one pass; and every pass has the content that it names.
    "ex_pass_one_vehicle_one_pass",
    "fk_pass_current_revision",
    "fk_pass_revision_pass",
    "fk_pass_number",
    "pk_pass_number",
    "pk_pass_revision",
    "ix_pass_application",
    "ck_pass_superseded_by_a_pass",
    "ck_pass_validity_bounded",
    "ck_pass_state",
    "ck_pass_revision_signature_length",
    "ck_pass_revision_check_code_crockford",
    "ck_serial_counter_six_digits",
    # An application is in one state, with all that this state asks for.
    "ck_application_state",
    "ck_application_issued_has_number",
    "ck_application_refused_has_code",
    "ck_application_in_review_is_taken",
    "ck_application_lease_with_taker",
    "ck_application_submitted_is_complete",
    "uq_application_form_token",
    "uq_application_pass_number",
    "uq_application_slip",
    # Two persons for a seal, one seal for a body, one key that signs and one that follows.
    "ck_body_seal_approved_by_another",
    "uq_body_seal_current",
    "uq_signing_key_signing",
    "uq_signing_key_next",
    "uq_list_key_purpose",
    "uq_status_change_seq",
    "ex_regime_one_period",
    # The audit is a chain; each scan and message is one.
    "uq_audit_seal_event_id",
    "pk_audit_seal",
    "ck_audit_seal_hash_length",
    "fk_audit_seal_event_id",
    "pk_scan_receipt",
    "uq_roadside_fact_unique_key",
    "uq_message_unique_key",
    # A vehicle, a driver and a route are in a library once.
    "uq_vehicle_firm",
    "uq_vehicle_person",
    "uq_library_driver_firm",
    "uq_library_driver_person",
    "uq_saved_route_firm",
    "uq_saved_route_person",
    # People.
    "uq_person_login",
    "uq_firm_credit_code",
    "ck_person_one_employer",
    "uq_login_session_token_hash",
    "uq_api_token_token_hash",
    "ck_api_token_device_token_has_checkpoint",
    "ck_api_token_firm_token_has_firm",
}
"""Promises that other code and design.md rely on: a migration that drops one must change this list."""

CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid::regclass::text = ANY(:tables)
    -- PostgreSQL 18 keeps NOT NULL as a constraint; the columns tell the same.
    AND contype <> 'n'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:tables)"
COLUMNS = """
    SELECT table_name, column_name, concat_ws(' ', udt_name, is_nullable, character_maximum_length)
    FROM information_schema.columns WHERE table_name = ANY(:tables)
"""
LEFT = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')
    UNION ALL
    SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT typname FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
"""

Shape = set[tuple[str, ...]]


def shape(connection: Connection) -> Shape:
    """Columns, constraints and indexes of the tables of the models."""
    tables = {"tables": list(Base.metadata.tables)}
    rows = [
        row for query in (COLUMNS, CONSTRAINTS, INDEXES) for row in connection.execute(text(query), tables)
    ]
    return {tuple(map(str, row)) for row in rows}


@contextmanager
def owner_of(app: Flask) -> Iterator[Connection]:
    """A connection of the role that owns the tables; everything else lets the database go."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    source: DatabaseSource = app.extensions["database_source"]
    engine = create_engine(sqlalchemy_url(source.owner_dsn()))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_the_migrations_make_what_the_models_say(clone: Callable[[], Flask], server: EmbeddedServer) -> None:
    with owner_of(clone()) as connection:
        migrated = shape(connection)
    server.create_database("from_models")
    engine = create_engine(server.url(OWNER_ROLE, "from_models"))
    try:
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            modelled = shape(connection)
    finally:
        engine.dispose()
        server.drop_database("from_models")
    assert len(migrated) > 300
    assert sorted(migrated - modelled) == []
    assert sorted(modelled - migrated) == []


def test_there_is_nothing_left_to_migrate(clone: Callable[[], Flask]) -> None:
    with clone().app_context():
        flask_migrate.check(directory=str(FOLDER))


def test_every_migration_goes_down_and_up_again(clone: Callable[[], Flask]) -> None:
    app = clone()
    with owner_of(app) as connection:
        before = shape(connection)
    history = revisions()
    assert len(history) > 3
    for revision in [*history[1:], "base"]:
        with app.app_context():
            flask_migrate.downgrade(directory=str(FOLDER), revision=revision)
    with owner_of(app) as connection:
        assert list(connection.scalars(text(LEFT))) == ["alembic_version"]
    for revision in reversed(history):
        with app.app_context():
            flask_migrate.upgrade(directory=str(FOLDER), revision=revision)
    with owner_of(app) as connection:
        assert shape(connection) == before
    with app.app_context():
        assert at_head(db.session())


def test_a_database_at_work_is_brought_up_to_firms_at_work(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, workshop().keys.folder)
        first = firm_person(session)
        second = colleague_of(session, first)
        applicant = acting_as(first)
        an_application(session, applicant)
        a_pass_of(session, applicant)
        told = {"name": second.name, "role": "applicant"}
        recipient = outbox.Recipient(first.id, "firm@example.com", "zh")
        outbox.put(session, recipient, JOINED, told, key="waits", now=clock.now())
        first.active = False
        people = (first.id, second.id)
    leads = text("SELECT person_id FROM role_grant WHERE role = 'firm_lead'")
    lasting = text(
        "SELECT (SELECT count(*) FROM application), (SELECT count(*) FROM pass), (SELECT count(*) FROM message)"
    )
    with owner_of(app) as connection:
        before = connection.execute(lasting).one()
    with app.app_context():
        flask_migrate.downgrade(directory=str(FOLDER), revision="0004")
    with owner_of(app) as connection:
        roles = connection.execute(text("SELECT person_id, role FROM role_grant ORDER BY person_id"))
        assert [(row[0], row[1]) for row in roles] == [(one, "applicant") for one in people]
    with app.app_context():
        flask_migrate.upgrade(directory=str(FOLDER), revision="0005")
    with owner_of(app) as connection:
        assert connection.execute(lasting).one() == before
        assert list(connection.scalars(leads)) == [people[1]], "who is switched off leads nobody"
        assert connection.scalar(text("SELECT channel FROM pass")) == "command_line"
        waits = "SELECT count(*) FROM message WHERE state = 'queued' AND next_try_at IS NOT NULL"
        assert connection.scalar(text(waits)) == 1


def test_a_database_at_work_is_brought_up_to_the_scanner(clone: Callable[[], Flask]) -> None:
    app, now = clone(), clock.now()
    scan = a_scan(now, means="camera", uec=0.5)
    events = [scan, an_action(now, scan, "passed"), a_hand_over(now)]
    with own_transaction(app) as session:
        with_keys(session, workshop().keys.folder)
        phone = a_phone(session)
        assert {outcome.status for outcome in take_in(session, phone, events, now=now)} == {"accepted"}
        assert sent(session, phone, a_slip(now), now).number
    lasting = text(
        "SELECT (SELECT count(*) FROM scan), (SELECT count(*) FROM action), (SELECT count(*) FROM pass)"
    )
    kinds = text("SELECT kind FROM scan_receipt ORDER BY kind")
    with app.app_context():
        flask_migrate.downgrade(directory=str(FOLDER), revision="0005")
    with owner_of(app) as connection:
        assert connection.execute(lasting).one() == (1, 1, 1)
        assert list(connection.scalars(kinds)) == ["action", "scan"]
    with app.app_context():
        flask_migrate.upgrade(directory=str(FOLDER), revision="0006")
    with own_transaction(app) as session:
        assert session.scalars(text("SELECT means FROM scan")).all() == [None]
        assert session.scalars(text("SELECT device_code FROM api_token")).all() == [None]
        outcomes = take_in(session, phone, events, now=now)
        assert [outcome.status for outcome in outcomes] == ["repeated", "repeated", "accepted"]


def revisions() -> list[str]:
    """The one linear history, newest first."""
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    return [revision.revision for revision in script.walk_revisions()]


@pytest.fixture(scope="module")
def names(app: Flask) -> set[str]:
    """Names of all constraints and indexes there are."""
    with app.app_context():
        found = db.session().scalars(
            text("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        )
        return set(map(str, found))


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_promise_of_the_database_is_kept(names: set[str], name: str) -> None:
    assert name in names


def test_every_constraint_has_a_name_of_the_house(app: Flask) -> None:
    with app.app_context():
        query = "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text = ANY(:tables) AND contype <> 'n'"
        found = db.session().scalars(text(query), {"tables": list(Base.metadata.tables)})
        assert [name for name in found if name.split("_")[0] not in {"pk", "fk", "ck", "uq", "ex"}] == []


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_cannot_rewrite_the_audit(clone: Callable[[], Flask], table: str, deed: str) -> None:
    column = {"audit_event": "tag", "audit_seal": "position"}[table]
    with clone().app_context(), pytest.raises(Exception, match="permission denied"):
        db.session().execute(text(deed.format(table, column, column)))
