"""Trust lists: by whom they may be signed, how they may be written, which one is newer, and what is no list."""

from collections.abc import Iterator

from passes.signing import public_jwk
from seeds.vectors.kit import Json, private_key
from seeds.vectors.packets import STATUS, TRUST, base64url, digest, jws, named, packed, plain, stored

ROOT, SPARE, STRANGER = "root-one", "root-two", "root-nobody"


def jwk(name: str) -> Json:
    """The public part of a test key."""
    return dict(public_jwk(private_key(name).public_key()))


def key(area: str, number: int, state: str = "signing", **other: object) -> Json:
    """A key of an issuer."""
    limits = {"not_before": "2022-03-01T00:00:00+00:00", "not_after": None}
    return {"key": number, "alg": "ES256", "jwk": jwk(f"{area}/{number}"), **limits, "state": state} | other


def issuer(area: str, *keys: Json, **other: object) -> Json:
    """An issuer of ours, or with `root` one that was taken over."""
    body = {"area": area, "name": named("某地", "Somewhere"), "phone": "0431-12345678"}
    return body | {"status_url": "https://tx.jl.example/status.jws", "keys": list(keys)} | other


OURS = issuer("220000", key("220000", 0), key("220000", 1, "next"), key("220000", 3, "bad"))
CITY = issuer("220100", key("220100", 7, "old"))
THEIRS = issuer("210100", key("210100", 4), root="liaoning")
CONTENT: Json = {
    "format": "changtong-trust/1",
    "seq": 5,
    "issued_at": "2022-04-09T00:00:00+00:00",
    "next_update": "2022-04-16T00:00:00+00:00",
    "status_keys": [{"kid": "status-one", "jwk": jwk("status-one")}],
    "issuers": [OURS, CITY, THEIRS],
    "sectors": [{"code": 0, "name": named("交通运输", "Transport")}],
    "kinds": [{"code": 0, "name": named("国家", "National")}],
    "goods": [{"code": 3, "item": "grain", "category": "food", "name": named("粮食", "Grain")}],
    "ages": {"list_old_hours": 24, "list_very_old_hours": 72, "near_edge_minutes": 15},
}
KNOWN = {
    "220000/0": "signing ours",
    "220000/1": "next ours",
    "220000/3": "bad ours",
    "220000/2": "unknown ours",
    "220100/7": "old ours",
    "210100/4": "signing",
    "210100/5": "unknown",
    "370100/0": "unknown",
}
"""State of each key, and whether its area is ours, in the list of `CONTENT`."""
WRONG_HEADERS: tuple[tuple[str, Json], ...] = (
    ("no algorithm", {"alg": None}),
    ("algorithm none", {"alg": "none"}),
    ("algorithm HS256", {"alg": "HS256"}),
    ("algorithm ES384", {"alg": "ES384"}),
    ("no kid", {"kid": None}),
    ("a number for a kid", {"kid": 1}),
    ("another packing", {"zip": "GZIP"}),
    ("something critical", {"crit": ["exp"], "exp": 1}),
    ("the type of a status list", {"typ": STATUS}),
    ("no type", {"typ": None}),
    ("the type in capitals", {"typ": TRUST.upper()}),
)
NO_LISTS: tuple[tuple[str, Json], ...] = (
    ("another format", {"format": "changtong-trust/2"}),
    ("a format with something behind", {"format": "changtong-trust/1\n"}),
    ("a status list's format", {"format": "changtong-status/1"}),
    ("a seq of text", {"seq": "5"}),
    ("a negative seq", {"seq": -5}),
    ("half a seq", {"seq": 5.5}),
    ("no time", {"issued_at": None}),
    ("a time without a zone", {"issued_at": "2022-04-09T00:00:00"}),
    ("a day there isn't", {"issued_at": "2022-13-09T00:00:00Z"}),
    ("no issuers", {"issuers": None}),
    ("issuers as an object", {"issuers": {}}),
    ("an area of five digits", {"issuers": [OURS | {"area": "22000"}]}),
    ("a key in an unknown state", {"issuers": [issuer("220000", key("220000", 0, "lost"))]}),
    ("a key over 255", {"issuers": [issuer("220000", key("220000", 0, key=256))]}),
    ("a key without numbers", {"issuers": [issuer("220000", key("220000", 0, jwk={"kty": "EC"}))]}),
    ("a name in one language", {"sectors": [{"code": 0, "name": {"zh": "交通运输"}}]}),
)


def accepted(compared: str = "newer", *, seq: int = 5, known: dict[str, str] = KNOWN) -> Json:
    """What is expected of a list that is one."""
    keys = {
        name: {"state": words.split()[0], "ours": words.endswith(" ours")} for name, words in known.items()
    }
    return {"compared": compared, "seq": seq, "issued_at": "2022-04-09T00:00:00Z", "keys": keys}


def refused(code: str) -> Json:
    """What is expected of one that isn't."""
    return {"problem": code}


def case(name: str, text: str, expect: Json, *, held: str | None = None) -> Json:
    """A case; `held`: the list that the phone has already."""
    return {"name": name, "jws": text, "held": held, "expect": expect}


