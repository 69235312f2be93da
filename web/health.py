"""Whether the product works: the checks that `/readyz` and `flask doctor` share, and those of the doctor alone."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from audit.public import oldest_unsealed
from foundation.embedded import EmbeddedServerError
from foundation.jobs import WORKER_STALE_SECONDS
from foundation.models import WorkerSeen
from foundation.schema import at_head, missing_partitions
from foundation.settings import Settings
from passes.public import areas_without_private_key
from web.site import BUILT

Probe = Callable[[Session, datetime, Settings], str | None]
CLOCK_SKEW = timedelta(seconds=2)
UNSEALED_FOR = timedelta(seconds=60)
FRONT_END = BUILT / "manifest.json"
LEAST_DISK = 1024**3
"""Bytes. The four limits are those of issue 1 h."""


@dataclass(frozen=True)
class Finding:
    """One check: `problem` is a short code when it failed, with what to do about it."""

    check: str
    problem: str | None
    remedy: str | None = None


def _database(session: Session, now: datetime, settings: Settings) -> str | None:
    del now, settings
    session.execute(text("SELECT 1"))
    return None


def _migrations(session: Session, now: datetime, settings: Settings) -> str | None:
    del now, settings
    return None if at_head(session) else "not_at_head"


def _signing_key(session: Session, now: datetime, settings: Settings) -> str | None:
    del now
    return "private_part_missing" if areas_without_private_key(session, settings.key_dir) else None


def _partitions(session: Session, now: datetime, settings: Settings) -> str | None:
    del now, settings
    return "missing" if missing_partitions(session) else None


def _worker(session: Session, now: datetime, settings: Settings) -> str | None:
    del settings
    seen = session.scalar(select(WorkerSeen.at))
    late = seen is None or now - seen > timedelta(seconds=WORKER_STALE_SECONDS)
    return "not_seen" if late else None


def _clock(session: Session, now: datetime, settings: Settings) -> str | None:
    del settings
    theirs = session.scalars(text("SELECT clock_timestamp()")).one()
    return "skewed" if abs(theirs - now) > CLOCK_SKEW else None


def _disk(session: Session, now: datetime, settings: Settings) -> str | None:
    del session, now
    return "nearly_full" if shutil.disk_usage(settings.instance_dir).free < LEAST_DISK else None


def _seal(session: Session, now: datetime, settings: Settings) -> str | None:
    del settings
    oldest = oldest_unsealed(session)
    return "unsealed" if oldest and now - oldest > UNSEALED_FOR else None


_TOO_MUCH = """
    SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND pg_has_role(tableowner, 'MEMBER'))
        OR has_table_privilege('audit_event', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege('audit_seal', 'UPDATE, DELETE, TRUNCATE')
"""


def _audit(session: Session, now: datetime, settings: Settings) -> str | None:
    del now
    unnamed = bool(settings.database_url) and not settings.database_owner_url
    return "not_protected" if unnamed or session.scalar(text(_TOO_MUCH)) else None


def _fonts(session: Session, now: datetime, settings: Settings) -> str | None:
    del session, now
    return None if _holds_any(settings.fonts_dir, "*.[ot]tf") else "missing"


def _front_end(session: Session, now: datetime, settings: Settings) -> str | None:
    del session, now, settings
    return None if FRONT_END.is_file() else "not_built"


def _holds_any(folder: Path, pattern: str) -> bool:
    return next(folder.rglob(pattern), None) is not None


READY: Mapping[str, Probe] = {
    "database": _database,
    "migrations": _migrations,
    "signing_key": _signing_key,
    "partitions": _partitions,
    "worker": _worker,
}
"""What must hold before a request can be served well."""
DOCTOR: Mapping[str, Probe] = {
    "database": _database,
    # Early, because `now` was read just before.
    "clock": _clock,
    **READY,
    "seal": _seal,
    "audit": _audit,
    "disk": _disk,
    "fonts": _fonts,
    "front_end": _front_end,
}
"""What must hold for the product to stay well."""
REMEDIES: Mapping[str, str] = {
    "clock": "This machine's clock and the database's differ by more than 2 s: run a time service (chrony) on both.",
    "migrations": "The database is not at the code's revision: stop the web server, then `flask database migrate`.",
    "signing_key": "Private signing keys are missing in KEY_DIR: bring them back from their backup; only if they are "
    "lost make new ones with `flask passes` and send scanners the new trust list.",
    "partitions": "A partition of this or the next month is missing: `flask database migrate`, then see that a worker runs.",
    "worker": "No worker was seen for a minute: start `flask worker` (make run does); its output says why it ended.",
    "seal": "Audit events are unsealed for more than 60 s: see that a worker runs, then `flask audit verify`.",
    "audit": "The audit is not protected: DATABASE_URL must name a role that owns no table and may not change audit_event. "
    "Set DATABASE_OWNER_URL to the owner and run `flask database migrate`.",
    "disk": "Less than 1 GiB is free where INSTANCE_DIR lies: free some, or move it.",
    "fonts": "No font in FONTS_DIR: run `make setup`, or set it to a folder with Noto Sans SC.",
    "front_end": "The front end is not built: run `make setup`.",
    "database": "The database does not answer: start it, and look at DATABASE_URL.",
}
"""What to do about a failed check, for whoever has a shell on the server."""


def look(
    session: Session, now: datetime, settings: Settings, probes: Mapping[str, Probe] = READY
) -> Iterator[Finding]:
    """Run the probes; one that cannot be run has failed, and without a database the others are not tried."""
    for check, probe in probes.items():
        try:
            problem = probe(session, now, settings)
        except (SQLAlchemyError, EmbeddedServerError):
            session.rollback()
            problem = "unreadable"
        yield Finding(check, problem, REMEDIES[check] if problem else None)
        if check == "database" and problem:
            return
