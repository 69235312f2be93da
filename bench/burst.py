"""The morning everybody applies: 250 submissions a second for a minute, offered whether or not the server keeps up.

The load is open: a submission is due at its time, and its waiting counts from then. A client that is told to come
back (429, 503) does so after `Retry-After`, with the same Idempotency-Key, as docs/api.md asks for.
"""

import asyncio
import heapq
import json
import statistics
import time
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from accounts.models import ApiToken
from accounts.public import Firm
from accounts.tokens import hash_of, new_token
from bench.http import serving
from foundation import clock
from foundation.base import new_id
from foundation.database import transaction
from foundation.embedded import EmbeddedServer
from passes.models import Application

PER_SECOND = 250
SECONDS = 60
CONNECTIONS = 96
FIRMS = 100
"""So many that no firm comes near its own limit."""
LAST_CALL_SECONDS = 300.0
"""After the minute, for those who were told to come back."""


@dataclass
class Burst:
    """What came of the submissions: `accepted` by key, how often one was put off, and waits in seconds."""

    accepted: dict[str, str] = field(default_factory=dict)
    at_once: int = 0
    put_off: int = 0
    other: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stored: int = 0

    @property
    def offered(self) -> int:
        """How many submissions were made."""
        return PER_SECOND * SECONDS

    @property
    def p95(self) -> float:
        """95 of 100 had their answer within so many seconds of their time."""
        return statistics.quantiles(self.waits, n=20)[-1] if self.waits else float("inf")

    @property
    def clean(self) -> bool:
        """Whether each was stored exactly once and every answer was one of those described."""
        each = len(self.accepted) == len(set(self.accepted.values())) == self.stored == self.offered
        return each and not self.other


def tokens() -> list[str]:
    """Tokens of firms."""
    now, made = clock.now(), []
    with transaction() as session:
        for place in range(FIRMS):
            firm = Firm(
                name=f"压测企业{place}",
                credit_code=f"9122BENCH{place:09d}",
                area="220102",
                phone="043180000000",
                state="approved",
                created_at=now,
            )
            session.add(firm)
            session.flush()
            made.append(new_token())
            session.add(
                ApiToken(
                    id=new_id(),
                    token_hash=hash_of(made[-1]),
                    holder="firm",
                    name="bench",
                    scopes=["application:apply"],
                    firm_id=firm.id,
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )
    return made


def _request(place: int, token: str, begin: str) -> bytes:
    asked = {
        "plate": f"吉B{place:05d}",
        "plate_colour": "blue",
        "goods": 12,
        "origin": "220102",
        "destination": "110115",
        "roads": ["G1"],
        "not_before": begin,
        "hours": 72,
        "contact_phone": "13800000000",
    }
    body = json.dumps(asked, ensure_ascii=False).encode()
    head = (
        f"POST /api/v1/applications HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: burst-{place}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Clients:
    """Connections that take what is due next; what is put off is due again later."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.port, self.requests, self.burst = port, requests, Burst()
        self.started = time.perf_counter()
        self.due = [(place / PER_SECOND, place) for place in range(len(requests))]
        self.open = len(requests)

    async def run(self) -> Burst:
        async with asyncio.timeout(SECONDS + LAST_CALL_SECONDS):
            await asyncio.gather(*(self._connection() for _ in range(CONNECTIONS)))
        self.burst.seconds = time.perf_counter() - self.started
        return self.burst

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.open:
            now = time.perf_counter() - self.started
            if not self.due or self.due[0][0] > now:
                await asyncio.sleep(0.005)
                continue
            _, place = heapq.heappop(self.due)
            try:
                writer.write(self.requests[place])
                answer = await _answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                # A server closes what has been silent for long; the key makes asking again harmless.
                heapq.heappush(self.due, (now, place))
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                continue
            self._note(place, *answer)
        writer.close()

    def _note(self, place: int, status: int, later: float, body: bytes) -> None:
        now = time.perf_counter() - self.started
        if status in {429, 503}:
            self.burst.put_off += 1
            heapq.heappush(self.due, (now + later, place))
            return
        self.open -= 1
        if status not in {200, 201}:
            self.burst.other.append(f"{status} {body[:200]!r}")
            return
        wait = now - place / PER_SECOND
        self.burst.waits.append(wait)
        self.burst.at_once += wait < 1
        self.burst.accepted[f"burst-{place}"] = json.loads(body)["id"]


async def _answer(reader: asyncio.StreamReader) -> tuple[int, float, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), float(headers.get("retry-after", "1")), body


def measure(server: EmbeddedServer, app: Flask) -> Burst:
    """Offer the load to the product as `make run` starts it, with a worker process for each core."""
    made = tokens()
    begin = clock.now().isoformat()
    requests = [_request(place, made[place % FIRMS], begin) for place in range(PER_SECOND * SECONDS)]
    threads = app.extensions["settings"].threads
    with serving("wsgi:app", app, server, workers=2, threads=threads) as port:
        found = asyncio.run(_Clients(port, requests).run())
    with transaction() as session:
        stored = session.scalar(
            select(func.count()).select_from(Application).where(Application.channel == "api")
        )
        found.stored = stored or 0
    return found
