"""Where were my trucks checked or stopped: one's own passes and nobody else's, newest first, no officer named."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from checkpoints.models import Action, Scan, ScanReceipt
from checkpoints.own_scans import scans_of_holder, scans_of_pass
from foundation import clock
from passes.public import Issued
from tests.builders import an_issued_pass
from tests.checkpoints.roadside import HERE
from tests.passes.applying import a_firm, an_applicant, an_officer, an_owner_driver
from tests.passes.signed_in import a_pass_of, signed_in

pytestmark = pytest.mark.usefixtures("keys")


def scanned(session: Session, issued: Issued, at: datetime, **changes: Any) -> UUID:
    """A green scan of a pass."""
    event_id = uuid4()
    given = {
        "plate": issued.plate,
        "number": issued.number,
        "received_at": at,
        "event_id": event_id,
        "checkpoint": HERE,
        "scanned_at": at,
        "time_low": at,
        "time_high": at,
        "level": "green",
        "verdict": "valid",
        "reasons": ["valid"],
        "plate_seen": "matches",
        "offline": False,
        "flags": [],
        **changes,
    }
    session.add(Scan(**given))
    receipt = {"event_id": event_id, "kind": "scan", "plate": given["plate"], "received_at": at}
    session.add(ScanReceipt(**receipt, content_hash=bytes(32)))
    session.flush()
    return event_id


def done(session: Session, issued: Issued, scan_id: UUID, action: str, at: datetime, **changes: Any) -> UUID:
    """What was done after a scan."""
    event_id = uuid4()
    session.add(
        Action(
            plate=issued.plate,
            received_at=at,
            event_id=event_id,
            scan_id=scan_id,
            checkpoint=HERE,
            acted_at=at,
            action=action,
            flags=[],
            **changes,
        )
    )
    session.flush()
    return event_id


def ids(found: Any) -> list[UUID]:
    return [one.scan.event_id for one in found]


def a_holder_with_scans(session: Session) -> tuple[Actor, list[Issued], list[UUID], datetime]:
    """Two passes, scanned in turn, four times each, the oldest first."""
    holder, now = an_applicant(session), clock.now()
    issued = [a_pass_of(session, holder) for _ in range(2)]
    made = [scanned(session, issued[turn % 2], now - timedelta(hours=8 - turn)) for turn in range(8)]
    return holder, issued, made, now


def test_the_scans_of_all_own_passes_come_newest_first_and_page_by_key(session: Session) -> None:
    holder, _, made, _ = a_holder_with_scans(session)
    newest = made[::-1]
    assert ids(scans_of_holder(session, holder)) == newest
    page = scans_of_holder(session, holder, limit=3)
    assert ids(page) == newest[:4]
    rest = scans_of_holder(session, holder, before=newest[2], limit=3)
    assert ids(rest) == newest[3:7]


def test_scans_of_other_passes_of_the_same_truck_are_not_shown(session: Session) -> None:
    holder, issued, made, now = a_holder_with_scans(session)
    stranger = an_applicant(session)
    later = (now + timedelta(days=9)).replace(second=0, microsecond=0)
    other = a_pass_of(session, stranger, plate=issued[0].plate, not_before=later)
    scanned(session, other, now)
    scanned(session, issued[0], now, number=None, verdict="no_pass", level="blue", reasons=["no_pass"])
    assert ids(scans_of_holder(session, holder)) == made[::-1]
    assert ids(scans_of_holder(session, an_owner_driver(session))) == []
    colleague = an_applicant(session, session.get_one(type(a_firm(session)), holder.firm_id))
    assert ids(scans_of_holder(session, colleague)) == made[::-1]


def test_the_refusals_are_those_that_were_not_undone(session: Session) -> None:
    holder, issued, made, now = a_holder_with_scans(session)
    done(session, issued[1], made[1], "passed", now)
    done(session, issued[0], made[2], "turned_back", now, reason="no_test")
    undone = done(session, issued[1], made[3], "held", now, reason="fever")
    done(session, issued[1], made[3], "undone", now + timedelta(seconds=5), undoes=undone)
    later = done(session, issued[0], made[4], "held", now, reason="local_order")
    done(session, issued[0], made[4], "passed", now + timedelta(minutes=9))
    found = scans_of_holder(session, holder, refusals=True)
    assert ids(found) == [made[4], made[2]]
    assert [action.action for action in found[0].actions] == ["held", "passed"]
    assert found[0].actions[0].event_id == later
    one = scans_of_pass(session, issued[0].plate, issued[0].number, refusals=True)
    assert ids(one) == [made[4], made[2]]
    assert ids(scans_of_pass(session, issued[1].plate, issued[1].number, refusals=True)) == []


def test_the_page_tells_place_verdict_and_reason_and_no_officer(
    client: FlaskClient, session: Session
) -> None:
    holder, issued, made, now = a_holder_with_scans(session)
    officer = an_officer(session, "changchun-transport", name="查验员老赵")
    session.get_one(Scan, (issued[1].plate, now - timedelta(hours=1), made[7])).person_id = officer.id
    done(session, issued[1], made[7], "turned_back", now, reason="lacks_pass", person_id=officer.id)
    browser = signed_in(client, session, holder)
    page = browser.get("/my-scans?only=refused")
    assert "劝返" in page.text
    assert "没有通行证（不属于全国统一规定的理由）" in page.text
    assert issued[1].number in page.text
    assert issued[0].number not in page.text
    assert "查验员老赵" not in page.text
    page = browser.get(f"/passes/{issued[1].number}/scans")
    assert "劝返" in page.text
    assert f"/passes/{issued[1].number}" in page.links


def test_the_office_sees_the_scans_of_its_passes_and_a_page_without_any_says_so(
    client: FlaskClient, session: Session
) -> None:
    issued = an_issued_pass(session)
    browser = signed_in(client, session, an_officer(session, "changchun-transport"))
    assert "还没有查验记录" in browser.get(f"/passes/{issued.number}/scans").text
    assert "没有被劝返或暂扣" in browser.get(f"/passes/{issued.number}/scans?only=refused").text
    scanned(session, issued, clock.now())
    assert "有效" in browser.get(f"/passes/{issued.number}/scans").text
    browser.get(f"/passes/{issued.number}/scans?before=nonsense")


def test_a_holders_list_reads_by_plate_and_never_a_whole_table(session: Session) -> None:
    """With many scans of others the plan stays an index scan for each pass, in each month's partition."""
    holder, issued, _, now = a_holder_with_scans(session)
    session.execute(
        text(
            "INSERT INTO scan (plate, received_at, event_id, number, checkpoint, scanned_at, time_low, time_high, level, "
            "verdict, reasons, plate_seen, offline, flags) "
            "SELECT '吉B' || lpad((n % 5000)::text, 5, '0'), CAST(:now AS timestamptz) - n * interval '1 minute', "
            "gen_random_uuid(), NULL, 'CP002', :now, :now, :now, 'green', 'valid', '{}', 'matches', false, '{}' "
            "FROM generate_series(1, 20000) AS n"
        ),
        {"now": now},
    )
    session.execute(
        text(
            "INSERT INTO action (plate, received_at, event_id, scan_id, checkpoint, acted_at, action, flags) "
            "SELECT plate, received_at, gen_random_uuid(), event_id, checkpoint, received_at, 'passed', '{}' FROM scan"
        )
    )
    session.execute(text("ANALYZE scan"))
    session.execute(text("ANALYZE action"))
    for refusals in (False, True):
        plan = plan_of(session, partial(scans_of_holder, session, holder, refusals=refusals))
        assert "Seq Scan on scan" not in plan, plan
        assert "Seq Scan on action" not in plan, plan
    assert len(scans_of_pass(session, issued[0].plate, issued[0].number)) == 4


def plan_of(session: Session, work: Callable[[], object]) -> str:
    """How the database goes about the first statement of a piece of work."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    work()
    event.remove(connection, "before_cursor_execute", note)
    statement, parameters = asked[0]
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(row[0] for row in rows)
