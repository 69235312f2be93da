"""The rules of accounts: how long a login lasts, when it is locked, what a password is, what is shown of a person."""

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from foundation.problems import FieldProblem, NotAllowed, field_problem

SESSION_IDLE = timedelta(hours=12)
"""Nobody logs in twice in a shift: shifts at checkpoints and on the hotline last up to twelve hours."""
SESSION_LIFE = timedelta(days=14)
"""However busy a session is, once a fortnight the password is asked again."""
SEEN_EVERY = timedelta(minutes=1)
"""How exact `last seen` is; a write for every request would cost more than the request."""
LOCK_WINDOW = timedelta(minutes=15)
"""Wrong tries are counted over this time, and a lock lasts as long."""
LOGIN_TRIES = 5
ADDRESS_TRIES = 30
"""A county office or a firm shares one address, so it may be wrong more often than one login."""
CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5
CODE_DIGITS = 8
CODES_PER_HOUR = 3
"""How often a person may be sent a code: enough for a lost e-mail, too few to fill an inbox."""
CODE_HOUR = timedelta(hours=1)
TOKEN_DAYS = 90
"""How long a token of a device lives unless somebody says otherwise: one season of a campaign."""
TOKEN_DAYS_MOST = 365
PASSWORD_LEAST = 10
PASSWORD_MOST = 200
"""Argon2 takes any length; a limit keeps a flood of text from costing time."""
FIRM_TOKENS_MOST = 20
"""How many tokens of a firm work at once: more than programs any firm runs, few enough to know what each is for."""
INVITATION_LIFE = timedelta(days=7)
"""Long enough for a week of shifts, too short to lie about in old chats."""
INVITATIONS_MOST = 200
"""How many invitations a firm makes in `INVITATION_LIFE`: a big firm moves in, and nobody floods strangers' inboxes."""
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
PHONE = re.compile(r"\+?[0-9][0-9 -]{6,18}[0-9]")
CHECKPOINT = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}")
COMMON_PASSWORDS = frozenset(
    {
        "1234567890",
        "0123456789",
        "0987654321",
        "9876543210",
        "12345678910",
        "123456789a",
        "a123456789",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "asdfghjkl1",
        "password123",
        "password1234",
        "passw0rd123",
        "administrator",
        "changtong123",
        "woaini1314",
        "woaini520520",
        "5201314520",
        "1314520520",
        "iloveyou123",
        "abc1234567",
        "abcd123456",
        "aa12345678",
        "qq12345678",
        "jilin123456",
        "88888888888",
        "changchun123",
    }
)
"""The passwords of at least ten characters that lists of leaks show most often in China, with our own names."""


class FirmState(StrEnum):
    """Whether a firm may apply."""

    PENDING = "pending"
    APPROVED = "approved"
    SUSPENDED = "suspended"


class FirmAction(StrEnum):
    """What an administrator does to a firm."""

    APPROVE = "approve"
    SUSPEND = "suspend"
    RESUME = "resume"


@dataclass(frozen=True)
class FirmMove:
    """Where an action leads, and whether it must be explained."""

    to: FirmState
    needs_reason: bool = False


FIRM_MOVES: dict[tuple[FirmState, FirmAction], FirmMove] = {
    (FirmState.PENDING, FirmAction.APPROVE): FirmMove(FirmState.APPROVED),
    (FirmState.PENDING, FirmAction.SUSPEND): FirmMove(FirmState.SUSPENDED, needs_reason=True),
    (FirmState.APPROVED, FirmAction.SUSPEND): FirmMove(FirmState.SUSPENDED, needs_reason=True),
    (FirmState.SUSPENDED, FirmAction.RESUME): FirmMove(FirmState.APPROVED),
}


def firm_move(state: FirmState, action: FirmAction) -> FirmMove:
    """The move of the table. Raises `NotAllowed` for any other."""
    move = FIRM_MOVES.get((state, action))
    if move is None:
        raise NotAllowed(state, action)
    return move


def firm_actions(state: FirmState) -> list[FirmAction]:
    """What can be done to a firm in this state: the buttons of its row."""
    return [action for (at, action) in FIRM_MOVES if at == state]


def session_end(created_at: datetime, last_seen_at: datetime) -> datetime:
    """When a session ends: `SESSION_IDLE` after it was last seen, `SESSION_LIFE` after its start at the latest."""
    return min(last_seen_at + SESSION_IDLE, created_at + SESSION_LIFE)


def locked_until(wrong: Sequence[datetime], tries: int, now: datetime) -> datetime | None:
    """When a lock ends, or None where there is none.

    `wrong` are the times of wrong tries since the last right one, newest first; the newest `tries` of them
    lock for `LOCK_WINDOW` when they lie within `LOCK_WINDOW` of each other.
    """
    if len(wrong) < tries or wrong[0] - wrong[tries - 1] > LOCK_WINDOW:
        return None
    end = wrong[0] + LOCK_WINDOW
    return end if end > now else None


def normal_login(text: str) -> str:
    """A login as it is kept: half width, lower case, no space around."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_problems(login: str) -> list[FieldProblem]:
    """What is wrong with a new login (as `normal_login` gives it)."""
    return [] if LOGIN.fullmatch(login) else [field_problem("login", "login.format")]


def password_problems(password: str, login: str, field: str = "password") -> list[FieldProblem]:
    """What is wrong with a new password: too short, the login itself, or one that everybody tries first.

    Length over composition, and a list of common ones: NIST SP 800-63B 5.1.1.2.
    """
    plain = unicodedata.normalize("NFKC", password).lower()
    if len(password) < PASSWORD_LEAST:
        return [field_problem(field, "password.too_short", least=PASSWORD_LEAST)]
    if login and login in plain:
        return [field_problem(field, "password.holds_login")]
    if plain in COMMON_PASSWORDS or len(set(plain)) < 4:
        return [field_problem(field, "password.common")]
    return []


def address_group(address: str | None) -> str:
    """The part of a client's address that one subscriber holds: all of IPv4, the first 64 bits of IPv6."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address)


def safe_next(target: str | None) -> str | None:
    """A path of this site to go on to after the login, or None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(sign) < 33 for sign in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or parts.path in {"/login", "/logout"} else target


BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("HuaweiBrowser", "Huawei"),
    ("MiuiBrowser", "Xiaomi"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
"""Words of a User-Agent and the names people know, the more special before the more general."""


def device_name(user_agent: str) -> str:
    """A short name such as `Chrome · Windows`, empty where nothing is recognised. Proper names in any language."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    return " · ".join(name for name in (browser, system) if name)


def mask_identity(number: str | None) -> str:
    """An identity number with its middle hidden: three signs, stars, the last four."""
    if not number:
        return ""
    return number[:3] + "*" * (len(number) - 7) + number[-4:] if len(number) > 7 else "*" * len(number)


def mask_phone(phone: str | None) -> str:
    """A telephone number with the four digits before the last four hidden."""
    if not phone:
        return ""
    return phone[:-8] + "****" + phone[-4:] if len(phone) >= 8 else "*" * len(phone)


def mask_name(name: str | None) -> str:
    """A name with all but its first sign hidden, and its last where there are three or more."""
    if not name:
        return ""
    last = name[-1] if len(name) > 2 else ""
    return name[0] + "*" * (len(name) - 1 - len(last)) + last
