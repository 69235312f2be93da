"""Trust and status lists read as a scanner reads them: the server only writes them, so this reading is for tests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foundation.problems import DomainProblem
from passes.signing import PublicKey, key_from_jwk, verify_jws

Json = dict[str, Any]
Keys = Mapping[str, PublicKey]

TRUST, STATUS = "changtong-trust", "changtong-status"
STATES = ("next", "signing", "old", "bad")
MOST_SERIAL = 999_999
SUPERSEDED = 5


class MisshapenError(Exception):
    """Properly signed content of another shape than agreed."""


def expect(*conditions: bool) -> None:
    if not all(conditions):
        raise MisshapenError


def whole(value: object, most: int = 2**53 - 1) -> int:
    expect(isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most)
    assert isinstance(value, int)
    return value


def text(value: object, pattern: str = ".*") -> str:
    expect(isinstance(value, str))
    assert isinstance(value, str)
    expect(re.fullmatch(pattern, value, re.DOTALL | re.ASCII) is not None)
    return value


def rows(value: object) -> list[Any]:
    expect(isinstance(value, list))
    assert isinstance(value, list)
    return value


def moment(value: object) -> datetime:
    try:
        read = datetime.fromisoformat(text(value))
    except ValueError as error:
        raise MisshapenError from error
    expect(read.tzinfo is not None)
    return read.astimezone(UTC)


def read_content(jws: str, keys: Keys, kind: str) -> Json:
    """The object inside. Raises `jws.*` and MisshapenError."""
    data = verify_jws(jws, keys, typ=f"{kind}+jws")
    try:
        content = json.loads(data.decode())
    except ValueError as error:
        raise DomainProblem("jws.malformed") from error
    expect(isinstance(content, dict), isinstance(content, dict) and content.get("format") == f"{kind}/1")
    return dict(content)


@dataclass(frozen=True)
class Trust:
    seq: int
    issued_at: datetime
    issuers: dict[str, Json]

    def compared_with(self, held: "Trust | None") -> str:
        if held is None or self.seq > held.seq:
            return "newer"
        return "same" if self.seq == held.seq else "older"

    def key(self, area: str, number: int) -> Json:
        """The state of a key and whether its area is of this deployment."""
        issuer = self.issuers.get(area, {"keys": [], "root": None})
        fits = (key for key in issuer["keys"] if key["key"] == number and key["alg"] == "ES256")
        return {"state": next((key["state"] for key in fits), "unknown"), "ours": "root" not in issuer}


def read_trust(jws: str, roots: Keys) -> Trust:
    """Raises `jws.*` and `trust.not_a_list`."""
    try:
        content = read_content(jws, roots, TRUST)
        issuers = [issuer for issuer in rows(content["issuers"]) if _is_issuer(issuer)]
        for name in rows(content["sectors"]) + rows(content["kinds"]) + rows(content["goods"]):
            expect(set(name["name"]) == {"zh", "en"})
        # Ours come last and win.
        issuers.sort(key=lambda issuer: "root" not in issuer)
        return Trust(
            whole(content["seq"]),
            moment(content["issued_at"]),
            {issuer["area"]: issuer for issuer in issuers},
        )
    except (MisshapenError, KeyError, TypeError) as error:
        raise DomainProblem("trust.not_a_list") from error


def _is_issuer(issuer: Json) -> bool:
    """One of another province that is not as agreed is left out."""
    try:
        _issuer(issuer)
    except MisshapenError:
        if "root" in issuer:
            return False
        raise
    return True


def _issuer(issuer: Json) -> None:
    text(issuer["area"], "[0-9]{6}")
    for key in issuer["keys"]:
        whole(key["key"], 255)
        expect(key["state"] in STATES)
        if key["alg"] == "ES256":
            _usable(key["jwk"])


def _usable(jwk: Json) -> None:
    try:
        key_from_jwk(jwk)
    except DomainProblem as error:
        raise MisshapenError from error


@dataclass(frozen=True)
class Part:
    """One signed part: a full list (`base_seq` None) or a delta."""

    seq: int
    base_seq: int | None
    server_time: datetime
    areas: dict[str, Json]
    changes: dict[str, int]
    revised: dict[str, int]
    watch: frozenset[str]


@dataclass(frozen=True)
class Status:
    full: Part
    delta: Part | None

    @property
    def newest(self) -> Part:
        return self.delta or self.full

    def compared_with(self, held: "Status | None") -> str:
        if held is None:
            return "newer"
        mine, theirs = self.newest, held.newest
        if mine.seq < theirs.seq or mine.server_time < theirs.server_time:
            return "older"
        return "same" if (mine.seq, mine.server_time) == (theirs.seq, theirs.server_time) else "newer"

    def of(self, number: str) -> Json:
        """What is said of a pass."""
        known = self._digits(number[:6])
        serial, base = int(number[6:]), min(known, default=0)
        revised = self.full.revised | (self.delta.revised if self.delta else {})
        inside = bool(known) and base <= serial < max(known)
        digit = known[serial] if inside else None
        return {
            "status": digit if digit is not None and digit <= SUPERSEDED else None,
            "above_high_water": bool(known) and serial >= max(known),
            "below_base": bool(known) and serial < base,
            "current_revision": revised.get(number, 0) if known else None,
            "seen_elsewhere": number in self.newest.watch,
        }

    def _digits(self, area: str) -> dict[int, int | None]:
        """The digit of each serial from the base on and None right behind the last; empty: the area isn't listed."""
        changes = self.delta.changes if self.delta else {}
        mine = {int(number[6:]): code for number, code in changes.items() if number[:6] == area}
        if area not in self.full.areas and not mine:
            return {}
        entry = self.full.areas.get(area, {"base": 1, "high": 0, "bits": ""})
        base, high = entry["base"], max([entry["high"], *mine])
        digits: dict[int, int | None] = dict.fromkeys(range(base, high + 1), 0)
        digits |= {base + place: int(digit, 16) for place, digit in enumerate(entry["bits"])}
        digits |= {serial: code for serial, code in mine.items() if serial >= base}
        return digits | {max(high + 1, base): None}


