"""The example of the docs, run as whoever copies it would: a spreadsheet in, a folder of passes out."""

import os
import subprocess
import sys
import time
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from flask import Flask
from sqlalchemy import select

from accounts.public import Firm
from foundation import clock
from passes.models import Application, Pass
from passes.rules.moves import ApplicationState
from passes.service.reviewing import issue, take
from tests.builders import a_plate, own_transaction, some_tools
from tests.journeys.conftest import ROOT, Site
from tests.passes.applying import an_officer
from tests.passes.firm_programs import a_token_row
from tests.passes.papers import words

EXAMPLE = ROOT / "docs" / "examples" / "spreadsheet_to_passes.py"
LONGEST = 40
FIELDS = ("plate", "plate_colour", "goods", "origin", "destination", "roads", "not_before", "hours")
DEADLINE = 60


def a_spreadsheet(path: Path, plates: list[str]) -> None:
    """Trucks that carry eggs and milk from 长春南关 to 北京大兴, and one that nobody knows the way of."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, FIELDS)
    begins = clock.now().isoformat()
    for line, plate in enumerate(plates, start=1):
        origin = "220102" if line < len(plates) else "哪里"
        sheet.write_row(line, 0, (plate, "blue", 12, origin, "110115", "G1 G45", begins, 72))
    book.close()


def a_token(app: Flask) -> str:
    """A token of the demo's firm."""
    with own_transaction(app) as session:
        row, token = a_token_row(session.scalars(select(Firm).order_by(Firm.id).limit(1)).one())
        session.add(row)
    return token


def started(site: Site, token: str, sheet: Path, folder: Path) -> "subprocess.Popen[str]":
    """The example at work, looking for decisions five times a second."""
    environment = {**os.environ, "CHANGTONG": site.url, "TOKEN": token, "EVERY": "0.2"}
    command = [sys.executable, str(EXAMPLE), str(sheet), str(folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def decide(app: Flask, count: int) -> None:
    """An officer issues what comes in, until there were so many."""
    with own_transaction(app) as session:
        officer = an_officer(session)
    deadline, issued = time.monotonic() + DEADLINE, 0
    waiting = select(Application.id).where(Application.state == ApplicationState.SUBMITTED).limit(1)
    while issued < count:
        assert time.monotonic() < deadline, "the applications did not come"
        with own_transaction(app) as session:
            found = session.scalar(waiting)
            if found is not None:
                now = clock.now()
                take(session, officer, found, now=now)
                issue(session, officer, found, some_tools(session, now), now=now)
                issued += 1


def test_a_spreadsheet_becomes_a_folder_of_passes_and_nothing_twice(site: Site, tmp_path: Path) -> None:
    plates, sheet, token = [a_plate() for _ in range(4)], tmp_path / "trucks.xlsx", a_token(site.app)
    a_spreadsheet(sheet, plates)
    with started(site, token, sheet, tmp_path) as first:
        try:
            decide(site.app, 3)
            told, _ = first.communicate(timeout=DEADLINE)
        finally:
            first.kill()
    assert first.returncode == 0
    assert "row 5:" in told
    assert [line.split()[:2] for line in sorted(told.splitlines()[1:])] == [
        [plate, "issued"] for plate in sorted(plates[:3])
    ]
    with own_transaction(site.app) as session:
        passes = {row.number: row.plate for row in session.execute(select(Pass.number, Pass.plate))}
    papers = {path.stem: words(path.read_bytes()) for path in tmp_path.glob("*.pdf")}
    assert papers.keys() == passes.keys()
    assert all(passes[number][2:] in paper for number, paper in papers.items())
    with started(site, token, sheet, tmp_path) as second:
        again, _ = second.communicate(timeout=DEADLINE)
    assert sorted(again.splitlines()) == sorted(told.splitlines())
    with own_transaction(site.app) as session:
        assert len(session.scalars(select(Application.id)).all()) == 3


def test_the_example_is_as_short_as_is_said() -> None:
    lines = EXAMPLE.read_text().splitlines()
    start = lines.index("import os")
    assert len([line for line in lines[start:] if line.strip()]) <= LONGEST
