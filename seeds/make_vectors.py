"""Makes tests/vectors/credential.json, which the suites of Python and TypeScript both judge.

    python -m seeds.make_vectors

Deterministic: it gives the same file each time. Payloads are packed a second time, straight from the table of
the format, and what each case expects is written down by hand: neither asks the code that is tested.
"""

import json
from pathlib import Path

from passes.signing import public_jwk
from seeds.vectors import codes, judgements
from seeds.vectors.kit import FACTS, KEYS, PREFIX, private_key

FILE = Path(__file__).parent.parent / "tests" / "vectors" / "credential.json"
ABOUT = (
    "Each case: read `text` (null: there was no code), look its area and key up in `keys` (not there: "
    "unknown; issuer_known: any key of the area is there), judge with `facts` overridden by its own. "
    "Ages in seconds, time as [low, high], status by number. `decoded` is absent when nothing could be "
    "decoded. The keys are for tests: their private parts are sha256 of `changtong test key AREA/KEY`."
)
GROUPS = (
    codes.plates,
    codes.limits,
    codes.starts_and_ends,
    codes.lists,
    codes.addresses,
    codes.broken_digits,
    codes.broken_addresses,
    codes.broken_payloads,
    codes.second_payloads,
    codes.second_signatures,
    codes.wrong_signatures,
    codes.forgeries,
    judgements.keys,
    judgements.unknown_keys,
    judgements.times,
    judgements.statuses,
    judgements.places,
    judgements.comparisons,
)


def vectors_text() -> str:
    """The whole file, one case a line."""
    listed = [
        {
            "area": area,
            "key": key,
            "jwk": public_jwk(private_key(f"{area}/{key}").public_key()),
            "state": state,
        }
        for area, key, state in KEYS
    ]
    parts = {"about": ABOUT, "prefix": PREFIX, "facts": FACTS}
    head = "".join(f"{json.dumps(name)}: {json.dumps(part)},\n" for name, part in parts.items())
    cases = [one for group in GROUPS for one in group()]
    lines = [",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) for rows in (listed, cases)]
    return f'{{\n{head}"keys": [\n{lines[0]}\n],\n"cases": [\n{lines[1]}\n]\n}}\n'


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(vectors_text(), encoding="utf-8")
