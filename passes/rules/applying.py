"""Applying and reviewing: what is asked for, the lease of a taken application, and what a reviewer is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotAllowed, field_problem
from passes.rules.content import Content, Driver, KindLimits, Known, check_content
from passes.rules.moves import ApplicationAction, ApplicationState, PassAction, PassReason, PassState

LEASE = timedelta(minutes=20)
"""How long an officer keeps what was taken without touching it; afterwards anybody of the body may take it."""
DECISIONS_COUNTED = 100
"""How many of a body's last decisions the expected time is the median of."""
SOON_OVER = timedelta(hours=12)
"""A period that ends this soon is pointed out to the reviewer."""
REQUIRED = ("plate", "plate_colour", "goods", "origin", "destination", "not_before", "hours", "contact_phone")
"""What an application cannot be submitted without."""
CONTENT_FIELDS = (
    "plate",
    "plate_colour",
    "goods",
    "goods_words",
    "origin",
    "destination",
    "stops",
    "roads",
    "area",
    "not_before",
    "hours",
    "drivers",
    "contact_phone",
)
"""What the applicant fills in; also the fields a note of return can speak of."""
EDITABLE = frozenset({ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.RETURNED})
"""States in which the applicant may still change the content."""
UNFINISHED = frozenset({ApplicationState.DRAFT, ApplicationState.RETURNED})
"""States in which the content may have gaps: nobody decides on it as it stands."""
PASS_REASONS: Mapping[PassAction, tuple[PassReason, ...]] = {
    PassAction.SUSPEND: (
        PassReason.MISUSE,
        PassReason.FALSE_DATA,
        PassReason.POLICY_CHANGE,
        PassReason.HOLDER_REQUEST,
    ),
    PassAction.REVOKE: (
        PassReason.MISUSE,
        PassReason.FALSE_DATA,
        PassReason.ISSUED_IN_ERROR,
        PassReason.POLICY_CHANGE,
        PassReason.HOLDER_REQUEST,
    ),
    PassAction.SURRENDER: (PassReason.HOLDER_REQUEST, PassReason.LOST),
    PassAction.RESUME: (),
}
"""The reasons that make sense for each action: what the page offers and takes."""


class AlreadyTaken(NotAllowed):
    """Somebody else of the body has the application, and the lease still runs (or has been renewed)."""

    def __init__(self, action: str, by: str) -> None:
        DomainProblem.__init__(
            self, "application.taken", state=ApplicationState.IN_REVIEW.value, action=action, by=by
        )


class Asked(Protocol):
    """The columns of an application that say what is asked for; each may still be empty."""

    plate: Any
    plate_colour: Any
    goods: Any
    goods_words: Any
    origin: Any
    destination: Any
    stops: Any
    roads: Any
    not_before: Any
    hours: Any
    drivers: Any
    kind: Any


def content_of(asked: Asked) -> Content:
    """What a complete application asks for."""
    return Content(
        kind=asked.kind,
        plate=asked.plate,
        plate_colour=asked.plate_colour,
        goods=asked.goods,
        goods_words=asked.goods_words,
        origin=asked.origin,
        destination=asked.destination,
        stops=tuple(asked.stops),
        roads=tuple(asked.roads),
        not_before=asked.not_before,
        hours=asked.hours,
        drivers=tuple(Driver(d["name"], d["phone"], d["last4"]) for d in asked.drivers),
    )


def check_asked(
    values: Mapping[str, Any],
    kind: tuple[int, KindLimits] | None,
    known: Known,
    unread: tuple[FieldProblem, ...],
    *,
    now: datetime,
) -> Content:
    """The content asked for. Raises `InvalidInput` with all that is missing, unreadable or wrong at once.

    `values` are the fields that could be read, `unread` the problems of those that could not, and `kind` is None
    where the route does not tell it yet.
    """
    spoken_of = {_root(problem.field) for problem in unread}
    missing = [name for name in REQUIRED if values.get(name) is None and name not in spoken_of]
    untold = {*missing, *spoken_of}
    content = _with_gaps_filled(values, kind, known, now)
    wrong: Iterator[FieldProblem] = iter(())
    try:
        check_content(content, kind[1] if kind else _Lenient, known, now=now)
    except InvalidInput as refused:
        wrong = (error for error in refused.errors if _is_told(error, untold, kind))
    gaps = (*missing, *_unnamed_drivers(content, spoken_of))
    problems = (*unread, *(field_problem(name, "field.required") for name in gaps), *wrong)
    if problems:
        raise InvalidInput(*problems)
    return content


