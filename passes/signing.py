"""Keys and signatures: the one file of the credential that uses `cryptography`.

Passes are signed with ECDSA P-256 and SHA-256 over `"changtong-pass-v1" 00 ‖ PAYLOAD` (credential format,
section 3), lists as compact JWS with ES256 (RFC 7515, RFC 7518 section 3.4). Both are deterministic
(RFC 6979), so that a reprint is the same symbol and an unchanged list the same bytes.
"""

import base64
import json
import os
import re
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from foundation.problems import DomainProblem
from passes.rules.judge import SignatureState

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the base point of P-256 (NIST SP 800-186, 3.2.1.3)."""

MOST_CONTENT: Final = 16 * 1024 * 1024
"""Bytes that the content of a JWS may unpack to; a status list of a million passes is below 2 MiB."""

_DOMAIN: Final = b"changtong-pass-v1\x00"
_CURVE: Final = ec.SECP256R1()
_ES256: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_HALF: Final = 32
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def generate_key() -> PrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(_CURVE)


def sign_payload(private_key: PrivateKey, payload: bytes) -> bytes:
    """The signature of a payload: 64 bytes, r ‖ s, deterministic, s in the lower half."""
    return _sign(private_key, _DOMAIN + payload)


def verify_payload(public_key: PublicKey, payload: bytes, signature: bytes) -> bool:
    """Whether `signature` is the canonical one of this key over this payload."""
    return is_canonical_signature(signature) and _is_signed(public_key, _DOMAIN + payload, signature)


def is_canonical_signature(signature: bytes) -> bool:
    """Whether 64 bytes are r ‖ s with 0 < r < n and 0 < s ≤ n/2.

    The library takes n − s as well as s, which would give one pass two symbols.
    """
    if len(signature) != 2 * _HALF:
        return False
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    return 0 < r < ORDER and 0 < s <= ORDER // 2


def signature_state(public_key: PublicKey | None, payload: bytes, signature: bytes) -> SignatureState:
    """What the judge wants to know; `public_key` is None when the trust list has no such key."""
    if not is_canonical_signature(signature):
        return SignatureState.NOT_CANONICAL
    if public_key is None:
        return SignatureState.NOT_CHECKED
    good = verify_payload(public_key, payload, signature)
    return SignatureState.GOOD if good else SignatureState.BAD


def public_jwk(key: PublicKey) -> dict[str, str]:
    """The public key as a JWK (RFC 7518, 6.2.1): kty, crv, x, y."""
    numbers = key.public_numbers()
    x, y = numbers.x.to_bytes(_HALF), numbers.y.to_bytes(_HALF)
    return {"kty": "EC", "crv": "P-256", "x": _to_base64url(x), "y": _to_base64url(y)}


def key_from_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """The public key of a JWK; other members, such as `kid`, are ignored.

    Raises DomainProblem(key.malformed) for another kind of key or a point that isn't on the curve.
    """
    try:
        x, y = (_from_base64url(str(jwk[name])) for name in ("x", "y"))
        known = (jwk["kty"], jwk["crv"], len(x), len(y)) == ("EC", "P-256", _HALF, _HALF)
        if not known:
            raise DomainProblem("key.malformed")
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), _CURVE).public_key()
    except (KeyError, ValueError) as error:
        raise DomainProblem("key.malformed") from error


def save_private_key(folder: Path, name: str, key: PrivateKey) -> Path:
    """Write the key as PEM (PKCS #8, not encrypted) to `folder`/`name`, mode 0600; returns the path.

    The file appears whole or not at all and never takes the place of another: losing a signing key for a
    second file of its name would make every pass it signs unprovable.
    Raises DomainProblem(signing_key.exists) and leaves the file there as it was.
    """
    path = _key_path(folder, name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{secrets.token_hex(8)}"
    try:
        _write_new(unfinished, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        # A link fails when the name is taken, which a rename would not.
        path.hardlink_to(unfinished)
    except FileExistsError as error:
        raise DomainProblem("signing_key.exists", name=name) from error
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(folder)
    return path


def load_private_key(folder: Path, name: str) -> PrivateKey:
    """The key in `folder`/`name`. Raises DomainProblem: signing_key.missing or signing_key.damaged."""
    try:
        key = load_pem_private_key(_key_path(folder, name).read_bytes(), password=None)
    except FileNotFoundError as error:
        raise DomainProblem("signing_key.missing", name=name) from error
    except (ValueError, TypeError) as error:
        raise DomainProblem("signing_key.damaged", name=name) from error
    if not isinstance(key, PrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise DomainProblem("signing_key.damaged", name=name)
    return key


def sign_jws(private_key: PrivateKey, kid: str, payload: bytes, typ: str, *, compress: bool = False) -> str:
    """A compact JWS with ES256. With `compress` the payload is deflated and the header says `zip: DEF`,
    as SMART Health Cards do."""
    header = {"alg": "ES256", "kid": kid, "typ": typ}
    if compress:
        header["zip"] = "DEF"
        payload = zlib.compress(payload, level=9, wbits=-zlib.MAX_WBITS)
    head = _to_base64url(json.dumps(header, separators=(",", ":")).encode())
    signed = f"{head}.{_to_base64url(payload)}"
    return f"{signed}.{_to_base64url(_sign(private_key, signed.encode()))}"


def verify_jws(jws: str, keys_by_kid: Mapping[str, PublicKey], *, typ: str | None = None) -> bytes:
    """The payload of a compact JWS, unpacked, once its signature is checked.

    `typ`: refuse a JWS of another type, such as a trust list in the place of a status list.
    Raises DomainProblem: jws.malformed, jws.unknown_key, jws.bad_signature, jws.too_large.
    """
    signed = jws.rpartition(".")[0]
    try:
        head, body, mark = jws.split(".")
        header = _header(_from_base64url(head))
        content, signature = _from_base64url(body), _from_base64url(mark)
    except (ValueError, RecursionError) as error:
        raise DomainProblem("jws.malformed") from error
    if typ is not None and header.get("typ") != typ:
        raise DomainProblem("jws.malformed")
    key = keys_by_kid.get(header["kid"])
    if key is None:
        raise DomainProblem("jws.unknown_key", kid=header["kid"])
    if len(signature) != 2 * _HALF or not _is_signed(key, signed.encode(), signature):
        raise DomainProblem("jws.bad_signature")
    return _inflate(content) if "zip" in header else content


def _sign(private_key: PrivateKey, message: bytes) -> bytes:
    """r ‖ s with the lower of s and n − s."""
    r, s = decode_dss_signature(private_key.sign(message, _ES256))
    return r.to_bytes(_HALF) + min(s, ORDER - s).to_bytes(_HALF)


def _is_signed(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether r ‖ s (64 bytes) is a signature of the message."""
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    try:
        public_key.verify(encode_dss_signature(r, s), message, _ES256)
    except InvalidSignature:
        return False
    return True


def _header(data: bytes) -> dict[str, Any]:
    """The protected header; ValueError for anything but ES256 with a kid, plain or deflated."""
    header = json.loads(data)
    if not isinstance(header, dict) or not isinstance(header.get("kid"), str):
        raise ValueError("no header")
    if header.get("alg") != "ES256" or header.get("zip", "DEF") != "DEF" or "crit" in header:
        raise ValueError("a header that asks for what is not done here")
    return header


def _inflate(data: bytes) -> bytes:
    """Raw DEFLATE, at most MOST_CONTENT bytes, nothing behind it."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = stream.decompress(data, MOST_CONTENT + 1)
    except zlib.error as error:
        raise DomainProblem("jws.malformed") from error
    if len(content) > MOST_CONTENT:
        raise DomainProblem("jws.too_large", most=MOST_CONTENT)
    if not stream.eof or stream.unused_data:
        raise DomainProblem("jws.malformed")
    return content


def _to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """The bytes of unpadded base64url; ValueError unless the text is the only one for them."""
    if _BASE64URL.fullmatch(text) is None:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _to_base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _key_path(folder: Path, name: str) -> Path:
    """The file of a key; a name that could leave the folder is an error of the program."""
    if _FILE_NAME.fullmatch(name) is None:
        raise ValueError("the name of a key file holds letters, digits, dots, dashes and underscores")
    return folder / name


def _write_new(path: Path, content: bytes) -> None:
    """Create the file for its owner alone and put it safely on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
