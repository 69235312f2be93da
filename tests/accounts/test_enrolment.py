"""How a phone becomes a device: the one-time code, its end, and the name that slips begin with."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.device_rules import (
    ALPHABET,
    CODE_LIFE,
    CODE_SIGNS,
    Ended,
    TokenEnd,
    normal_code,
    spaced_code,
    token_end,
)
from accounts.models import ApiToken, Enrolment
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Role
from accounts.queries import PAGE, devices_within
from accounts.service import devices
from accounts.service.devices import make_device_token, move_device, note_report
from accounts.service.enrolment import enrol, order_enrolment
from accounts.service.persons import deactivate_person
from accounts.tokens import hash_of
from audit.public import AuditEvent
from foundation.problems import DomainProblem, NotFound
from tests.accounts.people import staff
from tests.builders import NOON, own_transaction
from tests.checkpoints.roadside import HERE, an_officer
from tests.races import race

VERSION = "1.0.0"


def ordered(session: Session, who: Actor | None = None, name: str = "3 号机") -> str:
    """A code for a phone at the checkpoint of the tests."""
    return order_enrolment(session, who or an_officer(session), name, HERE, now=NOON)[1]


def problem_of(session: Session, code: str, now: datetime = NOON) -> str:
    with pytest.raises(DomainProblem) as refused:
        enrol(session, code, VERSION, now=now)
    return refused.value.code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("k7qm2f9d", "K7QM2F9D"), (" K7QM-2F9D ", "K7QM2F9D"), ("ilo0-i1LO", "11001110"), ("", "")],
)
def test_a_code_is_read_as_people_type_it(typed: str, kept: str) -> None:
    assert normal_code(typed) == kept


def test_a_code_is_told_in_two_groups_and_read_back() -> None:
    assert spaced_code("K7QM2F9D") == "K7QM-2F9D"
    assert normal_code(spaced_code("K7QM2F9D")) == "K7QM2F9D"


@pytest.mark.parametrize(
    ("revoked", "expires", "end"),
    [
        (None, 1, None),
        (None, 0, Ended(TokenEnd.EXPIRED, NOON)),
        (-1, 1, Ended(TokenEnd.REVOKED, NOON - timedelta(hours=1))),
        # Revoked although it had run out: what came after the revocation counts as a stolen phone's.
        (-1, -2, Ended(TokenEnd.REVOKED, NOON - timedelta(hours=1))),
    ],
)
def test_a_token_ends_in_one_of_two_ways(revoked: int | None, expires: int, end: Ended | None) -> None:
    revoked_at = None if revoked is None else NOON + timedelta(hours=revoked)
    assert token_end(revoked_at, NOON + timedelta(hours=expires), NOON) == end


def test_a_phone_with_the_code_becomes_a_device_of_the_checkpoint_once(session: Session) -> None:
    officer = an_officer(session)
    code = ordered(session, officer)
    row, token = enrol(session, code.lower(), VERSION, now=NOON)
    assert (row.holder, row.name, row.checkpoint_code, row.person_id) == (
        "device",
        "3 号机",
        HERE,
        officer.id,
    )
    assert row.token_hash == hash_of(token)
    assert row.report == {"app_version": VERSION}
    assert row.device_code is not None
    assert set(row.device_code) <= set(ALPHABET)
    assert problem_of(session, code) == "enrolment.unknown"


def test_the_table_keeps_no_code(session: Session) -> None:
    code = ordered(session)
    row = session.scalars(select(Enrolment)).one()
    assert row.code_hash == hash_of(code)
    assert len(code) == CODE_SIGNS
    assert code not in {str(value) for value in vars(row).values()}


def test_a_code_lasts_ten_minutes(session: Session) -> None:
    code = ordered(session)
    assert problem_of(session, code, NOON + CODE_LIFE) == "enrolment.unknown"
    enrol(session, code, VERSION, now=NOON + CODE_LIFE - timedelta(seconds=1))


def test_the_code_of_somebody_who_was_switched_off_opens_nothing(session: Session) -> None:
    officer = an_officer(session)
    code = ordered(session, officer)
    assert officer.id
    deactivate_person(session, COMMAND_LINE, officer.id, now=NOON)
    assert problem_of(session, code) == "enrolment.unknown"


def test_nobody_orders_a_code_for_a_checkpoint_that_is_not_the_own(session: Session) -> None:
    with pytest.raises(DomainProblem, match=r"checkpoint\.foreign"):
        order_enrolment(session, an_officer(session), "3 号机", "CP003", now=NOON)
    with pytest.raises(DomainProblem, match=r"login\.needed"):
        order_enrolment(session, COMMAND_LINE, "3 号机", HERE, now=NOON)


def test_ordering_enrolling_and_moving_are_in_the_audit_without_the_code(session: Session) -> None:
    code = ordered(session)
    row, token = enrol(session, code, VERSION, now=NOON)
    moving = Actor(ActorKind.DEVICE, row.id, checkpoint_code=HERE)
    move_device(session, moving, "CP003", now=NOON)
    move_device(session, moving, "CP003", now=NOON)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    tags = [event.tag for event in events]
    assert tags == ["enrolment:create", "token:create", "device:enrol", "device:move"]
    assert events[-1].facts == {"from": HERE, "to": "CP003"}
    told = " ".join(str(vars(event)) for event in events)
    assert code not in told
    assert token not in told


def test_only_a_device_that_is_there_moves_and_reports(session: Session) -> None:
    for actor in (COMMAND_LINE, an_officer(session)):
        with pytest.raises(NotFound):
            move_device(session, actor, HERE, now=NOON)
        with pytest.raises(NotFound):
            note_report(session, actor, {}, now=NOON)


def test_a_name_that_is_taken_is_thrown_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter(["K7QM", "K7QM", "K7QM", "2F9D"])
    monkeypatch.setattr(devices, "new_signs", lambda count: next(names))
    first, _ = make_device_token(session, COMMAND_LINE, "甲机", HERE, now=NOON)
    second, _ = make_device_token(session, COMMAND_LINE, "乙机", HERE, now=NOON)
    assert (first.device_code, second.device_code) == ("K7QM", "2F9D")
    monkeypatch.setattr(devices, "new_signs", lambda count: "K7QM")
    with pytest.raises(DomainProblem, match=r"device\.codes_used_up"):
        make_device_token(session, COMMAND_LINE, "丙机", HERE, now=NOON)


def test_of_two_phones_with_one_code_at_the_same_instant_one_gets_it(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        code = ordered(session)
    results = race(app, [lambda session: enrol(session, code, VERSION, now=NOON)[1] for _ in range(2)])
    tokens = [result for result in results if isinstance(result, str)]
    refused = [result.code for result in results if isinstance(result, DomainProblem)]
    assert (len(tokens), refused) == (1, ["enrolment.unknown"])
    with own_transaction(app) as session:
        kept = session.scalars(select(ApiToken)).one()
        assert kept.token_hash == hash_of(tokens[0])
        assert session.scalars(select(Enrolment.token_id)).one() == kept.id


def test_two_phones_enrolled_at_the_same_instant_get_different_names(
    clone: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both throw the same name first; whoever is second waits for the first and throws again."""
    app = clone()
    thrown = iter(["K7QM", "K7QM", "2F9D", "3G8E"])
    monkeypatch.setattr(devices, "new_signs", lambda count: next(thrown))

    def make(session: Session) -> str | None:
        return make_device_token(session, COMMAND_LINE, "手机", HERE, now=NOON)[0].device_code

    found = race(app, [make, make])
    assert len(set(found)) == 2
    assert all(isinstance(name, str) for name in found)


