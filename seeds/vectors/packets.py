"""The parts a signed list is made of: headers and bodies of every kind, right and wrong, packed and signed by hand."""

import base64
import json
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from passes.signing import ORDER
from seeds.vectors.kit import Json, private_key

TRUST, STATUS = "changtong-trust+jws", "changtong-status+jws"
_ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def plain(content: object) -> bytes:
    """JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def mark_of(key: str, message: bytes, *, high: bool = False) -> bytes:
    """r ‖ s over a message; `high`: with the higher of s and n − s, which a list may have and a pass may not."""
    r, s = decode_dss_signature(private_key(key).sign(message, _ES256))
    s = max(s, ORDER - s) if high else min(s, ORDER - s)
    return r.to_bytes(32) + s.to_bytes(32)


def jws(
    typ: str,
    kid: str,
    body: bytes,
    *,
    key: str | None = None,
    header: dict[str, Any] | None = None,
    high: bool = False,
) -> str:
    """A compact JWS. `key`: who really signs; `header`: members to put in or (None) to leave out."""
    members = {"alg": "ES256", "kid": kid, "typ": typ} | (header or {})
    head = plain({name: value for name, value in members.items() if value is not None})
    signed = f"{base64url(head)}.{base64url(body)}"
    return f"{signed}.{base64url(mark_of(key or kid, signed.encode(), high=high))}"


def stored(data: bytes) -> bytes:
    """DEFLATE that packs nothing: blocks as they are, at most 65,535 bytes each."""
    parts = [data[place : place + 65_535] for place in range(0, len(data), 65_535)] or [b""]
    blocks = b""
    for place, part in enumerate(parts):
        last, size = place == len(parts) - 1, len(part)
        blocks += bytes([last]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + part
    return blocks


def packed(data: bytes) -> bytes:
    """DEFLATE with the fixed code; a byte that repeats is written as a repetition.

    Written here because the bytes that a library packs change with its version, and the file with them.
    """
    bits, place = "110", 0
    while place < len(data):
        run = _run(data, place)
        bits += _literal(data[place]) if run == 0 else _repetition(run)
        place += run or 1
    bits += "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[start : start + 8][::-1], 2) for start in range(0, len(bits), 8))


def _run(data: bytes, place: int) -> int:
    """How many bytes from here on equal the one before; only whole runs of 3 to 10, whose codes have no extra bits."""
    if place == 0:
        return 0
    run = 0
    while run < 10 and place + run < len(data) and data[place + run] == data[place - 1]:
        run += 1
    return run if run >= 3 else 0


def _literal(byte: int) -> str:
    return f"{byte + 0x30:08b}" if byte < 144 else f"{byte - 144 + 0x190:09b}"


def _repetition(run: int) -> str:
    """A length of 3 to 10 (symbols 257 to 264) at distance 1."""
    return f"{run - 2:07b}" + "00000"


def digest(text: str) -> str:
    """Something that looks like a signature and is none."""
    return base64url(sha256(text.encode()).digest() * 2)


def named(zh: str, en: str) -> Json:
    """A name in both languages."""
    return {"zh": zh, "en": en}
