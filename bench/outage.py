"""After an outage: a thousand phones send what they recorded, all in the same second, to the product as it is started.

Whoever is told to come again (429, 503) does so after `Retry-After` and up to a quarter more, as the app does. Every
tenth phone loses the answer to its first upload, as on a bad network, and sends the same again. Meanwhile somebody else
asks for the status list.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from accounts.models import ApiToken
from accounts.permissions import SCOPES, ActorKind
from accounts.tokens import hash_of, new_token
from bench.http import serving
from foundation import clock
from foundation.base import new_id
from foundation.database import transaction
from foundation.embedded import EmbeddedServer
from web.launch import BACKLOG

PHONES = 1000
VEHICLES = 10
"""Of each phone while it had no network: a scan and an action each, so twenty events."""
LOSES_AN_ANSWER = 10
PROBE_SECONDS = 0.25
LAST_CALL_SECONDS = 300.0
WORKERS = 2

STORED = """
SELECT
    (SELECT count(*) FROM scan_receipt WHERE event_id = ANY(:events)) AS receipts,
    (SELECT count(*) FROM scan WHERE event_id = ANY(:events)) AS scans,
    (SELECT count(*) FROM action WHERE event_id = ANY(:events)) AS actions
"""


@dataclass
class Outage:
    """What came of the queues. Waits in seconds from the common start; `probe` is the longest of the status list."""

    events: int
    answered: dict[str, str] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    put_off: int = 0
    other: list[str] = field(default_factory=list)
    seconds: float = 0.0
    probe: float = 0.0
    stored: tuple[int, int, int] = (0, 0, 0)

    @property
    def lost(self) -> int:
        """Events that no answer spoke of, or that are not in the database although one did."""
        return max(self.events - len(self.answered), self.events - self.stored[0])

    @property
    def doubled(self) -> int:
        """Rows that are there more than once."""
        return self.stored[1] + self.stored[2] - self.stored[0]

    @property
    def clean(self) -> bool:
        """Whether each event is stored exactly once and no answer was another than those described."""
        return not self.lost and not self.doubled and not self.other


def phones(many: int = PHONES) -> list[str]:
    """Tokens of devices at one checkpoint."""
    now, tokens = clock.now(), [new_token() for _ in range(many)]
    with transaction() as session:
        session.add_all(
            ApiToken(
                id=new_id(),
                token_hash=hash_of(token),
                holder="device",
                name="bench",
                scopes=sorted(map(str, SCOPES[ActorKind.DEVICE])),
                checkpoint_code="CP001",
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
            for token in tokens
        )
    return tokens


def queue_of(place: int, at: datetime) -> list[dict[str, Any]]:
    """What one phone has recorded, in the order of its sequence numbers."""
    recorded: list[dict[str, Any]] = []
    for vehicle in range(VEHICLES):
        plate, when = f"吉B{place * VEHICLES + vehicle:05d}", at - timedelta(minutes=VEHICLES - vehicle)
        common = {
            "plate": plate,
            "checkpoint": "CP001",
            "time_low": when.isoformat(),
            "time_high": when.isoformat(),
        }
        scan = {
            **common,
            "kind": "scan",
            "event_id": str(new_id()),
            "scanned_at": when.isoformat(),
            "number": None,
            "level": "blue",
            "verdict": "no_pass",
            "reasons": ["no_pass"],
            "plate_seen": "unknown",
            "offline": True,
            "list_seq": 1,
            "sequence": len(recorded) + 1,
        }
        action = {
            **common,
            "kind": "action",
            "event_id": str(new_id()),
            "acted_at": when.isoformat(),
            "scan_id": scan["event_id"],
            "action": "passed",
            "sequence": len(recorded) + 2,
        }
        recorded += [scan, action]
    return recorded


def request(method: str, path: str, token: str | None = None, body: bytes = b"") -> bytes:
    """A request as bytes."""
    head = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    head += [f"Authorization: Bearer {token}", "Content-Type: application/json"] if token else []
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


class Phones:
    """Every phone a connection of its own."""

    def __init__(self, port: int, uploads: Sequence[bytes], outage: Outage) -> None:
        self.port, self.uploads, self.outage = port, uploads, outage
        self.started = 0.0
        self.dice = random.Random(1)  # noqa: S311 - spreads phones, hides nothing

    async def run(self) -> None:
        """Send everything, and ask for the status list until all is sent."""
        self.started = time.perf_counter()
        probing = asyncio.ensure_future(self._probe())
        async with asyncio.timeout(LAST_CALL_SECONDS):
            await asyncio.gather(*(self._phone(place) for place in range(len(self.uploads))))
        self.outage.seconds = time.perf_counter() - self.started
        probing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await probing

    async def _phone(self, place: int) -> None:
        if place % LOSES_AN_ANSWER == 0:
            await self._send_and_go(self.uploads[place])
        while pause := await self._upload(self.uploads[place]):
            await asyncio.sleep(pause * (1 + self.dice.random() / 4))
        self.outage.waits.append(time.perf_counter() - self.started)

    async def _send_and_go(self, upload: bytes) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(upload)
        await writer.drain()
        writer.close()

    async def _upload(self, upload: bytes) -> float:
        """0 when the queue was answered for, else the seconds after which to come again."""
        status, later, body = await ask(self.port, upload)
        if status in {429, 503}:
            self.outage.put_off += 1
            return later
        if status == 200:
            for result in json.loads(body)["results"]:
                self._note(result)
        else:
            self.outage.other.append(f"{status} {body[:200]!r}")
        return 0.0

    def _note(self, result: dict[str, Any]) -> None:
        if result["status"] in {"accepted", "repeated"}:
            self.outage.answered[result["event_id"]] = result["status"]
        else:
            self.outage.other.append(str(result))

    async def _probe(self) -> None:
        while True:
            began = time.perf_counter()
            status, _, _ = await ask(self.port, request("GET", "/.well-known/changtong/status.jws?since=0"))
            self.outage.probe = max(self.outage.probe, time.perf_counter() - began)
            if status != 200:
                self.outage.other.append(f"status list: {status}")
            await asyncio.sleep(PROBE_SECONDS)


async def ask(port: int, asked: bytes) -> tuple[int, float, bytes]:
    """One question on a connection of its own: status, seconds to wait if told so, body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(asked)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), float(headers.get("retry-after", "1")), body
    finally:
        writer.close()


def measure(server: EmbeddedServer, app: Flask, many: int = PHONES) -> Outage:
    """The phones against the product as `make run` starts it, with a worker process for each core."""
    now = clock.now()
    queues = [queue_of(place, now) for place in range(many)]
    events = [event["event_id"] for queue in queues for event in queue]
    uploads = [
        request("POST", "/api/v1/scans", token, json.dumps({"events": queue}).encode())
        for token, queue in zip(phones(many), queues, strict=True)
    ]
    found = Outage(len(events))
    flags = ("--backlog", str(BACKLOG * WORKERS), "--backpressure", str(BACKLOG))
    threads = app.extensions["settings"].threads
    with serving("wsgi:app", app, server, workers=WORKERS, threads=threads, flags=flags) as port:
        asyncio.run(Phones(port, uploads, found).run())
    with transaction() as session:
        row = session.execute(text(STORED), {"events": events}).one()
        found.stored = (row.receipts, row.scans, row.actions)
    return found
