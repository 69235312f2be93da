"""A running product on a database of its own, and people with real browsers."""

import os
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
from playwright.sync_api import Browser, Page, sync_playwright

from foundation import clock
from seeds.demo.people import make_people
from tests.builders import own_transaction, with_keys
from tests.journeys.people import Applicant, Officer, Passer, Staff

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Site:
    """Where the running product answers, and the app on the same database for looking behind the pages."""

    url: str
    app: Flask


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
    port = url.rpartition(":")[2]
    web = [
        str(tools / "granian"),
        "--interface",
        "wsgi",
        "--port",
        port,
        "--blocking-threads",
        "4",
        "--no-access-log",
    ]
    with (
        _running([*web, "--log-level", "critical", "wsgi:app"], environment),
        _running([str(tools / "flask"), "--app", "wsgi", "worker"], environment),
    ):
        _wait_for(url)
        yield Site(url, app)


def _running(command: list[str], environment: dict[str, str]) -> "_Running":
    return _Running(command, environment)


class _Running:
    """A process for the time of a block, stopped by its own id."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> None:
        return None

    def __exit__(self, *left: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within a minute")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window. Closed after each story: its event loop would keep others from running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


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
