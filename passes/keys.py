"""The keys of the deployment: made once, announced before they sign, and never made twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from audit.public import record
from foundation.database import advisory_lock
from foundation.problems import DomainProblem
from passes.ledgers import ListKey, SigningKey
from passes.signing import PrivateKey, generate_key, load_private_key, public_jwk, save_private_key

ANNOUNCED_FOR = timedelta(hours=24)
"""A key is announced this long before it signs, so that a day-old trust list knows it (credential format, section 3)."""
PURPOSES = ("root", "spare_root", "status")
MOST_KEYS = 256


def key_file(area: str, key: int) -> str:
    """The name of the file with the private part of an area's key."""
    return f"{area}-{key:03d}.pem"


def list_key_file(purpose: str) -> str:
    """The name of the file with a root's or status key's private part."""
    return f"{purpose}.pem"


class KeyRing:
    """Private keys by name, read from their folder once. Never makes a key: a missing one is a problem to be told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: dict[str, PrivateKey] = {}
        self._loading = Lock()

    def get(self, name: str) -> PrivateKey:
        """The key in the file. Raises `signing_key.missing` or `signing_key.damaged`."""
        found = self._loaded.get(name)
        if found is None:
            with self._loading:
                found = self._loaded.setdefault(name, load_private_key(self.folder, name))
        return found

    def for_area(self, area: str, key: int) -> PrivateKey:
        """The key that signs for an area."""
        return self.get(key_file(area, key))


def issuing_areas(session: Session) -> Sequence[str]:
    """The areas whose bodies issue passes."""
    duties = ("issuing", "control_group")
    return session.scalars(
        select(Body.area).where(Body.duty.in_(duties)).distinct().order_by(Body.area)
    ).all()


def ensure_keys(session: Session, actor: Actor, folder: Path, *, now: datetime) -> int:
    """Make what an area or a list lacks: a signing key and the next one; returns how many were made.

    Only where no row exists at all: an area whose private part is lost gets no second key by itself.
    """
    advisory_lock(session, "passes.keys")
    made = sum(_make_list_key(session, folder, purpose, now) for purpose in _missing_purposes(session))
    have = set(session.scalars(select(SigningKey.area).distinct()))
    for area in issuing_areas(session):
        if area not in have:
            for state in ("signing", "next"):
                _make_signing_key(session, folder, area, state, now)
                made += 1
    if made:
        record(session, actor, "key:make", "key", "all", now=now, facts={"made": made})
    return made


def _missing_purposes(session: Session) -> list[str]:
    have = set(session.scalars(select(ListKey.purpose).where(ListKey.retired_at.is_(None))))
    return [purpose for purpose in PURPOSES if purpose not in have]


def _make_list_key(session: Session, folder: Path, purpose: str, now: datetime) -> int:
    private = generate_key()
    save_private_key(folder, list_key_file(purpose), private)
    jwk = public_jwk(private.public_key())
    # The kid is public and unique by content: the first characters of the x coordinate.
    row = {"kid": f"{purpose}-{jwk['x'][:8]}", "purpose": purpose, "jwk": jwk, "announced_at": now}
    session.execute(insert(ListKey).values(row))
    return 1


def _make_signing_key(session: Session, folder: Path, area: str, state: str, now: datetime) -> int:
    newest = session.scalar(select(func.max(SigningKey.key)).where(SigningKey.area == area))
    key = 0 if newest is None else newest + 1
    if key >= MOST_KEYS:
        raise DomainProblem("signing_key.used_up", area=area)
    private = generate_key()
    save_private_key(folder, key_file(area, key), private)
    row = {
        "area": area,
        "key": key,
        "jwk": public_jwk(private.public_key()),
        "state": state,
        "announced_at": now,
        "signs_from": now if state == "signing" else None,
    }
    session.execute(insert(SigningKey).values(row))
    return key


def rotate_key(session: Session, actor: Actor, area: str, folder: Path, *, now: datetime) -> int:
    """Promote the announced key of an area, announce another, and return the number that signs from now on.

    Raises `signing_key.announced_too_late` when the next key is not announced for 24 hours yet.
    """
    following = session.scalar(
        select(SigningKey).where(SigningKey.area == area, SigningKey.state == "next").with_for_update()
    )
    if following is None:
        raise DomainProblem("signing_key.missing", name=area)
    if now - following.announced_at < ANNOUNCED_FOR:
        raise DomainProblem("signing_key.announced_too_late", area=area)
    session.execute(
        update(SigningKey)
        .where(SigningKey.area == area, SigningKey.state == "signing")
        .values(state="old", retired_at=now)
    )
    following.state, following.signs_from = "signing", now
    session.flush()  # The partial unique index wants the old "next" gone before another is announced.
    _make_signing_key(session, folder, area, "next", now)
    record(session, actor, "key:rotate", "key", f"{area}-{following.key}", now=now)
    return following.key


def condemn_key(session: Session, actor: Actor, area: str, key: int, *, now: datetime) -> None:
    """A key is known to be in wrong hands: every pass it signed becomes `key_revoked`. Raises `not_found` by code.

    A signing key is replaced at once by the announced one, so the area can go on issuing.
    """
    row = session.get(SigningKey, (area, key), with_for_update=True)
    if row is None:
        raise DomainProblem("signing_key.missing", name=key_file(area, key))
    if row.state == "next":
        raise DomainProblem("signing_key.not_in_use", area=area, key=key)
    was = row.state
    row.state, row.retired_at = "bad", now
    session.flush()  # The place of the signing key must be free before another takes it.
    if was == "signing":
        session.execute(
            update(SigningKey)
            .where(SigningKey.area == area, SigningKey.state == "next")
            .values(state="signing", signs_from=now)
        )
    record(session, actor, "key:condemn", "key", f"{area}-{key}", now=now, from_state=was, to_state="bad")


def announce_missing(session: Session, folder: Path, area: str, *, now: datetime) -> None:
    """Announce a next key where an area has none (after its key was condemned)."""
    has_next = session.scalar(
        select(SigningKey.key).where(SigningKey.area == area, SigningKey.state == "next")
    )
    if has_next is None:
        _make_signing_key(session, folder, area, "next", now)


def areas_without_private_key(session: Session, folder: Path) -> list[str]:
    """Areas that should sign and cannot here; the whole list when there is no key at all."""
    rows = session.execute(select(SigningKey.area, SigningKey.key).where(SigningKey.state == "signing")).all()
    if not rows:
        return list(issuing_areas(session))
    return [row.area for row in rows if not (folder / key_file(row.area, row.key)).is_file()]
