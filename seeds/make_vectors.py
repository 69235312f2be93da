"""Makes tests/vectors/credential.json and lists.json, which the suites of Python and TypeScript both judge.

    python -m seeds.make_vectors

Deterministic: it gives the same files each time. Payloads and lists are packed a second time, straight from the
tables of the format, and what each case expects is written down by hand: neither asks the code that is tested.
"""

import json
from pathlib import Path

from passes.signing import public_jwk
from seeds.vectors import codes, judgements, status_cases, trust_cases
from seeds.vectors.kit import FACTS, KEYS, PREFIX, Json, private_key

FILE = Path(__file__).parent.parent / "tests" / "vectors" / "credential.json"
LISTS = FILE.with_name("lists.json")
ABOUT = (
    "Each case: read `text` (null: there was no code), look its area and key up in `keys` (not there: "
    "unknown; issuer_known: any key of the area is there), judge with `facts` overridden by its own. "
    "Ages in seconds, time as [low, high], status by number. `decoded` is absent when nothing could be "
    "decoded. The keys are for tests: their private parts are sha256 of `changtong test key AREA/KEY`."
)
ABOUT_LISTS = (
    "`roots` are pinned. Each case of `trust`: read `jws`, compare it with `held` (a list that was read before, null: "
    "none), look every key up. Each case of `status`: read `full` with `delta` (null: none) by `status_keys`, compare "
    "with `held`, look every serial up. `problem`: it is refused with this code; else `compared` says newer, same or "
    "older than what is held. The keys are for tests: their private parts are sha256 of `changtong test key KID`."
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
    cases = [one for group in GROUPS for one in group()]
    return _text({"about": ABOUT, "prefix": PREFIX, "facts": FACTS}, {"keys": listed, "cases": cases})


def lists_text() -> str:
    """The file about trust and status lists, one case a line."""
    roots = [_public(kid) for kid in (trust_cases.ROOT, trust_cases.SPARE)]
    keys = [_public(kid) for kid in (status_cases.KEY, status_cases.OLD_KEY)]
    cases = {"trust": list(trust_cases.trust_cases()), "status": list(status_cases.status_cases())}
    return _text({"about": ABOUT_LISTS}, {"roots": roots, "status_keys": keys, **cases})


def _public(kid: str) -> Json:
    return {"kid": kid, "jwk": public_jwk(private_key(kid).public_key())}


def _text(parts: Json, rows: dict[str, list[Json]]) -> str:
    """JSON with a line for each part and each row."""
    entries = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items()]
    for name, listed in rows.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in listed)
        entries.append(f"{json.dumps(name)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(entries) + "\n}\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    for file, text in ((FILE, vectors_text()), (LISTS, lists_text())):
        file.write_text(text, encoding="utf-8")
