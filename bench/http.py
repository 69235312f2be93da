"""Over HTTP: verdicts against the floor, and the upload of scans, with the same server, threads and clients."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from accounts.models import ApiToken
from accounts.permissions import COMMAND_LINE
from accounts.public import Body
from accounts.tokens import hash_of, new_token
from bench.issuing import a_content
from foundation import clock
from foundation.base import new_id
from foundation.database import transaction
from foundation.embedded import APP_ROLE, EmbeddedServer
from passes.credential import build_text
from passes.public import Holder, issue_pass, tools, workshop

THREADS = 4
SECONDS = 4.0
BATCH = 1000


@contextmanager
def serving(
    target: str,
    app: Flask,
    server: EmbeddedServer,
    *,
    workers: int = 1,
    threads: int = THREADS,
    flags: Sequence[str] = (),
) -> Iterator[int]:
    """granian on a free port, by default with one worker and four threads; stopped by its own process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = app.extensions["settings"]
    environment = {
        **os.environ,
        "DATABASE_URL": server.dsn(APP_ROLE),
        "INSTANCE_DIR": str(settings.instance_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "bench",
    }
    granian = Path(sys.executable).with_name("granian")
    command = [str(granian), "--interface", "wsgi", "--port", str(port), "--workers", str(workers)]
    command += ["--blocking-threads", str(threads), "--no-access-log", "--log-level", "critical"]
    command += [*flags, target]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def a_token(scopes: list[str]) -> str:
    """A device's token."""
    token, now = new_token(), clock.now()
    with transaction() as session:
        session.add(
            ApiToken(
                id=new_id(),
                token_hash=hash_of(token),
                holder="device",
                name="bench",
                scopes=scopes,
                checkpoint_code="CP001",
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    return token


def a_text() -> str:
    """The QR of a pass that is valid now."""
    now = clock.now()
    with transaction() as session:
        body = session.scalars(select(Body).where(Body.code == "changchun-transport")).one()
        content = a_content(not_before=(now - timedelta(minutes=30)).replace(second=0, microsecond=0))
        issued = issue_pass(
            session, COMMAND_LINE, body, content, Holder(name="压测企业"), tools(session, now=now), now=now
        )
    return build_text(workshop().prefix, issued.payload, issued.signature)


def _post(connection: http.client.HTTPConnection, path: str, token: str, body: bytes) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    content: dict[str, Any] = json.loads(answer.read())
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {content}")
    return content


def rate(port: int, path: str, token: str, body: bytes, check: Callable[[dict[str, Any]], bool]) -> float:
    """Requests a second of four clients that keep their connections."""
    done = [0] * THREADS
    deadline = time.perf_counter() + SECONDS

    def client(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < deadline:
            if not check(_post(connection, path, token, body)):
                raise RuntimeError("a wrong answer")
            done[place] += 1
        connection.close()

    clients = [threading.Thread(target=client, args=(place,)) for place in range(THREADS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return sum(done) / SECONDS


def verdict_ratio(server: EmbeddedServer, app: Flask, rounds: int = 3) -> dict[str, float]:
    """Our verdicts a second, the floor's, and the median of the rounds' ratios."""
    token = a_token(["pass:look_up", "scan:record"])
    body = json.dumps({"text": a_text(), "plate_seen": "matches", "checkpoint": "CP001"}).encode()
    pairs = []
    with serving("wsgi:app", app, server) as ours, serving("bench.floor_app:app", app, server) as floor:
        for _ in range(rounds):
            mine = rate(
                ours, "/api/v1/verdicts", token, body, lambda answer: answer["level"] in {"green", "amber"}
            )
            bare = rate(floor, "/verdicts", token, body, lambda answer: answer["level"] == "green")
            pairs.append((mine, bare))
    return {
        "ours": statistics.median(pair[0] for pair in pairs),
        "floor": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(pair[0] / pair[1] for pair in pairs),
    }


def a_batch() -> bytes:
    """A thousand scans of one code, each an event of its own."""
    at = clock.now().isoformat()
    events = [
        {
            "kind": "scan",
            "event_id": str(new_id()),
            "plate": "吉A12345",
            "checkpoint": "CP001",
            "scanned_at": at,
            "number": None,
            "level": "green",
            "verdict": "valid",
            "reasons": ["valid"],
            "plate_seen": "matches",
            "offline": True,
            "list_seq": 1,
        }
        for _ in range(BATCH)
    ]
    return json.dumps({"events": events}).encode()


def scan_rate(server: EmbeddedServer, app: Flask, batches: int = 20) -> float:
    """Events a second taken in, in batches of a thousand by two clients."""
    token = a_token(["pass:look_up", "scan:record"])
    bodies = [a_batch() for _ in range(batches)]
    with serving("wsgi:app", app, server) as port:
        started = time.perf_counter()

        def client(part: list[bytes]) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            for body in part:
                results = _post(connection, "/api/v1/scans", token, body)["results"]
                if any(result["status"] != "accepted" for result in results):
                    raise RuntimeError("an event was not accepted")
            connection.close()

        clients = [threading.Thread(target=client, args=(bodies[place::2],)) for place in range(2)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        seconds = time.perf_counter() - started
    return batches * BATCH / seconds
