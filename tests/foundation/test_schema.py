"""The schema: whether it is at the head, and the partitions of the months."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from checkpoints.models import Scan
from foundation.base import new_id
from foundation.clock import now as present
from foundation.database import db, transaction
from foundation.jobs import Tick, run_tick
from foundation.schema import at_head, ensure_partitions, head, keep_partitions, missing_partitions, upgrade

PARTITIONS = "SELECT count(*) FROM pg_inherits WHERE inhparent = cast(:parent AS regclass)"


def count(session: Session, parent: str) -> int:
    """Partitions of a table."""
    return int(session.scalars(text(PARTITIONS), {"parent": parent}).one())


def test_a_migrated_database_is_at_the_head(session: Session) -> None:
    assert at_head(session)
    assert session.scalar(text("SELECT version_num FROM alembic_version")) == head()


def test_upgrading_twice_changes_nothing(clone: Callable[[], Flask]) -> None:
    app = clone()
    upgrade(app)
    upgrade(app)
    with app.app_context():
        assert at_head(db.session())


def test_an_empty_database_is_not_at_the_head_and_says_so_without_falling(session: Session) -> None:
    session.execute(text("SET LOCAL search_path = pg_catalog"))
    with pytest.raises(Exception, match="alembic_version"):
        at_head(session)


@pytest.mark.parametrize("parent", ["scan", "action"])
def test_there_is_a_partition_for_this_month_three_more_and_the_rest(session: Session, parent: str) -> None:
    assert count(session, parent) == 5
    assert missing_partitions(session) == []


def test_the_application_makes_the_partitions_it_does_not_own(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None]
) -> None:
    app = clone()
    with app.app_context():
        name, this_month = (
            db.session()
            .execute(text("SELECT current_database(), to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')"))
            .one()
        )
        db.session.remove()
        as_owner(name, f"DROP TABLE scan_{this_month}")
        assert missing_partitions(db.session()) == [f"scan_{this_month}"]
        db.session.remove()
        run_tick(app, Tick("partitions", 1, keep_partitions))
        assert missing_partitions(db.session()) == []


def test_making_them_again_changes_nothing(clone: Callable[[], Flask]) -> None:
    with clone().app_context(), transaction() as session:
        before = count(session, "scan")
        ensure_partitions(session)
        assert count(session, "scan") == before


def test_a_scan_of_now_lies_in_the_partition_of_this_month(session: Session) -> None:
    now = present()
    scan = Scan(
        plate="?", received_at=now, event_id=new_id(), checkpoint="CP001", level="red", verdict="malformed"
    )
    scan.scanned_at = scan.time_low = scan.time_high = now
    scan.reasons, scan.flags, scan.plate_seen, scan.offline = [], [], "unseen", False
    session.add(scan)
    session.flush()
    assert session.scalar(text("SELECT tableoid::regclass::text FROM scan")) == f"scan_{now:%Y%m}"
