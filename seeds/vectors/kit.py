"""The parts a vector is made of: test keys, a second packer of payloads, and cases with their expectation."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from passes.signing import ORDER, PrivateKey, sign_payload

Json = dict[str, Any]

PREFIX = "https://tx.jl.example/p/"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
START = datetime(2022, 4, 9, tzinfo=UTC)
END = START + timedelta(days=3)
NOON = datetime(2022, 4, 10, 4, tzinfo=UTC)
SECOND, EDGE = timedelta(seconds=1), timedelta(minutes=15)
DAY = 86_400

PASS: Json = {
    "version": 1,
    "key": 0,
    "area": "220000",
    "serial": 20416,
    "sector": 0,
    "kind": 0,
    "revision": 0,
    "plate": "吉A12345",
    "plate_colour": 0,
    "origin": "220102",
    "destination": "110115",
    "stops": [],
    "roads": ["G1", "G102", "S206"],
    "goods": 3,
    "not_before": "2022-04-09T00:00:00Z",
    "duration_minutes": 4320,
    "drivers": ["123X"],
}

FACTS: Json = {
    "time": ["2022-04-10T04:00:00Z", "2022-04-10T04:00:00Z"],
    "clock_trusted": True,
    "area_is_ours": True,
    "trust_age": 600,
    "list_age": 600,
    "status": 1,
    "above_high_water": False,
    "below_base": False,
    "current_revision": 0,
    "seen_elsewhere": False,
    "checkpoint": None,
    "plate_seen": "matches",
    "reads": 2,
}

KEYS = [
    ("220000", 0, "signing"),
    ("220000", 1, "next"),
    ("220000", 2, "old"),
    ("220000", 3, "bad"),
    ("220102", 255, "signing"),
    ("000000", 0, "signing"),
    ("999999", 0, "signing"),
    ("010203", 9, "signing"),
    ("110000", 1, "signing"),
]


def words(text: str) -> list[str]:
    """The words of a text: a list of short strings that is easy to read."""
    return text.split()


RED = words(
    "malformed not_canonical key_revoked bad_signature never_issued superseded revoked suspended surrendered "
    "not_yet_valid expired plate_mismatch"
)
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使"
PLATE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ挂学警港澳使领应急"


def private_key(name: str) -> PrivateKey:
    """The test key of a name."""
    scalar = int.from_bytes(sha256(f"changtong test key {name}".encode()).digest()) % (ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def stamp(moment: datetime) -> str:
    """A time as text, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def at(low: datetime, high: datetime | None = None) -> Json:
    """The fact of the present."""
    return {"time": [stamp(low), stamp(high or low)]}


def fields(content: Json) -> dict[str, list[tuple[int, int]]]:
    """Every field of a payload as (value, bits), in the order of the format."""
    body = [PLATE_CHARACTERS.index(character) for character in content["plate"][1:].ljust(7, "0")]
    minutes = (datetime.fromisoformat(content["not_before"]) - EPOCH) // timedelta(minutes=1)
    roads = ["GSXYC".index(r[0]) * 11110 + int("1" * len(r[1:])) - 1 + int(r[1:]) for r in content["roads"]]
    drivers = [int(d[:3]) * 11 + "0123456789X".index(d[3]) for d in content["drivers"]]
    return {
        "version": [(content["version"], 4)],
        "key": [(content["key"], 8)],
        "area": [(int(content["area"]), 20)],
        "serial": [(content["serial"], 20)],
        "sector": [(content["sector"], 5)],
        "kind": [(content["kind"], 3)],
        "revision": [(content["revision"], 4)],
        "plate_prefix": [(PROVINCES.index(content["plate"][0]), 6)],
        "plate_colour": [(content["plate_colour"], 3)],
        "plate_length": [(len(content["plate"]) - 7, 1)],
        "plate_body": [(sum(digit * 48 ** (6 - place) for place, digit in enumerate(body)), 40)],
        "origin": [(int(content["origin"]), 20)],
        "destination": [(int(content["destination"]), 20)],
        "stops": [(len(content["stops"]), 2), *((int(stop), 20) for stop in content["stops"])],
        "roads": [(len(roads), 3), *((road, 16) for road in roads)],
        "goods": [(content["goods"], 6)],
        "not_before": [(minutes, 24)],
        "duration": [(content["duration_minutes"], 17)],
        "drivers": [(len(drivers), 2), *((driver, 14) for driver in drivers)],
    }


def pack(content: Json, raw: dict[str, list[int]] | None = None, *, fill: str = "0") -> bytes:
    """The payload; `raw` puts other numbers into a field, `fill` other bits at the end."""
    bits = ""
    for name, numbers in fields(content).items():
        widths = [width for _, width in numbers]
        values = (raw or {}).get(name, [value for value, _ in numbers])
        bits += "".join(f"{value:0{width}b}" for value, width in zip(values, widths, strict=True))
    bits += fill * (-len(bits) % 8)
    return bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))


def digits(data: bytes) -> str:
    """Bytes as digits, padded to the number of digits of the largest value of their length."""
    return str(int.from_bytes(data)).zfill(len(str(256 ** len(data) - 1)))


def sealed(payload: bytes, key: str = "220000/0") -> bytes:
    """A payload with its signature."""
    return payload + sign_payload(private_key(key), payload)


def case(
    name: str,
    *reasons: str,
    content: Json | None = None,
    data: bytes | None = None,
    text: str | None = None,
    level: str | None = None,
    signature: str = "good",
    facts: Json | None = None,
) -> Json:
    """A case with readable content. `data` or `text` replace what would be signed and written of it."""
    full = PASS | (content or {})
    reasons = reasons or ("valid",)
    level = level or ("red" if reasons[0] in RED else "green" if reasons[0] == "valid" else "amber")
    known = FACTS | (facts or {})
    data = data or sealed(pack(full), f"{full['area']}/{full['key']}")
    lasts = timedelta(minutes=full["duration_minutes"])
    decoded = full | {
        "number": f"{full['area']}{full['serial']:06d}",
        "not_after": stamp(datetime.fromisoformat(full["not_before"]) + lasts),
    }
    expect = {
        "decoded": decoded,
        "signature": signature,
        "level": level,
        "code": reasons[0],
        "reasons": list(reasons),
        "awaits_plate": known["plate_seen"] == "unknown" and level != "red",
        "keep_reading": signature == "bad" and known["reads"] < 2,
    }
    return {"name": name, "text": text or PREFIX + digits(data), "facts": facts or {}, "expect": expect}


def unreadable(name: str, text: str | None, code: str = "malformed") -> Json:
    """A case with nothing to decode."""
    level = "blue" if code == "no_pass" else "red"
    expect = {"level": level, "code": code, "reasons": [code], "awaits_plate": False, "keep_reading": False}
    return {"name": name, "text": text, "facts": {}, "expect": expect}


def spread(rows: Iterable[tuple[str, str, Json]]) -> Iterator[Json]:
    """Cases about the ordinary pass from rows of (name, expected reasons, facts)."""
    for name, reasons, facts in rows:
        yield case(name, *words(reasons), facts=facts)
