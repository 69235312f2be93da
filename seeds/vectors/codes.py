"""Texts and payloads: good ones of every shape, each field at its limits, and each kind of damage."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from passes.signing import ORDER, sign_payload
from seeds.vectors.kit import (
    EDGE,
    END,
    EPOCH,
    KEYS,
    PASS,
    PREFIX,
    PROVINCES,
    SECOND,
    START,
    Json,
    at,
    case,
    digits,
    pack,
    private_key,
    sealed,
    stamp,
    unreadable,
    words,
)

ADDRESSES = (
    "",
    " ",
    "HTTPS://TX.JL.EXAMPLE/P/",
    "HTTPS://tx.jl.example/p/",
    "ftp://h/p/",
    "https://h/P/",
    "https:///p/",
    "https://h/",
    "https://h/q/p/",
    "h/p/",
    " https://h/p/",
    "\ufeffhttps://h/p/",
    "https://h/p//",
    "https://h?/p/",
    "https://h#/p/",
    "https://通行.中国/p/",
    "HC1:",
    "shc:/",
    "changtong:",
    "https://h\\p\\",
    "javascript:https://h/p/",
    "https://h/p/https://h/p/",
)
"""Beginnings that are none."""

OUTSIDE: dict[str, list[list[int]]] = {
    "version": [[0], [2], [15]],
    "area": [[1_000_000], [2**20 - 1]],
    "serial": [[1_000_000], [2**20 - 1]],
    "plate_prefix": [[32], [63]],
    "plate_colour": [[6], [7]],
    "plate_body": [[45], [47], [48**6 * 45], [48**7], [2**40 - 1]],
    "origin": [[1_000_000], [2**20 - 1]],
    "destination": [[1_000_000], [2**20 - 1]],
    "stops": [[1, 1_000_000]],
    "drivers": [[1, 11_000], [1, 2**14 - 1]],
    "roads": [[3, 0, 0, 55_550], [3, 65_535, 0, 0]],
}
"""Numbers of a field that its table has no place for, in the pass of `TWO`."""

TWO = PASS | {"stops": ["220221"], "drivers": ["0000"]}

CHANGES: tuple[Json, ...] = (
    {"serial": 20417},
    {"plate": "吉A12346"},
    {"plate": "吉AD12345"},
    {"plate_colour": 1},
    {"key": 1},
    {"duration_minutes": 4321},
    {"not_before": "2022-04-09T00:01:00Z"},
    {"origin": "220103"},
    {"goods": 4},
    {"destination": "110116"},
    {"roads": []},
    {"stops": ["220221"]},
    {"drivers": ["1230"]},
    {"kind": 1},
    {"sector": 1},
    {"area": "110000", "key": 1},
)
"""What a forger may want to change behind the signature."""

RANGES: dict[str, Iterable[int]] = {
    "serial": (0, 1, 999_999),
    "sector": (1, 31),
    "kind": range(1, 8),
    "goods": (0, 63),
}


def plates() -> Iterator[Json]:
    """Every prefix, every character, both lengths, every colour."""
    for prefix in PROVINCES[:-1]:
        yield case(f"plate prefix {prefix}", content={"plate": f"{prefix}B6789Z"})
    usual = "使014578 吉AD12345 吉A12345D 吉A1234挂 吉A1234学 吉A1234警 粤Z1234港 粤Z1234澳 沪A0023领 "
    odd = "川X3301应急 沪A0023使 京000000 京0000000 吉A00000 吉A000000 新ZZZZZZ 新ZZZZZZZ 新急急急急急急急 "
    letters = "吉OI01OI 京BCDEFGH 京JKLMNP 京QRSTUVW"
    for plate in words(usual + odd + letters):
        yield case(f"plate {plate}", content={"plate": plate})
    for colour in range(6):
        yield case(f"plate colour {colour}", content={"plate_colour": colour})


def limits() -> Iterator[Json]:
    """Every field at its limits, leading zeros kept."""
    for field, values in RANGES.items():
        for value in values:
            yield case(f"{field} {value}", content={field: value})
    for area, key, _ in KEYS[4:]:
        yield case(f"area {area}, key {key}", content={"area": area, "key": key})
    for field in ("origin", "destination"):
        for code in ("000000", "000001", "012345", "999999"):
            yield case(f"{field} {code}", content={field: code})


def starts_and_ends() -> Iterator[Json]:
    """Revision, start and duration at their limits."""
    for revision in (1, 2, 15):
        yield case(
            f"revision {revision}", content={"revision": revision}, facts={"current_revision": revision}
        )
    first, last = EPOCH, EPOCH + timedelta(minutes=2**24 - 1)
    for name, start in (("first", first), ("last", last)):
        later = at(start + timedelta(hours=1))
        yield case(f"the {name} start there is", content={"not_before": stamp(start)}, facts=later)
    longest = {"duration_minutes": 2**17 - 1}
    yield case("the longest duration", content=longest, facts=at(START + timedelta(days=91)))
    yield case("one minute long", "near_edge", content={"duration_minutes": 1}, facts=at(START + 30 * SECOND))
    yield case("no minute long", "near_edge", content={"duration_minutes": 0}, facts=at(START))


def lists() -> Iterator[Json]:
    """Stops, roads and drivers: none to the most, with their limits."""
    stops = ["220221", "000000", "999999"]
    roads = ["G1", "G0102", "S9999", "X000", "Y07", "C0", "C9999"]
    drivers = ["0000", "999X", "001X"]
    for field, entries in (("stops", stops), ("roads", roads), ("drivers", drivers)):
        for count in range(len(entries) + 1):
            yield case(f"{count} {field}", content={field: entries[:count]})
    for road in words("G0 G9 G00 G09 G99 G000 G009 G999 G0000 G0009 G9999 S1 X01 Y001 C0001"):
        yield case(f"road {road}", content={"roads": [road]})
    for driver in ("0001", "1230", "9999", "000X"):
        yield case(f"driver {driver}", content={"drivers": [driver]})
    most: Json = {"stops": stops, "roads": roads, "drivers": drivers, "plate": "吉AD12345", "plate_colour": 2}
    yield case("the largest payload", content=most)
    yield case("the smallest payload", content={"stops": [], "roads": [], "drivers": []})
    yield case("same stop and road twice", content={"stops": ["220221"] * 2, "roads": ["G1", "G1"]})


def addresses() -> Iterator[Json]:
    """The host doesn't matter; a query or a fragment is cut."""
    number = digits(sealed(pack(PASS)))
    hosts = words(
        "http://127.0.0.1:8000 https://a https://[::1]:5000 https://u:p@h https://HOST https://xn--fiq228c.cn"
    )
    for host in hosts:
        yield case(f"address at {host}", text=f"{host}/p/{number}")
    for tail in ("?", "#", "?from=chat&n=1", "#top", "?a#b", "?x=/p/1", "?车=1"):
        yield case(f"tail {tail}", text=f"{PREFIX}{number}{tail}")


