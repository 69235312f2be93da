"""The morning everybody applies, and the minute after an outage: so many at work, an honest word to the rest.

Without a limit every submission would be slow, and so would the barrier; and a thousand phones that upload what they
recorded would keep the lists from those that need them now. Each web process counts for itself; whoever is put off
keeps what was filled in or recorded, and what is sent again counts once. Neither takes the places of the other.
"""

import math
import threading
import time
from dataclasses import dataclass, field

from flask import Flask, g, request

from foundation.problems import DomainProblem

SUBMISSIONS = frozenset({"passes.apply", "passes_api.apply"})
"""Endpoints whose POST hands in an application."""
UPLOADS = frozenset({"checkpoints_api.scans"})
"""Endpoints whose POST brings what phones have recorded."""
SHARE_AT_WORK, SHARE_WAITING = 4, 2
"""A quarter of the threads works on submissions, half may wait; the rest is for pages, verdicts and those put off."""
SHARE_OF_UPLOADS = 8
"""An eighth works on uploads and as many wait: a phone has time, and one that uploads as it scans finds room."""
PATIENCE_SECONDS = 5.0
LEAST_PAUSE, MOST_PAUSE = 2.0, 300.0
FIRST_RATE = 50.0
"""Submissions a second of a process before it has been seen at its limit."""
SMOOTHING = 0.3
PROMISED = 1.2
"""Turns given for each place there will be: some do not come again, and an idle server helps nobody."""


@dataclass
class Turns:
    """When whoever is put off shall come again: one after the other, as fast as submissions were taken in lately.

    Times are seconds of a monotonic clock.
    """

    rate: float = FIRST_RATE
    _next: float = 0.0
    _second: int = 0
    _taken: int = 0
    _put_off: int = 0

    def take(self, at: float) -> None:
        """Somebody was taken in."""
        self._turn_to(at)
        self._taken += 1

    def put_off(self, at: float) -> int:
        """Whole seconds until the next free turn."""
        self._turn_to(at)
        self._put_off += 1
        self._next = max(self._next, at + LEAST_PAUSE) + 1 / (self.rate * PROMISED)
        return math.ceil(min(self._next - at, MOST_PAUSE))

    def _turn_to(self, at: float) -> None:
        if int(at) == self._second:
            return
        # Only a second in which somebody found no room shows how many can be taken in.
        if self._put_off:
            self.rate = max(1.0, self.rate + SMOOTHING * (self._taken - self.rate))
        self._second, self._taken, self._put_off = int(at), 0, 0


@dataclass
class Admission:
    """Places at work, places to wait, and a turn for whoever finds neither."""

    at_work: int
    waiting: int
    turns: Turns = field(default_factory=Turns)

    def __post_init__(self) -> None:
        self._places = threading.Semaphore(self.at_work)
        self._room = threading.Semaphore(self.at_work + self.waiting)
        self._counting = threading.Lock()

    def enter(self) -> int:
        """Take a place, waiting for one where there is room to wait: 0, or the seconds after which to come again."""
        taken, at = self._enter(), time.monotonic()
        with self._counting:
            if not taken:
                return self.turns.put_off(at)
            self.turns.take(at)
            return 0

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


@dataclass(frozen=True)
class Gate:
    """An admission and what whoever is put off there is told."""

    admission: Admission
    problem: str


def bind_admission(app: Flask, threads: int) -> None:
    """Count submissions and uploads before anything is asked of the database for them."""
    submissions = Admission(max(1, threads // SHARE_AT_WORK), max(1, threads // SHARE_WAITING))
    eighth = max(1, threads // SHARE_OF_UPLOADS)
    uploads = Admission(eighth, eighth)
    app.extensions["admission"], app.extensions["admission_of_uploads"] = submissions, uploads
    gates = {
        **dict.fromkeys(SUBMISSIONS, Gate(submissions, "server.busy")),
        **dict.fromkeys(UPLOADS, Gate(uploads, "server.busy_with_uploads")),
    }

    @app.before_request
    def admit() -> None:
        gate = gates.get(request.endpoint or "") if request.method == "POST" else None
        if gate is None:
            return
        if pause := gate.admission.enter():
            raise DomainProblem(gate.problem, retry_after=pause)
        g.admitted_by = gate.admission

    @app.teardown_request
    def leave(problem: BaseException | None) -> None:
        del problem
        admission: Admission | None = g.pop("admitted_by", None)
        if admission is not None:
            admission.leave()
