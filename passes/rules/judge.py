"""The verdict 查验结论: one pure function, the same as in the scanner, held to it by tests/vectors.

Source of the table, its order and its limits: credential format version 1, section 6.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, Protocol

NEAR_EDGE: Final = timedelta(minutes=15)
"""How near a limit of the validity a pass is `near_edge` instead of valid or refused, either side
(credential format, section 6: clocks differ and queues are long)."""

LIST_OLD: Final = timedelta(hours=24)
"""From this age on a status list is `list_old`; before, its age is only shown (section 6)."""

LIST_VERY_OLD: Final = timedelta(hours=72)
"""Above this age a status list is `list_very_old`: a warning, never a block (section 6)."""

TRUST_FRESH: Final = timedelta(hours=24)
"""Below this age a trust list would hold every key of our areas: each is announced 24 h before it signs
(section 3)."""

FORGED_READS: Final = 2
"""How often the same bytes must be read before a wrong signature is shown (section 6): a camera misreads
once in some thousand frames, hardly ever twice alike."""


class Level(StrEnum):
    """The colour of a verdict."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    BLUE = "blue"


class VerdictCode(StrEnum):
    """Why, in the order in which reasons are told."""

    MALFORMED = "malformed"
    NOT_CANONICAL = "not_canonical"
    KEY_REVOKED = "key_revoked"
    BAD_SIGNATURE = "bad_signature"
    NEVER_ISSUED = "never_issued"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SURRENDERED = "surrendered"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    PLATE_MISMATCH = "plate_mismatch"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN_KEY = "unknown_key"
    NO_LIST = "no_list"
    ISSUED_AFTER_LAST_SYNC = "issued_after_last_sync"
    CLOCK_UNTRUSTED = "clock_untrusted"
    NEAR_EDGE = "near_edge"
    LIST_OLD = "list_old"
    LIST_VERY_OLD = "list_very_old"
    OFF_ROUTE = "off_route"
    SEEN_ELSEWHERE = "seen_elsewhere"
    VALID = "valid"
    NO_PASS = "no_pass"  # noqa: S105 - the code of a verdict, not a password


class Unreadable(StrEnum):
    """Why a text has no content to judge; the values are the codes of `CredentialError`."""

    MALFORMED = "malformed"
    NOT_CANONICAL = "not_canonical"


class SignatureState(StrEnum):
    """What is known about the signature. NOT_CHECKED: there was no key to check it with."""

    GOOD = "good"
    BAD = "bad"
    NOT_CANONICAL = "not_canonical"
    NOT_CHECKED = "not_checked"


class KeyState(StrEnum):
    """State of the key in the trust list. UNKNOWN: it isn't listed."""

    NEXT = "next"
    SIGNING = "signing"
    OLD = "old"
    BAD = "bad"
    UNKNOWN = "unknown"


class SerialStatus(IntEnum):
    """The four bits of the status list for a serial."""

    NEVER_ISSUED = 0
    GOOD = 1
    SUSPENDED = 2
    REVOKED = 3
    SURRENDERED = 4
    SUPERSEDED = 5


class PlateSeen(StrEnum):
    """What the person at the roadside said about the plate on the truck."""

    UNKNOWN = "unknown"
    MATCHES = "matches"
    DIFFERS = "differs"


class Content(Protocol):
    """What the judge reads of a credential (`passes.credential.Credential` is one); times are aware."""

    @property
    def revision(self) -> int: ...
    @property
    def origin(self) -> str: ...
    @property
    def destination(self) -> str: ...
    @property
    def stops(self) -> tuple[str, ...]: ...
    @property
    def roads(self) -> tuple[str, ...]: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def not_after(self) -> datetime: ...