def test_devices_are_listed_page_by_page_those_that_work_apart_from_the_others(session: Session) -> None:
    lead = an_officer(session, role=Role.CHECKPOINT_LEAD)
    made = [
        make_device_token(session, COMMAND_LINE, f"{number} 号机", HERE, now=NOON)[0]
        for number in range(PAGE + 3)
    ]
    made[0].revoked_at = NOON
    made[1].expires_at = NOON
    first = devices_within(session, lead, ended=False, now=NOON)
    second = devices_within(session, lead, ended=False, before=first[PAGE - 1].id, now=NOON)
    assert [row.name for row in (*first[:PAGE], *second)] == [row.name for row in reversed(made[2:])]
    ended = devices_within(session, lead, ended=True, now=NOON)
    assert [row.name for row in ended] == ["1 号机", "0 号机"]


def test_a_thousand_devices_are_listed_in_one_query_that_reads_one_page(session: Session) -> None:
    lead = an_officer(session, role=Role.CHECKPOINT_LEAD)
    rows = [
        ApiToken(
            token_hash=hash_of(str(number)),
            holder="device",
            name=f"{number} 号机",
            scopes=["scan:record"],
            checkpoint_code=HERE,
            created_at=NOON,
            expires_at=NOON + timedelta(days=1),
        )
        for number in range(1000)
    ]
    session.add_all(rows)
    session.flush()
    assert len(devices_within(session, lead, ended=False, now=NOON)) == PAGE + 1


def test_an_administrator_reaches_the_devices_of_officers_without_a_body(session: Session) -> None:
    administrator = staff(session, Role.ADMINISTRATOR)
    acting = Actor(ActorKind.PERSON, administrator.id, area="220100")
    officer = an_officer(session, body="changchun-transport")
    person = session.get_one(type(administrator), officer.id)
    person.body_id, person.area = None, "220102"
    session.flush()
    row, _ = enrol(session, ordered(session, officer), VERSION, now=NOON)
    assert [one.id for one in devices_within(session, acting, ended=False, now=NOON)] == [row.id]
    person.area = "220202"
    session.flush()
    assert devices_within(session, acting, ended=False, now=NOON) == []
