"""The status list: numbering what has committed, and the exact list and deltas scanners are given.

Format: credential format section 5. The four bits of the serials of an area are hexadecimal digits, one a serial,
from the base to the high-water mark: as compact as packed bits once deflated, and readable by eye.
"""

import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from foundation.database import advisory_lock
from passes.ledgers import ListKey, StatusChange, StatusEntry, StatusHead
from passes.signing import PrivateKey, sign_jws
from passes.watches import watched_numbers

FORMAT = "changtong-status/1"
LATE = timedelta(seconds=5)
"""A reading request publishes itself when the last run is older (design.md 4): a dead worker stops no revocation."""
FORGOTTEN_AFTER = timedelta(days=1)
"""The base passes a serial a day after its end: phones whose clocks are wrong still find it in the list."""
BATCH = 5000
MOST_CHANGES = 5000
"""Beyond this a delta is larger than the whole list, which is kept in memory; anybody may ask for either."""

PUBLISH = text(
    """
    WITH fresh AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (SELECT id FROM status_change WHERE seq IS NULL ORDER BY id LIMIT :batch) AS waiting
    ), numbered AS (
        UPDATE status_change AS c SET seq = :seq + fresh.place FROM fresh WHERE c.id = fresh.id
        RETURNING c.number, c.code, c.revision, c.step, c.ends_at, c.seq
    ), newest AS (
        SELECT DISTINCT ON (number) * FROM numbered ORDER BY number, step DESC
    ), kept AS (
        INSERT INTO status_entry (area, serial, code, revision, step, ends_at)
        SELECT left(number, 6), right(number, 6)::int, code, revision, step, ends_at FROM newest
        ON CONFLICT (area, serial) DO UPDATE
        SET code = excluded.code, revision = excluded.revision, step = excluded.step, ends_at = excluded.ends_at
        WHERE status_entry.step < excluded.step
        RETURNING 1
    )
    SELECT count(*) AS published, (SELECT count(*) FROM kept) AS kept FROM numbered
    """
)


def publish(session: Session, *, now: datetime) -> int:
    """Number the changes that have committed and fold them into the entries; returns how many.

    One publisher at a time. The head is locked before the entries change, so a reader that shares its lock
    sees entries of exactly that head.
    """
    advisory_lock(session, "passes.status")
    head = _head(session)
    published = int(session.execute(PUBLISH, {"seq": head.seq, "batch": BATCH}).one().published)
    head.seq += published
    head.published_at = now
    session.flush()  # The head must be written before the lock is given up with the commit.
    return published


def _head(session: Session) -> StatusHead:
    head = session.get(StatusHead, 1, with_for_update=True)
    if head is None:
        head = StatusHead(id=1, seq=0, published_at=datetime(1970, 1, 1, tzinfo=UTC))
        session.add(head)
        session.flush()  # Later readers lock this row, so it has to be there.
    return head


def publish_if_late(session: Session, *, now: datetime) -> None:
    """What a reading request does before it reads."""
    published_at = session.scalar(select(StatusHead.published_at))
    if published_at is None or now - published_at > LATE:
        publish(session, now=now)


@dataclass
class AreaBook:
    """The serials of one area from 1 on: a hexadecimal digit and the end (Unix seconds) of each."""

    codes: bytearray = field(default_factory=lambda: bytearray(b"0"))
    ends: "array[int]" = field(default_factory=lambda: array("q", [0]))
    base: int = 1

    def put(self, serial: int, code: int, ends: int) -> None:
        """Keep the state of a serial; serials between the last known and this one stay never issued."""
        gap = serial + 1 - len(self.codes)
        if gap > 0:
            self.codes.extend(b"0" * gap)
            self.ends.extend([0] * gap)
        self.codes[serial] = ord(f"{code:x}")
        self.ends[serial] = ends

    def advance(self, before: int) -> None:
        """Move the base over serials that ended before this time (Unix seconds)."""
        while self.base < len(self.ends) and self.ends[self.base] < before:
            self.base += 1

    def as_json(self, area: str) -> dict[str, Any]:
        """base: first serial listed; high: the high-water mark; bits: one hexadecimal digit a serial."""
        return {
            "area": area,
            "base": self.base,
            "high": len(self.codes) - 1,
            "bits": self.codes[self.base :].decode("ascii"),
        }


