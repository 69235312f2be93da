"""Taking in scans, actions and hand-overs: each accepted or refused on its own, each exactly once, in either order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from checkpoints.events import Acted, Event, HandedOver, Scanned, Sending, read_event
from checkpoints.facts import write_facts
from checkpoints.ledger import (
    KnownAction,
    KnownScan,
    Receipt,
    Sender,
    actions_of,
    receipts_of,
    scans_of,
    take,
    write_actions,
    write_hand_overs,
    write_scans,
)
from checkpoints.register import Register, register
from checkpoints.rules import RoadsideAction, consequence, undo_problem
from checkpoints.verdicts import standing
from foundation.problems import DomainProblem, InvalidInput, field_problem
from passes.public import Reading, judge_readings

LONGEST_ECHO = 64


@dataclass(frozen=True)
class Outcome:
    """What became of one event. `event_id` is echoed as it was sent; `problem` only when refused."""

    event_id: str | None
    status: str
    problem: DomainProblem | None = None


@dataclass(frozen=True)
class _Background:
    """What the new events of an upload are checked against: scans and actions, arrived before or with them."""

    scans: Mapping[UUID, KnownScan]
    actions: Mapping[UUID, KnownAction]


def take_in(session: Session, actor: Actor, raw: Sequence[object], *, now: datetime) -> list[Outcome]:
    """Accept, recognise or refuse each event, in order. One that is refused leaves no trace and stops no other."""
    places = register(session, now=now)
    sending = Sending(actor.checkpoint_code, actor.ended, actor.ended_at)
    readings = [_read(event, sending, places, now) for event in raw]
    events = _first_of_each(reading for reading in readings if not isinstance(reading, DomainProblem))
    receipts = receipts_of(session, {*events, *_mentioned(events.values())})
    new = {event_id: event for event_id, event in events.items() if event_id not in receipts}
    refused = _refusals(session, new, receipts)
    claimed = take(session, [event for event in new.values() if event.event_id not in refused], now=now)
    _write(session, [new[event_id] for event_id in claimed], actor, places, now)
    # What another upload claimed at the same instant has its receipt by now.
    late = receipts_of(session, new.keys() - refused.keys() - claimed) if len(claimed) < len(new) else {}
    stored = {**receipts, **late}
    seen: set[UUID] = set()
    return [
        _outcome(sent, reading, refused, claimed, stored, events, seen)
        for sent, reading in zip(raw, readings, strict=True)
    ]


def _read(raw: object, sending: Sending, places: Register, now: datetime) -> Event | DomainProblem:
    try:
        event = read_event(raw, sending, now=now)
        if event.checkpoint not in places.points:
            raise InvalidInput(field_problem("checkpoint", "checkpoint.unknown"))
    except DomainProblem as refused:
        return refused
    return event


def _first_of_each(events: Iterable[Event]) -> dict[UUID, Event]:
    first: dict[UUID, Event] = {}
    for event in events:
        first.setdefault(event.event_id, event)
    return first


def _mentioned(events: Iterable[Event]) -> set[UUID]:
    """The scans and actions that actions speak of."""
    actions = [event for event in events if isinstance(event, Acted)]
    return {action.scan_id for action in actions} | {
        action.undoes for action in actions if action.undoes is not None
    }


def _refusals(
    session: Session, new: Mapping[UUID, Event], receipts: Mapping[UUID, Receipt]
) -> dict[UUID, DomainProblem]:
    """The new actions that cannot be taken, with the reason; what they speak of may not have arrived yet."""
    actions = [event for event in new.values() if isinstance(event, Acted)]
    if not actions:
        return {}
    arrived = {e.event_id: KnownScan(e.level, e.verdict) for e in new.values() if isinstance(e, Scanned)}
    acted = {action.event_id: KnownAction(action.scan_id, action.action, action.at) for action in actions}
    background = _Background(
        {**scans_of(session, receipts), **arrived}, {**actions_of(session, receipts), **acted}
    )
    checked = ((action.event_id, _action_problem(action, background)) for action in actions)
    return {event_id: problem for event_id, problem in checked if problem is not None}


def _action_problem(action: Acted, background: _Background) -> DomainProblem | None:
    scan = background.scans.get(action.scan_id)
    if scan is not None and action.reason is None:
        here = standing(scan.level, scan.verdict)
        if consequence(here, action.action).needs_reason:
            return DomainProblem("reason.missing")
    undone = background.actions.get(action.undoes) if action.undoes else None
    if undone is None:
        return None
    if undone.scan_id != action.scan_id:
        return DomainProblem("action.other_scan")
    code = undo_problem(RoadsideAction(undone.action), undone.at, action.at)
    return DomainProblem(code) if code else None


def _write(session: Session, events: Sequence[Event], actor: Actor, places: Register, now: datetime) -> None:
    scans = [event for event in events if isinstance(event, Scanned)]
    actions = [event for event in events if isinstance(event, Acted)]
    hand_overs = [event for event in events if isinstance(event, HandedOver)]
    sender = Sender(
        device_id=actor.id if actor.kind is ActorKind.DEVICE else None,
        person_id=actor.id if actor.kind is ActorKind.PERSON else None,
    )
    if scans:
        verdicts = _server_verdicts(session, scans, places, now)
        write_scans(session, [(scan, verdicts.get(scan.event_id)) for scan in scans], sender, now=now)
    if actions:
        write_actions(session, actions, sender, now=now)
    if hand_overs:
        write_hand_overs(session, hand_overs, sender, now=now)
    if scans or actions:
        concerned = {*(scan.event_id for scan in scans), *(action.scan_id for action in actions)}
        write_facts(session, concerned, now=now)


def _server_verdicts(
    session: Session, scans: Sequence[Scanned], places: Register, now: datetime
) -> dict[UUID, str]:
    """The server's own verdict on each scan with a text, where it differs from what the device showed."""
    read = [scan for scan in scans if scan.text is not None]
    verdicts = judge_readings(session, [_reading(scan, places, now) for scan in read])
    return {
        scan.event_id: str(verdict.code)
        for scan, verdict in zip(read, verdicts, strict=True)
        if verdict.code is not scan.verdict
    }


def _reading(scan: Scanned, places: Register, now: datetime) -> Reading:
    """Judged for the latest moment at which the scan can have happened: not after it has arrived."""
    return Reading(
        text=scan.text or "",
        number=scan.number,
        plate=scan.plate,
        at=min(scan.high, now),
        place=places.points[scan.checkpoint].place,
        plate_seen=scan.plate_seen,
    )


def _outcome(
    sent: object,
    reading: Event | DomainProblem,
    refused: Mapping[UUID, DomainProblem],
    claimed: set[UUID],
    stored: Mapping[UUID, Receipt],
    events: Mapping[UUID, Event],
    seen: set[UUID],
) -> Outcome:
    echo = _echo(sent)
    if isinstance(reading, DomainProblem):
        return Outcome(echo, "refused", reading)
    event_id, first = reading.event_id, reading.event_id not in seen
    seen.add(event_id)
    kept = stored[event_id].digest if event_id in stored else events[event_id].digest
    if kept != reading.digest:
        return Outcome(echo, "refused", DomainProblem("event_conflict"))
    if event_id in refused:
        return Outcome(echo, "refused", refused[event_id])
    return Outcome(echo, "accepted" if first and event_id in claimed else "repeated")


def _echo(sent: Any) -> str | None:
    """The event's id as it was sent, if it is something one can send back."""
    event_id = sent.get("event_id") if isinstance(sent, Mapping) else None
    return event_id if isinstance(event_id, str) and len(event_id) <= LONGEST_ECHO else None