@dataclass(frozen=True)
class Place:
    """Where the scan happens: the checkpoint's road (such as G1) and county (six digits), if known."""

    road: str | None
    county: str | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known besides the code itself.

    low, high: the present, aware; equal when the clock is trusted.
    trust_age, list_age: age of the trust list and of the status list of this issuer; None: none received.
    status: what the status list says of this serial; None: nothing (above_high_water, below_base or no list).
    current_revision: from `revised`, 0 for a number that isn't there; None: no list.
    checkpoint: None where there is no place to compare with, as on the public page.
    reads: how often the same bytes were read; a server says 2.
    """

    low: datetime
    high: datetime
    clock_trusted: bool = True
    issuer_known: bool = True
    key_state: KeyState = KeyState.SIGNING
    area_is_ours: bool
    trust_age: timedelta | None
    list_age: timedelta | None
    status: SerialStatus | None
    above_high_water: bool = False
    below_base: bool = False
    current_revision: int | None
    seen_elsewhere: bool = False
    checkpoint: Place | None = None
    plate_seen: PlateSeen = PlateSeen.UNKNOWN
    reads: int = FORGED_READS


@dataclass(frozen=True)
class Verdict:
    """The answer. `code` is the first of `reasons`, which hold every match in the order of the table.

    awaits_plate: nobody has compared the plate yet, so the screen shows the content on white and no colour.
    keep_reading: the signature was wrong in a single reading, perhaps a misread: show nothing, read again.
    """

    level: Level
    code: VerdictCode
    reasons: tuple[VerdictCode, ...]
    awaits_plate: bool = False
    keep_reading: bool = False


@dataclass(frozen=True)
class _Case:
    """Everything a row of the table may look at."""

    content: Content
    signature: SignatureState
    facts: Facts


@dataclass(frozen=True)
class _Row:
    """One line of the table."""

    level: Level
    code: VerdictCode
    matches: Callable[[_Case], bool]


def judge(decoded: Content | Unreadable | None, signature: SignatureState, facts: Facts) -> Verdict:
    """The verdict on what was read.

    `decoded` is None when there is no code at all. A text without content has that one reason, for nothing
    else can be said of it. Never green unless the signature is good and made by a listed key.
    """
    if decoded is None:
        return Verdict(Level.BLUE, VerdictCode.NO_PASS, (VerdictCode.NO_PASS,))
    if isinstance(decoded, Unreadable):
        code = VerdictCode(decoded.value)
        return Verdict(Level.RED, code, (code,))
    case = _Case(decoded, signature, facts)
    rows = [row for row in _TABLE if row.matches(case)] or [_VALID]
    return Verdict(
        rows[0].level,
        rows[0].code,
        tuple(row.code for row in rows),
        awaits_plate=facts.plate_seen is PlateSeen.UNKNOWN and rows[0].level is not Level.RED,
        keep_reading=signature is SignatureState.BAD and facts.reads < FORGED_READS,
    )


def counts_as_no_pass(code: VerdictCode) -> bool:
    """Whether a red verdict counts as having no pass, which is no reason to turn a vehicle back."""
    return code in _COUNTS_AS_NO_PASS


def needs_refusal_reason(verdict: Verdict) -> bool:
    """Whether turning back or holding the vehicle needs a reason code and opens a case at the hotline."""
    return verdict.level in (Level.GREEN, Level.BLUE) or counts_as_no_pass(verdict.code)


def comes_through(place: Place, roads: Collection[str], counties: Collection[str]) -> bool:
    """Whether a route comes through a place: by its road, or because its county is origin, destination or a stop."""
    return place.road in roads or place.county in counties


_COUNTS_AS_NO_PASS = frozenset({VerdictCode.EXPIRED, VerdictCode.SUPERSEDED, VerdictCode.SURRENDERED})


def _is_expired(case: _Case) -> bool:
    return case.facts.low >= case.content.not_after + NEAR_EDGE


def _is_never_issued(case: _Case) -> bool:
    """Status 0, or a serial below the base, where every pass is over, that by its dates isn't."""
    if case.facts.below_base:
        return case.facts.high < case.content.not_after
    return case.facts.status is SerialStatus.NEVER_ISSUED


def _is_superseded(case: _Case) -> bool:
    current = case.facts.current_revision
    older = current is not None and case.content.revision < current
    return older or case.facts.status is SerialStatus.SUPERSEDED


def _is_after_last_sync(case: _Case) -> bool:
    current = case.facts.current_revision
    newer = current is not None and case.content.revision > current
    return newer or case.facts.above_high_water


def _has_no_key(case: _Case) -> bool:
    """No listed key; a signature that nobody checked is the same, so that it can never be green."""
    return case.facts.key_state is KeyState.UNKNOWN or case.signature is SignatureState.NOT_CHECKED


def _has_unknown_issuer(case: _Case) -> bool:
    return _has_no_key(case) and not case.facts.issuer_known and not case.facts.area_is_ours


def _has_unknown_key(case: _Case) -> bool:
    """An area of ours without any listed key is no unknown issuer: we know all of ours."""
    return _has_no_key(case) and (case.facts.issuer_known or case.facts.area_is_ours)


