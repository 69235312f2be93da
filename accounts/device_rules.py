"""The rules of devices: one-time codes, names of devices, how a token ends, what a device tells of itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, so a code can be read out and typed."""
CODE_SIGNS: Final = 8
"""40 random bits for ten minutes: whoever asks `ENROLMENTS_PER_MINUTE` times a minute hits none in a lifetime."""
CODE_LIFE: Final = timedelta(minutes=10)
"""Long enough to fetch the phone from the car, too short for a code on a photo to be worth anything."""
ENROLMENTS_PER_MINUTE: Final = 30
"""Tries of one address; the phones of a whole shift share one."""
DEVICE_SIGNS: Final = 4
"""A million names, a few thousand devices."""
NAMING_TRIES: Final = 20
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class TokenEnd(StrEnum):
    """How the token of a device ended; the word is also the flag of what was recorded around it."""

    REVOKED = "token_revoked"
    EXPIRED = "token_expired"


class StorageHealth(StrEnum):
    """Whether a phone can keep what it records: `lost` means that its browser emptied the database."""

    OK = "ok"
    FULL = "full"
    PRIVATE = "private"
    LOST = "lost"


@dataclass(frozen=True)
class Ended:
    """How and when (UTC) a token ended."""

    how: TokenEnd
    at: datetime


def token_end(revoked_at: datetime | None, expires_at: datetime, now: datetime) -> Ended | None:
    """How a token ended, None while it works. A revocation counts even when the token had run out before."""
    if revoked_at is not None:
        return Ended(TokenEnd.REVOKED, revoked_at)
    return Ended(TokenEnd.EXPIRED, expires_at) if expires_at <= now else None


def normal_code(typed: str) -> str:
    """A code as it is kept: capitals, no dashes or spaces, and the letters that Crockford leaves out as he reads them."""
    return typed.upper().translate(_MEANT)


def spaced_code(code: str) -> str:
    """A code in two groups of four, as it is read out."""
    return f"{code[:4]}-{code[4:]}"
