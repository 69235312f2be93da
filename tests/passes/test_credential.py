"""The credential, bit by bit: there and back, one payload for each meaning, and nothing else accepted."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passes.credential import (
    EPOCH,
    LARGEST_PAYLOAD,
    Credential,
    CredentialError,
    Scanned,
    build_text,
    check_prefix,
    decode_payload,
    encode_payload,
    from_digits,
    parse_text,
    to_digits,
)
from passes.signing import generate_key, sign_payload, verify_payload
from seeds.vectors.kit import pack
from tests.passes.samples import CREDENTIALS, a_credential, the_largest

PREFIX = "https://tx.jl.example/p/"
MARK = bytes(range(64))


def plain(credential: Credential) -> dict[str, Any]:
    """A credential as the second packer wants it."""
    fields: dict[str, Any] = json.loads(json.dumps(vars(credential), default=datetime.isoformat))
    return fields


@given(CREDENTIALS)
def test_what_is_encoded_comes_back_the_same(credential: Credential) -> None:
    payload = encode_payload(credential)
    text = build_text(PREFIX, payload, MARK)
    assert parse_text(text) == Scanned(payload, MARK)
    assert decode_payload(payload) == credential


@given(CREDENTIALS)
def test_the_bits_are_those_of_the_table(credential: Credential) -> None:
    assert encode_payload(credential) == pack(plain(credential))


def test_one_credential_to_the_byte() -> None:
    """Every field written out by hand, once."""
    bits = "".join(
        [
            "0001 00000111",
            "0011 0101 1011 0110 0000 0000 0100 1111 1100 0000",
            "00101 000 0001",
            "000110 001 0",
            f"{10 * 48**6 + 1 * 48**5 + 2 * 48**4 + 3 * 48**3 + 4 * 48**2 + 5 * 48:040b}",
            f"{220102:020b} {110115:020b}",
            "00",
            f"011 {10 - 9:016b} {110 + 102:016b} {11110 + 110 + 206:016b}",
            f"000011 {829 * 24 * 60:024b} {4320:017b}",
            f"01 {123 * 11 + 10:014b}",
        ]
    ).replace(" ", "")
    bits += "0" * (-len(bits) % 8)
    assert encode_payload(a_credential()) == int(bits, 2).to_bytes(len(bits) // 8)


@given(st.binary(max_size=60))
def test_bytes_are_a_canonical_credential_or_refused(payload: bytes) -> None:
    try:
        credential = decode_payload(payload)
    except CredentialError as error:
        assert error.code in ("malformed", "not_canonical")  # noqa: PT017 - both outcomes are right, each is checked
    else:
        assert encode_payload(credential) == payload


def test_the_largest_payload_is_53_bytes() -> None:
    assert len(encode_payload(the_largest())) == LARGEST_PAYLOAD == 53
    assert decode_payload(encode_payload(the_largest())) == the_largest()


def test_number_and_end_follow_from_the_content() -> None:
    credential = a_credential(area="010203", serial=7)
    assert credential.number == "010203000007"
    assert credential.not_after - credential.not_before == timedelta(minutes=4320)


def test_a_start_in_another_zone_is_the_same_start() -> None:
    beijing = datetime.fromisoformat("2022-04-09T08:00:00+08:00")
    assert encode_payload(a_credential(not_before=beijing)) == encode_payload(a_credential())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 0),
        ("version", 2),
        ("key", 256),
        ("key", -1),
        ("area", "22000"),
        ("area", "2200001"),
        ("area", "22000a"),
        ("area", "２２００００"),
        ("area", "-22000"),
        ("serial", 1_000_000),
        ("serial", -1),
        ("sector", 32),
        ("kind", 8),
        ("revision", 16),
        ("plate", ""),
        ("plate", "吉"),
        ("plate", "吉A1234"),
        ("plate", "吉AD123456"),
        ("plate", "港A12345"),
        ("plate", "吉a12345"),
        ("plate", "吉A1234吉"),
        ("plate_colour", 6),
        ("plate_colour", -1),
        ("origin", ""),
        ("destination", "11011５"),
        ("stops", ("220221",) * 4),
        ("stops", ("22022",)),
        ("roads", ("G1",) * 8),
        ("roads", ("G",)),
        ("roads", ("G10000",)),
        ("roads", ("Z1",)),
        ("roads", ("g1",)),
        ("roads", ("G１",)),
        ("goods", 64),
        ("not_before", EPOCH - timedelta(minutes=1)),
        ("not_before", EPOCH + timedelta(minutes=2**24)),
        ("not_before", EPOCH + timedelta(seconds=30)),
        ("not_before", EPOCH.replace(tzinfo=None)),
        ("duration_minutes", 2**17),
        ("duration_minutes", -1),
        ("drivers", ("1234",) * 4),
        ("drivers", ("123",)),
        ("drivers", ("12X4",)),
        ("drivers", ("123x",)),
    ],
)
def test_what_has_no_place_in_the_format_is_not_encoded(field: str, value: object) -> None:
    with pytest.raises(CredentialError) as caught:
        encode_payload(a_credential(**{field: value}))
    assert (caught.value.code, caught.value.facts) == ("malformed", {"field": field})


@pytest.mark.parametrize("credential", [a_credential(), a_credential(plate="吉AD12345"), the_largest()])
def test_no_single_changed_bit_is_accepted(credential: Credential) -> None:
    key = generate_key()
    payload = encode_payload(credential)
    whole = payload + sign_payload(key, payload)
    for place in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        assert not verify_payload(key.public_key(), bytes(flipped[:-64]), bytes(flipped[-64:])), place


@pytest.mark.parametrize("credential", [a_credential(), the_largest()])
def test_no_single_changed_digit_is_accepted(credential: Credential) -> None:
    key = generate_key()
    payload = encode_payload(credential)
    digits = build_text(PREFIX, payload, sign_payload(key, payload)).removeprefix(PREFIX)
    accepted = 0
    for place, old in enumerate(digits):
        for new in set("0123456789") - {old}:
            try:
                scanned = parse_text(PREFIX + digits[:place] + new + digits[place + 1 :])
            except CredentialError:
                continue
            accepted += verify_payload(key.public_key(), scanned.payload, scanned.signature)
    assert accepted == 0


@given(st.binary(min_size=1, max_size=180))
def test_digits_tell_how_many_bytes_they_were(data: bytes) -> None:
    assert from_digits(to_digits(data)) == data


@pytest.mark.parametrize("size", range(1, 181))
def test_the_largest_value_of_each_length_has_as_many_digits_as_zero(size: int) -> None:
    assert len(to_digits(b"\xff" * size)) == len(to_digits(bytes(size)))
    with pytest.raises(CredentialError):
        from_digits(str(256**size))


@pytest.mark.parametrize("size", [0, 181, 10_000_000])
def test_nothing_and_too_much_have_no_digits(size: int) -> None:
    with pytest.raises(CredentialError):
        to_digits(bytes(size))


@pytest.mark.parametrize(
    "digits", ["", "0", "12", "1_000", "+12", "１２３", "٣٣٣", "9" * 4_000, "9" * 100_000]
)
def test_digits_that_stand_for_no_bytes_are_malformed(digits: str) -> None:
    with pytest.raises(CredentialError) as caught:
        from_digits(digits)
    assert caught.value.code == "malformed"


@given(st.text())
def test_any_other_text_is_malformed(text: str) -> None:
    with pytest.raises(CredentialError) as caught:
        parse_text(text)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(("payload", "mark"), [(b"", MARK), (bytes(54), MARK), (bytes(26), MARK[:63])])
def test_a_text_has_a_payload_and_64_bytes_of_signature(payload: bytes, mark: bytes) -> None:
    with pytest.raises(CredentialError):
        build_text(PREFIX, payload, mark)


@pytest.mark.parametrize(
    "prefix", ["https://a/p/", PREFIX, "https://tx-jl1.example/p/", "http://10.0.0.1:5000/p/"]
)
def test_a_short_lower_case_address_is_a_prefix(prefix: str) -> None:
    check_prefix(prefix)
    assert parse_text(build_text(prefix, bytes(26), MARK)).signature == MARK


NO_PREFIXES = """
https://tx.jl.example/ https://tx.jl.example/p HTTPS://TX.JL.EXAMPLE/P/ https://TX/p/ ftp://tx/p/ https:///p/
https://a/b/p/ https://通行/p/ https://a?/p/ https://tx.jl.example/p/x https://u@a/p/ https://tx.jilin1.example/p/
"""


@pytest.mark.parametrize("prefix", ["", "https://a b/p/", "https://a/p/\n", *NO_PREFIXES.split()])
def test_other_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(CredentialError) as caught:
        check_prefix(prefix)
    assert caught.value.facts == {"field": "prefix", "longest": 25}