def _is_made_up_key(case: _Case) -> bool:
    """A key of ours that a fresh trust list doesn't hold doesn't exist."""
    age = case.facts.trust_age
    return _has_unknown_key(case) and case.facts.area_is_ours and age is not None and age < TRUST_FRESH


def _has_no_list(case: _Case) -> bool:
    """No list received, or one that is silent about the serial."""
    facts = case.facts
    silent = facts.status is None and not facts.above_high_water and not facts.below_base
    return facts.list_age is None or silent


def _has_untrusted_clock(case: _Case) -> bool:
    return not case.facts.clock_trusted or case.facts.low < case.facts.high


def _is_near_edge(case: _Case) -> bool:
    """Whether the present, a span when the clock isn't trusted, touches [limit − 15 min, limit + 15 min)."""
    limits = (case.content.not_before, case.content.not_after)
    return any(
        case.facts.high >= limit - NEAR_EDGE and case.facts.low < limit + NEAR_EDGE for limit in limits
    )


def _list_age(case: _Case) -> timedelta:
    return case.facts.list_age or timedelta()


def _is_off_route(case: _Case) -> bool:
    """The checkpoint's road is none of the pass's, nor its county origin, destination or a stop."""
    place, content = case.facts.checkpoint, case.content
    if place is None or (place.road is None and place.county is None):
        return False
    counties = (content.origin, content.destination, *content.stops)
    return not comes_through(place, content.roads, counties)


_VALID = _Row(Level.GREEN, VerdictCode.VALID, lambda case: True)

_TABLE: tuple[_Row, ...] = (
    _Row(
        Level.RED,
        VerdictCode.NOT_CANONICAL,
        lambda case: case.signature is SignatureState.NOT_CANONICAL,
    ),
    _Row(Level.RED, VerdictCode.KEY_REVOKED, lambda case: case.facts.key_state is KeyState.BAD),
    _Row(Level.RED, VerdictCode.BAD_SIGNATURE, lambda case: case.signature is SignatureState.BAD),
    _Row(Level.RED, VerdictCode.NEVER_ISSUED, _is_never_issued),
    _Row(Level.RED, VerdictCode.SUPERSEDED, _is_superseded),
    _Row(Level.RED, VerdictCode.REVOKED, lambda case: case.facts.status is SerialStatus.REVOKED),
    _Row(Level.RED, VerdictCode.SUSPENDED, lambda case: case.facts.status is SerialStatus.SUSPENDED),
    _Row(Level.RED, VerdictCode.SURRENDERED, lambda case: case.facts.status is SerialStatus.SURRENDERED),
    _Row(
        Level.RED,
        VerdictCode.NOT_YET_VALID,
        lambda case: case.facts.high < case.content.not_before - NEAR_EDGE,
    ),
    _Row(Level.RED, VerdictCode.EXPIRED, _is_expired),
    _Row(Level.RED, VerdictCode.PLATE_MISMATCH, lambda case: case.facts.plate_seen is PlateSeen.DIFFERS),
    _Row(Level.AMBER, VerdictCode.UNKNOWN_ISSUER, _has_unknown_issuer),
    _Row(Level.RED, VerdictCode.UNKNOWN_KEY, _is_made_up_key),
    _Row(
        Level.AMBER,
        VerdictCode.UNKNOWN_KEY,
        lambda case: _has_unknown_key(case) and not _is_made_up_key(case),
    ),
    _Row(Level.AMBER, VerdictCode.NO_LIST, _has_no_list),
    _Row(Level.AMBER, VerdictCode.ISSUED_AFTER_LAST_SYNC, _is_after_last_sync),
    _Row(Level.AMBER, VerdictCode.CLOCK_UNTRUSTED, _has_untrusted_clock),
    _Row(Level.AMBER, VerdictCode.NEAR_EDGE, _is_near_edge),
    _Row(Level.AMBER, VerdictCode.LIST_OLD, lambda case: LIST_OLD <= _list_age(case) <= LIST_VERY_OLD),
    _Row(Level.AMBER, VerdictCode.LIST_VERY_OLD, lambda case: _list_age(case) > LIST_VERY_OLD),
    _Row(Level.AMBER, VerdictCode.OFF_ROUTE, _is_off_route),
    _Row(Level.AMBER, VerdictCode.SEEN_ELSEWHERE, lambda case: case.facts.seen_elsewhere),
)
"""Every row is tried; as a red row with an amber one before it can't match together with that one
(unknown_issuer and unknown_key exclude each other), the first match is always the worst."""
