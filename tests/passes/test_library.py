"""The library: what is kept, once, for whom, and what follows when a driver leaves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import is_identity_number
from audit.public import AuditEvent
from foundation.problems import DomainProblem, InvalidInput, NotFound
from passes.library_models import SavedRoute, Vehicle
from passes.library_queries import (
    bound_passes,
    called,
    drivers_of,
    last_trips,
    library_page,
    vehicles_of,
)
from passes.library_schemas import Day, Identity
from passes.models import Pass
from passes.public import Driver, workshop
from passes.rules import PlateColour, parse_plate, suggested_colours
from passes.rules.library import (
    DriverGiven,
    Papers,
    RouteGiven,
    VehicleGiven,
    check_vehicle,
    colours_offered,
    keepable_drivers,
    papers_state,
)
from passes.service.drafting import save_draft
from passes.service.library import (
    Remembered,
    add_route,
    add_vehicle,
    archive_one,
    change_vehicle,
    remember,
    remember_many,
    remember_route,
)
from passes.service.library_drivers import (
    add_driver,
    change_driver,
    driver_left,
    read_driver,
    surrender_bound,
)
from passes.trips import free_from, trip_lines
from tests.builders import NOON, a_plate, own_transaction, some_tools, with_keys
from tests.passes.applying import (
    a_firm,
    an_applicant,
    an_application,
    an_officer,
    an_owner_driver,
    asked,
    rolled_back,
)
from tests.passes.library import WHOLE, a_driver, a_route, a_vehicle
from tests.passes.signed_in import a_pass_of
from tests.races import race

TODAY = date(2022, 4, 16)


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


@contextmanager
def refused(session: Session, field: str, code: str) -> Iterator[None]:
    """What is done inside is refused for this one reason."""
    with rolled_back(session), pytest.raises(InvalidInput) as caught:
        yield
    assert [(error.field, error.code) for error in caught.value.errors] == [(field, code)]


def count(session: Session, model: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def events(session: Session, tag: str) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag)))


# --- rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plate", "colours"),
    [
        ("吉A12345", (PlateColour.BLUE, PlateColour.YELLOW)),
        ("吉AD12345", (PlateColour.GREEN, PlateColour.YELLOW_GREEN)),
        ("吉A12345D", (PlateColour.GREEN, PlateColour.YELLOW_GREEN)),
        ("川X3301应急", (PlateColour.WHITE,)),
        ("吉A1234学", (PlateColour.YELLOW,)),
        ("粤Z1234港", (PlateColour.BLACK,)),
    ],
)
def test_the_plate_suggests_the_colours_it_can_have(plate: str, colours: tuple[PlateColour, ...]) -> None:
    assert suggested_colours(parse_plate(plate)) == colours
    assert colours_offered(f" {plate.lower()} ") == colours


def test_every_colour_is_offered_while_there_is_no_plate_yet() -> None:
    assert colours_offered("吉A") == tuple(PlateColour)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"plate": "吉A1234挂", "plate_colour": 1}, "plate", "plate.trailer"),
        ({"plate": "吉A1234"}, "plate", "plate.length"),
        ({"plate": "吉AO2345", "plate_colour": 0}, "plate", "plate.letter_o_or_i"),
        ({"plate": "吉A12345", "plate_colour": 2}, "plate_colour", "plate.colour"),
        ({"plate": "吉AD12345", "plate_colour": 0}, "plate_colour", "plate.colour"),
        ({"plate": "吉A12345"}, "plate_colour", "plate.colour_unsaid"),
        ({"plate": "吉AD12345"}, "plate_colour", "plate.colour_unsaid"),
    ],
)
def test_a_vehicle_that_cannot_be_is_refused(given: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_vehicle(VehicleGiven(**given))
    assert [(error.field, error.code) for error in caught.value.errors] == [(field, code)]


def test_a_colour_that_only_one_plate_has_need_not_be_said() -> None:
    assert check_vehicle(VehicleGiven(plate="川X3301应急"))[1] is PlateColour.WHITE


@pytest.mark.parametrize(
    ("ends_on", "state"),
    [
        (None, Papers.UNKNOWN),
        (TODAY - timedelta(days=1), Papers.OVER),
        (TODAY, Papers.SOON),
        (TODAY + timedelta(days=30), Papers.SOON),
        (TODAY + timedelta(days=31), Papers.GOOD),
    ],
)
def test_papers_that_end_within_thirty_days_are_marked(ends_on: date | None, state: Papers) -> None:
    assert papers_state(ends_on, TODAY) is state


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (WHOLE, True),
        (WHOLE.lower(), True),
        ("220102196811309970", False),
        ("22010219681130999X", True),
        ("220102196802309998", False),
        ("110101900307109", False),
        ("", False),
    ],
)
def test_an_identity_number_has_a_day_and_a_right_check_digit(text: str, right: bool) -> None:
    assert is_identity_number(text) is right


def test_an_identity_number_is_typed_whole_or_by_its_last_four() -> None:
    read = Identity().deserialize
    assert read(" １１０１０1 19900307 109x ") == WHOLE
    assert read("109x") == "109X"
    for typed, code in (
        (WHOLE[:-1] + "1", "identity.wrong"),
        ("12", "driver.last4"),
        ("12345", "identity.wrong"),
    ):
        with pytest.raises(Exception, match=code):
            read(typed)


@pytest.mark.parametrize("text", ["2022-05-01", "2022/5/1", "２０２２.5.01"])
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert Day().deserialize(text) == date(2022, 5, 1)


@pytest.mark.parametrize(
    "text", ["明天", "2022-13-01", "2022-02-30", "22-5-1", "9999-12-31", "2022-5", "1" * 5000]
)
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(Exception, match="library.day"):
        Day().deserialize(text)


def test_only_drivers_that_could_stand_in_the_library_are_taken_from_an_application() -> None:
    drivers = [
        {"name": "李四", "last4": "123X", "phone": "139"},
        {"name": "", "last4": "1234", "phone": ""},
        {"name": "王五", "last4": "", "phone": ""},
    ]
    assert list(keepable_drivers({"drivers": drivers})) == [("李四", "123X", "139")]
    assert list(keepable_drivers({})) == []


# --- vehicles ----------------------------------------------------------------------------------------------


def test_the_same_vehicle_added_twice_is_one_however_it_is_typed(session: Session) -> None:
    actor = an_applicant(session)
    first, new = add_vehicle(session, actor, VehicleGiven(plate="吉A12345", plate_colour=1), now=NOON)
    second, again = add_vehicle(session, actor, VehicleGiven(plate="吉ａ·１2345", plate_colour=1), now=NOON)
    assert (new, again) == (True, False)
    assert first.id == second.id
    assert len(events(session, "vehicle:add")) == 1


def test_two_connections_that_add_one_vehicle_at_the_same_instant_get_one(
    clone: Callable[..., Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = a_firm(session)
        actors = [an_applicant(session, firm) for _ in range(2)]
    given = VehicleGiven(plate="吉A12345", plate_colour=1)

    def adding(actor: Actor) -> Callable[[Session], tuple[Any, bool]]:
        def work(session: Session) -> tuple[Any, bool]:
            found, new = add_vehicle(session, actor, given, now=NOON)
            return found.id, new

        return work

    results: Any = race(app, [adding(actor) for actor in actors])
    assert len({kept for kept, _ in results}) == 1
    assert sorted(new for _, new in results) == [False, True]
    with own_transaction(app) as session:
        assert count(session, Vehicle) == 1


def test_two_connections_that_remember_the_same_vehicles_do_not_wait_in_a_ring(
    clone: Callable[..., Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        actor = an_applicant(session)
    values = [asked(plate=f"吉B{number}") for number in range(10_000, 10_040)]
    results: Any = race(
        app,
        [
            lambda session: remember_many(session, actor, values, now=NOON),
            lambda session: remember_many(session, actor, values[::-1], now=NOON),
        ],
    )
    assert sorted(made.vehicles for made in results) == [0, 40]
    assert sum(made.drivers for made in results) == 1


def test_another_firm_has_the_same_vehicle_too(session: Session) -> None:
    for _ in range(2):
        assert add_vehicle(
            session, an_applicant(session), VehicleGiven(plate="吉A12345", plate_colour=1), now=NOON
        )[1]


def test_a_colleague_shares_the_library_and_nobody_else_does(session: Session) -> None:
    firm = a_firm(session)
    who, colleague, stranger, owner = (
        an_applicant(session, firm),
        an_applicant(session, firm),
        an_applicant(session),
        an_owner_driver(session),
    )
    found = a_vehicle(session, who)
    a_vehicle(session, owner)
    assert [row.id for row in library_page(session, colleague, Vehicle)] == [found.id]
    assert library_page(session, stranger, Vehicle) == []
    for other in (stranger, owner):
        with pytest.raises(NotFound):
            change_vehicle(session, other, found.id, VehicleGiven(plate=a_plate(), plate_colour=1), now=NOON)
        with pytest.raises(NotFound):
            archive_one(session, other, Vehicle, found.id, "archive", now=NOON)


def test_whoever_applies_for_nobody_keeps_nothing(session: Session) -> None:
    officer = an_officer(session)
    for work in (
        lambda: a_vehicle(session, officer),
        lambda: remember(session, officer, asked(), now=NOON),
    ):
        with pytest.raises(DomainProblem, match="permission.missing"):
            work()
    assert library_page(session, officer, Vehicle) == []


def test_a_change_made_on_an_old_page_is_refused(session: Session) -> None:
    actor = an_applicant(session)
    found = a_vehicle(session, actor)
    given = VehicleGiven(plate=found.plate, plate_colour=1, words="冷藏 1 号", papers_end_on=TODAY)
    assert change_vehicle(session, actor, found.id, given, 1, now=NOON).version == 2
    with pytest.raises(DomainProblem, match="edit.conflict"):
        change_vehicle(session, actor, found.id, VehicleGiven(plate=found.plate, plate_colour=0), 1, now=NOON)
    (told,) = events(session, "vehicle:change")
    assert told.facts == {"fields": ["papers_end_on", "words"]}


def test_a_change_that_changes_nothing_is_no_change(session: Session) -> None:
    actor = an_applicant(session)
    found = a_vehicle(session, actor)
    same = VehicleGiven(plate=found.plate, plate_colour=1)
    assert change_vehicle(session, actor, found.id, same, 1, now=NOON).version == 1
    assert events(session, "vehicle:change") == []


def test_one_vehicle_does_not_become_another_that_is_there(session: Session) -> None:
    actor = an_applicant(session)
    one, other = a_vehicle(session, actor), a_vehicle(session, actor)
    with refused(session, "plate", "library.vehicle_kept"):
        change_vehicle(session, actor, other.id, VehicleGiven(plate=one.plate, plate_colour=1), now=NOON)


def test_a_vehicle_taken_out_can_be_added_again_and_is_not_changed_any_more(session: Session) -> None:
    actor = an_applicant(session)
    found = a_vehicle(session, actor)
    for _ in range(2):
        archive_one(session, actor, Vehicle, found.id, "archive", now=NOON)
    assert len(events(session, "vehicle:archive")) == 1
    given = VehicleGiven(plate=found.plate, plate_colour=1)
    with pytest.raises(DomainProblem, match="edit.conflict"):
        change_vehicle(session, actor, found.id, given, now=NOON)
    again, new = add_vehicle(session, actor, given, now=NOON)
    assert new
    assert again.id != found.id


def test_a_thousand_vehicles_are_paged_without_one_left_out_or_shown_twice(session: Session) -> None:
    actor = an_applicant(session)
    values = [asked(plate=f"吉C{number}", drivers=[]) for number in range(10_000, 11_000)]
    assert remember_many(session, actor, values, now=NOON) == Remembered(vehicles=1000)
    seen: list[str] = []
    after = None
    while True:
        rows = library_page(session, actor, Vehicle, after=after, limit=300)
        seen += [row.plate for row in rows[:300]]
        if len(rows) <= 300:
            break
        after = rows[299].id
    assert seen == sorted(str(value["plate"]) for value in values)
    (one,) = library_page(session, actor, Vehicle, called(Vehicle, "吉C10777"))
    assert one.plate == "吉C10777"
    assert library_page(session, actor, Vehicle, called(Vehicle, "吉C1%")) == []


# --- what was applied with ---------------------------------------------------------------------------------


def test_what_was_applied_with_is_kept_once(session: Session) -> None:
    actor = an_applicant(session)
    values = asked(plate="吉A54321")
    assert remember(session, actor, values, now=NOON) == Remembered(1, 1)
    assert remember(session, actor, values, now=NOON) == Remembered(0, 0)
    (told,) = events(session, "library:remember")
    assert told.facts == {"vehicles": 1, "drivers": 1}
    assert "54321" not in str(vars(told))


def test_what_could_not_stand_in_the_library_is_left_out(session: Session) -> None:
    actor = an_applicant(session)
    for values in ({}, {"plate": "吉A1234挂", "plate_colour": 1}, {"plate": "吉A1"}, {"plate": "吉A12345"}):
        assert remember(session, actor, values, now=NOON) == Remembered()


def test_remembering_leaves_what_is_known_better_as_it_is(session: Session) -> None:
    actor = an_applicant(session)
    driver = a_driver(session, actor, name="李四", identity=WHOLE)
    vehicle = a_vehicle(session, actor, words="冷藏 1 号")
    values = asked(
        plate=vehicle.plate, plate_colour=1, drivers=[{"name": "李四", "last4": WHOLE[-4:], "phone": ""}]
    )
    assert remember(session, actor, values, now=NOON) == Remembered()
    session.expire_all()
    assert (driver.identity_number, driver.phone, vehicle.words) == (WHOLE, "13900001234", "冷藏 1 号")


def test_a_route_kept_from_an_application_replaces_the_one_of_that_name(session: Session) -> None:
    actor = an_applicant(session)
    first = remember_route(session, actor, "老线", asked(), now=NOON)
    second = remember_route(session, actor, "老线", asked(destination="210102", goods=1), now=NOON)
    assert first.id == second.id
    assert (second.destination, second.goods, second.roads) == ("210102", 1, ["G1"])
    assert count(session, SavedRoute) == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"roads": ("G99999",)}, "roads.0", "road.unknown"),
        ({"goods": 999}, "goods", "goods.unknown"),
        ({"hours": 0}, "hours", "period.backwards"),
        ({"hours": 29_000}, "hours", "period.too_long"),
        ({"stops": ("220102",) * 4}, "stops", "stops.too_many"),
        ({"roads": ("G1",) * 8}, "roads", "roads.too_many"),
    ],
)
def test_a_route_that_no_pass_could_have_is_refused(
    session: Session, changes: dict[str, Any], field: str, code: str
) -> None:
    actor = an_applicant(session)
    with refused(session, field, code):
        a_route(session, actor, **changes)


def test_two_routes_do_not_share_a_name(session: Session) -> None:
    actor = an_applicant(session)
    a_route(session, actor)
    known = some_tools(session).catalogue
    with refused(session, "name", "library.route_kept"):
        given = RouteGiven(name="长春—大兴", origin="220102", destination="210102")
        add_route(session, actor, given, known, now=NOON)


def test_others_look_vehicles_and_drivers_up_by_what_they_were_told(session: Session) -> None:
    actor = an_applicant(session)
    vehicle, driver = a_vehicle(session, actor), a_driver(session, actor)
    a_driver(session, actor, identity="2222")
    found = vehicles_of(session, actor, [vehicle.plate, "吉A00000"])
    assert {plate: [row.id for row in rows] for plate, rows in found.items()} == {vehicle.plate: [vehicle.id]}
    assert [row.last4 for row in drivers_of(session, actor, ["李四", "王五"])["李四"]] == [
        driver.last4,
        "2222",
    ]
    assert not vehicles_of(session, an_applicant(session), [vehicle.plate])


# --- drivers -----------------------------------------------------------------------------------------------


def test_the_same_driver_is_one_and_two_of_a_name_are_two(session: Session) -> None:
    actor = an_applicant(session)
    first = a_driver(session, actor)
    again, new = add_driver(
        session, actor, DriverGiven(name="李四", phone="13800000000", identity="109X"), now=NOON
    )
    assert (again.id, new) == (first.id, False)
    assert a_driver(session, actor, identity="1234").id != first.id


def test_what_stays_empty_stays_as_it_is(session: Session) -> None:
    actor = an_applicant(session)
    found = a_driver(session, actor)
    change_driver(session, actor, found.id, DriverGiven(name="李四四"), 1, now=NOON)
    assert (found.name, found.phone, found.identity_number) == ("李四四", "13900001234", WHOLE)
    change_driver(session, actor, found.id, DriverGiven(name="李四四", identity="109X"), 2, now=NOON)
    assert found.identity_number == WHOLE
    change_driver(
        session,
        actor,
        found.id,
        DriverGiven(name="李四四", identity="7777", phone="13711112222"),
        2,
        now=NOON,
    )
    session.refresh(found)
    kept: tuple[Any, ...] = (found.identity_number, found.last4, found.phone, found.version)
    assert kept == (None, "7777", "13711112222", 3)


def test_one_driver_does_not_become_another(session: Session) -> None:
    actor = an_applicant(session)
    a_driver(session, actor)
    other = a_driver(session, actor, name="王五")
    with refused(session, "name", "library.driver_kept"):
        change_driver(session, actor, other.id, DriverGiven(name="李四"), now=NOON)


def test_a_full_view_is_recorded_with_its_reason_and_without_what_was_seen(session: Session) -> None:
    actor = an_applicant(session)
    found = a_driver(session, actor)
    assert read_driver(session, actor, found.id, "核对证件", now=NOON).identity_number == WHOLE
    (told,) = events(session, "driver:identity_read")
    assert (told.actor_id, told.subject_id, told.reason) == (actor.id, str(found.id), "核对证件")
    assert WHOLE not in str(vars(told))
    with refused(session, "reason", "field.required"):
        read_driver(session, actor, found.id, "", now=NOON)
    with pytest.raises(NotFound):
        read_driver(session, an_applicant(session), found.id, "好奇", now=NOON)


@pytest.mark.usefixtures("keys")
def test_whoever_leaves_leaves_a_list_of_the_live_passes_that_name_him(session: Session) -> None:
    firm = a_firm(session)
    actor, colleague, stranger = (
        an_applicant(session, firm),
        an_applicant(session, firm),
        an_applicant(session),
    )
    driver = a_driver(session, actor)
    named = [_pass(session, one, "李四", driver.last4) for one in (actor, colleague)]
    _pass(session, actor, "李四", "1111")
    _pass(session, actor, "王五", driver.last4)
    _pass(session, stranger, "李四", driver.last4)
    left = driver_left(session, actor, driver.id, now=NOON)
    assert left.archived_at == NOON
    rows = bound_passes(session, colleague, "李四", driver.last4, NOON)
    assert {row[0].number for row in rows} == set(named)
    assert bound_passes(session, actor, "李四", driver.last4, NOON + timedelta(days=4)) == []


@pytest.mark.usefixtures("keys")
def test_the_passes_of_a_driver_are_handed_back_one_by_one_or_all_together(session: Session) -> None:
    actor = an_applicant(session)
    driver = a_driver(session, actor)
    numbers = [_pass(session, actor, "李四", driver.last4) for _ in range(3)]
    foreign = _pass(session, an_applicant(session), "李四", driver.last4)
    assert surrender_bound(session, actor, driver.id, numbers[1], now=NOON) == [numbers[1]]
    with pytest.raises(NotFound):
        surrender_bound(session, actor, driver.id, foreign, now=NOON)
    assert set(surrender_bound(session, actor, driver.id, now=NOON)) == {numbers[0], numbers[2]}
    states = dict(session.execute(select(Pass.number, Pass.state)).all())
    assert [states[number] for number in numbers] == ["surrendered"] * 3
    assert states[foreign] == "live"


def _pass(session: Session, actor: Actor, name: str, last4: str) -> str:
    return a_pass_of(session, actor, drivers=(Driver(name, "13900001234", last4),)).number


def test_the_passes_of_a_driver_are_found_by_the_end_of_the_firms_passes(session: Session) -> None:
    """However many passes the firm has had and others have, only those of it that have not ended are read.

    On the few rows of a test any index will do, so the planner is kept from reading all and from sorting: what is
    shown is that the index gives the rows in their order.
    """
    actor, connection = an_applicant(session), session.connection()
    asked_for: list[tuple[str, Any]] = []

    def note(*execution: Any) -> None:
        asked_for.append((execution[2], execution[3]))

    event.listen(connection, "before_cursor_execute", note)
    try:
        bound_passes(session, actor, "李四", "1234", NOON)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    ((statement, values),) = asked_for
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))
    assert "Index Scan using ix_pass_firm_ends" in plan
    assert "Index Scan using pk_pass_revision" in plan
    assert plan.index("ix_pass_firm_ends") < plan.index("pk_pass_revision")


# --- trips -------------------------------------------------------------------------------------------------


def test_the_last_trips_are_the_newest_of_each_vehicle_and_route(session: Session) -> None:
    firm = a_firm(session)
    actor, colleague = an_applicant(session, firm), an_applicant(session, firm)
    an_application(session, actor, plate="吉A11111")
    newest = an_application(session, colleague, plate="吉A11111", hours=24)
    other = an_application(session, actor, plate="吉A11111", roads=["G102"])
    save_draft(session, actor, uuid4(), asked(plate="吉A22222"), now=NOON)
    an_application(session, an_applicant(session), plate="吉A33333")
    assert [trip.application_id for trip in last_trips(session, actor)] == [other.id, newest.id]
    assert last_trips(session, actor, ("吉A22222", 0)) == []
    known = some_tools(session).catalogue
    assert [line.route for line in trip_lines(session, actor, known, ("吉A11111", 0))] == [
        "长春市南关区 → 北京市大兴区"
    ] * 2
    assert trip_lines(session, an_officer(session), known) == []


@pytest.mark.usefixtures("keys")
def test_the_next_trip_begins_when_the_own_pass_ends(session: Session) -> None:
    actor = an_applicant(session)
    made = a_pass_of(session, actor, plate="吉A12121")
    assert made.number
    assert free_from(session, actor, "吉A12121", 0, NOON) == NOON + timedelta(hours=72)
    assert free_from(session, actor, "吉A12121", 1, NOON) is None
    assert free_from(session, actor, "吉A12121", 0, NOON + timedelta(days=4)) is None
    assert free_from(session, an_applicant(session), "吉A12121", 0, NOON) is None
    assert free_from(session, actor, None, None, NOON) is None
