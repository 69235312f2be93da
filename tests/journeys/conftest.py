"""A running product on a database of its own, and people with real browsers."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from foundation import clock
from seeds.demo.people import make_people
from tests.builders import own_transaction, with_keys
from tests.journeys.people import Applicant, Officer, Passer, Staff
from tests.journeys.phones import CHROMIUM, FLAGS, Phone

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Program:
    """A process of the product and its children, stopped by their own group; it can be started again where it was."""

    def __init__(
        self, command: list[str], environment: dict[str, str], answers_at: str | None = None
    ) -> None:
        self._command = command
        self._environment = environment
        self._answers_at = answers_at
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers if it is a server."""
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=silent,
            stderr=silent,
            start_new_session=True,
        )
        if self._answers_at:
            _wait_for(self._answers_at)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None:
            # One that is frozen would not hear that it shall end.
            os.killpg(self._process.pid, signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def freeze(self) -> None:
        """From now on requests reach it and are not answered."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)
            self._process = None
        if self._answers_at:
            _wait_for_silence(self._answers_at)


@dataclass(frozen=True)
class Site:
    """Where the running product answers, its web server, and the app on the same database for looking behind the pages."""

    url: str
    app: Flask
    web: Program


@pytest.fixture
def site(clone: Callable[..., Flask]) -> Iterator[Site]:
    """Web server and worker as processes on a clone with the demo's people and no passes."""
    url = f"http://127.0.0.1:{free_port()}"
    app = clone(PUBLIC_URL=url, PORT=url.rpartition(":")[2])
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder, url)
        make_people(session, now=clock.now())
    settings = app.extensions["settings"]
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "INSTANCE_DIR": str(settings.instance_dir),
        "KEY_DIR": str(settings.key_dir),
        "FONTS_DIR": str(settings.fonts_dir),
        "PUBLIC_URL": url,
        "SECRET_KEY": "test",
        "DEMO": "1",
    }
    tools = Path(sys.executable).parent
    quiet = ["--blocking-threads", "4", "--no-access-log", "--log-level", "critical"]
    granian = [
        str(tools / "granian"),
        "--interface",
        "wsgi",
        "--port",
        url.rpartition(":")[2],
        *quiet,
        "wsgi:app",
    ]
    web = Program(granian, environment, url)
    worker = Program([str(tools / "flask"), "--app", "wsgi", "worker"], environment)
    try:
        worker.start()
        web.start()
        yield Site(url, app, web)
    finally:
        web.stop()
        worker.stop()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within a minute")


def _wait_for_silence(url: str) -> None:
    """A child may hold the port a moment longer than the process that was waited for."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the server still listens")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives browsers. Ended after each story: its event loop would keep others from running."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def make_phone(playwright: Playwright, site: Site, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Makes phones, each with a browser, a profile and a camera of its own: `make_phone(width, height)`."""
    made: list[Phone] = []

    def make(width: int = 390, height: int = 844) -> Phone:
        phone = Phone(playwright, site.url, tmp_path / f"phone{len(made)}", (width, height))
        made.append(phone)
        phone.switch_on()
        return phone

    yield make
    for phone in made:
        phone.switch_off()


@pytest.fixture
def open_browser(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own for each person: `open_browser(width, height)`."""
    contexts = []

    def open_page(width: int = 1366, height: int = 768) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            base_url=site.url,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def applicant(open_browser: Callable[..., Page]) -> Applicant:
    """The dispatcher of a firm, on a phone."""
    return Applicant(open_browser(390, 844), "firm")


@pytest.fixture
def officer(open_browser: Callable[..., Page]) -> Officer:
    """An officer of the agriculture bureau of 南关区."""
    return Officer(open_browser(), "officer")


@pytest.fixture
def staff(open_browser: Callable[..., Page]) -> Staff:
    """Somebody at a barrier."""
    return Staff(open_browser(390, 844), "staff")


@pytest.fixture
def passer(open_browser: Callable[..., Page]) -> Passer:
    """Anybody with a phone."""
    return Passer(open_browser(390, 844))
