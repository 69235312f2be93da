"""`make run` as its user meets it: one word starts everything, one Ctrl-C stops it, nothing is left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from accounts.models import Firm
from foundation.base import new_id
from foundation.clock import now as present
from foundation.settings import Settings
from seeds.demo import LOGINS, PASSWORD
from web.launch import CannotRunError, announce, demo_world, free_port, wants_demo, web_command

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
READY = "Ctrl-C stops everything."


@pytest.fixture(scope="module")
def instance() -> Iterator[Path]:
    """A folder that the account of the database can pass through, which pytest's own are not for root's."""
    folder = Path(tempfile.mkdtemp(prefix="ct-run-"))
    folder.chmod(0o711)
    yield folder / "instance"
    shutil.rmtree(folder)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@dataclass
class Run:
    """A running `make run`."""

    process: subprocess.Popen[str]
    port: int
    said: list[str]

    def end(self) -> tuple[int, str]:
        """Its status and everything it said, once it is over."""
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, "".join([*self.said, rest])

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.load(response)

    def child(self, *words: str) -> int:
        """The process number of the child whose command line holds all the words."""
        return next(
            pid
            for pid, line in processes().items()
            if self.is_parent_of(pid) and all(w in line for w in words)
        )

    def is_parent_of(self, pid: int) -> bool:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid

    def group(self) -> set[int]:
        """Process numbers of the children, whose groups hold everything they start."""
        return {pid for pid in processes() if self.is_parent_of(pid)}


def processes() -> dict[int, str]:
    """Command lines by process number."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {pid: line for pid, line in found.items() if line}


def left_of(groups: set[int]) -> list[str]:
    """Command lines of processes that still belong to one of the groups."""
    alive = []
    for pid, line in processes().items():
        try:
            if os.getpgid(pid) in groups:
                alive.append(line)
        except ProcessLookupError:
            continue
    return alive


def launch(instance: Path, port: int, **environ: str) -> "subprocess.Popen[str]":
    clean = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEMO"}}
    return subprocess.Popen(
        [sys.executable, "-m", "web.launch"],
        cwd=ROOT,
        env={**clean, "INSTANCE_DIR": str(instance), "PORT": str(port), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


@contextmanager
def a_run(instance: Path) -> Iterator[Run]:
    """The product started as `make run` starts it; returns when it says that it is ready."""
    port = a_free_port()
    process = launch(instance, port, DEMO="0")
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    run = Run(process, port, [])
    assert process.stdout is not None
    try:
        for line in process.stdout:
            run.said.append(line)
            if READY in line:
                break
        assert READY in "".join(run.said), run.said
        yield run
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def test_one_word_starts_everything_and_ctrl_c_leaves_nothing_behind(instance: Path) -> None:
    with a_run(instance) as run:
        assert f"http://127.0.0.1:{run.port}/" in "".join(run.said)
        children = run.group()
        assert len(children) == 3
        wait, ends = threading.Event(), present().timestamp() + PATIENCE
        while not ready(run):
            assert present().timestamp() < ends
            wait.wait(0.2)
        assert doctor(instance, run) == (0, "")
        second = launch(instance, a_free_port())
        said, _ = second.communicate(timeout=PATIENCE)
        assert (second.returncode, said.count("\n")) == (1, 1)
        assert "Another process runs the database" in said
        assert run.get("/healthz") == {"status": "alive"}
        run.process.send_signal(signal.SIGINT)
        status, said = run.end()
        assert (status, said.splitlines()[-1]) == (0, "stopped")
        assert left_of(children) == []


def doctor(instance: Path, run: Run) -> tuple[int, str]:
    """Status of `flask doctor` beside the run, and what it complains about."""
    environ = {**os.environ, "INSTANCE_DIR": str(instance), "PORT": str(run.port)}
    environ.pop("DATABASE_URL", None)
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"]
    found = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return found.returncode, found.stderr


def ready(run: Run) -> bool:
    try:
        found = run.get("/readyz")
    except urllib.error.HTTPError:
        return False
    return bool(found["ready"])


def test_a_port_in_use_is_said_in_a_line(instance: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = launch(instance, port)
        said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 1
    assert said == f"cannot run: port {port} of 127.0.0.1 is in use; stop what uses it, or set PORT\n"


def test_a_database_that_is_not_there_is_said_in_a_line_without_its_password(instance: Path) -> None:
    run = launch(instance, a_free_port(), DATABASE_URL="postgresql://app:geheim@127.0.0.1:9/ct")
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 1
    assert "the database does not answer" in said.splitlines()[-1]
    assert "geheim" not in said


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("bin/postgres", "-D"), "database"),
        (("flask", "worker"), "worker"),
        (("granian",), "web server"),
    ],
)
def test_what_ends_by_itself_ends_everything_so_that_a_supervisor_starts_it_again(
    instance: Path, words: tuple[str, ...], name: str
) -> None:
    with a_run(instance) as run:
        children = run.group()
        os.kill(run.child(*words), signal.SIGKILL)
        status, said = run.end()
        assert status == 1
        assert f"cannot run: the {name} ended by itself with status -9" in said
        assert left_of(children) == []


