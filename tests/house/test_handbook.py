"""The parts of the docs that come from the code say what the code says."""

from web.handbook import PARTS, brought_up_to_date, pages


def test_diagrams_and_the_matrix_are_up_to_date() -> None:
    old = [page.name for page in pages() if brought_up_to_date(page.read_text()) != page.read_text()]
    assert old == [], "run: python -m web.handbook"


def test_every_part_stands_on_a_page() -> None:
    text = "".join(page.read_text() for page in pages())
    assert [name for name in PARTS if f"<!-- from the code: {name} -->" not in text] == []
