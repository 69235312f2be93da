"""Random secrets: tokens of sessions and devices, and codes that are read out by telephone."""

import hashlib
import secrets

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
