"""Status lists: what full lists and deltas say of every serial, which one is newer, and what is no list."""

import base64
from collections.abc import Iterator

from seeds.vectors.kit import Json
from seeds.vectors.packets import STATUS, TRUST, base64url, jws, packed, plain, stored
from seeds.vectors.trust_cases import refused

KEY, OLD_KEY = "status-one", "status-old"
START = "2022-04-10T04:00:00+00:00"
FULL: Json = {
    "format": "changtong-status/1",
    "seq": 10,
    "base_seq": None,
    "server_time": START,
    "areas": [
        {"area": "220100", "base": 3, "high": 5, "bits": "112"},
        {"area": "220200", "base": 1, "high": 2, "bits": "14"},
        {"area": "220400", "base": 8, "high": 7, "bits": ""},
    ],
    "revised": [["220100000004", 1]],
    "watch": ["220200000002"],
}
SAID = {
    "220100000000": "_",
    "220100000002": "_",
    "220100000003": "1",
    "220100000004": "1r1",
    "220100000005": "2",
    "220100000006": "^",
    "220100999999": "^",
    "220200000001": "1",
    "220200000002": "4!",
    "220200000003": "^",
    "220300000001": "?",
    "220400000007": "_",
    "220400000008": "^",
}
"""What `FULL` says, by hand: a digit of the list, _ below the base, ^ above the high-water mark, ? nothing,
- a digit that nobody knows yet; r the current revision, ! seen elsewhere."""

STEPS: tuple[tuple[str, Json, dict[str, str]], ...] = (
    (
        "nothing happened",
        {},
        {},
    ),
    (
        "one is revoked",
        {"changes": [["220100000003", 3]]},
        {"220100000003": "3"},
    ),
    (
        "one more is issued",
        {"changes": [["220100000003", 3], ["220100000006", 1]]},
        {"220100000003": "3", "220100000006": "1", "220100000007": "^"},
    ),
    (
        "one is issued beyond a gap",
        {"changes": [["220100000008", 1]]},
        {"220100000006": "0", "220100000007": "0", "220100000008": "1", "220100000009": "^"},
    ),
    (
        "two are amended",
        {
            "changes": [["220100000004", 1], ["220100000005", 1]],
            "revised": [["220100000004", 2], ["220100000005", 1]],
        },
        {"220100000004": "1r2", "220100000005": "1r1"},
    ),
    (
        "one is superseded",
        {"changes": [["220100000004", 5]], "revised": [["220100000004", 1]]},
        {"220100000004": "5r1"},
    ),
    (
        "an area issues its first",
        {"changes": [["220300000001", 1]]},
        {"220300000001": "1", "220300000002": "^", "220300000000": "_"},
    ),
    (
        "one below the base is surrendered",
        {"changes": [["220100000002", 4]]},
        {"220100000002": "_"},
    ),
    (
        "one is seen elsewhere, another no longer",
        {"watch": ["220100000003"]},
        {"220100000003": "1!", "220200000002": "4"},
    ),
    (
        "one that is above and one of nobody's are seen elsewhere",
        {"watch": ["220100000006", "220300000001"]},
        {"220100000006": "^!", "220300000001": "?!", "220200000002": "4"},
    ),
    (
        "an area whose passes were all over issues again",
        {"changes": [["220400000008", 1]]},
        {"220400000008": "1", "220400000009": "^"},
    ),
    (
        "a state of a later version",
        {"changes": [["220100000003", 6]]},
        {"220100000003": "-"},
    ),
)
"""What happens after `FULL`, as a delta says it, and what is said then; the rest stays."""

NO_LISTS: tuple[tuple[str, Json], ...] = (
    ("another format", {"format": "changtong-status/2"}),
    ("a trust list's format", {"format": "changtong-trust/1"}),
    ("a seq of text", {"seq": "10"}),
    ("a negative seq", {"seq": -1}),
    ("a time without a zone", {"server_time": "2022-04-10T04:00:00"}),
    ("a time in seconds", {"server_time": 1649563200}),
    ("an area as an object", {"areas": {"220100": "112"}}),
    ("digits for more serials", {"areas": [{"area": "220100", "base": 3, "high": 5, "bits": "1121"}]}),
    ("digits for fewer serials", {"areas": [{"area": "220100", "base": 3, "high": 5, "bits": "11"}]}),
    ("no digit", {"areas": [{"area": "220100", "base": 3, "high": 5, "bits": "1g2"}]}),
    ("a capital digit", {"areas": [{"area": "220100", "base": 3, "high": 5, "bits": "1A2"}]}),
    ("a serial of seven digits", {"areas": [{"area": "220100", "base": 1, "high": 1_000_000, "bits": ""}]}),
    ("an area of seven digits", {"areas": [{"area": "2201000", "base": 1, "high": 0, "bits": ""}]}),
    ("a revised number of eleven digits", {"revised": [["22010000000", 1]]}),
    ("a revised number without revision", {"revised": [["220100000004"]]}),
    ("a watched number of another script", {"watch": ["２２０１００００００００"]}),
    ("nothing to watch, not even an empty list", {"watch": None}),
    ("a change to a state over 15", {"changes": [["220100000003", 16]]}),
)

