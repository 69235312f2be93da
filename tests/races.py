"""Works run at the same instant on real connections."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.orm import Session

from foundation.problems import DomainProblem
from tests.builders import own_transaction


def race(app: Flask, works: list[Callable[[Session], object]]) -> list[object]:
    """Run the works at the same instant, each on a connection of its own; what each gave or raised."""
    ready = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[Session], object]) -> None:
        try:
            with own_transaction(app) as session:
                ready.wait()
                results[place] = work(session)
        except DomainProblem as refused:
            results[place] = refused

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