def read_status(full: str, delta: str | None, keys: Keys) -> Status:
    """Raises `jws.*`, `status.not_a_list`, `status.not_full` and `status.other_base`."""
    first = _part(full, keys)
    if first.base_seq is not None:
        raise DomainProblem("status.not_full")
    then = None if delta is None else _part(delta, keys)
    if then and (then.base_seq != first.seq or then.seq < first.seq or then.server_time < first.server_time):
        raise DomainProblem("status.other_base")
    return Status(first, then)


def _part(jws: str, keys: Keys) -> Part:
    try:
        content = read_content(jws, keys, STATUS)
        base = content["base_seq"]
        return Part(
            whole(content["seq"]),
            None if base is None else whole(base),
            moment(content["server_time"]),
            dict(_area(area) for area in rows(content["areas"])),
            dict(_pair(entry) for entry in content.get("changes", [])),
            dict(_pair(entry) for entry in content["revised"]),
            frozenset(text(number, "[0-9]{12}") for number in rows(content["watch"])),
        )
    except (MisshapenError, KeyError, TypeError) as error:
        raise DomainProblem("status.not_a_list") from error


def _area(entry: Json) -> tuple[str, Json]:
    base, high = whole(entry["base"], MOST_SERIAL + 1), whole(entry["high"], MOST_SERIAL)
    bits = text(entry["bits"], "[0-9a-f]*")
    expect(len(bits) == max(0, high - base + 1))
    return text(entry["area"], "[0-9]{6}"), {"base": base, "high": high, "bits": bits}


def _pair(entry: list[object]) -> tuple[str, int]:
    expect(len(entry) == 2)
    return text(entry[0], "[0-9]{12}"), whole(entry[1], 15)