AS_A_LIBRARY_PACKS = base64.b64decode(
    "7ZRNCsMgEIXvMtsaOlpLwHN0FyTY1CZCfqiadBFy906kB+iihS4cREbe+D6YxVvhPvnBRFDQdGZs4zS2RYgmzuHIgUGwD1D8jMjgaoKt03uc"
    "+36X/GJ9Hd1g6bdAIQqUBccLSoVI55BuMjHemgCqWlO3DwvkSdk9yZ9B59qOGplALtI0cKoT/3FlQAZ8HyDziv4LIPKKPgbAphl4u7hgbxTa"
    "1TutqcqyBCY0yU8TG8rrSm8v"
)
"""A list of 1,400 passes of one area in 180 bytes: with codes of its own and long repetitions."""
LARGE = {
    "220100000000": "_",
    "220100000001": "1",
    "220100000005": "3",
    "220100000006": "1",
    "220100000102": "3",
    "220100000103": "1",
    "220100000700": "4",
    "220100000777": "1r2",
    "220100001101": "2",
    "220100001400": "1",
    "220100001401": "^",
}


def at(minute: int) -> str:
    """Minutes after `START`."""
    return f"2022-04-10T04:{minute:02d}:00+00:00"


def delta_of(change: Json, *, seq: int = 15, minute: int = 7) -> Json:
    """A delta since `FULL`."""
    same: Json = {"areas": [], "changes": [], "revised": [], "watch": FULL["watch"]}
    return {"format": FULL["format"], "seq": seq, "base_seq": 10, "server_time": at(minute)} | same | change


def signed(content: object, *, key: str = KEY, typ: str = STATUS) -> str:
    """As the server signs it."""
    return jws(typ, key, packed(plain(content)), header={"zip": "DEF"})


def said(words: str) -> Json:
    """The short form of `SAID` in full."""
    elsewhere = words.endswith("!")
    state, _, revision = words.removesuffix("!").partition("r")
    return {
        "status": int(state) if state.isdigit() else None,
        "above_high_water": state == "^",
        "below_base": state == "_",
        "current_revision": None if state == "?" else int(revision or 0),
        "seen_elsewhere": elsewhere,
    }


def accepted(serials: dict[str, str], *, compared: str = "newer", seq: int = 10, minute: int = 0) -> Json:
    """What is expected of lists that are some."""
    told = {number: said(words) for number, words in serials.items()}
    return {"compared": compared, "seq": seq, "server_time": at(minute)[:19] + "Z", "serials": told}


def case(
    name: str, full: str, delta: str | None, expect: Json, *, held: tuple[str, str | None] | None = None
) -> Json:
    """A case; `held`: full list and delta that the phone has already."""
    had = None if held is None else {"full": held[0], "delta": held[1]}
    return {"name": name, "full": full, "delta": delta, "held": had, "expect": expect}


def status_cases() -> Iterator[Json]:
    """All of them."""
    yield from _steps()
    yield from _full()
    yield from _compared()
    yield from _mismatched()
    yield from _refused()


def _steps() -> Iterator[Json]:
    """Each step as a delta since the first list, and the full list that says the same."""
    for name, change, now in STEPS:
        expect = accepted(SAID | now, seq=15, minute=7)
        yield case(f"delta: {name}", signed(FULL), signed(delta_of(change)), expect)
        yield case(f"full: {name}", signed(_brought_forward(change)), None, expect)


def _brought_forward(change: Json) -> Json:
    """`FULL` after a change, written anew."""
    areas: dict[str, Json] = {entry["area"]: dict(entry) for entry in FULL["areas"]}
    for number, code in change.get("changes", []):
        area, serial = number[:6], int(number[6:])
        entry = areas.setdefault(area, {"area": area, "base": 1, "high": 0, "bits": ""})
        if serial >= entry["base"]:
            high = max(serial, entry["high"])
            bits = list(entry["bits"].ljust(high - entry["base"] + 1, "0"))
            bits[serial - entry["base"]] = f"{code:x}"
            entry |= {"high": high, "bits": "".join(bits)}
    revised = dict(FULL["revised"]) | dict(change.get("revised", []))
    newest = {
        "seq": 15,
        "server_time": at(7),
        "areas": list(areas.values()),
        "revised": list(revised.items()),
    }
    return FULL | newest | {"watch": change.get("watch", FULL["watch"])}


