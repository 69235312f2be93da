"""Facts: keys, times, lists, places and plates, alone and together.

Most tables hold rows of (name, expected reasons, facts): no reason is `valid`.
"""

from collections.abc import Iterator
from datetime import timedelta

from seeds.vectors.kit import (
    DAY,
    EDGE,
    END,
    NOON,
    PASS,
    SECOND,
    START,
    Json,
    at,
    case,
    pack,
    sealed,
    spread,
    words,
)

ONE_DAY = timedelta(days=1)
FOREIGN: Json = {"area_is_ours": False}
NO_LIST: Json = {"list_age": None, "status": None, "current_revision": None}
ABOVE: Json = {"status": None, "above_high_water": True}
BELOW: Json = {"status": None, "below_base": True}
OVER = at(END + EDGE)
MADE_UP: Json = {"content": {"key": 77}, "signature": "not_checked"}
STRANGER: Json = {"content": {"area": "370100"}, "signature": "not_checked"}
TRUST_AGES = ((0, "red"), (DAY - 1, "red"), (DAY, "amber"), (3 * DAY, "amber"), (None, "amber"))

MOMENTS = (
    ("long before", "not_yet_valid", START - timedelta(days=400)),
    ("start − 15 min − 1 s", "not_yet_valid", START - EDGE - SECOND),
    ("start − 15 min", "near_edge", START - EDGE),
    ("start − 1 s", "near_edge", START - SECOND),
    ("start", "near_edge", START),
    ("start + 15 min − 1 s", "near_edge", START + EDGE - SECOND),
    ("start + 15 min", "", START + EDGE),
    ("end − 15 min − 1 s", "", END - EDGE - SECOND),
    ("end − 15 min", "near_edge", END - EDGE),
    ("end − 1 s", "near_edge", END - SECOND),
    ("end", "near_edge", END),
    ("end + 15 min − 1 s", "near_edge", END + EDGE - SECOND),
    ("end + 15 min", "expired", END + EDGE),
    ("long over", "expired", END + timedelta(days=400)),
)
SPANS = (
    ("a point", "clock_untrusted", NOON, NOON),
    ("inside", "clock_untrusted", NOON, NOON + ONE_DAY),
    ("from before", "clock_untrusted near_edge", START - ONE_DAY, NOON),
    ("to after", "clock_untrusted near_edge", NOON, END + ONE_DAY),
    ("all around", "clock_untrusted near_edge", START - ONE_DAY, END + ONE_DAY),
    ("up to start − 15 min", "clock_untrusted near_edge", START - ONE_DAY, START - EDGE),
    ("up to just before", "not_yet_valid clock_untrusted", START - ONE_DAY, START - EDGE - SECOND),
    ("from end + 15 min", "expired clock_untrusted", END + EDGE, END + ONE_DAY),
    ("from just before that", "clock_untrusted near_edge", END + EDGE - SECOND, END + ONE_DAY),
)
STATUSES = (
    ("status 0", "never_issued", {"status": 0}),
    ("status 1", "", {"status": 1}),
    ("status 2", "suspended", {"status": 2}),
    ("status 3", "revoked", {"status": 3}),
    ("status 4", "surrendered", {"status": 4}),
    ("status 5", "superseded", {"status": 5}),
    ("status 0, list of 4 days", "never_issued list_very_old", {"status": 0, "list_age": 4 * DAY}),
    ("status 1, list of 4 days", "list_very_old", {"status": 1, "list_age": 4 * DAY}),
    ("status 2, list of 2 days", "suspended list_old", {"status": 2, "list_age": 2 * DAY}),
    ("status 3, list of 4 days", "revoked list_very_old", {"status": 3, "list_age": 4 * DAY}),
    ("status 4, list of 2 days", "surrendered list_old", {"status": 4, "list_age": 2 * DAY}),
    ("status 5, list of 4 days", "superseded list_very_old", {"status": 5, "list_age": 4 * DAY}),
    ("above the high-water mark", "issued_after_last_sync", ABOVE),
    ("above it, list old", "issued_after_last_sync list_old", ABOVE | {"list_age": DAY}),
    ("below the base, valid by its dates", "never_issued", BELOW | at(NOON)),
    ("below the base, over", "expired", BELOW | OVER),
    ("below the base, about to end", "never_issued near_edge", BELOW | at(END - SECOND)),
    ("below the base, at its end", "near_edge", BELOW | at(END)),
    ("below the base, just over", "near_edge", BELOW | at(END + EDGE - SECOND)),
    ("below the base, in future", "never_issued near_edge", BELOW | at(START - EDGE)),
    ("below the base, end in doubt", "clock_untrusted near_edge", BELOW | at(NOON, END)),
    ("no list", "no_list", NO_LIST),
    ("no list, over", "expired no_list", NO_LIST | OVER),
    ("a list silent about the serial", "no_list", {"status": None}),
    ("list of 0 s", "", {"list_age": 0}),
    ("list of a day less 1 s", "", {"list_age": DAY - 1}),
    ("list of a day", "list_old", {"list_age": DAY}),
    ("list of three days", "list_old", {"list_age": 3 * DAY}),
    ("list of three days and 1 s", "list_very_old", {"list_age": 3 * DAY + 1}),
    ("list of a year", "list_very_old", {"list_age": 365 * DAY}),
)
REVISIONS = (
    (0, 1, "superseded"),
    (1, 2, "superseded"),
    (14, 15, "superseded"),
    (0, 15, "superseded"),
    (1, 0, "issued_after_last_sync"),
    (15, 14, "issued_after_last_sync"),
    (3, 3, ""),
    (4, None, ""),
)
PLACES = (
    ("G1", "130100", ""),
    ("G102", None, ""),
    (None, "220102", ""),
    ("S1", "110115", ""),
    ("S1", "220221", ""),
    ("X1", "210100", ""),
    ("G0102", "130100", "off_route"),
    ("G01", "130100", "off_route"),
    ("G10", None, "off_route"),
    (None, "130100", "off_route"),
    (None, None, ""),
    ("g1", None, "off_route"),
    ("S1", "220100", "off_route"),
)
TOGETHER = (
    ("seen elsewhere", "seen_elsewhere", {"seen_elsewhere": True}),
    (
        "off route and seen elsewhere",
        "off_route seen_elsewhere",
        {"checkpoint": {"road": "G11", "county": "130100"}, "seen_elsewhere": True},
    ),
    (
        "never issued, too early, other plate, list old",
        "never_issued not_yet_valid plate_mismatch list_old",
        {"status": 0, "plate_seen": "differs", "list_age": 2 * DAY} | at(START - EDGE - SECOND),
    ),
    (
        "every mild warning",
        "issued_after_last_sync near_edge list_old seen_elsewhere",
        ABOVE | {"seen_elsewhere": True, "list_age": DAY} | at(END),
    ),
)
WORST: Json = {
    "clock_trusted": False,
    "list_age": 4 * DAY,
    "status": 5,
    "current_revision": 3,
    "seen_elsewhere": True,
    "checkpoint": {"road": "X9", "county": "650100"},
    "plate_seen": "differs",
} | at(END + EDGE, END + EDGE + SECOND)
ALL_WRONG = words(
    "key_revoked bad_signature superseded expired plate_mismatch clock_untrusted list_very_old off_route "
    "seen_elsewhere"
)


