"""The morning everybody applies: so many submissions at work, some that wait a moment, and an honest word to the rest.

Without a limit every submission would be slow, and so would the barrier. Each web process counts for itself; whoever
is put off keeps what was filled in, and a program repeats its question under the same Idempotency-Key.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field

from flask import Flask, g, request

from foundation.problems import DomainProblem

SUBMISSIONS = frozenset({"passes.apply", "passes_api.apply"})
"""Endpoints whose POST hands in an application."""
SHARE_AT_WORK, SHARE_WAITING = 4, 2
"""A quarter of the threads works on submissions, half may wait; the rest is for pages, verdicts and those put off."""
PATIENCE_SECONDS = 5.0
LEAST_PAUSE, MOST_PAUSE = 2.0, 120.0
STEP = 1.5


@dataclass
class Pause:
    """How long those who are put off are asked to stay away, in seconds on the average.

    It grows while more are put off than taken in and shrinks when few are. Where both are as many, it is the time in
    which all who stay away could be taken in: the honest answer to "when shall I come again".
    """

    mean: float = LEAST_PAUSE
    _second: int = 0
    _taken: int = 0
    _put_off: int = 0

    def note(self, at: float, *, taken: bool) -> None:
        """Count one submission at `at`, seconds of a monotonic clock."""
        if int(at) != self._second:
            self._adapt()
            self._second, self._taken, self._put_off = int(at), 0, 0
        self._taken += taken
        self._put_off += not taken

    def _adapt(self) -> None:
        if self._put_off > self._taken:
            self.mean = min(self.mean * STEP, MOST_PAUSE)
        elif self._put_off * 2 < self._taken:
            self.mean = max(self.mean / STEP, LEAST_PAUSE)

    def drawn(self) -> int:
        """Whole seconds between half the average and one and a half of it: those put off together come back apart."""
        half = max(1, round(self.mean / 2))
        return half + secrets.randbelow(round(self.mean) + 1)


@dataclass
class Admission:
    """Places at work, places to wait, and the pause of whoever finds neither."""

    at_work: int
    waiting: int
    pause: Pause = field(default_factory=Pause)

    def __post_init__(self) -> None:
        self._places = threading.Semaphore(self.at_work)
        self._room = threading.Semaphore(self.at_work + self.waiting)
        self._counting = threading.Lock()

    def enter(self) -> int:
        """Take a place, waiting for one where there is room to wait: 0, or the seconds after which to come again."""
        taken = self._enter()
        with self._counting:
            self.pause.note(time.monotonic(), taken=taken)
            return 0 if taken else self.pause.drawn()

    def _enter(self) -> bool:
        if not self._room.acquire(blocking=False):
            return False
        if self._places.acquire(timeout=PATIENCE_SECONDS):
            return True
        self._room.release()
        return False

    def leave(self) -> None:
        """Give the place to the next."""
        self._places.release()
        self._room.release()


def bind_admission(app: Flask, threads: int) -> None:
    """Count submissions before anything is asked of the database for them."""
    admission = Admission(max(1, threads // SHARE_AT_WORK), max(1, threads // SHARE_WAITING))
    app.extensions["admission"] = admission

    @app.before_request
    def admit() -> None:
        if request.method != "POST" or request.endpoint not in SUBMISSIONS:
            return
        if pause := admission.enter():
            raise DomainProblem("server.busy", retry_after=pause)
        g.admitted = True

    @app.teardown_request
    def leave(problem: BaseException | None) -> None:
        del problem
        if g.pop("admitted", False):
            admission.leave()
