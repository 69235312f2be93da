"""A day at the demo's barrier as a phone saw it: scans over three shifts, hand-overs, and passes seen where they
cannot be."""

import random
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from accounts.permissions import Actor, ActorKind, Permission
from checkpoints.print_quality import count_reads
from checkpoints.public import take_in
from checkpoints.shifts import COUNTED
from checkpoints.sightings import find_sightings
from foundation.base import new_id
from passes.models import Pass

PHONE: Final = "1 号机"
FAR_AWAY: Final = "CP003"
HAND_OVERS: Final = (
    ("王师傅", 20.0, None),
    ("李师傅", 12.0, "晚高峰排队约 40 辆"),
    ("陈师傅", 4.0, "扫描枪支架松动"),
)
"""Who took over how many hours ago, and what the one before told him."""
EVERY_MINUTES: Final = 15
JUDGED: Final = (
    ("green", "valid", 78),
    ("amber", "off_route", 8),
    ("red", "expired", 6),
    ("blue", "no_pass", 8),
)
OFFLINE_FOR: Final = (timedelta(hours=9), timedelta(hours=7))
"""From when to when, before now, the phone had no network."""
NOT_YET_SENT: Final = 2
"""Scans that the phone counted in the last shift and still holds."""


def make_shifts(session: Session, staff: Actor, chance: random.Random, *, now: datetime) -> None:
    """A day of one phone, and what the server finds in it."""
    phone = session.scalars(select(ApiToken).where(ApiToken.name == PHONE)).one()
    day = _Day(session, _device(phone.id, staff.checkpoint_code), chance, now)
    day.play()
    _impossible(session, staff, now=now)
    find_sightings(session, since=now - timedelta(days=1), now=now)
    count_reads(session, now=now)


def _device(device_id: UUID, checkpoint: str | None) -> Actor:
    scopes = frozenset({Permission.SCAN_RECORD})
    return Actor(ActorKind.DEVICE, device_id, scopes, checkpoint_code=checkpoint)


class _Day:
    """The events of a phone, in the order in which they were made."""

    def __init__(self, session: Session, phone: Actor, chance: random.Random, now: datetime) -> None:
        self.session, self.phone, self.chance, self.now = session, phone, chance, now
        self.sequence = 0
        self.counts = dict.fromkeys(COUNTED, 0)
        live = select(Pass).where(Pass.state == "live").order_by(Pass.number)
        self.passes = session.scalars(live.limit(60)).all()

    def play(self) -> None:
        """Shift after shift: the hand-over, then its scans."""
        ends = [hours for _, hours, _ in HAND_OVERS[1:]] + [0.1]
        for place, ((who, began, note), ended) in enumerate(zip(HAND_OVERS, ends, strict=True)):
            self._hand_over(self.now - timedelta(hours=began), who, note, last=place == len(HAND_OVERS) - 1)
            minutes = int((began - ended) * 60)
            for later in range(3, minutes, EVERY_MINUTES):
                self._scan(self.now - timedelta(hours=began) + timedelta(minutes=later))

    def _hand_over(self, at: datetime, who: str, note: str | None, *, last: bool) -> None:
        counts = dict(self.counts)
        if last:
            counts["scans"] += NOT_YET_SENT
            counts["green"] += NOT_YET_SENT
        event = {
            "kind": "shift",
            "changed_at": at.isoformat(),
            "officer": who,
            "note": note,
            "counts": counts,
        }
        self._send(event, at)
        self.counts = dict.fromkeys(COUNTED, 0)

    def _scan(self, at: datetime) -> None:
        found = self.chance.choice(self.passes)
        level, verdict, _ = self.chance.choices(JUDGED, [weight for *_, weight in JUDGED])[0]
        read = level != "blue"
        offline = self.now - OFFLINE_FOR[0] <= at < self.now - OFFLINE_FOR[1]
        scan: dict[str, Any] = {
            "kind": "scan",
            "plate": found.plate,
            "scanned_at": at.isoformat(),
            "number": found.number if read else None,
            "level": level,
            "verdict": verdict,
            "reasons": [verdict],
            "plate_seen": "matches",
            "offline": offline,
            **(self._read() if read else {"means": "plate"}),
        }
        scan_id = self._send(scan, at)
        held = level == "red" and self.chance.random() < 0.5
        action = {
            "kind": "action",
            "plate": found.plate,
            "acted_at": (at + timedelta(seconds=15)).isoformat(),
            "scan_id": scan_id,
            "action": "held" if held else "passed",
            **({"reason": "health_code"} if held else {}),
        }
        self._send(action, at)
        for name, more in (("scans", True), (level, True), (action["action"], True), ("offline", offline)):
            self.counts[str(name)] += more

    def _read(self) -> dict[str, Any]:
        """How a camera read the code: most prints are good, some are folded or pale."""
        uec = self.chance.choice((0.86, 0.79, 0.71, 0.64, 0.55, 0.42, 0.33, 0.21))
        return {
            "means": "camera",
            "uec": uec,
            "symbol_version": self.chance.choice((8, 9)),
            "frames": self.chance.randint(1, 9),
            "read_ms": self.chance.randint(12, 48),
        }

    def _send(self, event: dict[str, Any], at: datetime) -> str:
        self.sequence += 1
        back = self.now - OFFLINE_FOR[1]
        offline = self.now - OFFLINE_FOR[0] <= at < back
        event_id = str(new_id())
        sent = {
            "event_id": event_id,
            "checkpoint": self.phone.checkpoint_code,
            "sequence": self.sequence,
            **event,
        }
        arrived = back if offline else at + timedelta(seconds=self.chance.randint(1, 4))
        _taken(self.session, self.phone, [sent], now=arrived)
        return event_id


