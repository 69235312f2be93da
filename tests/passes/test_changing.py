"""Changing a pass: what a rule decides at once, what an officer decides, and what a code says afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from audit.public import history
from foundation.problems import DomainProblem, InvalidInput, NotFound
from passes.change_queries import ending_count, ending_numbers, ending_page, origin_of
from passes.credential import build_text, decode_payload
from passes.models import Application, Pass, PassRevision, PassSheet
from passes.public import (
    Holder,
    PassAction,
    PassReason,
    PlateSeen,
    Reading,
    change_pass,
    current_revision,
    issue_pass,
    judge_pass,
    judge_readings,
    judge_text,
    look_up_by_check_code,
    workshop,
)
from passes.rules.changing import (
    CHANGES,
    SIZE_CLASS,
    ChangeFacts,
    Purpose,
    Why,
    needs_person,
    remaining_period,
    renewed_start,
    require_changeable,
)
from passes.rules.moves import PassState
from passes.rules.plates import PlateColour
from passes.service.changing import renew_pass
from passes.service.drafting import hand_in, withdraw
from passes.service.links import make_link, pass_of_token
from passes.service.reviewing import return_, take
from passes.service.sheets import make_sheet
from passes.sheet_jobs import press
from passes.status import StatusBook, publish
from tests.builders import NOON, a_body, a_content, a_plate, some_tools
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.passes.applying import a_firm, an_applicant, an_officer, an_owner_driver
from tests.passes.changing import (
    LI,
    OFFICE,
    SOON,
    ZHAO,
    a_reviewed_pass,
    agreed,
    amended,
    application_of,
    driven_by,
    renewed,
    swapped,
    the_pass,
)
from tests.passes.papers import words
from tests.passes.signed_in import a_pass_of

ENDS = NOON + timedelta(hours=72)


@pytest.fixture(autouse=True)
def _keys(request: pytest.FixtureRequest) -> None:
    """Keys for whoever touches the database; the rules need none."""
    if "session" in request.fixturenames:
        request.getfixturevalue("keys")


def text_of(revision: PassRevision) -> str:
    return build_text(workshop().prefix, revision.payload, revision.signature)


def refused_code(deed: Callable[[], object]) -> str:
    with pytest.raises(DomainProblem) as refused:
        deed()
    return refused.value.code


# --- the rules ---------------------------------------------------------------------------------------------


def facts(purpose: Purpose, **changes: object) -> ChangeFacts:
    old = a_content()
    new = replace(old, not_before=old.not_after) if purpose is Purpose.RENEW else old
    given = {"old": old, "new": new, "seen_by_person": True, "seen_from": NOON, "swaps": 0}
    return ChangeFacts(purpose=purpose, **{**given, **changes})  # type: ignore[arg-type]  # facts of each case


@pytest.mark.parametrize("purpose", [p for p in CHANGES if CHANGES[p].rule])
def test_an_ordinary_change_is_decided_at_once(purpose: Purpose) -> None:
    assert needs_person(facts(purpose), now=SOON) == ()


CASES: list[tuple[Purpose, dict[str, object], int, Why]] = [
    (Purpose.AMEND, {}, 30, Why.ALWAYS),
    (Purpose.RENEW, {"may_apply": False}, 30, Why.FIRM),
    (Purpose.RENEW, {"seen_by_person": False}, 30, Why.NOBODY_SAW),
    (Purpose.RENEW, {}, 23, Why.EARLY),
    (Purpose.RENEW, {}, 97, Why.LATE),
    (Purpose.RENEW, {"seen_from": NOON - timedelta(days=25)}, 30, Why.UNSEEN),
    (Purpose.OTHER_VEHICLE, {"new": a_content(plate_colour=1)}, 30, Why.SIZE),
    (Purpose.OTHER_VEHICLE, {"swaps": 3}, 30, Why.SWAPS),
    (Purpose.OTHER_DRIVER, {"swaps": 6}, 30, Why.SWAPS),
]


@pytest.mark.parametrize(("purpose", "changes", "hours", "why"), CASES)
def test_a_person_looks_where_the_rule_says(
    purpose: Purpose, changes: dict[str, object], hours: int, why: Why
) -> None:
    assert needs_person(facts(purpose, **changes), now=NOON + timedelta(hours=hours)) == (why,)


@pytest.mark.parametrize(("hours", "why"), [(24, ()), (96, ()), (23.99, (Why.EARLY,)), (96.01, (Why.LATE,))])
def test_the_time_of_a_renewal_counts_to_the_minute(hours: float, why: tuple[Why, ...]) -> None:
    assert needs_person(facts(Purpose.RENEW), now=NOON + timedelta(hours=hours)) == why


def test_every_colour_has_a_class_of_size() -> None:
    assert set(SIZE_CLASS) == set(PlateColour)


@pytest.mark.parametrize("minutes", [0, 1, 29, 59, 60, 61, 600, 4259, 4319])
def test_what_is_left_keeps_the_end_and_begins_a_little_ago(minutes: int) -> None:
    old, now = a_content(), NOON + timedelta(minutes=minutes)
    start, hours = remaining_period(old, now=now)
    assert start + timedelta(hours=hours) == old.not_after
    assert old.not_before <= start
    assert start == old.not_before or timedelta(minutes=30) <= now - start < timedelta(minutes=91)


def test_a_renewal_begins_at_the_end_or_now() -> None:
    old = a_content()
    assert renewed_start(old, from_now=False, now=SOON) == old.not_after
    assert renewed_start(old, from_now=True, now=SOON) == SOON - timedelta(minutes=30)
    late = old.not_after + timedelta(hours=1, seconds=20)
    assert renewed_start(old, from_now=False, now=late) == old.not_after + timedelta(minutes=30)


@pytest.mark.parametrize("state", [s for s in PassState if s is not PassState.LIVE])
@pytest.mark.parametrize("purpose", CHANGES)
def test_only_a_live_pass_is_changed(purpose: Purpose, state: PassState) -> None:
    assert refused_code(lambda: require_changeable(purpose, state, ENDS, 0, now=SOON)) == "pass.not_live"


@pytest.mark.parametrize("purpose", CHANGES)
def test_what_is_over_is_only_renewed_and_not_for_ever(purpose: Purpose) -> None:
    def at(days: int) -> None:
        require_changeable(purpose, PassState.LIVE, ENDS, 0, now=ENDS + timedelta(days=days))

    if purpose is Purpose.RENEW:
        at(29)
        assert refused_code(lambda: at(30)) == "pass.over"
        return
    assert refused_code(lambda: at(0)) == "pass.over"


def test_after_fifteen_revisions_a_new_pass_is_needed() -> None:
    deed = lambda: require_changeable(Purpose.AMEND, PassState.LIVE, ENDS, 15, now=SOON)  # noqa: E731 - one line
    assert refused_code(deed) == "pass.revisions_used_up"
    require_changeable(Purpose.OTHER_VEHICLE, PassState.LIVE, ENDS, 15, now=SOON)


# --- renewing ----------------------------------------------------------------------------------------------


def test_a_renewal_goes_on_where_the_old_pass_ends_and_both_are_good(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = renewed(session, holder, old.number)
    assert outcome.why == ()
    new = the_pass(session, str(outcome.number))
    assert (new.plate, new.body_id, new.firm_id) == (old.plate, old.body_id, holder.firm_id)
    assert (new.validity.lower, new.validity.upper) == (ENDS, ENDS + timedelta(hours=72))
    assert the_pass(session, old.number).state == PassState.LIVE
    application = application_of(session, outcome)
    assert (application.state, application.purpose, application.about) == ("issued", "renew", old.number)
    assert (application.decided_rule, application.decided_by) == ("renewal.same", None)
    assert current_revision(session, new).issued_by is None


def test_who_decided_and_who_asked_is_in_the_record(session: Session) -> None:
    holder = an_applicant(session)
    outcome = renewed(session, holder, a_reviewed_pass(session, holder).number)
    asked, decided = history(session, "application", outcome.application.id)
    assert (asked.tag, asked.actor_id) == ("application:submit", holder.id)
    assert (decided.tag, decided.actor_kind, decided.actor_id) == ("application:decide", "system", None)
    assert decided.facts["asked_by"] == str(holder.id)
    assert decided.facts["rule"] == "renewal.same"


def test_a_renewal_from_now_on_replaces_the_old_pass(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = renewed(session, holder, old.number, from_now=True, hours=24)
    assert the_pass(session, old.number).superseded_by == outcome.number
    new = the_pass(session, str(outcome.number))
    assert new.validity.lower == SOON - timedelta(minutes=30)
    assert judge_pass(session, new, now=SOON, plate_seen=PlateSeen.MATCHES).verdict.level == "green"


def test_a_pass_that_ended_an_hour_ago_is_renewed_from_now_on(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    late = ENDS + timedelta(hours=1)
    new = the_pass(session, str(renewed(session, holder, old.number, now=late).number))
    assert new.validity.lower == late - timedelta(minutes=30)
    assert the_pass(session, old.number).state == PassState.LIVE


def test_a_renewal_is_renewed_at_once_until_thirty_days_without_a_person(session: Session) -> None:
    holder = an_applicant(session)
    number, now = a_reviewed_pass(session, holder).number, SOON
    for _ in range(9):
        outcome = renewed(session, holder, number, now=now)
        assert outcome.why == ()
        number, now = str(outcome.number), now + timedelta(hours=72)
    last = renewed(session, holder, number, now=now)
    assert (last.number, last.why) == (None, (Why.UNSEEN,))
    assert origin_of(session, number).not_before == NOON


def test_a_pass_that_nobody_has_looked_at_goes_to_an_officer(session: Session) -> None:
    holder = an_applicant(session)
    outcome = renewed(session, holder, a_pass_of(session, holder).number)
    assert outcome.why == (Why.NOBODY_SAW,)
    application = application_of(session, outcome)
    assert (application.state, application.pass_number) == ("submitted", None)
    assert history(session, "application", application.id)[0].facts["why"] == ["nobody_saw"]


def test_renewing_too_early_goes_to_an_officer_who_issues_it(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = renewed(session, holder, old.number, now=NOON)
    assert outcome.why == (Why.EARLY,)
    issued = agreed(session, outcome, now=NOON)
    assert the_pass(session, issued.number).validity.lower == ENDS
    assert origin_of(session, issued.number).number == issued.number


def test_a_second_renewal_names_the_pass_that_follows(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = renewed(session, holder, old.number)
    with pytest.raises(DomainProblem, match=r"pass\.renewed") as refused:
        renewed(session, holder, old.number)
    assert refused.value.facts["number"] == outcome.number
    again = renewed(
        session,
        an_applicant(session, session.get_one(type(a_firm(session)), holder.firm_id)),
        str(outcome.number),
        now=SOON + timedelta(hours=72),
    )
    assert again.number is not None


def test_a_form_sent_twice_is_one_change(session: Session) -> None:
    holder = an_applicant(session)
    old, form, tools = a_reviewed_pass(session, holder), uuid4(), some_tools(session)
    first = renew_pass(session, holder, old.number, form, tools, now=SOON)
    second = renew_pass(session, holder, old.number, form, tools, now=SOON + timedelta(minutes=1))
    assert (first.number, first.application.id) == (second.number, second.application.id)
    other = a_reviewed_pass(session, holder)
    assert (
        refused_code(lambda: renew_pass(session, holder, other.number, form, tools, now=SOON))
        == "edit.conflict"
    )


def test_strangers_and_unknown_numbers_are_one_answer(session: Session) -> None:
    old = a_reviewed_pass(session, an_applicant(session))
    for actor in (an_applicant(session), an_owner_driver(session), an_officer(session, OFFICE)):
        for number in (old.number, "220100999999"):
            with pytest.raises(NotFound):
                renewed(session, actor, number)
            with pytest.raises(NotFound):
                swapped(session, actor, number)


def test_a_person_without_a_firm_renews_as_a_firm_does(session: Session) -> None:
    holder = an_owner_driver(session)
    outcome = renewed(session, holder, a_reviewed_pass(session, holder).number)
    assert the_pass(session, str(outcome.number)).person_id == holder.id


def test_a_suspended_firm_needs_an_officer(session: Session) -> None:
    firm = a_firm(session)
    holder = an_applicant(session, firm)
    old = a_reviewed_pass(session, holder)
    firm.state = "suspended"
    assert renewed(session, holder, old.number).why == (Why.FIRM,)


def test_too_many_hours_are_refused_in_place(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    with pytest.raises(InvalidInput) as refused:
        renewed(session, holder, old.number, hours=10_000)
    assert [(error.field, error.code) for error in refused.value.errors] == [("hours", "period.too_long")]


# --- another truck -----------------------------------------------------------------------------------------


def test_another_truck_gets_what_is_left_and_the_old_pass_is_replaced(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    plate = a_plate()
    outcome = swapped(session, holder, old.number, plate=plate)
    new = the_pass(session, str(outcome.number))
    assert (new.plate, new.validity.upper) == (plate, ENDS)
    assert new.validity.lower == SOON - timedelta(hours=1)
    assert the_pass(session, old.number).superseded_by == new.number
    first = session.get_one(PassRevision, (old.plate, old.number, 0))
    assert judge_text(session, text_of(first), now=SOON).verdict.code == "superseded"
    code = text_of(current_revision(session, new))
    assert judge_text(session, code, now=SOON, plate_seen=PlateSeen.MATCHES).verdict.level == "green"


def test_the_fourth_truck_is_looked_at_however_the_chain_goes(session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder).number
    for hour in range(3):
        number = str(swapped(session, holder, number, now=SOON + timedelta(hours=hour)).number)
    number = str(renewed(session, holder, number, now=ENDS - timedelta(hours=1)).number)
    fourth = swapped(session, holder, number, now=ENDS + timedelta(hours=1))
    assert (fourth.number, fourth.why) == (None, (Why.SWAPS,))
    agreed(session, fourth, now=ENDS + timedelta(hours=2))
    fresh = str(application_of(session, fourth).pass_number)
    assert swapped(session, holder, fresh, now=ENDS + timedelta(hours=3)).why == ()


def test_a_truck_of_another_size_is_looked_at(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = swapped(session, holder, old.number, colour=1)
    assert outcome.why == (Why.SIZE,)
    assert the_pass(session, old.number).state == PassState.LIVE
    agreed(session, outcome)
    assert the_pass(session, old.number).state == PassState.SUPERSEDED


def test_a_truck_that_has_a_pass_is_refused_and_a_strangers_number_is_not_told(session: Session) -> None:
    holder = an_applicant(session)
    old, own = a_reviewed_pass(session, holder), a_reviewed_pass(session, holder)
    foreign = a_reviewed_pass(session, an_applicant(session))
    with pytest.raises(DomainProblem, match=r"pass\.overlap") as refused:
        swapped(session, holder, old.number, plate=own.plate)
    assert refused.value.facts["number"] == own.number
    with pytest.raises(DomainProblem, match=r"pass\.vehicle_taken") as refused:
        swapped(session, holder, old.number, plate=foreign.plate)
    assert foreign.number not in str(refused.value.facts)
    assert the_pass(session, old.number).state == PassState.LIVE


@pytest.mark.parametrize(
    ("plate", "field"), [("吉A1234", "plate"), ("吉A1234挂", "plate"), ("吉AD12345", "plate_colour")]
)
def test_a_plate_that_is_none_is_told_in_place(session: Session, plate: str, field: str) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    with pytest.raises(InvalidInput) as refused:
        swapped(session, holder, old.number, plate=plate)
    assert [error.field for error in refused.value.errors] == [field]


def test_the_same_truck_is_no_change(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    assert refused_code(lambda: swapped(session, holder, old.number, plate=old.plate)) == "change.nothing"


@pytest.mark.parametrize("action", [PassAction.SUSPEND, PassAction.REVOKE, PassAction.SURRENDER])
def test_a_stopped_pass_is_not_changed(session: Session, action: PassAction) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    change_pass(session, COMMAND_LINE, old.number, action, reason=PassReason.LOST, now=SOON)
    for deed in (renewed, swapped, driven_by, amended):
        assert refused_code(lambda deed=deed: deed(session, holder, old.number)) == "pass.not_live"  # type: ignore[misc]


def test_a_replaced_pass_names_the_one_to_open(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = swapped(session, holder, old.number)
    with pytest.raises(DomainProblem, match=r"pass\.replaced") as refused:
        renewed(session, holder, old.number)
    assert refused.value.facts["number"] == outcome.number


# --- other drivers and amendments: revisions ---------------------------------------------------------------


def test_other_drivers_make_a_revision_and_everything_that_reads_one_follows(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder, drivers=[LI])
    number, link = old.number, make_link(session, holder, old.number, now=NOON)
    first = session.get_one(PassRevision, (old.plate, number, 0))
    sheet = make_sheet(session, holder, number, press(session, now=NOON), now=NOON)
    outcome = driven_by(session, holder, number, ZHAO, LI)
    assert (outcome.number, outcome.why) == (number, ())
    found = the_pass(session, number)
    second = current_revision(session, found)
    assert (found.revision, second.revision, found.state) == (1, 1, PassState.LIVE)
    credential = decode_payload(second.payload)
    assert (credential.revision, credential.number, credential.drivers) == (1, number, ("4567", "123X"))
    # The judge, in the long and in the quick way.
    verdicts = [
        judge_text(session, text_of(revision), now=SOON, plate_seen=PlateSeen.MATCHES).verdict
        for revision in (first, second)
    ]
    assert [(verdict.level, verdict.code) for verdict in verdicts] == [
        ("red", "superseded"),
        ("green", "valid"),
    ]
    readings = [
        Reading(text_of(revision), number, old.plate, SOON, None, PlateSeen.MATCHES)
        for revision in (first, second)
    ]
    assert [verdict.code for verdict in judge_readings(session, readings)] == ["superseded", "valid"]
    # The link, the check code, the document and the status list.
    shown = pass_of_token(session, link)
    assert shown is not None
    assert judge_pass(session, shown, now=SOON, plate_seen=PlateSeen.MATCHES).verdict.level == "green"
    assert look_up_by_check_code(session, number, second.check_code, now=SOON) is not None
    assert look_up_by_check_code(session, number, first.check_code, now=SOON) is None
    fresh = make_sheet(session, holder, number, press(session, now=SOON), now=SOON)
    assert fresh.sha256 != sheet.sha256
    assert "4567" in words(fresh.content)
    kept = session.scalars(select(PassSheet.revision).where(PassSheet.number == number)).all()
    assert set(kept) == {0, 1}
    publish(session, now=SOON)
    assert [number, 1] in StatusBook().full(session, now=SOON)["revised"]


def test_the_seventh_change_of_drivers_is_looked_at(session: Session) -> None:
    holder = an_applicant(session)
    number = a_reviewed_pass(session, holder, drivers=[LI]).number
    for turn in range(6):
        assert driven_by(session, holder, number, (ZHAO, LI)[turn % 2]).number == number
    assert driven_by(session, holder, number, ZHAO).why == (Why.SWAPS,)


def test_unbinding_a_pass_from_its_drivers_is_looked_at(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder, drivers=[LI])
    outcome = driven_by(session, holder, old.number)
    assert outcome.why == (Why.UNBOUND,)
    agreed(session, outcome)
    assert current_revision(session, the_pass(session, old.number)).drivers == []


def test_drivers_that_cannot_be_are_told_in_place(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    with pytest.raises(InvalidInput) as refused:
        driven_by(session, holder, old.number, {**ZHAO, "last4": "ABCD"})
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("drivers.0.last4", "driver.last4")
    ]
    with pytest.raises(InvalidInput) as refused:
        driven_by(session, holder, old.number, {**ZHAO, "name": ""})
    assert [error.field for error in refused.value.errors] == ["drivers.0.name"]
    with pytest.raises(InvalidInput) as refused:
        driven_by(session, holder, old.number, ZHAO, ZHAO, ZHAO, ZHAO)
    assert [error.code for error in refused.value.errors] == ["drivers.too_many"]


def test_an_amendment_waits_for_the_body_that_issued_and_changes_the_code(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = amended(session, holder, old.number, destination="120112", roads=["G1", "G25"], hours=96)
    assert outcome.why == (Why.ALWAYS,)
    assert application_of(session, outcome).body_id == old.body_id
    issued = agreed(session, outcome)
    assert issued.number == old.number
    found = the_pass(session, old.number)
    assert found.validity.upper == NOON + timedelta(hours=96)
    credential = decode_payload(current_revision(session, found).payload)
    assert (credential.destination, credential.roads, credential.revision) == ("120112", ("G1", "G25"), 1)
    assert credential.not_after == found.validity.upper
    event = history(session, "pass", old.number)[-1]
    assert (event.tag, event.facts["fields"]) == ("pass:amend", ["destination", "hours", "roads"])


def test_one_change_of_a_pass_waits_at_a_time(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    waiting = amended(session, holder, old.number, hours=96)
    for deed in (renewed, swapped, amended):
        with pytest.raises(DomainProblem, match=r"pass\.change_waiting") as refused:
            deed(session, holder, old.number)
        assert refused.value.facts["slip"] == waiting.application.slip
    withdraw(session, holder, waiting.application.id, now=SOON)
    assert swapped(session, holder, old.number).number is not None


def test_what_an_amendment_lacks_is_told_all_at_once(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    with pytest.raises(InvalidInput) as refused:
        amended(session, holder, old.number, goods=None, destination="220202")
    codes = {(error.field, error.code) for error in refused.value.errors}
    assert codes == {("goods", "field.required"), ("destination", "kind.not_cross_province")}


def test_an_amendment_of_a_pass_that_was_revoked_meanwhile_is_not_issued(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = amended(session, holder, old.number, hours=96)
    change_pass(session, COMMAND_LINE, old.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=SOON)
    assert refused_code(lambda: agreed(session, outcome)) == "pass.not_live"


def test_an_amended_period_that_meets_another_pass_is_refused(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = amended(session, holder, old.number, hours=120)
    agreed_on = renewed_like(session, old)
    with pytest.raises(DomainProblem, match=r"pass\.overlap") as refused:
        agreed(session, outcome)
    assert refused.value.facts["number"] == agreed_on
    assert the_pass(session, old.number).revision == 0


def renewed_like(session: Session, old: Pass) -> str:
    """Somebody's pass of the same truck that begins where the old one ends."""
    content = a_content(plate=old.plate, not_before=ENDS)
    holder = Holder(name="别家公司")
    return issue_pass(
        session, COMMAND_LINE, a_body(session, OFFICE), content, holder, some_tools(session), now=SOON
    ).number


