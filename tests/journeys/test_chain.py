"""The chain: a firm applies, an officer issues, the sheet is read, the public page is green, a revoked pass is red."""

from pathlib import Path

import pytest

from tests.journeys.people import Applicant, Officer, Passer, Staff, codes_on

pytestmark = pytest.mark.browser


def test_from_application_to_roadside(
    applicant: Applicant, officer: Officer, staff: Staff, passer: Passer, tmp_path: Path
) -> None:
    # A dispatcher applies on her phone.
    applicant.logs_in()
    applicant.applies("吉Ａ·６２３５２")

    # An officer takes what has waited longest and issues the pass.
    officer.logs_in()
    officer.takes_the_next()
    officer.issues()

    # The dispatcher finds it in her inbox and prints it; both codes on the paper say the same.
    number = applicant.opens_the_pass()
    codes = codes_on(applicant.downloads_the_sheet(tmp_path))
    assert len(codes) == 1
    address = codes.pop()

    # Anybody's camera opens the address; the driver's link needs no login either.
    assert passer.opens(address) == "green"
    link = applicant.makes_a_drivers_link()
    passer.page.goto(link)
    assert "62352" in passer.page.locator("main").inner_text()

    # At the barrier of G1 the number and the plate are compared, and the truck goes through.
    staff.logs_in()
    assert "先比对车牌" in staff.types(number)
    assert "有效" in staff.compares_the_plate()
    staff.lets_through()

    # The officer revokes it, and the same paper turns red.
    officer.revokes(number)
    assert passer.opens(address) == "red"
    assert "吊销" in passer.page.content()
    assert "无效" in staff.types(number)
