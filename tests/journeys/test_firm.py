"""A firm at work: fifty trucks from a spreadsheet that Excel has damaged, to 47 passes and a file naming the three."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from foundation import clock
from foundation.database import db
from passes.models import Application, Pass
from tests.journeys.conftest import Site
from tests.journeys.fleet import BAD_ROWS, TRUCKS, damaged, outcomes
from tests.journeys.people import Dispatcher, Officer

pytestmark = pytest.mark.browser


@pytest.fixture
def dispatcher(open_browser: Callable[..., Page]) -> Dispatcher:
    """The lead of a firm, at a desk."""
    return Dispatcher(open_browser(), "firm")


def test_fifty_trucks_from_a_damaged_spreadsheet(
    dispatcher: Dispatcher, officer: Officer, site: Site, tmp_path: Path
) -> None:
    sheet = tmp_path / "车辆表.xlsx"
    sheet.write_bytes(damaged(clock.now()))

    # The file is read while the dispatcher watches; what cannot be meant is named in its row.
    dispatcher.logs_in()
    batch = dispatcher.uploads(sheet)
    dispatcher.waits_for("接受 47 行，3 行不通过")
    assert dispatcher.bad_rows() == list(BAD_ROWS)

    # The same file once more makes nothing twice.
    assert dispatcher.uploads(sheet) == batch

    dispatcher.accepts(47)
    officer.logs_in()
    officer.takes_a_batch(47)
    officer.issues_all_that_is_clean(47)

    result = outcomes(dispatcher.downloads_the_result(batch, tmp_path))
    assert len(result) == TRUCKS
    numbers = {one.detail for one in result if re.fullmatch(r"\d{12}", one.detail)}
    assert len(numbers) == 47
    named = {one.position: one.detail for one in result if one.detail not in numbers}
    assert tuple(named) == BAD_ROWS
    trailer, lost, county = named.values()
    assert "挂" in trailer
    assert "身份证" in lost
    assert "起点" in county

    with site.app.app_context():
        session = db.session()
        assert session.scalar(select(func.count()).select_from(Pass)) == 47
        assert session.scalar(select(func.count()).select_from(Application)) == 47