class _Lenient:
    """Limits while the kind is not known: only what every kind refuses is told."""

    max_hours = 24 * 365
    cross_province = False


def _with_gaps_filled(
    values: Mapping[str, Any], kind: tuple[int, KindLimits] | None, known: Known, now: datetime
) -> Content:
    """The content with harmless values in its gaps, so that the rest can be checked in the same go."""
    county = next(code for code, area in known.areas.items() if area.level == "county")
    filled = {
        "plate": "吉A00000",
        "plate_colour": 0,
        "goods": next(iter(known.goods)),
        "goods_words": None,
        "origin": values.get("destination") or county,
        "destination": values.get("origin") or county,
        "not_before": now,
        "hours": 1,
        **{name: value for name, value in values.items() if value is not None},
        "kind": kind[0] if kind else 0,
    }
    for name in ("stops", "roads"):
        filled[name] = tuple(filled.get(name, ()))
    filled["drivers"] = tuple(Driver(d["name"], d["phone"], d["last4"]) for d in filled.get("drivers", ()))
    return Content(**{name.name: filled[name.name] for name in fields(Content)})


def _unnamed_drivers(content: Content, spoken_of: set[str]) -> list[str]:
    if "drivers" in spoken_of:
        return []
    return [f"drivers.{index}.name" for index, driver in enumerate(content.drivers) if not driver.name]


def _is_told(error: FieldProblem, untold: set[str], kind: object) -> bool:
    """A gap's stand-in must not be blamed, nor what depends on one: the colour of a plate, the limits of a kind."""
    depends = error.code == "plate.colour" and "plate" in untold
    return (
        not depends
        and _root(error.field) not in untold
        and not (kind is None and error.code.startswith("kind."))
    )


def _root(name: str) -> str:
    return name.partition(".")[0]


def lease_has_run_out(lease_until: datetime | None, now: datetime) -> bool:
    """Whether a taken application may be taken by somebody else; computed, never stored."""
    return lease_until is not None and lease_until <= now


def shown_state(state: str, ends_at: datetime | None, now: datetime) -> str:
    """The state of a pass as people see it: `expired` is a live pass after its end, never a stopped one."""
    if state == PassState.LIVE and ends_at is not None and ends_at <= now:
        return "expired"
    return state


def action_named(name: str) -> ApplicationAction | None:
    """The action an address names, if there is one."""
    return next((action for action in ApplicationAction if action.value == name), None)


@dataclass(frozen=True)
class Finding:
    """Something the rules noticed about an application: tone (good, info, warn, bad), code and facts."""

    tone: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReviewFacts:
    """What is known when a reviewer looks: the application's period and what surrounds it. Times are aware."""

    not_before: datetime
    not_after: datetime
    overlaps: tuple[str, ...]
    replaces: str | None
    pass_is_asked_for: bool
    firm_state: str | None
    other_applications: int
    drivers: int
    faults: tuple[str, ...]


def findings(facts: ReviewFacts, now: datetime) -> tuple[Finding, ...]:
    """What the reviewer should know before deciding, the worst first; one good line when there is nothing."""
    found = (*_obstacles(facts, now), *_remarks(facts, now))
    return found or (Finding("good", "clean"),)


def _obstacles(facts: ReviewFacts, now: datetime) -> Iterator[Finding]:
    for number in facts.overlaps:
        if number != facts.replaces:
            yield Finding("bad", "overlap", {"number": number})
    if facts.not_after <= now:
        yield Finding("bad", "over")
    if facts.faults:
        yield Finding("bad", "faults", {"faults": facts.faults})
    if facts.firm_state == "suspended":
        yield Finding("bad", "firm_suspended")


def _remarks(facts: ReviewFacts, now: datetime) -> Iterator[Finding]:
    if not facts.pass_is_asked_for:
        yield Finding("warn", "not_needed")
    if facts.firm_state == "pending":
        yield Finding("warn", "firm_pending")
    if facts.other_applications:
        yield Finding("warn", "other_applications", {"count": facts.other_applications})
    if now < facts.not_after <= now + SOON_OVER:
        yield Finding("warn", "soon_over")
    if facts.replaces:
        yield Finding("info", "replaces", {"number": facts.replaces})
    if facts.not_before <= now < facts.not_after:
        yield Finding("info", "begun")
    if facts.drivers == 0:
        yield Finding("info", "no_drivers")
