"""Slips 受理回执: how their codes are written, until when one can still become a pass, and why it may not.

A slip says that somebody at a barrier asked for a pass; it is none. Its code is the four characters of the device
that made it, four digits that count, and a check character: `K7QM-0012-5`. Nine characters can never be taken for
the twelve digits of a pass.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are misread."""
LAST_COUNT: Final = 9999
DEVICE: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}")
WRITTEN: Final = re.compile(r"([0-9A-HJKMNP-TV-Z]{4})([0-9]{4})([0-9A-HJKMNP-TV-Z])")
BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]")
"""Spaces and the dashes that keyboards make."""
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})

ISSUED_WITHIN: Final = timedelta(hours=24)
"""A slip that reaches the server later leads to no pass: the truck has long been where it was going."""


class SlipState(StrEnum):
    """What became of a slip."""

    ISSUED = "issued"
    FAILED = "failed"


ANSWERS: Final[Mapping[str, str]] = {
    "kind.unknown": "slip.no_kind",
    "body.unknown": "slip.no_body",
    "regime.not_needed": "slip.not_needed",
    "serial.used_up": "slip.no_number",
    "signing_key.missing": "slip.no_key",
    "signing_key.damaged": "slip.no_key",
    "kind.leaves_province": "slip.leaves_province",
    "plate.trailer": "slip.trailer",
    "plate.colour": "slip.colour",
    "goods.unknown": "slip.goods",
    "area.unknown": "slip.destination",
}
"""Why a pass was not issued, as issuing says it and as the officer is told: an answer, not a fault of the request."""


def slip_code(device: str, counter: int) -> str:
    """The code of a slip. Raises `ValueError` for four characters that no device has, or a count beyond 0 to 9999."""
    if not DEVICE.fullmatch(device) or not 0 <= counter <= LAST_COUNT:
        raise ValueError("no such slip")
    digits = f"{counter:04d}"
    return f"{device}-{digits}-{check_character(device + digits)}"


def code_of_event(event_id: UUID) -> str:
    """The code of a slip that no phone made: from the id of its event, so that the same form has the same code."""
    digest = hashlib.sha256(event_id.bytes).digest()
    device = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:4])
    return slip_code(device, int.from_bytes(digest[4:8]) % (LAST_COUNT + 1))


def check_character(stem: str) -> str:
    """The check character of a text over `ALPHABET`: Luhn's sum modulo 32, every second value doubled from the right."""
    total = 0
    for place, character in enumerate(reversed(stem)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]


def read_slip_code(text: str) -> str | None:
    """The code that was typed, in the one way to write it; None for what is no slip's code.

    Small and full-width letters, O for 0, I and L for 1, spaces and missing or other dashes are all understood.
    """
    narrow = BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper().translate(_MEANT)
    found = WRITTEN.fullmatch(narrow)
    if found is None or check_character(found[1] + found[2]) != found[3]:
        return None
    return "-".join(found.groups())


def is_too_late(high: datetime, now: datetime) -> bool:
    """Whether a slip made at `high` at the latest can no longer become a pass. Both aware."""
    return now - high > ISSUED_WITHIN
