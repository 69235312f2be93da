"""A verdict with the server's knowledge: decode, look up, check the signature, ask the judge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from passes.credential import Credential, CredentialError, decode_payload, parse_text
from passes.ledgers import SigningKey
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
from passes.signing import key_from_jwk, signature_state
from passes.trust import imported_key

_Current = Row[str, int]
NO_AGE = timedelta()
SERVER_READS = 2
"""A server is given bytes, not camera frames: a wrong signature is wrong (credential format, section 6)."""


@dataclass(frozen=True)
class Judged:
    """A verdict and what it was given on; `credential` only when the signature is good."""

    verdict: Verdict
    credential: Credential | None


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
    issuer = _issuer(session, credential)
    public = key_from_jwk(issuer.jwk) if issuer.jwk else None
    signature = signature_state(public, scanned.payload, scanned.signature)
    current = _current(session, credential) if issuer.ours else None
    facts = _facts(issuer, current, now, place, plate_seen)
    verdict = judge(credential, signature, facts)
    return Judged(verdict, credential if signature is SignatureState.GOOD else None)


def judge_pass(
    session: Session, found: Pass, *, now: datetime, place: Place | None = None, plate_seen: PlateSeen
) -> Judged:
    """Judge a pass of ours that was found by its number or plate, as if its newest code had been read."""
    revision = session.get_one(PassRevision, (found.plate, found.number, found.revision))
    credential = decode_payload(revision.payload)
    issuer = _issuer(session, credential)
    facts = _facts(issuer, _current(session, credential), now, place, plate_seen)
    return Judged(judge(credential, SignatureState.GOOD, facts), credential)


def _unreadable(why: Unreadable, now: datetime) -> Judged:
    nobody = _Issuer(None, KeyState.UNKNOWN, ours=False, known=False)
    facts = _facts(nobody, None, now, None, PlateSeen.UNKNOWN)
    return Judged(judge(why, SignatureState.NOT_CHECKED, facts), None)


def _issuer(session: Session, credential: Credential) -> _Issuer:
    """The key in our own table first, then in the imported lists."""
    key = session.execute(
        select(SigningKey.jwk, SigningKey.state).where(
            SigningKey.area == credential.area, SigningKey.key == credential.key
        )
    ).one_or_none()
    if key is not None:
        return _Issuer(key.jwk, KeyState(key.state), ours=True, known=True)
    if session.scalar(select(exists().where(SigningKey.area == credential.area))):
        return _Issuer(None, KeyState.UNKNOWN, ours=True, known=True)
    entry = imported_key(session, credential.area, credential.key)
    if entry is None:
        return _Issuer(None, KeyState.UNKNOWN, ours=False, known=False)
    return _Issuer(entry["jwk"], KeyState(entry["state"]), ours=False, known=True)


def _current(session: Session, credential: Credential) -> _Current | None:
    return session.execute(
        select(Pass.state, Pass.revision).where(
            Pass.plate == credential.plate, Pass.number == credential.number
        )
    ).one_or_none()


def _status(issuer: _Issuer, current: _Current | None) -> SerialStatus | None:
    """Our own serials are known exactly; of another province's we hold no list."""
    if not issuer.ours:
        return None
    return STATUS_OF[PassState(current.state)] if current else SerialStatus.NEVER_ISSUED


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
        checkpoint=place,
        plate_seen=plate_seen,
        reads=SERVER_READS,
    )
