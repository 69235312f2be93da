"""Makes tests/vectors/slip.json: codes of slips, which the suites of Python and TypeScript both read.

    python -m seeds.make_slip_vectors

The check character is worked out here a second time, by a table, so that the code that is tested is never asked.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "tests" / "vectors" / "slip.json"
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DOUBLED = {sign: 2 * value - 31 * (value >= 16) for value, sign in enumerate(SIGNS)}
"""Twice the value with its two base-32 digits added: 2v below 32, 2v - 31 from there on."""
ABOUT = (
    "A slip's code is the device's four characters, four digits that count, and a check character (Luhn mod 32 over "
    "Crockford's base 32), with dashes. `cases`: device and counter make the code. `bad`: no code of a slip. `typed`: "
    "what people type and the code that is meant (NFKC, upper case, spaces and dashes dropped, O is 0, I and L are 1)."
)
CASES = (
    ("K7QM", 12),
    ("K7QM", 13),
    ("K7QM", 21),
    ("7KQM", 12),
    ("0000", 0),
    ("0000", 1),
    ("0000", 9999),
    ("1234", 5678),
    ("9999", 9999),
    ("ZZZZ", 0),
    ("ZZZZ", 9999),
    ("AAAA", 0),
    ("ABCD", 1),
    ("EFGH", 10),
    ("JKMN", 100),
    ("PQRS", 1000),
    ("TVWX", 2022),
    ("YZ01", 416),
    ("2345", 110),
    ("6789", 119),
    ("G0G0", 7),
    ("0G0G", 70),
    ("H1K9", 700),
    ("XK4T", 7000),
    ("VVVV", 8888),
    ("SBDE", 853),
    ("M3M3", 333),
    ("QT5W", 9998),
)
LITERAL_BAD = (
    "",
    "-",
    "K7QM",
    "K7QM-0012",
    "220102000001",
    "2201 0200 0001",
    "000000000000",
    "吉A12345",
    "吉AD12345",
    "https://ct.example.cn/p/12345",
    "K7QM-0012-5-5",
    "K7Q-0012-5",
    "K7QMM-0012-5",
    "K7QM-00A2-5",
    "K7UM-0012-5",
    "K7QM/0012/5",
    "K7QM_0012_5",
    "K7QM-0012-吉",
    "K7QM-0012-",
    "-K7QM-0012",
)
WRONG_AT = ((0, "J"), (1, "8"), (2, "R"), (3, "N"), (5, "1"), (6, "9"), (7, "2"), (8, "3"), (10, "Z"))
"""A place of the first code and another sign for it: one wrong character is always found."""


def code_of(device: str, counter: int) -> str:
    """The code with its check character."""
    stem = f"{device}{counter:04d}"
    total = sum(SIGNS.index(sign) for sign in stem[0::2]) + sum(DOUBLED[sign] for sign in stem[1::2])
    return f"{device}-{counter:04d}-{SIGNS[(32 - total % 32) % 32]}"


def bad() -> Iterator[str]:
    """Texts that are no code of a slip."""
    yield from LITERAL_BAD
    good = code_of("K7QM", 12)
    for place, sign in WRONG_AT:
        if good[place] != sign:
            yield good[:place] + sign + good[place + 1 :]
    # Two neighbours changed places, which typing does more often than anything else.
    for place in (0, 1, 2, 6, 7):
        if good[place] != good[place + 1]:
            yield good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    yield good + "0"
    yield "0" + good
    yield good[1:]


def typed() -> Iterator[dict[str, str]]:
    """What people type, with the code they mean."""
    first, zeros, ones = code_of("K7QM", 12), code_of("0000", 0), code_of("H1K9", 700)
    yield {"text": first.lower(), "code": first}
    yield {"text": first.replace("-", ""), "code": first}
    yield {"text": first.replace("-", " "), "code": first}
    yield {"text": f"  {first} ", "code": first}
    yield {"text": first.replace("-", "\u2014"), "code": first}
    yield {"text": "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else sign for sign in first), "code": first}
    yield {"text": zeros.replace("0", "O"), "code": zeros}
    yield {"text": zeros.replace("0", "o"), "code": zeros}
    yield {"text": ones.replace("1", "I"), "code": ones}
    yield {"text": ones.replace("1", "l"), "code": ones}


def slip_vectors_text() -> str:
    """The whole file, one case a line."""
    cases = [
        {"device": device, "counter": counter, "code": code_of(device, counter)} for device, counter in CASES
    ]
    parts: dict[str, list[Any]] = {"cases": cases, "bad": list(dict.fromkeys(bad())), "typed": list(typed())}
    blocks = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
        for name, rows in parts.items()
    ]
    return "{\n" + ",\n".join([f'"about": {json.dumps(ABOUT)}', *blocks]) + "\n}\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(slip_vectors_text(), encoding="utf-8")
