"""Keys and signatures: deterministic, canonical, never overwritten, never more than was asked for."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from foundation.problems import DomainProblem
from passes import signing
from passes.rules.judge import SignatureState
from passes.signing import (
    MOST_CONTENT,
    ORDER,
    generate_key,
    is_canonical_signature,
    key_from_jwk,
    load_private_key,
    public_jwk,
    save_private_key,
    sign_jws,
    sign_payload,
    signature_state,
    verify_jws,
    verify_payload,
)

KEY = generate_key()
KEYS = {"root-1": KEY.public_key()}
PAYLOAD = bytes(range(31))


def code_of(caught: pytest.ExceptionInfo[DomainProblem]) -> str:
    return caught.value.code


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def a_jws(header: dict[str, Any], content: bytes) -> str:
    """A JWS signed by KEY with any header."""
    signed = f"{base64url(json.dumps(header).encode())}.{base64url(content)}"
    return f"{signed}.{base64url(signing._sign(KEY, signed.encode()))}"


def test_a_payload_signed_twice_has_one_signature() -> None:
    mark = sign_payload(KEY, PAYLOAD)
    assert sign_payload(KEY, PAYLOAD) == mark
    assert len(mark) == 64
    assert verify_payload(KEY.public_key(), PAYLOAD, mark)
    assert not verify_payload(generate_key().public_key(), PAYLOAD, mark)
    assert not verify_payload(KEY.public_key(), PAYLOAD + b"\0", mark)


def test_the_signature_is_that_of_rfc_6979_with_the_lower_s() -> None:
    """The vector of RFC 6979, A.2.5, for the message `sample` and SHA-256; its s is in the upper half."""
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    assert signing._sign(key, b"sample") == r.to_bytes(32) + (ORDER - s).to_bytes(32)


def test_every_signature_made_is_canonical() -> None:
    assert all(is_canonical_signature(sign_payload(KEY, bytes([number]))) for number in range(200))


def test_the_other_s_is_refused_though_the_mathematics_takes_it() -> None:
    mark = sign_payload(KEY, PAYLOAD)
    other = mark[:32] + (ORDER - int.from_bytes(mark[32:])).to_bytes(32)
    assert signing._is_signed(KEY.public_key(), b"changtong-pass-v1\0" + PAYLOAD, other)
    assert not is_canonical_signature(other)
    assert not verify_payload(KEY.public_key(), PAYLOAD, other)
    assert signature_state(KEY.public_key(), PAYLOAD, other) is SignatureState.NOT_CANONICAL


@pytest.mark.parametrize("r", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER // 2, ORDER // 2 + 1, ORDER, 2**256 - 1])
def test_r_and_s_have_a_range(r: int, s: int) -> None:
    canonical = r in (1, ORDER - 1) and s in (1, ORDER // 2)
    assert is_canonical_signature(r.to_bytes(32) + s.to_bytes(32)) is canonical


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_a_signature_has_64_bytes(size: int) -> None:
    assert not is_canonical_signature(b"\1" * size)
    assert not verify_payload(KEY.public_key(), PAYLOAD, b"\1" * size)


def test_the_judge_hears_good_bad_or_not_checked() -> None:
    mark = sign_payload(KEY, PAYLOAD)
    assert signature_state(KEY.public_key(), PAYLOAD, mark) is SignatureState.GOOD
    assert signature_state(KEY.public_key(), PAYLOAD[1:], mark) is SignatureState.BAD
    assert signature_state(None, PAYLOAD, mark) is SignatureState.NOT_CHECKED
    assert signature_state(None, PAYLOAD, bytes(64)) is SignatureState.NOT_CANONICAL


def test_a_list_is_not_taken_for_a_pass() -> None:
    signed = f"{base64url(b'{}')}.{base64url(PAYLOAD)}".encode()
    assert not verify_payload(KEY.public_key(), signed, signing._sign(KEY, signed))


def test_a_public_key_goes_through_a_jwk() -> None:
    jwk = public_jwk(KEY.public_key())
    assert key_from_jwk(json.loads(json.dumps(jwk | {"kid": "1"}))).public_numbers() == (
        KEY.public_key().public_numbers()
    )
    assert sorted(jwk) == ["crv", "kty", "x", "y"]


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"x": "AAAA"},
        {"y": base64url(b"\1" * 32)},
        {"x": "!" * 43},
        {"x": None},
        {"x": public_jwk(KEY.public_key())["x"] + "="},
    ],
)
def test_other_jwks_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DomainProblem) as caught:
        key_from_jwk(public_jwk(KEY.public_key()) | change)
    assert code_of(caught) == "key.malformed"
    with pytest.raises(DomainProblem):
        key_from_jwk({})


def test_a_private_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    path = save_private_key(folder, "220000-7.pem", KEY)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in folder.iterdir()] == ["220000-7.pem"]
    assert load_private_key(folder, "220000-7.pem").private_numbers() == KEY.private_numbers()


def test_a_private_key_is_never_overwritten(tmp_path: Path) -> None:
    save_private_key(tmp_path, "a.pem", KEY)
    with pytest.raises(DomainProblem) as caught:
        save_private_key(tmp_path, "a.pem", generate_key())
    assert code_of(caught) == "signing_key.exists"
    assert load_private_key(tmp_path, "a.pem").private_numbers() == KEY.private_numbers()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.pem"]


def test_a_missing_or_damaged_private_key_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    (tmp_path / "junk.pem").write_bytes(b"junk")
    (tmp_path / "other.pem").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    names = {"absent": "signing_key.missing", "junk": "signing_key.damaged", "other": "signing_key.damaged"}
    for name, code in names.items():
        with pytest.raises(DomainProblem) as caught:
            load_private_key(tmp_path, f"{name}.pem")
        assert code_of(caught) == code
    assert not (tmp_path / "absent.pem").exists()


@pytest.mark.parametrize("name", ["", "../a.pem", "/etc/a", ".hidden", "a/b", "a\n"])
def test_a_key_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="key file"):
        save_private_key(tmp_path, name, KEY)


@pytest.mark.parametrize("compress", [False, True])
def test_a_list_goes_through_a_jws(compress: bool) -> None:
    content = json.dumps({"format": "changtong-status/1", "areas": [0] * 500}).encode()
    jws = sign_jws(KEY, "root-1", content, "changtong-status", compress=compress)
    assert sign_jws(KEY, "root-1", content, "changtong-status", compress=compress) == jws
    assert verify_jws(jws, KEYS) == verify_jws(jws, KEYS, typ="changtong-status") == content
    assert (len(jws) < 500) is compress


@pytest.mark.parametrize("part", range(3))
def test_no_changed_letter_of_a_jws_is_accepted(part: int) -> None:
    jws = sign_jws(KEY, "root-1", b'{"seq":1}', "trust")
    parts = jws.split(".")
    for place, letter in enumerate(parts[part]):
        other = "A" if letter != "A" else "B"
        changed = [*parts[:part], parts[part][:place] + other + parts[part][place + 1 :], *parts[part + 1 :]]
        with pytest.raises(DomainProblem) as caught:
            verify_jws(".".join(changed), KEYS)
        assert code_of(caught) in ("jws.malformed", "jws.bad_signature", "jws.unknown_key")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none", "kid": "root-1"}, "jws.malformed"),
        ({"alg": "HS256", "kid": "root-1"}, "jws.malformed"),
        ({"alg": "ES256"}, "jws.malformed"),
        ({"alg": "ES256", "kid": 1}, "jws.malformed"),
        ({"alg": "ES256", "kid": "root-1", "crit": ["b64"]}, "jws.malformed"),
        ({"alg": "ES256", "kid": "root-1", "zip": "GZ"}, "jws.malformed"),
        ({"alg": "ES256", "kid": "root-1", "zip": "DEF"}, "jws.malformed"),
        ({"alg": "ES256", "kid": "root-2"}, "jws.unknown_key"),
    ],
)
def test_a_header_that_asks_for_something_else_is_refused(header: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainProblem) as caught:
        verify_jws(a_jws(header, b"\xff\xff"), KEYS)
    assert code_of(caught) == code


def test_a_list_of_one_type_does_not_pass_for_another() -> None:
    with pytest.raises(DomainProblem) as caught:
        verify_jws(sign_jws(KEY, "root-1", b"{}", "trust"), KEYS, typ="status")
    assert code_of(caught) == "jws.malformed"


@pytest.mark.parametrize(
    "jws", ["", ".", "..", "a.b", "a.b.c.d", "[" * 50_000, "é.é.é", f"{base64url(b'[]')}.."]
)
def test_junk_is_no_jws(jws: str) -> None:
    with pytest.raises(DomainProblem) as caught:
        verify_jws(jws, KEYS)
    assert code_of(caught) == "jws.malformed"


def test_a_header_nested_without_end_is_no_jws() -> None:
    with pytest.raises(DomainProblem) as caught:
        verify_jws(f"{base64url(b'[' * 100_000)}..", KEYS)
    assert code_of(caught) == "jws.malformed"


def test_a_small_jws_that_unpacks_to_a_flood_is_stopped() -> None:
    header = {"alg": "ES256", "kid": "root-1", "zip": "DEF"}
    bomb = zlib.compress(bytes(MOST_CONTENT + 1), wbits=-15)
    assert len(bomb) < 20_000
    with pytest.raises(DomainProblem) as caught:
        verify_jws(a_jws(header, bomb), KEYS)
    assert code_of(caught) == "jws.too_large"
    whole = zlib.compress(b"[]", wbits=-15)
    for content in (whole[:-1], whole + b"x"):
        with pytest.raises(DomainProblem) as caught:
            verify_jws(a_jws(header, content), KEYS)
        assert code_of(caught) == "jws.malformed"
