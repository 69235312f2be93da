"""A verdict with the server's knowledge: decode, look up, check the signature, ask the judge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, select
from sqlalchemy.orm import Session

from foundation.base import table_of
from passes.credential import Credential, CredentialError, decode_payload, parse_text
from passes.ledgers import PassWatch, SigningKey
from passes.models import Pass, PassRevision
from passes.rules.judge import (
    Facts,
    KeyState,
    Place,
    PlateSeen,
    SerialStatus,
    SignatureState,
    Unreadable,
    Verdict,
    judge,
)
from passes.rules.moves import STATUS_OF, PassState
from passes.signing import PublicKey, key_from_jwk, signature_state
from passes.trust import imported_key

NO_AGE = timedelta()
SERVER_READS = 2
"""A server is given bytes, not camera frames: a wrong signature is wrong (credential format, section 6)."""


@dataclass(frozen=True)
class Judged:
    """A verdict and what it was given on; `credential` only when the signature is good."""

    verdict: Verdict
    credential: Credential | None


@dataclass(frozen=True)
class _Current:
    """What has become of a pass of ours."""

    state: PassState
    revision: int
    watched: bool


@dataclass(frozen=True)
class _Issuer:
    jwk: dict[str, Any] | None
    state: KeyState
    ours: bool
    known: bool


def judge_text(
    session: Session,
    text: str,
    *,
    now: datetime,
    place: Place | None = None,
    plate_seen: PlateSeen = PlateSeen.UNKNOWN,
) -> Judged:
    """Judge what was read from a QR. Never raises for bad text: that is a verdict too."""
    try:
        scanned = parse_text(text)
        credential = decode_payload(scanned.payload)
    except CredentialError as unreadable:
        return _unreadable(Unreadable(unreadable.code), now)
    issuer, current = _known(session, credential, now)
    public = _public_key(issuer.jwk["x"], issuer.jwk["y"]) if issuer.jwk else None
    signature = signature_state(public, scanned.payload, scanned.signature)
    verdict = judge(credential, signature, _facts(issuer, current, now, place, plate_seen))
    return Judged(verdict, credential if signature is SignatureState.GOOD else None)


def judge_pass(
    session: Session, found: Pass, *, now: datetime, place: Place | None = None, plate_seen: PlateSeen
) -> Judged:
    """Judge a pass of ours that was found by its number or plate, as if its newest code had been read."""
    revision = session.get_one(PassRevision, (found.plate, found.number, found.revision))
    credential = decode_payload(revision.payload)
    issuer, current = _known(session, credential, now)
    facts = _facts(issuer, current, now, place, plate_seen)
    return Judged(judge(credential, SignatureState.GOOD, facts), credential)


def _unreadable(why: Unreadable, now: datetime) -> Judged:
    nobody = _Issuer(None, KeyState.UNKNOWN, ours=False, known=False)
    facts = _facts(nobody, None, now, None, PlateSeen.UNKNOWN)
    return Judged(judge(why, SignatureState.NOT_CHECKED, facts), None)


def _known(session: Session, credential: Credential, now: datetime) -> tuple[_Issuer, _Current | None]:
    """The key, from our own table first, then from the imported lists; and what has become of a pass of ours."""
    given = {
        "plate": credential.plate,
        "number": credential.number,
        "area": credential.area,
        "key": credential.key,
        "at": now,
    }
    row = session.execute(_key_and_pass(), given).one_or_none()
    if row is not None:
        current = _Current(PassState(row.pass_state), row.revision, row.watched) if row.pass_state else None
        return _Issuer(row.jwk, KeyState(row.key_state), ours=True, known=True), current
    if session.scalar(select(exists().where(SigningKey.area == credential.area))):
        return _Issuer(None, KeyState.UNKNOWN, ours=True, known=True), None
    entry = imported_key(session, credential.area, credential.key)
    if entry is None:
        return _Issuer(None, KeyState.UNKNOWN, ours=False, known=False), None
    return _Issuer(entry["jwk"], KeyState(entry["state"]), ours=False, known=True), None


@cache
def _key_and_pass() -> Select[*tuple[Any, ...]]:
    """Asked for by every verdict, so it is built once, is one read, and runs on tables."""
    key, this, watch = table_of(SigningKey), table_of(Pass), table_of(PassWatch)
    same = and_(this.c.plate == bindparam("plate"), this.c.number == bindparam("number"))
    at = bindparam("at", type_=watch.c.since.type)
    watched = and_(watch.c.number == this.c.number, watch.c.since <= at, watch.c.until > at)
    return (
        select(
            key.c.jwk,
            key.c.state.label("key_state"),
            this.c.state.label("pass_state"),
            this.c.revision,
            watch.c.number.is_not(None).label("watched"),
        )
        .select_from(key.outerjoin(this, same).outerjoin(watch, watched))
        .where(key.c.area == bindparam("area"), key.c.key == bindparam("key"))
    )


@lru_cache(maxsize=1024)
def _public_key(x: str, y: str) -> PublicKey:
    """The key of a JWK; working out the point costs as much as checking a signature."""
    return key_from_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def _status(issuer: _Issuer, current: _Current | None) -> SerialStatus | None:
    """Our own serials are known exactly; of another province's we hold no list."""
    if not issuer.ours:
        return None
    return STATUS_OF[current.state] if current else SerialStatus.NEVER_ISSUED


def _facts(
    issuer: _Issuer, current: _Current | None, now: datetime, place: Place | None, plate_seen: PlateSeen
) -> Facts:
    """The server's clock is trusted and its knowledge of our own passes has no age."""
    return Facts(
        low=now,
        high=now,
        trust_age=NO_AGE,
        list_age=NO_AGE if issuer.ours else None,
        status=_status(issuer, current),
        current_revision=(current.revision if current else 0) if issuer.ours else None,
        key_state=issuer.state,
        issuer_known=issuer.known,
        area_is_ours=issuer.ours,
        seen_elsewhere=current is not None and current.watched,
        checkpoint=place,
        plate_seen=plate_seen,
        reads=SERVER_READS,
    )