def trust_cases() -> Iterator[Json]:
    """All of them."""
    yield from _signed()
    yield from _written()
    yield from _damaged()
    yield from _compared()
    yield from _content()


def _signed() -> Iterator[Json]:
    body = plain(CONTENT)
    yield case("signed by the root", jws(TRUST, ROOT, body), accepted())
    yield case("signed by the spare root", jws(TRUST, SPARE, body), accepted())
    yield case("with the higher s", jws(TRUST, ROOT, body, high=True), accepted())
    yield case("by a root that isn't pinned", jws(TRUST, STRANGER, body), refused("jws.unknown_key"))
    for name, by in (("a stranger", STRANGER), ("the spare", SPARE), ("a status key", "status-one")):
        forged = jws(TRUST, ROOT, body, key=by)
        yield case(f"by {name} in the root's name", forged, refused("jws.bad_signature"))
    for name, header in WRONG_HEADERS:
        yield case(f"header: {name}", jws(TRUST, ROOT, body, header=header), refused("jws.malformed"))
    yield case("header: more than is needed", jws(TRUST, ROOT, body, header={"cty": "json"}), accepted())


def _written() -> Iterator[Json]:
    body = plain(CONTENT)
    deflated: Json = {"header": {"zip": "DEF"}}
    yield case("deflated", jws(TRUST, ROOT, packed(body), **deflated), accepted())
    yield case("deflated without packing", jws(TRUST, ROOT, stored(body), **deflated), accepted())
    for name, wrong in (
        ("not deflated though it says so", body),
        ("deflated and cut", packed(body)[:-9]),
        ("deflated with a byte behind", packed(body) + b"\0"),
        ("nothing though it says deflated", b""),
    ):
        yield case(name, jws(TRUST, ROOT, wrong, **deflated), refused("jws.malformed"))
    yield case("deflated and not said", jws(TRUST, ROOT, packed(body)), refused("jws.malformed"))
    yield case("no JSON", jws(TRUST, ROOT, b"{"), refused("jws.malformed"))
    yield case("no text", jws(TRUST, ROOT, b"\xff\xfe"), refused("jws.malformed"))
    yield case("a byte order mark", jws(TRUST, ROOT, b"\xef\xbb\xbf" + body), refused("jws.malformed"))


def _damaged() -> Iterator[Json]:
    good = jws(TRUST, ROOT, plain(CONTENT))
    head, body, mark = good.split(".")
    later = base64url(plain(CONTENT | {"seq": 6}))
    for name, text in (
        ("content of another", f"{head}.{later}.{mark}"),
        ("signature of another", f"{head}.{body}.{digest('other')}"),
        ("signature cut", f"{head}.{body}.{mark[:-6]}"),
        ("no signature", f"{head}.{body}."),
    ):
        yield case(f"damaged: {name}", text, refused("jws.bad_signature"))
    for name, text in (
        ("empty", ""),
        ("two points", ".."),
        ("a page of an error", "<html><body>500</body></html>"),
        ("half", good[: len(good) // 2]),
        ("two parts", f"{head}.{mark}"),
        ("four parts", f"{head}.{body}.{body}.{mark}"),
        ("a line end", f"{good}\n"),
        ("padding", f"{head}.{body}.{mark}=="),
        ("the other base64", f"{head}.{body}+/.{mark}"),
        ("bits behind the signature", f"{head}.{body}.{mark[:-1]}{chr(ord(mark[-1]) + 1)}"),
    ):
        yield case(f"damaged: {name}", text, refused("jws.malformed"))


def _compared() -> Iterator[Json]:
    held = jws(TRUST, ROOT, plain(CONTENT))
    for seq, compared in ((4, "older"), (5, "same"), (6, "newer"), (0, "older"), (500, "newer")):
        offered = jws(TRUST, SPARE, plain(CONTENT | {"seq": seq}))
        yield case(f"seq {seq} to one who has 5", offered, accepted(compared, seq=seq), held=held)


def _content() -> Iterator[Json]:
    for name, change in NO_LISTS:
        text = jws(TRUST, ROOT, plain(CONTENT | change))
        yield case(f"content: {name}", text, refused("trust.not_a_list"))
    for name, content in (("an array", []), ("null", None), ("a number", 5), ("nothing in it", {})):
        yield case(f"content: {name}", jws(TRUST, ROOT, plain(content)), refused("trust.not_a_list"))
    stolen = issuer("220000", key("210100", 0, "signing"), root="liaoning")
    text = jws(TRUST, ROOT, plain(CONTENT | {"issuers": [*CONTENT["issuers"], stolen]}))
    yield case("another province's list speaks of an area of ours", text, accepted())
    wrong = issuer("330100", key("330100", 0, "lost"), root="zhejiang")
    text = jws(TRUST, ROOT, plain(CONTENT | {"issuers": [*CONTENT["issuers"], wrong]}))
    known = KNOWN | {"330100/0": "unknown"}
    yield case("another province's issuer that is none", text, accepted(known=known))
    later = issuer("220100", key("220100", 8, alg="SM2SM3"))
    known = {"220100/8": "unknown ours", "220000/0": "unknown"}
    text = jws(TRUST, ROOT, plain(CONTENT | {"issuers": [later]}))
    yield case("a key of a kind to come", text, accepted(known=known))
