"""The verdict: every shared vector, and what must hold whatever the facts are."""

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passes.credential import Credential, CredentialError, decode_payload, parse_text
from passes.rules.judge import (
    Facts,
    KeyState,
    Level,
    Place,
    PlateSeen,
    SerialStatus,
    SignatureState,
    Unreadable,
    Verdict,
    VerdictCode,
    counts_as_no_pass,
    judge,
    needs_refusal_reason,
)
from passes.signing import key_from_jwk, signature_state
from seeds.make_vectors import FILE, vectors_text

Json = dict[str, Any]

VECTORS: Json = json.loads(FILE.read_text(encoding="utf-8"))
KEYS = {(row["area"], row["key"]): (key_from_jwk(row["jwk"]), row["state"]) for row in VECTORS["keys"]}
START = datetime(2022, 4, 9, tzinfo=UTC)

PASS = Credential(
    key=0,
    area="220000",
    serial=20416,
    sector=0,
    kind=0,
    revision=1,
    plate="吉A12345",
    plate_colour=0,
    origin="220102",
    destination="110115",
    roads=("G1",),
    goods=3,
    not_before=START,
    duration_minutes=4320,
)


def read(text: str | None) -> tuple[Credential | Unreadable | None, SignatureState]:
    """What a scanner that lists the keys of the vectors makes of a text."""
    if text is None:
        return None, SignatureState.NOT_CHECKED
    try:
        scanned = parse_text(text)
        credential = decode_payload(scanned.payload)
    except CredentialError as error:
        return Unreadable(error.code), SignatureState.NOT_CHECKED
    key, _ = KEYS.get((credential.area, credential.key), (None, "unknown"))
    return credential, signature_state(key, scanned.payload, scanned.signature)


def facts_of(plain: Json, decoded: Credential | Unreadable | None) -> Facts:
    """The facts of a case; state of the key and issuer come from the list of keys."""
    area, key = (decoded.area, decoded.key) if isinstance(decoded, Credential) else ("", 0)
    low, high = map(datetime.fromisoformat, plain["time"])
    place = plain["checkpoint"]
    return Facts(
        low=low,
        high=high,
        clock_trusted=plain["clock_trusted"],
        issuer_known=any(area == known for known, _ in KEYS),
        key_state=KeyState(KEYS.get((area, key), (None, "unknown"))[1]),
        area_is_ours=plain["area_is_ours"],
        trust_age=seconds(plain["trust_age"]),
        list_age=seconds(plain["list_age"]),
        status=None if plain["status"] is None else SerialStatus(plain["status"]),
        above_high_water=plain["above_high_water"],
        below_base=plain["below_base"],
        current_revision=plain["current_revision"],
        seen_elsewhere=plain["seen_elsewhere"],
        checkpoint=None if place is None else Place(place["road"], place["county"]),
        plate_seen=PlateSeen(plain["plate_seen"]),
        reads=plain["reads"],
    )


def seconds(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


def as_json(credential: Credential) -> Json:
    """A credential as the vectors write it."""
    plain = {name: getattr(credential, name) for name in VECTORS["cases"][0]["expect"]["decoded"]}
    shown = {name: f"{plain[name]:%Y-%m-%dT%H:%M:%SZ}" for name in ("not_before", "not_after")}
    lists = {name: list(plain[name]) for name in ("stops", "roads", "drivers")}
    return plain | shown | lists


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: ascii(case["name"])[1:60])
def test_every_shared_vector_is_judged_as_it_says(case: Json) -> None:
    decoded, signature = read(case["text"])
    verdict = judge(decoded, signature, facts_of(VECTORS["facts"] | case["facts"], decoded))
    found: Json = {
        "level": verdict.level,
        "code": verdict.code,
        "reasons": list(verdict.reasons),
        "awaits_plate": verdict.awaits_plate,
        "keep_reading": verdict.keep_reading,
    }
    if isinstance(decoded, Credential):
        found |= {"decoded": as_json(decoded), "signature": signature}
    assert found == case["expect"]


def test_the_vectors_are_many_differently_named_and_reach_every_code() -> None:
    cases = VECTORS["cases"]
    assert len(cases) >= 300
    assert len({case["name"] for case in cases}) == len(cases)
    assert {reason for case in cases for reason in case["expect"]["reasons"]} == set(VerdictCode)


def test_the_generator_gives_the_file_that_is_kept() -> None:
    assert vectors_text() == FILE.read_text(encoding="utf-8")


def facts(**known: Any) -> Facts:
    """Facts under which PASS is valid, but for those given."""
    ordinary: Json = {
        "low": START + timedelta(days=1),
        "high": START + timedelta(days=1),
        "area_is_ours": True,
        "trust_age": timedelta(),
        "list_age": timedelta(),
        "status": SerialStatus.GOOD,
        "current_revision": 1,
        "plate_seen": PlateSeen.MATCHES,
    }
    return Facts(**ordinary | known)


