"""Keeping and checking passwords with argon2id. The one file that touches argon2."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB, two passes, one lane: the first choice of OWASP's Password Storage Cheat Sheet."""


def hash_password(password: str) -> str:
    """The encoded hash with its salt and parameters."""
    return _HASHER.hash(password)


def is_right(encoded: str | None, password: str) -> bool:
    """Whether the password fits. Without a hash to compare with, the same work is done and the answer is no."""
    try:
        return _HASHER.verify(encoded or _nobody(), password) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(encoded: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(encoded)


@cache
def _nobody() -> str:
    return hash_password("the password of nobody")