def keys() -> Iterator[Json]:
    """Keys in every state."""
    for number, state in ((1, "next"), (2, "old")):
        yield case(f"a key that is {state}", content={"key": number})
    bad: Json = {"content": {"key": 3}}
    yield case("a bad key", "key_revoked", **bad)
    yield case("a bad key, read once", "key_revoked", **bad, facts={"reads": 1})
    forged: Json = bad | {"data": pack(PASS | {"key": 3}) + sealed(b"other")[-64:], "signature": "bad"}
    yield case("a bad key and forged", "key_revoked", "bad_signature", **forged)
    yield case(
        "a bad key and forged, read once", "key_revoked", "bad_signature", **forged, facts={"reads": 1}
    )
    yield case("everything wrong at once", *ALL_WRONG, **forged, facts=WORST)


def unknown_keys() -> Iterator[Json]:
    """Keys and issuers that nobody announced, ours and others."""
    area: Json = {"content": {"area": "220999"}, "signature": "not_checked"}
    for age, level in TRUST_AGES:
        fact: Json = {"level": level, "facts": {"trust_age": age}}
        yield case(f"unknown key of ours, trust list of {age} s", "unknown_key", **MADE_UP, **fact)
        yield case(f"unknown area of ours, trust list of {age} s", "unknown_key", **area, **fact)
    theirs: Json = {"content": {"area": "110000", "key": 9}, "signature": "not_checked", "facts": FOREIGN}
    yield case("unknown key of another province", "unknown_key", **theirs)
    yield case("unknown issuer", "unknown_issuer", **STRANGER, facts=FOREIGN)
    yield case("unknown issuer, no list", "unknown_issuer", "no_list", **STRANGER, facts=FOREIGN | NO_LIST)
    yield case("unknown issuer, over", "expired", "unknown_issuer", **STRANGER, facts=FOREIGN | OVER)
    yield case("made-up key, over", "expired", "unknown_key", **MADE_UP, facts=OVER)
    old: Json = {"level": "red", "facts": {"list_age": 2 * DAY}}
    yield case("made-up key, list old", "unknown_key", "list_old", **MADE_UP, **old)
    high: Json = {"data": pack(PASS | {"key": 77}) + b"\xff" * 64, "signature": "not_canonical"}
    yield case("made-up key, s too high", "not_canonical", "unknown_key", **MADE_UP | high)


