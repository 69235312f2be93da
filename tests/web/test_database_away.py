"""The database goes away under load and comes back: everybody is told so at once, and nobody restarts anything."""

import json
import os
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foundation.clock import now as present
from foundation.database import db, transaction
from foundation.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer
from foundation.jobs import note_worker
from foundation.schema import ensure_partitions, upgrade
from foundation.settings import Settings
from seeds.reference_data import load_reference
from tests.builders import with_keys
from tests.conftest import settings_for
from tests.web.test_launch import a_free_port
from web.app import create_app
from web.children import child
from web.launch import web_command, worker_command

ROOT = Path(__file__).parents[2]
PATIENCE = 15.0
"""Seconds a client waits for an answer; longer counts as hanging."""
RECOVERY = 20.0
PAGE, READY, LIST = "/", "/readyz", "/.well-known/changtong/status.jws"
PATHS = (PAGE, READY, LIST, "/api/v1/verdicts")
"""A page, the load balancer's question, a signed list, and the API with a token that has to be looked up."""


@dataclass(frozen=True)
class Answer:
    """One answer: when it came (monotonic seconds), its status, type and words; status 0 is none at all."""

    at: float
    path: str
    status: int
    content_type: str = ""
    words: str = ""

    @property
    def is_as_always(self) -> bool:
        return self.status == (401 if self.path.startswith("/api/") else 200)


@dataclass
class Clients:
    """Four clients that ask without a pause and note every answer."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    _enough: threading.Event = field(default_factory=threading.Event)
    _came: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._ask_on, args=(path,)) for path in PATHS]
        for thread in threads:
            thread.start()
        return threads

    def stop(self, threads: list[threading.Thread]) -> None:
        self._enough.set()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def since(self, moment: float) -> list[Answer]:
        return [answer for answer in self.answers if answer.at > moment]

    def wait_until(self, holds: Callable[[list[Answer]], bool], seconds: float) -> None:
        """Until the newest answer to each path fits."""
        with self._came:
            assert self._came.wait_for(lambda: holds(self._newest()), seconds), self._newest()

    def _newest(self) -> list[Answer]:
        newest = {answer.path: answer for answer in self.answers}
        return list(newest.values()) if len(newest) == len(PATHS) else []

    def _ask_on(self, path: str) -> None:
        while not self._enough.is_set():
            answer = ask(self.url, path)
            with self._came:
                self.answers.append(answer)
                self._came.notify_all()


def ask(url: str, path: str) -> Answer:
    headers = {"Authorization": "Bearer nobodys"} if path.startswith("/api/") else {}
    request = urllib.request.Request(url + path, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - our own address
            found = response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            found = refused.code, refused.headers["Content-Type"], refused.read().decode()
    except OSError as none:
        found = 0, "", repr(none)
    return Answer(time.monotonic(), path, *found)


@pytest.fixture
def own_server() -> Iterator[EmbeddedServer]:
    """A server that this test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="ct-away-"))
    folder.chmod(0o711)
    with EmbeddedServer(folder / "instance", durable=False) as running:
        yield running
    shutil.rmtree(folder)


def prepared(server: EmbeddedServer) -> Settings:
    """An instance with all it needs to answer."""
    port = a_free_port()
    settings = settings_for(
        server, server.instance_dir.parent, PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}"
    )
    app = create_app(settings)
    upgrade(app)
    with app.app_context():
        with transaction() as session:
            load_reference(session)
            ensure_partitions(session)
            with_keys(session, settings.key_dir, settings.public_url)
            note_worker(session, present())
        db.session.remove()
        db.engine.dispose()
    return settings


def environment(server: EmbeddedServer, settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": server.dsn(APP_ROLE),
        "DATABASE_OWNER_URL": server.dsn(OWNER_ROLE),
        "INSTANCE_DIR": str(settings.instance_dir),
        "KEY_DIR": str(settings.key_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "test",
        "PYTHONPATH": str(ROOT),
    }


def all_as_always(answers: list[Answer]) -> bool:
    return bool(answers) and all(answer.is_as_always for answer in answers)


def all_away(answers: list[Answer]) -> bool:
    return bool(answers) and all(answer.status == 503 for answer in answers)


def test_a_database_stopped_under_load_is_said_clearly_and_its_return_is_noticed(
    own_server: EmbeddedServer,
) -> None:
    settings = prepared(own_server)
    environ = environment(own_server, settings)
    clients = Clients(settings.public_url)
    with ExitStack() as running:
        processes = [
            running.enter_context(child(words, environ))
            for words in (web_command(settings), worker_command())
        ]
        threads = clients.start()
        running.callback(clients.stop, threads)
        clients.wait_until(all_as_always, 30)
        first = time.monotonic()

        own_server.stop()
        stopped = time.monotonic()
        clients.wait_until(all_away, PATIENCE)
        a_while = len(clients.answers) + 40
        clients.wait_until(lambda newest: all_away(newest) and len(clients.answers) > a_while, PATIENCE)

        own_server.start()
        clients.wait_until(all_as_always, RECOVERY)
        again = time.monotonic()
        clients.wait_until(lambda newest: len(clients.since(again)) > 40, PATIENCE)
        assert [process.poll() for process in processes] == [None, None]

    away = [answer for answer in clients.since(first) if not answer.is_as_always]
    assert {answer.status for answer in away} == {503}, [a for a in away if a.status != 503][:3]
    assert not [answer for answer in clients.since(again) if not answer.is_as_always]
    assert all_words_are_clear(away)
    assert [answer for answer in away if answer.at > stopped]


def all_words_are_clear(away: list[Answer]) -> bool:
    for answer in away:
        if answer.path == PAGE:
            assert answer.content_type.startswith("text/html")
            assert "系统暂时不可用" in answer.words
            assert "service.unavailable" in answer.words
        elif answer.path == READY:
            assert "unreadable" in json.loads(answer.words)["checks"].values()
        else:
            assert answer.content_type == "application/problem+json"
            assert json.loads(answer.words)["code"] == "service.unavailable"
    return True