def _impossible(session: Session, staff: Actor, *, now: datetime) -> None:
    """One pass at two borders within forty minutes, one on two trucks, one that was given back."""
    passes = session.scalars(
        select(Pass).where(Pass.state == "live").order_by(Pass.number).offset(60).limit(2)
    )
    copied, lent = passes.all()
    ended = session.scalars(
        select(Pass).where(Pass.state == "surrendered").order_by(Pass.number).limit(1)
    ).one()
    here, far = staff.checkpoint_code or "", FAR_AWAY
    red = {
        "level": "red",
        "reasons": ["plate_mismatch"],
        "verdict": "plate_mismatch",
        "plate_seen": "differs",
    }
    stopped = {"level": "red", "reasons": ["surrendered"], "verdict": "surrendered"}
    scans: tuple[tuple[Pass, str, int, dict[str, Any]], ...] = (
        (copied, here, 95, {}),
        (copied, far, 55, {"offline": True}),
        (lent, far, 300, {}),
        (lent, here, 60, {**red, "seen_plate": "辽B30977"}),
        (ended, here, 5, stopped),
    )
    for found, checkpoint, ago, more in scans:
        at = max(now - timedelta(minutes=ago), found.state_changed_at + timedelta(minutes=11))
        scan = {
            "kind": "scan",
            "event_id": str(new_id()),
            "plate": found.plate,
            "checkpoint": checkpoint,
            "scanned_at": at.isoformat(),
            "number": found.number,
            "level": "green",
            "verdict": "valid",
            "reasons": ["valid"],
            "plate_seen": "matches",
            "offline": False,
            "means": "camera",
            "uec": 0.66,
            "symbol_version": 9,
            "frames": 2,
            "read_ms": 21,
            **more,
        }
        _taken(session, _device(new_id(), checkpoint), [scan], now=now)


def _taken(session: Session, sender: Actor, events: list[dict[str, Any]], *, now: datetime) -> None:
    refused = [outcome for outcome in take_in(session, sender, events, now=now) if outcome.problem]
    if refused:
        raise ValueError(f"the demo's day was refused: {refused[0].problem}")
