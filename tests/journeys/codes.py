"""Texts of codes as they turn up at a barrier: genuine, tampered with, made up, and of other provinces."""

import json
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from passes.credential import (
    Credential,
    CredentialError,
    build_text,
    decode_payload,
    encode_payload,
    parse_text,
)
from passes.public import sign_trust, workshop
from passes.signing import (
    PrivateKey,
    generate_key,
    is_canonical_signature,
    public_jwk,
    sign_jws,
    sign_payload,
)
from passes.trust import FORMAT, TYPE, import_trust

SHENYANG = "210102"
"""A district of the province next door, whose trust list is taken over."""
ELSEWHERE = "370102"
"""A district of a province whose trust list is not."""


def forged(text: str) -> str:
    """The same content with another signature."""
    scanned = parse_text(text)
    changed = bytearray(scanned.signature)
    changed[5] ^= 1
    return build_text(workshop().prefix, scanned.payload, bytes(changed))


def altered(text: str) -> str:
    """One digit is another one, and what comes out still reads as a pass of the same issuer that says something else."""
    head, _, digits = text.rpartition("/")
    before = decode_payload(parse_text(text).payload)
    for place, other in product(range(len(digits)), "0123456789"):
        changed = f"{head}/{digits[:place]}{other}{digits[place + 1 :]}"
        after = _content(changed)
        if after and after != before and (after.area, after.key) == (before.area, before.key):
            return changed
    raise AssertionError("no single digit of this code makes another pass of it")


def _content(text: str) -> Credential | None:
    try:
        scanned = parse_text(text)
        return decode_payload(scanned.payload) if is_canonical_signature(scanned.signature) else None
    except CredentialError:
        return None


def signed_by(signer: PrivateKey, begin: datetime, **changes: Any) -> str:
    """A code signed by anybody: by default a truck on G1 for three days, by key 4 of 沈阳."""
    content: dict[str, Any] = {
        "key": 4,
        "area": SHENYANG,
        "serial": 77,
        "sector": 0,
        "kind": 0,
        "revision": 0,
        "plate": "辽A12345",
        "plate_colour": 1,
        "origin": SHENYANG,
        "destination": "220102",
        "roads": ("G1",),
        "goods": 12,
        "not_before": begin,
        "duration_minutes": 4320,
    }
    payload = encode_payload(Credential(**{**content, **changes}))
    return build_text(workshop().prefix, payload, sign_payload(signer, payload))


def befriend(session: Session, url: str, *, now: datetime) -> PrivateKey:
    """Take the list of the province next door over, and sign ours anew; returns the key that signs for 沈阳."""
    root, signer = generate_key(), generate_key()
    key = {"key": 4, "alg": "ES256", "jwk": public_jwk(signer.public_key()), "state": "signing"}
    issuer = {"area": SHENYANG, "name": {"zh": "沈阳市和平区", "en": "Heping"}, "phone": "", "keys": [key]}
    content = json.dumps({"format": FORMAT, "seq": 1, "issuers": [issuer]}).encode()
    jws = sign_jws(root, "liaoning", content, TYPE)
    import_trust(session, COMMAND_LINE, jws, public_jwk(root.public_key()), "liaoning", now=now)
    sign_trust(session, COMMAND_LINE, workshop().keys.get("root.pem"), url, now=now)
    return signer