def times() -> Iterator[Json]:
    """Both limits to the second, and clocks nobody trusts."""
    for name, reasons, moment in MOMENTS:
        yield case(f"time: {name}", *words(reasons), facts=at(moment))
    for name, reasons, low, high in SPANS:
        facts = at(low, high) | {"clock_trusted": False}
        yield case(f"clock untrusted: {name}", *words(reasons), facts=facts)
    yield case("a span though the clock is trusted", "clock_untrusted", facts=at(NOON, NOON + SECOND))


def statuses() -> Iterator[Json]:
    """What the status list may say, and how old it may be."""
    yield from spread(STATUSES)
    yield case("no list, revision 4", "no_list", content={"revision": 4}, facts=NO_LIST)
    for revision, current, reasons in REVISIONS:
        name, facts = f"revision {revision}, current {current}", {"current_revision": current}
        yield case(name, *words(reasons), content={"revision": revision}, facts=facts)


def places() -> Iterator[Json]:
    """On the route and off it."""
    route = {"stops": ["220221", "210100"], "roads": ["G1", "G102"]}
    for road, county, reasons in PLACES:
        facts = {"checkpoint": {"road": road, "county": county}}
        yield case(f"checkpoint on {road} in {county}", *words(reasons), content=route, facts=facts)
    for road in ("G1", None):
        facts = {"checkpoint": {"road": road, "county": "130100"}}
        yield case(f"no roads, at {road}", "off_route", content={"roads": []}, facts=facts)


def comparisons() -> Iterator[Json]:
    """The plate on the truck, and several reasons at once."""
    for seen in ("unknown", "matches", "differs"):
        wrong = ["plate_mismatch"] if seen == "differs" else []
        facts = {"plate_seen": seen}
        yield case(f"plate {seen}", *wrong, facts=facts)
        yield case(f"plate {seen}, list old", *wrong, "list_old", facts=facts | {"list_age": DAY})
        yield case(f"plate {seen}, revoked", "revoked", *wrong, facts=facts | {"status": 3})
        yield case(f"plate {seen}, over", "expired", *wrong, facts=facts | OVER)
    yield from spread(TOGETHER)
