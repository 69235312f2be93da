"""Slips 受理回执: a pass asked for at a barrier, issued at once or when the phone has a network again; exactly once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from accounts.public import device, person
from audit.public import record
from checkpoints.ledger import receipts_of
from checkpoints.models import ScanReceipt, Slip
from checkpoints.register import Point, register
from checkpoints.rules import clock_is_off, time_problem
from checkpoints.rules_slip import ANSWERS, SlipState, is_too_late
from checkpoints.slip_messages import SLIP_FAILED, SLIP_ISSUED, failed_facts
from checkpoints.slip_queries import find_slip, issues_at
from foundation.i18n import moment_words
from foundation.outbox import put_sms
from foundation.problems import DomainProblem, InvalidInput, field_problem
from passes.public import (
    DRIVER_LINK,
    Issued,
    PassState,
    Spot,
    SpotRequest,
    Tools,
    find_pass,
    give_link,
    issue_on_the_spot,
    link_facts,
    parse_plate,
)

KIND = "slip"
TIMES = frozenset({"made_at", "time_low", "time_high"})


@dataclass(frozen=True, kw_only=True)
class SlipAsked:
    """A slip as it was sent. Times are aware; the true time lies in [low, high]. `digest` compares what was sent."""

    event_id: UUID
    digest: bytes
    code: str
    checkpoint: str
    wanted: SpotRequest
    made_at: datetime
    low: datetime
    high: datetime
    offline: bool


@dataclass(frozen=True)
class _Outcome:
    """A pass, or the problem with the facts of its words."""

    issued: Issued | None
    problem: str | None = None
    facts: Mapping[str, Any] | None = None


def slip_asked(loaded: Mapping[str, Any]) -> SlipAsked:
    """What a loaded `SlipBody` says. Raises `InvalidInput` for what is no plate."""
    happened = loaded["made_at"]
    # When it was asked for is no part of what is asked for.
    told = {name: str(value) for name, value in loaded.items() if name not in TIMES and value is not None}
    names = ("plate_colour", "goods", "goods_words", "destination", "driver_last4", "phone")
    plate = parse_plate(loaded["plate"]).text
    return SlipAsked(
        event_id=loaded["event_id"],
        digest=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest(),
        code=loaded["code"],
        checkpoint=loaded["checkpoint"],
        wanted=SpotRequest(plate=plate, **{name: loaded[name] for name in names}),
        made_at=happened,
        low=loaded["time_low"] or happened,
        high=loaded["time_high"] or happened,
        offline=loaded["offline"],
    )


def take_slip(session: Session, actor: Actor, asked: SlipAsked, tools: Tools, *, now: datetime) -> Slip:
    """Issue what a slip asks for, or keep why not; the same event again gives the same slip.

    A refusal is kept as well, and is an answer. Raises `InvalidInput` for a checkpoint or county nobody knows,
    `event.*` for times that cannot be, `event_conflict` for the same event with other content, `slip.code_taken`.
    """
    if not _claim(session, asked, now):
        return _kept(session, asked)
    point = _point(session, asked, tools, now)
    if code := time_problem(asked.low, asked.high, now):
        raise DomainProblem(code)
    outcome = _try(session, actor, point, asked, tools, now)
    slip = _write(session, actor, asked, outcome, now)
    _record(session, actor, slip, now)
    _tell_driver(session, actor, slip, outcome, now)
    return slip


def _claim(session: Session, asked: SlipAsked, now: datetime) -> bool:
    """Whether this transaction owns the event now. Another upload of the same event is waited for."""
    receipt = {
        "event_id": asked.event_id,
        "kind": KIND,
        "plate": asked.wanted.plate,
        "content_hash": asked.digest,
        "received_at": now,
    }
    statement = insert(ScanReceipt).values(receipt).on_conflict_do_nothing().returning(ScanReceipt.event_id)
    return session.execute(statement).one_or_none() is not None


def _kept(session: Session, asked: SlipAsked) -> Slip:
    receipt = receipts_of(session, [asked.event_id])[asked.event_id]
    slip = find_slip(session, asked.event_id)
    if slip is None or receipt.digest != asked.digest:
        raise DomainProblem("event_conflict")
    return slip


def _point(session: Session, asked: SlipAsked, tools: Tools, now: datetime) -> Point:
    point = register(session, now=now).points.get(asked.checkpoint)
    if point is None:
        raise InvalidInput(field_problem("checkpoint", "checkpoint.unknown"))
    if asked.wanted.destination not in tools.catalogue.areas:
        raise InvalidInput(field_problem("destination", "destination.unknown"))
    return point


def _try(
    session: Session, actor: Actor, point: Point, asked: SlipAsked, tools: Tools, now: datetime
) -> _Outcome:
    """Issue; what a person at the barrier must be told is an outcome, everything else goes on being raised."""
    try:
        _require_possible(session, actor, point, asked, now)
        # What was begun must leave no trace, the serial above all, while the refusal itself is kept.
        with session.begin_nested():
            spot = Spot(point.county, point.road)
            demo = _is_demo(session, actor)
            return _Outcome(issue_on_the_spot(session, actor, spot, asked.wanted, tools, now=now, demo=demo))
    except DomainProblem as refused:
        return _refusal(session, refused, now)


def _require_possible(session: Session, actor: Actor, point: Point, asked: SlipAsked, now: datetime) -> None:
    if not issues_at(session, actor, point):
        raise DomainProblem("slip.other_checkpoint")
    if not point.may_issue:
        raise DomainProblem("slip.may_not_issue")
    if is_too_late(asked.high, now):
        raise DomainProblem("slip.too_old")


def _is_demo(session: Session, actor: Actor) -> bool:
    """Whether whoever issues, or enrolled the phone that does, is of a demo."""
    somebody = device(session, actor).person_id if actor.kind is ActorKind.DEVICE else actor.id
    found = person(session, somebody) if somebody else None
    return found is not None and found.demo


def _refusal(session: Session, refused: DomainProblem, now: datetime) -> _Outcome:
    if refused.code == "pass.overlap":
        return _held(session, refused, now)
    code = refused.errors[0].code if refused.errors else refused.code
    told = ANSWERS.get(code, code)
    if not told.startswith(f"{KIND}."):
        raise refused
    return _Outcome(None, told, {})


def _held(session: Session, refused: DomainProblem, now: datetime) -> _Outcome:
    """The vehicle has a pass: which one, and whether it is good."""
    found = find_pass(session, refused.facts["number"] or "")
    if found is None:
        # Whatever held the vehicle is gone again; the next try will see how it stands.
        raise refused
    if found.state == PassState.SUSPENDED:
        return _Outcome(None, "slip.pass_suspended", {"number": found.number})
    begins, ends = moment_words(found.validity.lower), moment_words(found.validity.upper)
    if now not in found.validity:
        return _Outcome(None, "slip.pass_later", {"number": found.number, "begins": begins})
    return _Outcome(None, "slip.has_pass", {"number": found.number, "until": ends})


def _write(session: Session, actor: Actor, asked: SlipAsked, outcome: _Outcome, now: datetime) -> Slip:
    failed = {"problem": outcome.problem, "problem_facts": dict(outcome.facts or {})}
    row = {
        "event_id": asked.event_id,
        "code": asked.code,
        "checkpoint": asked.checkpoint,
        "device_id": actor.id if actor.kind is ActorKind.DEVICE else None,
        "person_id": actor.id if actor.kind is ActorKind.PERSON else None,
        **vars(asked.wanted),
        "made_at": asked.made_at,
        "offline": asked.offline,
        "state": SlipState.ISSUED if outcome.issued else SlipState.FAILED,
        "number": outcome.issued.number if outcome.issued else None,
        **({} if outcome.issued else failed),
        "received_at": now,
        "flags": _flags(session, actor, asked, now),
    }
    statement = insert(Slip).values(row).on_conflict_do_nothing(index_elements=["code"]).returning(Slip)
    written = session.scalar(statement)
    if written is None:
        raise DomainProblem("slip.code_taken")
    return written


def _flags(session: Session, actor: Actor, asked: SlipAsked, now: datetime) -> list[str]:
    name = device(session, actor).device_code if actor.kind is ActorKind.DEVICE else None
    marks = {
        "clock_off": clock_is_off(asked.made_at, asked.low, asked.high, now),
        "other_checkpoint": actor.checkpoint_code not in {None, asked.checkpoint},
        "other_device": name is not None and not asked.code.startswith(name),
    }
    return [mark for mark, set_ in marks.items() if set_]


def _record(session: Session, actor: Actor, slip: Slip, now: datetime) -> None:
    facts = {"code": slip.code, "checkpoint": slip.checkpoint, "offline": slip.offline}
    told = {"number": slip.number} if slip.number else {"problem": slip.problem}
    record(
        session,
        actor,
        "slip:take",
        KIND,
        slip.event_id,
        now=now,
        to_state=slip.state,
        facts={**facts, **told},
    )


def _tell_driver(session: Session, actor: Actor, slip: Slip, outcome: _Outcome, now: datetime) -> None:
    """The link by text message. Of a slip made off line the driver is told either way: he has driven on since.

    Urgent, because he may stand at the next barrier at night.
    """
    key = f"{KIND}:{slip.event_id}"
    if slip.phone is None:
        return
    if outcome.issued is not None:
        token = give_link(session, actor, slip.plate, outcome.issued.number, now=now)
        name, facts = DRIVER_LINK, link_facts(token)
        if slip.offline:
            name, facts = SLIP_ISSUED, {**facts, "code": slip.code, "until": _until(session, slip)}
        put_sms(session, slip.phone, name, facts, key=key, now=now, urgent=True)
    elif slip.offline:
        facts = failed_facts(slip.code, slip.problem or "", slip.problem_facts or {})
        put_sms(session, slip.phone, SLIP_FAILED, facts, key=key, now=now, urgent=True)


def _until(session: Session, slip: Slip) -> str:
    found = find_pass(session, slip.number or "")
    return moment_words(found.validity.upper if found else None)
