"""The one reading of the clock. Edges call `now()` and pass it down; rules and services take it as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHOWN_IN = ZoneInfo("Asia/Shanghai")
"""The time zone of everything people read (all of China keeps Beijing time)."""


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one reading of the clock