def _full() -> Iterator[Json]:
    body, deflated = plain(FULL), {"zip": "DEF"}
    yield case("a full list", signed(FULL), None, accepted(SAID))
    yield case("a full list, not deflated", jws(STATUS, KEY, body), None, accepted(SAID))
    yield case("stored", jws(STATUS, KEY, stored(body), header=deflated), None, accepted(SAID))
    yield case("by a status key of before", signed(FULL, key=OLD_KEY), None, accepted(SAID))
    empty = signed(FULL | {"areas": [], "revised": [], "watch": []})
    yield case("a list of nothing", empty, None, accepted({"220100000001": "?", "000000000000": "?"}))
    large = jws(STATUS, KEY, AS_A_LIBRARY_PACKS, header=deflated)
    yield case("as a library packs it", large, None, accepted(LARGE, seq=1500))
    top = {"area": "220100", "base": 999_999, "high": 999_999, "bits": "1"}
    limits = {"220100999999": "1", "220100999998": "_"}
    yield case("the last serial there is", signed(FULL | {"areas": [top]}), None, accepted(limits))
    zone = signed(FULL | {"server_time": "2022-04-10T12:00:00+08:00"})
    yield case("a time of another zone", zone, None, accepted(SAID))


def _compared() -> Iterator[Json]:
    """Which lists may take the place of a list of seq 15 and minute 7."""
    held = (signed(FULL), signed(delta_of({})))
    for name, seq, minute, compared in (
        ("the same", 15, 7, "same"),
        ("fresh time, nothing new", 15, 8, "newer"),
        ("same seq, older time", 15, 6, "older"),
        ("higher seq, newer time", 16, 8, "newer"),
        ("higher seq, same time", 16, 7, "newer"),
        ("higher seq, older time", 16, 6, "older"),
        ("lower seq, newer time", 14, 8, "older"),
        ("lower seq, older time", 14, 6, "older"),
    ):
        expect = accepted(SAID, compared=compared, seq=seq, minute=minute)
        delta = signed(delta_of({}, seq=seq, minute=minute))
        yield case(f"compared, a delta: {name}", signed(FULL), delta, expect, held=held)
        whole = signed(FULL | {"seq": seq, "server_time": at(minute)})
        yield case(f"compared, a full list: {name}", whole, None, expect, held=held)
    older = accepted(SAID, compared="older")
    yield case("compared, a full list: the one the delta is since", signed(FULL), None, older, held=held)


def _mismatched() -> Iterator[Json]:
    full, delta = signed(FULL), signed(delta_of({}))
    yield case("a delta alone", delta, None, refused("status.not_full"))
    for name, other in (
        ("since another list", signed(delta_of({"base_seq": 9}))),
        ("since a later list", signed(delta_of({"base_seq": 11}))),
        ("that ends before it begins", signed(delta_of({}, seq=9))),
        ("made before the full list", signed(delta_of({"server_time": "2022-04-10T03:59:59+00:00"}))),
        ("that is a full list, as for an unknown since", signed(FULL | {"seq": 15, "server_time": at(7)})),
    ):
        yield case(f"a delta {name}", full, other, refused("status.other_base"))


def _refused() -> Iterator[Json]:
    full, delta = signed(FULL), signed(delta_of({}))
    head, _, mark = delta.split(".")
    other = base64url(packed(plain(delta_of({"changes": [["220100000003", 3]]}))))
    yield case("a delta tampered with", full, f"{head}.{other}.{mark}", refused("jws.bad_signature"))
    yield case("a full list tampered with", f"{head}.{other}.{mark}", None, refused("jws.bad_signature"))
    yield case("half an answer", full, delta[: len(delta) // 2], refused("jws.malformed"))
    yield case("an empty answer", full, "", refused("jws.malformed"))
    yield case("by the root", signed(FULL, key="root-one"), None, refused("jws.unknown_key"))
    stranger = jws(STATUS, KEY, plain(FULL), key="root-nobody")
    yield case("by a stranger in the key's name", stranger, None, refused("jws.bad_signature"))
    yield case("a trust list's type", signed(FULL, typ=TRUST), None, refused("jws.malformed"))
    for name, change in NO_LISTS:
        yield case(f"content: {name}", signed(FULL | change), None, refused("status.not_a_list"))
    wrong = signed(delta_of({"changes": [["220100000003"]]}))
    yield case("content: a delta with half a change", full, wrong, refused("status.not_a_list"))
    without = {name: value for name, value in FULL.items() if name != "base_seq"}
    yield case("content: no word of being full", signed(without), None, refused("status.not_a_list"))