class StatusBook:
    """What this process knows of the published list, brought forward by reading only newer changes."""

    def __init__(self) -> None:
        self._areas: dict[str, AreaBook] = {}
        self._revised: dict[str, tuple[int, int]] = {}
        self._seq = -1
        self._busy = Lock()

    def full(self, session: Session, *, now: datetime) -> dict[str, Any]:
        """The whole list as of the head."""
        with self._busy:
            self._catch_up(session)
            before = int((now - FORGOTTEN_AFTER).timestamp())
            for book in self._areas.values():
                book.advance(before)
            return {
                "format": FORMAT,
                "seq": self._seq,
                "base_seq": None,
                "server_time": now.astimezone(UTC).isoformat(timespec="seconds"),
                "areas": [self._areas[area].as_json(area) for area in sorted(self._areas)],
                "revised": [
                    [n, rev] for n, (rev, ends) in sorted(self._revised.items()) if ends > now.timestamp()
                ],
                "watch": watched_numbers(session, now=now),
            }

    def _catch_up(self, session: Session) -> None:
        head = session.scalar(select(StatusHead.seq).with_for_update(read=True))
        if head is None or head == self._seq:
            self._seq = head or 0
            return
        for row in _entries(session) if self._seq < 0 else _changes(session, self._seq):
            self._put(row)
        self._seq = head

    def _put(self, row: Row[Any]) -> None:
        ends = int(row.ends_at.timestamp())
        self._areas.setdefault(row.area, AreaBook()).put(row.serial, row.code, ends)
        if row.revision:
            self._revised[f"{row.area}{row.serial:06d}"] = (row.revision, ends)


def _entries(session: Session) -> Iterable[Row[Any]]:
    columns = (
        StatusEntry.area,
        StatusEntry.serial,
        StatusEntry.code,
        StatusEntry.revision,
        StatusEntry.ends_at,
    )
    return session.execute(select(*columns).order_by(StatusEntry.area, StatusEntry.serial))


def _changes(session: Session, since: int) -> Iterable[Row[Any]]:
    """The entries, as they are now, of every pass that changed after `since`."""
    changed = select(StatusChange.number).where(StatusChange.seq > since).distinct().subquery()
    columns = (
        StatusEntry.area,
        StatusEntry.serial,
        StatusEntry.code,
        StatusEntry.revision,
        StatusEntry.ends_at,
    )
    return session.execute(
        select(*columns).join(
            changed,
            (StatusEntry.area == func.left(changed.c.number, 6))
            & (StatusEntry.serial == func.right(changed.c.number, 6).op("::")(text("int"))),
        )
    )


def delta(session: Session, since: int, *, now: datetime) -> dict[str, Any] | None:
    """What changed after `since`, with a fresh time even when nothing did; None when `since` is not one of ours, or so
    old that the whole list is shorter."""
    head = session.scalar(select(StatusHead.seq).with_for_update(read=True)) or 0
    if not 0 <= since <= head or head - since > MOST_CHANGES:
        return None
    rows = sorted(_changes(session, since), key=lambda row: (row.area, row.serial)) if since < head else []
    return {
        "format": FORMAT,
        "seq": head,
        "base_seq": since,
        "server_time": now.astimezone(UTC).isoformat(timespec="seconds"),
        "areas": [],
        "changes": [[f"{row.area}{row.serial:06d}", row.code] for row in rows],
        "revised": [[f"{row.area}{row.serial:06d}", row.revision] for row in rows if row.revision],
        # The whole of it: it is short, and what is no longer on it must go from the phone too.
        "watch": watched_numbers(session, now=now),
    }


def sign_status(payload: dict[str, Any], kid: str, key: PrivateKey) -> str:
    """The list as a deflated JWS."""
    content = json.dumps(payload, separators=(",", ":")).encode()
    return sign_jws(key, kid, content, "changtong-status+jws", compress=True)


def status_kid(session: Session) -> str | None:
    """The announced status key."""
    return session.scalar(
        select(ListKey.kid).where(ListKey.purpose == "status", ListKey.retired_at.is_(None))
    )