def test_children_of_a_killed_run_do_not_outlive_it(instance: Path) -> None:
    with a_run(instance) as run:
        children = run.group()
        run.process.kill()
        run.process.wait()
        wait, ends = threading.Event(), present().timestamp() + PATIENCE
        while left_of(children):
            assert present().timestamp() < ends, left_of(children)
            wait.wait(0.1)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, True),
        ({"DEMO": ""}, True),
        ({"DEMO": "1"}, True),
        ({"DEMO": "0"}, False),
        ({"DATABASE_URL": "postgresql://somewhere/ct"}, False),
        ({"DATABASE_URL": "postgresql://somewhere/ct", "DEMO": "1"}, True),
        ({"DATABASE_URL": "postgresql://somewhere/ct", "DEMO": "0"}, False),
    ],
)
def test_demo_data_is_wanted_in_our_own_database_or_when_said(given: dict[str, str], *, wanted: bool) -> None:
    assert wants_demo(given) is wanted


@pytest.mark.parametrize(
    ("wanted", "real", "made_up", "shown", "loaded"),
    [
        (True, False, False, True, True),
        (True, False, True, True, True),
        (True, True, True, True, False),
        (True, True, False, False, False),
        (False, False, False, False, False),
        (False, True, False, False, False),
    ],
)
def test_demo_data_never_goes_beside_a_real_firm(
    session: Session, *, wanted: bool, real: bool, made_up: bool, shown: bool, loaded: bool
) -> None:
    for demo in [False] * real + [True] * made_up:
        session.add(
            Firm(
                name="吉林某物流有限公司",
                credit_code=new_id().hex[-18:].upper(),
                area="220102",
                phone="043185097301",
                state="approved",
                created_at=present(),
                demo=demo,
            )
        )
    session.flush()
    assert demo_world(session, wanted=wanted) == (shown, loaded)


def test_a_demo_names_its_logins_and_another_run_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.of({"PUBLIC_URL": "https://ct.example.cn"})
    announce(settings, demo=True)
    demo = capsys.readouterr().out
    assert "https://ct.example.cn/" in demo
    assert PASSWORD in demo
    assert all(login.login in demo for login in LOGINS)
    announce(settings, demo=False)
    assert PASSWORD not in capsys.readouterr().out


def test_a_port_that_is_being_given_back_is_waited_for() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings.of({"PORT": str(taken.getsockname()[1])})
        soon = threading.Timer(0.3, taken.close)
        soon.start()
        free_port(settings)
        soon.join()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.port))
        with pytest.raises(CannotRunError, match="in use"):
            free_port(settings)


def test_https_is_spoken_with_a_certificate_and_old_phones_are_understood() -> None:
    plain = web_command(Settings.of({}))
    secure = web_command(Settings.of({"TLS_CERT": "chain.pem", "TLS_KEY": "key.pem"}))
    assert not any(word.startswith("--ssl") for word in plain)
    assert secure[len(plain) :] == [
        *("--ssl-certificate", "chain.pem"),
        *("--ssl-keyfile", "key.pem"),
        *("--ssl-protocol-min", "tls1.2"),
    ]
