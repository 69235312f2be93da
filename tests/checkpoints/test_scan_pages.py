"""Pages over scans: figures of a day with the rows behind them, shifts, passes seen where they cannot be, prints."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission, Role
from accounts.service.devices import make_device_token
from audit.public import AuditEvent
from checkpoints.models import PrintQuality
from checkpoints.print_quality import bodies_read, count_reads, days_of
from checkpoints.register import Register, register
from checkpoints.service import take_in
from checkpoints.settling import settle
from checkpoints.shifts import one_shift, refusals_of, shifts_of
from checkpoints.statistics import Filter, OfDay, OfPass, day_of, figures, rows_of
from foundation import clock
from foundation.problems import DomainProblem
from passes.public import watch_pass, watched_until
from tests.builders import NOON, a_body, an_issued_pass, own_transaction
from tests.checkpoints.roadside import (
    ELSEWHERE,
    HERE,
    a_blue_scan,
    a_hand_over,
    a_scan,
    a_sighting,
    an_action,
    an_officer,
    an_undo,
    browsing,
)
from tests.checkpoints.test_sightings import whole_reads
from tests.passes.applying import an_applicant
from tests.passes.applying import an_officer as an_issuing_officer
from tests.passes.signed_in import a_pass_of, signed_in
from tests.races import race

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DEVICE = Actor(ActorKind.DEVICE, uuid4(), frozenset({Permission.SCAN_RECORD}), checkpoint_code=HERE)
TODAY = OfDay(HERE, day_of(NOON))


def took(session: Session, *events: dict[str, Any], now: datetime = NOON, by: Actor = DEVICE) -> None:
    assert [one.problem for one in take_in(session, by, events, now=now)] == [None] * len(events)


def a_day(session: Session, now: datetime = NOON) -> list[dict[str, Any]]:
    """A green scan that passed, a green one turned back, a blue one held and let go after all, one of yesterday's
    off line that is red, and one of a neighbour."""
    good, stopped, blue = a_scan(now), a_scan(now, plate="吉A00002"), a_blue_scan(now, plate="吉A00003")
    red = a_scan(
        now - 3 * HOUR,
        plate="吉A00004",
        level="red",
        verdict="expired",
        reasons=["expired"],
        offline=True,
        means="camera",
        uec=0.1,
    )
    mistaken = an_action(now, blue, "held", reason="fever")
    took(
        session,
        good,
        stopped,
        blue,
        red,
        a_scan(now, checkpoint=ELSEWHERE),
        an_action(now, good, "passed"),
        an_action(now, stopped, "turned_back", reason="local_order"),
        mistaken,
        an_undo(now + MINUTE, mistaken),
        now=now,
    )
    return [good, stopped, blue, red]


def test_the_figures_of_a_day_and_the_rows_behind_each(session: Session) -> None:
    good, stopped, blue, red = a_day(session)
    took(session, a_scan(NOON), now=NOON + DAY)
    found = figures(session, TODAY)
    assert (found.scans, found.levels) == (4, {"green": 2, "blue": 1, "red": 1})
    assert found.actions == {"passed": 1, "turned_back": 1, "held": 0}
    assert (found.acted, found.unrecorded, found.refused_good) == (2, 2, 1)
    assert (found.offline, found.corrected, found.reads, found.weak, found.uec) == (1, 0, 1, 1, 0.1)
    assert found.delays is not None
    assert found.delays[0] == 0
    assert found.delays[1] > 2 * HOUR.total_seconds()
    assert (found.means, found.flags) == ({"camera": 1}, {})
    expected = {
        Filter(): [good, stopped, blue, red],
        Filter("red"): [red],
        Filter("green", "passed"): [good],
        Filter(only="turned_back"): [stopped],
        Filter(only="held"): [],
        Filter(only="none"): [blue, red],
        Filter(only="refused"): [stopped],
        Filter(only="offline"): [red],
        Filter(only="weak"): [red],
        Filter(only="corrected"): [],
        Filter(only="flagged"): [],
    }
    for wanted, events in expected.items():
        lines = rows_of(session, TODAY, wanted)
        assert {str(line.scan.event_id) for line in lines} == {one["event_id"] for one in events}, wanted


def test_a_scan_that_was_held_and_then_passed_is_one_of_both_and_recorded_once(session: Session) -> None:
    scan = a_scan(NOON)
    took(session, scan, an_action(NOON, scan, "held", reason="fever"), an_action(NOON, scan, "passed"))
    found = figures(session, TODAY)
    assert (found.actions["held"], found.actions["passed"], found.acted) == (1, 1, 1)


def test_nothing_has_figures_too(session: Session) -> None:
    found = figures(session, TODAY)
    assert (found.scans, found.delays, found.uec, found.unrecorded) == (0, None, None, 0)


def test_the_page_of_a_day_links_every_figure_to_its_rows(client: FlaskClient, session: Session) -> None:
    a_day(session, now=clock.now())
    browser = browsing(client, session)
    page = browser.get(f"/checkpoints/{HERE}/scans")
    assert "应放行而劝返或暂扣" in page.text
    assert "25%（1）" in page.text
    behind = [
        link for link in page.links if f"/{HERE}/scans?day=" in link and ("level=" in link or "only=" in link)
    ]
    assert len(behind) >= 9
    shown = {link: set(re.findall(r"吉A\d{5}", browser.get(link).text)) for link in dict.fromkeys(behind)}
    assert next(plates for link, plates in shown.items() if "only=refused" in link) == {"吉A00002"}
    assert next(plates for link, plates in shown.items() if "level=blue" in link) == {"吉A00003"}
    assert next(plates for link, plates in shown.items() if "only=weak" in link) == {"吉A00004"}


@pytest.mark.parametrize(
    "query",
    [
        "day=yesterday",
        "day=0001-01-01",
        "day=9999-12-31",
        "level=pink",
        "only=x",
        "before=x",
        "day=2022-02-30",
    ],
)
def test_an_address_that_means_nothing_is_not_found(
    client: FlaskClient, session: Session, query: str
) -> None:
    assert browsing(client, session).raw("GET", f"/checkpoints/{HERE}/scans?{query}").status_code == 404


def test_an_empty_day_leads_to_the_last_one_with_scans(client: FlaskClient, session: Session) -> None:
    now = clock.now()
    took(session, a_scan(now - 3 * DAY), now=now - 3 * DAY)
    browser = browsing(client, session)
    page = browser.get(f"/checkpoints/{HERE}/scans")
    assert "这一天还没有查验记录" in page.text
    earlier = next(link for link in page.links if f"day={day_of(now - 3 * DAY).isoformat()}" in link)
    assert "吉A12345" in browser.get(earlier).text


@pytest.mark.usefixtures("keys")
def test_an_office_reads_of_a_pass_how_each_scan_was_made_and_a_holder_does_not(
    client: FlaskClient, session: Session
) -> None:
    holder = an_applicant(session)
    issued = a_pass_of(session, holder)
    event = a_scan(NOON, plate=issued.plate, number=issued.number, means="camera", offline=True, uec=0.2)
    took(session, event, an_action(NOON, event, "held", reason="fever"), now=NOON + 2 * HOUR)
    assert figures(session, OfPass(issued.plate, issued.number)).refused_good == 1
    officer = signed_in(client, session, an_issuing_officer(session, "changchun-transport"))
    page = officer.get(f"/passes/{issued.number}/scans")
    told = ("摄像头扫描", "离线", "2 小时后上传", "余量 20%", "应放行而劝返或暂扣")
    assert [words for words in told if words not in page.text] == []
    own = signed_in(client, session, holder).get(f"/passes/{issued.number}/scans")
    assert "暂扣等候" in own.text
    assert [words for words in told if words in own.text] == []


def phone(session: Session) -> Actor:
    row, _ = make_device_token(session, COMMAND_LINE, "三号手机", HERE, now=clock.now())
    return Actor(ActorKind.DEVICE, row.id, frozenset({Permission.SCAN_RECORD}), checkpoint_code=HERE)


def a_shift(session: Session, device: Actor, start: datetime = NOON) -> dict[str, Any]:
    """小王 takes over, scans two trucks and holds one, and hands over to 老李; one more scan has not arrived."""
    first = a_scan(start + MINUTE, sequence=2)
    second = a_blue_scan(start + 2 * MINUTE, sequence=3, plate="吉A00003", offline=True)
    counts = dict.fromkeys(("amber", "red", "passed", "turned_back"), 0)
    counted = {**counts, "scans": 3, "green": 2, "blue": 1, "held": 1, "offline": 1}
    handed = a_hand_over(start + HOUR, officer="老李", note="雨大", sequence=6, counts=counted)
    took(session, a_hand_over(start, officer="小王", sequence=1), by=device, now=start)
    took(session, first, by=device, now=start + MINUTE)
    took(session, handed, by=device, now=start + HOUR)
    late = an_action(start + 3 * MINUTE, second, "held", reason="local_order", sequence=4)
    took(session, late, second, by=device, now=start + 2 * HOUR)
    after = a_scan(start + HOUR + MINUTE, sequence=7)
    took(session, after, by=device, now=start + 2 * HOUR)
    return handed


def test_a_shift_is_what_a_device_made_between_two_hand_overs_whenever_it_arrived(session: Session) -> None:
    device = phone(session)
    a_shift(session, device)
    took(session, a_scan(NOON + MINUTE, sequence=3), now=NOON + MINUTE)
    second, first = shifts_of(session, HERE, now=NOON + 3 * HOUR)
    assert (second.officer, second.successor, second.began, second.ended) == (
        "小王",
        "老李",
        NOON,
        NOON + HOUR,
    )
    assert second.server == {
        "scans": 2,
        "green": 1,
        "amber": 0,
        "red": 0,
        "blue": 1,
        "passed": 0,
        "turned_back": 0,
        "held": 1,
        "offline": 1,
    }
    assert (second.device["scans"], second.missing) == (3, 1)
    assert (first.officer, first.began, first.server["scans"]) == (None, None, 0)
    (refusal,) = refusals_of(session, second, now=NOON + 3 * HOUR)
    assert (refusal.plate, refusal.action, refusal.reason, refusal.told) == (
        "吉A00003",
        "held",
        "local_order",
        True,
    )


def test_without_numbers_of_events_the_device_clock_tells_the_shift(session: Session) -> None:
    device = phone(session)
    took(session, a_hand_over(NOON), by=device)
    took(session, a_scan(NOON + MINUTE), a_scan(NOON - MINUTE), by=device, now=NOON + MINUTE)
    took(session, a_hand_over(NOON + HOUR), by=device, now=NOON + HOUR)
    newest = shifts_of(session, HERE, now=NOON + HOUR)[0]
    assert newest.server["scans"] == 1


def test_the_pages_of_shifts_tell_what_has_not_arrived(client: FlaskClient, session: Session) -> None:
    device, start = phone(session), clock.now() - 3 * HOUR
    handed = a_shift(session, device, start)
    browser = browsing(client, session)
    page = browser.get(f"/checkpoints/{HERE}/shifts")
    for words in ("现在当班", "老李", "小王", "三号手机", "1 条未上传"):
        assert words in page.text
    sheet = browser.get(f"/checkpoints/{HERE}/shifts/{handed['event_id']}")
    for words in ("雨大", "1 条尚未上传", "吉A00003", "按本地要求", "已报告", "签字"):
        assert words in sheet.text
    for odd in (f"{ELSEWHERE}/shifts", f"{HERE}/shifts/{uuid4()}", f"{HERE}/shifts?before={uuid4()}"):
        assert browser.raw("GET", f"/checkpoints/{odd}").status_code == 404


def test_shifts_are_read_page_by_page(client: FlaskClient, session: Session) -> None:
    device, now = phone(session), clock.now()
    for place in range(45):
        at = now - (50 - place) * MINUTE
        took(session, a_hand_over(at, officer=f"第{place:02d}班"), by=device, now=at)
    browser = browsing(client, session)
    seen: list[str] = []
    address: str | None = f"/checkpoints/{HERE}/shifts"
    while address:
        page = browser.get(address)
        seen += [link for link in page.links if re.search(r"/shifts/[0-9a-f-]{36}$", link)]
        address = next((link for link in page.links if "before=" in link), None)
    assert (len(seen), len(set(seen))) == (45, 45)
    assert one_shift(session, ELSEWHERE, uuid4(), now=now) is None


def commander(session: Session, body: str = "jl-transport") -> Actor:
    return an_officer(session, checkpoint=None, role=Role.COMMAND, body=body)


@pytest.mark.usefixtures("keys")
def test_command_settles_what_was_found_and_the_watch_ends_with_it(
    client: FlaskClient, session: Session
) -> None:
    issued, now = an_issued_pass(session), clock.now()
    watch_pass(session, issued.number, "too_fast", now + DAY, now=now)
    found = a_sighting(session, ELSEWHERE, HERE, now=now, number=issued.number, plate=issued.plate)
    command = commander(session)
    browser = signed_in(client, session, command)
    assert issued.number in browser.get("/sightings").text
    address = f"/sightings/{found.id}"
    page = browser.get(address)
    for words in ("253 公里", "1 小时", "每小时 253 公里", "两处查验间隔太短"):
        assert words in page.text
    refused = browser.post_form(address, {"note": ""}, action=address, status=422)
    assert "核实情况和处理意见" in refused.text
    browser.post_form(address, {"note": "已核实，系误扫。", "unwatch": "1"}, action=address)
    session.refresh(found)
    assert (found.settled_by, found.note) == (command.id, "已核实，系误扫。")
    assert watched_until(session, issued.number, now=now) is None
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "sighting:settle")).one()
    assert event.facts == {"rule": "too_fast", "number": issued.number, "watch_ended": True}
    assert issued.number not in browser.get("/sightings").text
    assert issued.number in browser.get("/sightings?settled=1").text
    assert "已核实，系误扫。" in browser.get(address).text
    again = {"note": "再次", "csrf_token": page.forms[-1].fields["csrf_token"]}
    assert browser.raw("POST", address, data=again).status_code == 409


@pytest.mark.usefixtures("keys")
def test_the_watch_goes_on_while_something_else_about_the_pass_is_open(session: Session) -> None:
    issued = an_issued_pass(session)
    watch_pass(session, issued.number, "too_fast", NOON + DAY, now=NOON)
    one, other = (
        a_sighting(session, HERE, ELSEWHERE, now=NOON, number=issued.number, unique_key=key) for key in "ab"
    )
    who, places = commander(session), places_of(session)
    for found, left in ((one, NOON + DAY), (other, None)):
        settle(session, who, places, found.id, "核实", unwatch=True, now=NOON)
        assert watched_until(session, issued.number, now=NOON) == left


def places_of(session: Session) -> Register:
    return register(session, now=clock.now())


def test_two_commanders_at_once_settle_it_once(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        found = a_sighting(session, HERE, ELSEWHERE, now=NOON)
        who, sighting_id = commander(session), found.id

    def work(session: Session) -> object:
        places = places_of(session)
        return settle(session, who, places, sighting_id, "核实", unwatch=False, now=NOON).note

    results = race(app, [work, work])
    assert {str(one) for one in results if not isinstance(one, DomainProblem)} == {"核实"}
    assert [one.code for one in results if isinstance(one, DomainProblem)] == ["sighting.settled"]


@pytest.mark.parametrize(
    ("role", "checkpoint", "status"),
    [
        (Role.COMMAND, None, 200),
        (Role.ADMINISTRATOR, None, 403),
        (Role.CHECKPOINT_LEAD, HERE, 403),
        (Role.CONTROL_OFFICER, None, 403),
    ],
)
def test_only_command_looks_into_sightings(
    client: FlaskClient, session: Session, role: Role, checkpoint: str | None, status: int
) -> None:
    found = a_sighting(session, HERE, ELSEWHERE, now=NOON)
    browser = browsing(client, session, role=role, checkpoint=checkpoint)
    assert browser.raw("GET", "/sightings").status_code == status
    assert browser.raw("GET", f"/sightings/{found.id}").status_code == status
    assert ("扫描异常" in browser.get("/").text) == (status == 200)


def test_sightings_are_read_page_by_page_and_only_those_of_the_area(
    client: FlaskClient, session: Session
) -> None:
    for place in range(60):
        a_sighting(session, "CP025", "CP003", now=NOON + place * MINUTE)
    a_sighting(session, "CP003", "CP002", now=NOON)
    browser = signed_in(client, session, commander(session, "changchun-transport"))
    seen: list[str] = []
    address: str | None = "/sightings"
    while address:
        page = browser.get(address)
        seen += [link for link in page.links if re.search(r"/sightings/[0-9a-f-]{36}$", link)]
        address = next((link for link in page.links if "before=" in link), None)
    assert (len(seen), len(set(seen))) == (60, 60)


@pytest.mark.usefixtures("keys")
def test_reads_are_counted_for_the_body_that_printed_and_again_without_growing(session: Session) -> None:
    ours = an_issued_pass(session, body="changchun-transport")
    theirs = an_issued_pass(session, body="jilin-transport")
    shown = [(ours, 0.1), (ours, 0.5), (theirs, 0.9)]
    scans = [a_scan(NOON, plate=one.plate, number=one.number, means="camera", uec=uec) for one, uec in shown]
    ignored = [
        a_scan(NOON, plate=ours.plate, number=ours.number, means="book"),
        a_scan(NOON, plate=ours.plate, number=ours.number, means="typed", uec=0.9),
        a_scan(NOON, plate="吉A99999", number="330100000001", means="camera", uec=0.1),
        a_scan(
            NOON,
            plate=ours.plate,
            number=ours.number,
            means="camera",
            uec=0.1,
            level="red",
            verdict="bad_signature",
            reasons=["bad_signature"],
        ),
    ]
    took(session, *scans, *ignored)
    yesterday = a_scan(NOON - DAY, plate=ours.plate, number=ours.number, means="picture", uec=0.3)
    took(session, yesterday, now=NOON - DAY)
    for _ in range(2):
        count_reads(session, now=NOON + HOUR)
    rows = session.scalars(select(PrintQuality).order_by(PrintQuality.day, PrintQuality.reads)).all()
    assert [(row.reads, row.weak, round(row.uec_sum, 9)) for row in rows] == [
        (1, 0, 0.3),
        (1, 0, 0.9),
        (2, 1, 0.6),
    ]
    first, second = bodies_read(session, commander(session), now=NOON)
    assert {first.body.code, second.body.code} == {"changchun-transport", "jilin-transport"}
    officer = an_issuing_officer(session, "changchun-transport")
    (own,) = bodies_read(session, officer, now=NOON + 10 * DAY)
    assert (own.whole.reads, own.whole.weak, own.lately, own.whole.advice) == (3, 1, None, "few")
    assert [day.isoformat() for day, _ in days_of(session, own.body.id, now=NOON)] == [
        "2022-04-16",
        "2022-04-15",
    ]
    assert bodies_read(session, officer, now=NOON + 31 * DAY) == []


@pytest.mark.parametrize(("weak", "words"), [(0, "不必改动"), (6, "部分二维码偏弱"), (30, "更换墨粉")])
def test_the_page_of_prints_says_what_to_do(
    client: FlaskClient, session: Session, weak: int, words: str
) -> None:
    body = a_body(session, "changchun-nanguan-commerce")
    today = day_of(clock.now())
    session.add(PrintQuality(body_id=body.id, day=today, reads=100, weak=weak, uec_sum=61.0))
    browser = signed_in(client, session, an_issuing_officer(session))
    page = browser.get("/print-quality")
    assert words in page.text
    assert "61%" in page.text
    assert words in browser.get(f"/print-quality/{body.code}").text


FULL_DAY = text(
    """
    WITH made AS (
        SELECT n, CAST(:start AS timestamptz) + n * interval '850 ms' AS t, uuidv7() AS scan_id, uuidv7() AS action_id,
            '吉A' || lpad((n % 20000)::text, 5, '0') AS plate
        FROM generate_series(0, :rows - 1) AS n
    ), scans AS (
        INSERT INTO scan (plate, received_at, event_id, number, checkpoint, scanned_at, time_low, time_high, level,
            verdict, reasons, plate_seen, offline, flags, means, uec)
        SELECT plate, t, scan_id, '2201' || lpad((n % 20000)::text, 8, '0'), 'CP002', t, t, t, 'green', 'valid', '{valid}',
            'matches', n % 9 = 0, '{}', 'camera', 0.5 FROM made
    )
    INSERT INTO action (plate, received_at, event_id, scan_id, checkpoint, acted_at, action, flags)
    SELECT plate, t, action_id, scan_id, 'CP002', t, CASE WHEN n % 500 = 1 THEN 'held' ELSE 'passed' END, '{}' FROM made
    """
)


def test_a_day_of_a_hundred_thousand_scans_is_counted_and_paged_quickly(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None]
) -> None:
    app = clone()
    with own_transaction(app) as session:
        moment = session.scalars(text("SELECT now() - interval '2 days'")).one()
        of = OfDay(HERE, day_of(moment))
        session.execute(FULL_DAY, {"start": of.start, "rows": 100_000})
        name = str(session.scalar(text("SELECT current_database()")))
    as_owner(name, "ANALYZE")
    with own_transaction(app) as session:
        begun = session.scalar(text("SELECT clock_timestamp()"))
        found = figures(session, of)
        lines = rows_of(session, of, Filter(only="held"))
        ended = session.scalar(text("SELECT clock_timestamp()"))
        assert (found.scans, found.actions["held"], len(lines)) == (100_000, 200, 50)
        assert begun is not None
        assert ended is not None
        # Half a second on a machine of its own; the tests share theirs.
        assert ended - begun < timedelta(seconds=6)
        page = (
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM scan WHERE checkpoint = 'CP002' AND received_at >= :start "
            "ORDER BY received_at DESC, event_id DESC LIMIT 51"
        )
        plan = session.execute(text(page), {"start": of.start}).scalar_one()[0]
        assert whole_reads(plan["Plan"]) == []