def broken_digits() -> Iterator[Json]:
    """Digits that stand for nothing."""
    yield unreadable("no code at all", None, "no_pass")
    for name, number in {**_damaged(digits(sealed(pack(PASS)))), **_invented()}.items():
        yield unreadable(f"digits: {name}", PREFIX + number)
    for n in (1, 2, 30, 63, 64, 65, 94, 95, 117, 180):
        yield unreadable(f"256 to the power of {n}", PREFIX + str(256**n))
        yield unreadable(f"256 to the power of {n} less one", PREFIX + str(256**n - 1))
    for count in (1, 2, 4, 6, 9, 200, 226, 228, 230, 433):
        yield unreadable(f"{count} digits, which may stand for no bytes", PREFIX + "1".zfill(count))


def _damaged(good: str) -> dict[str, str]:
    """What becomes of good digits on the way."""
    return {
        "zeros": "0" * len(good),
        "nines": "9" * len(good),
        "full-width digits": "".join(chr(ord(digit) + 0xFEE0) for digit in good),
        "other digits": "".join(chr(0x660 + int(digit)) for digit in good),
        "underscores": good[:5] + "_" + good[6:],
        "plus": "+" + good[1:],
        "minus": "-" + good[1:],
        "space before": " " + good,
        "space behind": good + " ",
        "line end": good + "\n",
        "slash": good + "/",
        "point": good[:9] + "." + good[10:],
        "percent": "%31" + good[1:],
        "twice": good + good,
        "first digit lost": good[1:],
        "last digit lost": good[:-1],
        "one digit more": good + "0",
        "a zero in front": "0" + good,
        "half": good[: len(good) // 2],
        "full-width 1 behind": good[:-1] + "１",
    }


def _invented() -> dict[str, str]:
    """What people type."""
    return {
        "no digits": "",
        "one zero": "0",
        "4,000 digits": "7" * 4000,
        "5,000 digits": "1" * 5000,
        "435 zeros": "0" * 435,
        "434 zeros": "0" * 434,
        "434 nines": "9" * 434,
        "letters": "abcdef",
        "exponent": "1e200",
        "number itself": "220000020416",
        "hexadecimal": sealed(pack(PASS)).hex(),
    }


def broken_addresses() -> Iterator[Json]:
    """Good digits behind something else than an address of ours."""
    good = digits(sealed(pack(PASS)))
    for address in ADDRESSES:
        yield unreadable(f"address: {address!r}", address + good)


def broken_payloads() -> Iterator[Json]:
    """Payloads that are properly signed and still none."""
    for field, values in OUTSIDE.items():
        for raw in values:
            text = PREFIX + digits(sealed(pack(TWO, {field: raw})))
            yield unreadable(f"{field} outside its table: {raw}", text)
    whole = pack(TWO)
    for size in (1, 2, 10, 25, len(whole) - 2, len(whole) - 1):
        yield unreadable(f"cut to {size} bytes", PREFIX + digits(sealed(whole[:size])))


def second_payloads() -> Iterator[Json]:
    """Properly signed payloads that say what another one says already."""
    for more in (b"\0", b"\0\0", b"\1", b"\0" * 60):
        text = PREFIX + digits(sealed(pack(TWO) + more))
        yield unreadable(f"{len(more)} bytes more, the last {more[-1]}", text, "not_canonical")
    for drivers in (["0000"], ["0000", "1111"], ["0000", "1111", "222X"]):
        text = PREFIX + digits(sealed(pack(PASS | {"drivers": drivers}, fill="1")))
        yield unreadable(f"filled with ones after {len(drivers)} drivers", text, "not_canonical")
    text = PREFIX + digits(sealed(pack(PASS, {"plate_body": [48**6 * 10 + 1]})))
    yield unreadable("a seventh character on a plate of six", text, "not_canonical")


def second_signatures() -> Iterator[Json]:
    """Signatures whose numbers are out of range."""
    whole = sealed(pack(PASS))
    payload, r, s = whole[:-64], int.from_bytes(whole[-64:-32]), int.from_bytes(whole[-32:])
    for name, first, second in (
        ("n − s", r, ORDER - s),
        ("r zero", 0, s),
        ("s zero", r, 0),
        ("both zero", 0, 0),
        ("r = n", ORDER, s),
        ("s = n", r, ORDER),
        ("s = n − 1", r, ORDER - 1),
        ("s over n/2", r, ORDER // 2 + 1),
        ("all ones", 2**256 - 1, 2**256 - 1),
    ):
        data = payload + first.to_bytes(32) + second.to_bytes(32)
        yield case(f"signature: {name}", "not_canonical", data=data, signature="not_canonical")


def wrong_signatures() -> Iterator[Json]:
    """Signatures of others and of something else."""
    payload = pack(PASS)
    without_domain = sign_payload(private_key("220000/0"), b"changtong-pass-v1\0" + payload)
    for name, mark in (
        ("s = n/2", sealed(payload)[-64:-32] + (ORDER // 2).to_bytes(32)),
        ("one and one", (b"\0" * 31 + b"\1") * 2),
        ("of another pass", sealed(pack(PASS | {"serial": 20417}))[-64:]),
        ("of another message", without_domain),
        ("by an unlisted key", sealed(payload, "nobody")[-64:]),
        ("by the next key of the area", sealed(payload, "220000/1")[-64:]),
        ("by another area", sealed(payload, "110000/1")[-64:]),
    ):
        yield case(f"signature: {name}", "bad_signature", data=payload + mark, signature="bad")


def forgeries() -> Iterator[Json]:
    """Content changed behind the signature, and how often it must be read."""
    mark = sealed(pack(PASS))[-64:]
    for change in CHANGES:
        forged: Json = {"data": pack(PASS | change) + mark, "signature": "bad"}
        yield case(f"changed: {change}", "bad_signature", content=change, **forged)
    forged = {"data": pack(PASS) + sealed(b"other")[-64:], "signature": "bad"}
    for reads in (1, 2, 3):
        yield case(f"forged, {reads} reads", "bad_signature", **forged, facts={"reads": reads})
    late = {"status": 3, "reads": 1} | at(END + EDGE)
    yield case("forged, revoked, over", "bad_signature", "revoked", "expired", **forged, facts=late)
