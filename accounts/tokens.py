"""Random secrets: tokens of sessions and devices, and codes that are read out by telephone."""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken

from accounts.device_rules import ALPHABET
from accounts.rules import CODE_DIGITS


def new_token() -> str:
    """256 random bits for an address bar, a cookie or a header; whoever has it is let in."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """SHA-256 of a token (32 bytes). Enough for 256 random bits: nobody tries them all."""
    return hashlib.sha256(token.encode()).digest()


def new_code() -> str:
    """Eight random digits, which can be spoken."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_signs(count: int) -> str:
    """So many random signs of Crockford's base 32."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def seal(key: str, token: str) -> str:
    """A token that must wait in a queue of messages, readable only with the key of this installation (SECRET_KEY)."""
    return _fernet(key).encrypt(token.encode()).decode()


def unseal(key: str, sealed: str) -> str | None:
    """The token that was sealed, or None under another key: a message of an earlier installation is still listed."""
    try:
        return _fernet(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet(key: str) -> Fernet:
    # SECRET_KEY is of any length; the prefix keeps this use of it apart from others.
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"sealed token:{key}".encode()).digest()))
