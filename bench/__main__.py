"""`make bench`: measure, hold against the limits, and print the table of docs/performance.md (`--write` keeps it)."""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import batches, books, burst, fleets, http, issuing, lists, outage, scale, sheets
from bench.world import beside, fill, fill_queue, world
from foundation import clock
from foundation.embedded import APP_ROLE, DATABASE, EmbeddedServer

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
SMALL, LARGE = 10_000, 1_000_000


@dataclass(frozen=True)
class Line:
    """A measured figure beside its limit; `holds` says whether it is met."""

    what: str
    measured: str
    limit: str
    holds: bool


def analyse(server: EmbeddedServer, *databases: str) -> None:
    """Fresh statistics and a checkpoint, so that both sizes begin alike."""
    for database in databases:
        with server.connect(database) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def lines() -> Iterator[Line]:
    """Every figure, in the order of the page."""
    yield from _sheets()
    with world() as (server, app):
        found = issuing.ratio(app, server.dsn(APP_ROLE))
        yield Line(
            f"issue: ours {found['ours_ms']:.2f} ms, bare loop {found['floor_ms']:.2f} ms",
            f"{found['ratio']:.2f} ×",
            "≥ 0.4 ×",
            found["ratio"] >= 0.4,
        )
        yield from _http(server, app)
        yield from _fleets(app)
        yield _burst(server, app)
        yield _outage(server, app)
        yield from _sizes(server, app)


def _sheets() -> Iterator[Line]:
    one, many = sheets.alone(), sheets.together()
    yield Line("sheet alone, p95", f"{one:.0f} ms", "≤ 1000 ms", one <= 1000)
    yield Line("sheet in a batch of 500", f"{many:.0f} ms each", "≤ 100 ms", many <= 100)
    rows = batches.seconds()
    yield Line("5,000 rows of a file read, mended and checked", f"{rows:.1f} s", "≤ 10 s", rows <= 10)


def _http(server: EmbeddedServer, app: "http.Flask") -> Iterator[Line]:
    found = http.verdict_ratio(server, app)
    what = f"verdict over HTTP: ours {found['ours']:,.0f} /s, bare view {found['floor']:,.0f} /s"
    yield Line(what, f"{found['ratio']:.2f} ×", "≥ 0.5 ×", found["ratio"] >= 0.5)
    rate = http.scan_rate(server, app)
    yield Line("scans uploaded in batches of 1,000", f"{rate:,.0f} /s", "≥ 5,000 /s", rate >= 5000)


def _fleets(app: "http.Flask") -> Iterator[Line]:
    read, accepted = fleets.seconds(app)
    yield Line("5,000 rows uploaded, read and checked by the worker", f"{read:.1f} s", "≤ 10 s", read <= 10)
    yield Line("5,000 rows accepted into applications", f"{accepted:.1f} s", "≤ 20 s", accepted <= 20)


def _burst(server: EmbeddedServer, app: "http.Flask") -> Line:
    found = burst.measure(server, app)
    what = (
        f"burst: {burst.PER_SECOND} submissions/s for {burst.SECONDS} s, {found.offered:,} in all; "
        f"{found.offered / found.seconds:,.0f} /s taken in, all of them after {found.seconds:,.0f} s; "
        f"told to come again {found.put_off:,} times"
    )
    lost = found.offered - len(found.accepted)
    doubled = found.stored - len(set(found.accepted.values()))
    measured = f"{lost} lost, {doubled} doubled, {len(found.other)} other answers"
    return Line(what, measured, "none", found.clean)


def _outage(server: EmbeddedServer, app: "http.Flask") -> Line:
    found = outage.measure(server, app)
    what = (
        f"outage: {outage.PHONES:,} phones send {found.events:,} events at once; all stored after {found.seconds:.0f} s, "
        f"{found.events / found.seconds:,.0f} /s, the longest wait {max(found.waits):.0f} s; put off {found.put_off:,} "
        f"times; the status list meanwhile within {found.probe:.1f} s"
    )
    measured = f"{found.lost} lost, {found.doubled} doubled, {len(found.other)} other answers"
    return Line(what, measured, "none", found.clean)


def _books(app: "http.Flask") -> Line:
    fill(app, SMALL + 1, books.LIVE)
    found = books.measure(app)
    what = (
        f"pass books of {found.books} checkpoints out of {books.LIVE:,} live passes, the largest of {found.largest:,}; "
        f"when nothing changed {found.again:.0f} s"
    )
    return Line(what, f"{found.first:.0f} s", "≤ 60 s", found.first <= 60)


def _sizes(server: EmbeddedServer, app: "http.Flask") -> Iterator[Line]:
    few = beside(server, app, "few")
    fill(few, 1, SMALL)
    fill(app, 1, LARGE)
    fill_queue()
    analyse(server, "few", DATABASE)
    for name, pair in scale.measure(few, app).items():
        what = f"{name}: {pair.small:.2f} ms with {SMALL:,}, {pair.large:.2f} ms with {LARGE:,} passes"
        yield Line(what, f"{pair.ratio:.2f} ×", "≤ 1.2 ×", pair.ratio <= 1.2)
    yield _books(few)
    for words, took in zip(("first page", "page in the middle"), lists.own_applications(app), strict=True):
        yield Line(f"100,000 applications, {words}", f"{took:.0f} ms", "≤ 50 ms", took <= 50)
    whole = scale.sequential_scans(app)
    yield Line("look-ups that read a whole table at a million", ", ".join(whole) or "none", "none", not whole)


def table(found: list[Line]) -> str:
    """The figures as a table."""
    rows = [
        f"| {line.what} | {line.measured} | {line.limit} | {'yes' if line.holds else '**no**'} |"
        for line in found
    ]
    return "\n".join(["| figure | measured | limit | met |", "|---|---|---|---|", *rows])


def main() -> int:
    """Print each figure as it is measured; exit 1 when a limit is not met."""
    found = []
    for line in lines():
        print(f"{'  ' if line.holds else '! '}{line.what}: {line.measured} (limit {line.limit})", flush=True)
        found.append(line)
    if "--write" in sys.argv:
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        text = PAGE.read_text()
        head, _, rest = text.partition("<!-- figures -->")
        tail = rest.partition("<!-- end -->")[2]
        day = clock.now().astimezone(clock.SHOWN_IN).date().isoformat()
        PAGE.write_text(
            f"{head}<!-- figures -->\nMeasured on {day}: {machine}.\n\n{table(found)}\n<!-- end -->{tail}"
        )
    return 0 if all(line.holds for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())