AGES = st.one_of(st.none(), st.timedeltas(timedelta(), timedelta(days=5)))
MOMENTS = st.datetimes(datetime(2022, 4, 8), datetime(2022, 4, 13), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
FACTS = st.builds(
    lambda moments, **known: Facts(low=min(moments), high=max(moments), **known),
    st.tuples(MOMENTS, MOMENTS),
    clock_trusted=st.booleans(),
    issuer_known=st.booleans(),
    key_state=st.sampled_from(KeyState),
    area_is_ours=st.booleans(),
    trust_age=AGES,
    list_age=AGES,
    status=st.one_of(st.none(), st.sampled_from(SerialStatus)),
    above_high_water=st.booleans(),
    below_base=st.booleans(),
    current_revision=st.one_of(st.none(), st.integers(0, 3)),
    seen_elsewhere=st.booleans(),
    checkpoint=st.one_of(st.none(), st.builds(Place, st.sampled_from([None, "G1", "G2"]), st.none())),
    plate_seen=st.sampled_from(PlateSeen),
    reads=st.integers(1, 3),
)
DECODED = st.sampled_from([PASS, PASS, PASS, Unreadable.MALFORMED, Unreadable.NOT_CANONICAL, None])
HARMLESS = {VerdictCode.VALID, VerdictCode.NO_PASS}


@settings(max_examples=400)
@given(DECODED, st.sampled_from(SignatureState), FACTS)
def test_reasons_are_in_the_order_of_the_table_and_the_first_is_the_verdict(
    decoded: Credential | Unreadable | None, signature: SignatureState, known: Facts
) -> None:
    verdict = judge(decoded, signature, known)
    order = list(VerdictCode)
    assert list(verdict.reasons) == sorted(set(verdict.reasons), key=order.index)
    assert verdict.code == verdict.reasons[0]
    assert (verdict.level in (Level.GREEN, Level.BLUE)) == (set(verdict.reasons) <= HARMLESS)
    red = order.index(VerdictCode.UNKNOWN_ISSUER)
    if any(order.index(reason) < red for reason in verdict.reasons):
        assert verdict.level is Level.RED


@settings(max_examples=400)
@given(st.sampled_from(SignatureState), FACTS)
def test_nothing_is_green_without_a_checked_signature_a_listed_key_a_list_and_the_time(
    signature: SignatureState, known: Facts
) -> None:
    if judge(PASS, signature, known).level is not Level.GREEN:
        return
    assert signature is SignatureState.GOOD
    assert known.key_state not in (KeyState.BAD, KeyState.UNKNOWN)
    assert known.list_age is not None
    assert known.status is SerialStatus.GOOD
    assert PASS.not_before <= known.low == known.high < PASS.not_after
    assert known.plate_seen is not PlateSeen.DIFFERS


@pytest.mark.parametrize(("signature", "key_state"), list(product(SignatureState, KeyState)), ids=str)
def test_only_a_good_signature_by_a_key_in_use_is_valid(
    signature: SignatureState, key_state: KeyState
) -> None:
    verdict = judge(PASS, signature, facts(key_state=key_state))
    in_use = key_state in (KeyState.NEXT, KeyState.SIGNING, KeyState.OLD)
    assert (verdict.code is VerdictCode.VALID) == (signature is SignatureState.GOOD and in_use)


def test_the_colour_waits_until_somebody_compared_the_plate() -> None:
    unseen = {"plate_seen": PlateSeen.UNKNOWN}
    assert judge(PASS, SignatureState.GOOD, facts(**unseen)).awaits_plate
    assert judge(PASS, SignatureState.GOOD, facts(**unseen, seen_elsewhere=True)).awaits_plate
    assert not judge(PASS, SignatureState.GOOD, facts()).awaits_plate
    assert not judge(PASS, SignatureState.GOOD, facts(**unseen, status=SerialStatus.REVOKED)).awaits_plate
    assert not judge(None, SignatureState.NOT_CHECKED, facts(**unseen)).awaits_plate


def test_a_wrong_signature_read_once_is_read_again_before_anything_is_shown() -> None:
    assert judge(PASS, SignatureState.BAD, facts(reads=1)).keep_reading
    assert not judge(PASS, SignatureState.BAD, facts(reads=2)).keep_reading
    assert not judge(PASS, SignatureState.GOOD, facts(reads=1)).keep_reading


def test_the_clock_counts_in_any_zone() -> None:
    beijing = datetime.fromisoformat("2022-04-12T08:15:00+08:00")
    assert judge(PASS, SignatureState.GOOD, facts(low=beijing, high=beijing)).code is VerdictCode.EXPIRED


@pytest.mark.parametrize("code", list(VerdictCode))
def test_only_a_pass_that_is_over_counts_as_none(code: VerdictCode) -> None:
    assert counts_as_no_pass(code) == (code in ("expired", "superseded", "surrendered"))


@pytest.mark.parametrize(
    ("level", "code", "needed"),
    [
        (Level.GREEN, VerdictCode.VALID, True),
        (Level.BLUE, VerdictCode.NO_PASS, True),
        (Level.RED, VerdictCode.EXPIRED, True),
        (Level.RED, VerdictCode.SUPERSEDED, True),
        (Level.RED, VerdictCode.SURRENDERED, True),
        (Level.RED, VerdictCode.BAD_SIGNATURE, False),
        (Level.RED, VerdictCode.REVOKED, False),
        (Level.AMBER, VerdictCode.OFF_ROUTE, False),
    ],
)
def test_who_turns_back_a_good_or_missing_pass_says_why(
    level: Level, code: VerdictCode, needed: bool
) -> None:
    assert needs_refusal_reason(Verdict(level, code, (code,))) is needed