def test_a_returned_change_is_mended_and_keeps_what_is_not_its_own(session: Session) -> None:
    holder = an_applicant(session)
    old = a_reviewed_pass(session, holder)
    outcome = amended(session, holder, old.number, hours=96)
    officer = an_officer(session, OFFICE)
    take(session, officer, outcome.application.id, now=SOON)
    return_(session, officer, outcome.application.id, {"hours": "太长"}, now=SOON)
    returned = application_of(session, outcome)
    values = {name: getattr(returned, name) for name in CHANGES[Purpose.AMEND].fields}
    values |= {"hours": 84, "plate": "吉A99999", "contact_phone": "13000000000"}
    later = SOON + timedelta(hours=5)
    mended = hand_in(session, holder, returned.form_token, values, some_tools(session).catalogue, now=later)
    assert (mended.state, mended.hours, mended.plate, mended.about) == (
        "submitted",
        84,
        old.plate,
        old.number,
    )
    assert mended.body_id == old.body_id
    agreed(session, outcome, now=later)
    assert the_pass(session, old.number).validity.upper == NOON + timedelta(hours=84)


# --- what ends soon ----------------------------------------------------------------------------------------


def test_passes_that_end_soon_are_listed_until_they_are_renewed(session: Session) -> None:
    holder = an_applicant(session)
    first = a_reviewed_pass(session, holder)
    second = a_reviewed_pass(session, holder, hours=60)
    a_reviewed_pass(session, holder, hours=240)
    a_reviewed_pass(session, an_applicant(session))
    assert ending_numbers(session, holder, now=SOON) == [second.number, first.number]
    renewed(session, holder, second.number)
    assert ending_numbers(session, holder, now=SOON) == [first.number]
    assert ending_count(session, holder, now=SOON) == 1
    waiting = amended(session, holder, first.number, hours=96)
    assert ending_numbers(session, holder, now=SOON) == []
    (row,) = ending_page(session, holder, now=SOON)
    assert row[2] is not None
    assert (row[0].number, row[2].id) == (first.number, waiting.application.id)


def test_the_list_of_ending_passes_pages_by_end_and_number(session: Session) -> None:
    holder = an_applicant(session)
    numbers = [a_pass_of(session, holder).number for _ in range(5)]
    page = ending_page(session, holder, now=SOON, limit=2)
    assert [row[0].number for row in page] == numbers[:3]
    rest = ending_page(session, holder, now=SOON, after=(ENDS, numbers[1]), limit=10)
    assert [row[0].number for row in rest] == numbers[2:]
    assert session.scalar(select(func.count()).select_from(Application)) == 0
