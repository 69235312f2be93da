"""Makes tests/vectors/pass_book.json.gz and pass_book.json: a pass book, and what both suites must read out of it.

    python -m seeds.make_book_vectors

Deterministic. Twenty passes: every shape a plate, a route and a list of drivers can have, fields at their limits,
serials that lie far apart, and several issuing areas.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from checkpoints.book_packing import LiveTable, columns, packed
from passes.public import LivePass

FOLDER = Path(__file__).parent.parent / "tests" / "vectors"
BOOK, EXPECTED = FOLDER / "pass_book.json.gz", FOLDER / "pass_book.json"
CHECKPOINT = "CP001"
BUILT_AT = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
ABOUT = (
    "What pass_book.json.gz says, a pass a line, by number. not_before: ISO 8601; duration_minutes from there; "
    "colour, kind, sector, goods: codes of the credential. Documented in docs/rooms/checkpoints.md, Pass book."
)


def passes() -> list[LivePass]:
    """The twenty, in the order of their numbers."""
    return sorted((*_ordinary(), *_plates(), *_limits()), key=lambda one: one.number)


def _ordinary() -> list[LivePass]:
    return [
        _one(number, plate=f"吉A{number[-5:]}", not_before=BUILT_AT + timedelta(hours=3 * place))
        for place, number in enumerate(
            ("220000000001", "220000000002", "220000020416", "220100000001", "220102000007")
        )
    ]


def _plates() -> list[LivePass]:
    plates = (
        ("辽B1234学", 1),
        ("京AD12345", 2),
        ("黑A12345D", 3),
        ("吉A1234警", 4),
        ("吉X5678应急", 4),
        ("粤Z1234港", 5),
        ("使123456", 5),
        ("新A00000", 0),
    )
    return [
        _one(f"2202000001{place:02d}", plate=plate, colour=colour)
        for place, (plate, colour) in enumerate(plates)
    ]


def _limits() -> list[LivePass]:
    many = ("110115", "130102", "210102")
    ways = ("G1", "G0102", "G102", "S1116", "X001", "Y9999", "C0")
    return [
        _one("220300000000"),
        _one("220300999999", revision=15, kind=7, sector=31, goods=63),
        _one("220381000005", stops=many[:1], roads=(), drivers=("0000",)),
        _one("220381000006", stops=many, roads=ways, drivers=("123X", "9999", "0010")),
        _one("222400000300", not_before=datetime(2020, 1, 1, tzinfo=UTC), duration_minutes=131071),
        _one("222400000301", not_before=datetime(2026, 12, 31, 23, 59, tzinfo=UTC), duration_minutes=1),
        _one("222426000042", origin="222426", destination="222426", drivers=("101X", "1010")),
    ]


def _one(number: str, **changes: Any) -> LivePass:
    said: dict[str, Any] = {
        "revision": 0,
        "kind": 0,
        "sector": 0,
        "goods": 12,
        "plate": f"吉B{number[-5:]}",
        "colour": 1,
        "not_before": BUILT_AT,
        "duration_minutes": 72 * 60,
        "origin": "220102",
        "destination": "110115",
        "stops": (),
        "roads": ("G1",),
        "drivers": (),
    }
    return LivePass(number=number, **{**said, **changes})


def document() -> dict[str, Any]:
    """The columns of the book, without the head."""
    table = LiveTable()
    return columns(table, [table.add(one) for one in passes()])


def expected_text() -> str:
    """The whole file of what is expected, a pass a line."""
    rows = ",\n".join(json.dumps(_plain(one), ensure_ascii=False) for one in passes())
    parts = {"about": ABOUT, "checkpoint": CHECKPOINT, "built_at": BUILT_AT.isoformat()}
    head = "".join(f"{json.dumps(name)}: {json.dumps(part)},\n" for name, part in parts.items())
    return f'{{\n{head}"passes": [\n{rows}\n]\n}}\n'


def _plain(one: LivePass) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in LivePass.__dataclass_fields__}
    return {**said, "not_before": one.not_before.isoformat()}


def main() -> None:
    """Write both files."""
    BOOK.write_bytes(packed(CHECKPOINT, BUILT_AT, document()))
    EXPECTED.write_text(expected_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
