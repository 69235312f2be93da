"""Changing a pass: which change may touch what, and when the rules decide on it without a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from foundation.problems import DomainProblem, InvalidInput
from passes.rules.applying import CONTENT_FIELDS
from passes.rules.content import STARTS_AGO, Content, KindLimits, Known, check_content, check_not_over
from passes.rules.moves import PassState
from passes.rules.plates import PlateColour


class Purpose(StrEnum):
    """What an application is for."""

    NEW = "new"
    RENEW = "renew"
    OTHER_VEHICLE = "other_vehicle"
    OTHER_DRIVER = "other_driver"
    AMEND = "amend"


@dataclass(frozen=True)
class Change:
    """One way to change a pass.

    `fields` may differ from the pass, nothing else. With `revises` the pass keeps its number and gets a new
    revision; otherwise a new pass is issued. `rule` is the code of the rule that may decide at once, if there is one.
    """

    fields: frozenset[str]
    revises: bool
    rule: str | None = None
    most_at_once: int | None = None


CHANGES: Mapping[Purpose, Change] = {
    Purpose.RENEW: Change(frozenset({"not_before", "hours"}), revises=False, rule="renewal.same"),
    # Whoever needs a fourth truck runs a fleet on one pass, and somebody should look at it.
    Purpose.OTHER_VEHICLE: Change(
        frozenset({"plate", "plate_colour"}), revises=False, rule="swap.vehicle", most_at_once=3
    ),
    # Two shifts a day for three days; a person looks before the fifteen revisions of the credential are used up.
    Purpose.OTHER_DRIVER: Change(frozenset({"drivers"}), revises=True, rule="swap.drivers", most_at_once=6),
    Purpose.AMEND: Change(
        frozenset(CONTENT_FIELDS) - {"plate", "plate_colour", "area", "contact_phone"}, revises=True
    ),
}
"""The table of changes (decision 9): pages, services and tests read it."""

LAST_REVISION = 15
"""What the credential has room for; afterwards a new pass is issued (credential format, section 2)."""
RENEWED_BEFORE = timedelta(hours=48)
"""From here on a pass counts as ending soon, and its renewal as the same trip going on."""
RENEWED_AFTER = timedelta(hours=24)
"""Who notices a day late goes on with the same trip; later somebody should ask."""
RENEWABLE_FOR = timedelta(days=30)
"""A pass that has been over for longer is history: its holder applies again."""
UNSEEN_FOR = timedelta(days=30)
"""How long renewals at once may add up before a person looks again: as far ahead as the rules are known
(`passes.rules.content.LATEST_START`)."""
HOUR = timedelta(hours=1)

SIZE_CLASS: Mapping[PlateColour, str] = {
    PlateColour.BLUE: "small",
    PlateColour.GREEN: "small",
    PlateColour.YELLOW: "large",
    PlateColour.YELLOW_GREEN: "large",
    PlateColour.WHITE: "white",
    PlateColour.BLACK: "black",
}
"""What a colour says of a vehicle (GA 36-2018): a truck of the same class carries the same goods."""


class Why(StrEnum):
    """Why a person must look at a change; each has words in `passes.change_words`."""

    ALWAYS = "always"
    FIRM = "firm"
    SIZE = "size"
    SWAPS = "swaps"
    UNBOUND = "unbound"
    NOBODY_SAW = "nobody_saw"
    EARLY = "early"
    LATE = "late"
    UNSEEN = "unseen"


@dataclass(frozen=True, kw_only=True)
class ChangeFacts:
    """What is known when a change is asked for: the pass as it is (`old`), as it is to be (`new`), and its past.

    `seen_by_person`: the pass at the root of the chain of decisions at once was issued by a person.
    `seen_from`: when that pass began. `swaps`: changes of this purpose decided at once since. `may_apply`: the firm
    is approved, or there is none.
    """

    purpose: Purpose
    old: Content
    new: Content
    seen_by_person: bool
    seen_from: datetime
    swaps: int
    may_apply: bool = True


def require_changeable(
    purpose: Purpose, state: PassState, ends_at: datetime, revision: int, *, now: datetime
) -> None:
    """Whether a pass may be changed at all.

    Raises `pass.not_live` with its state for a stopped one, `pass.over` for one that has ended (only a renewal may
    come later, for `RENEWABLE_FOR`), `pass.revisions_used_up` when the credential has no room for another revision.
    """
    if state is not PassState.LIVE:
        raise DomainProblem("pass.not_live", state=state.value)
    grace = RENEWABLE_FOR if purpose is Purpose.RENEW else timedelta()
    if now >= ends_at + grace:
        raise DomainProblem("pass.over")
    if CHANGES[purpose].revises and revision >= LAST_REVISION:
        raise DomainProblem("pass.revisions_used_up")


def needs_person(facts: ChangeFacts, *, now: datetime) -> tuple[Why, ...]:
    """Why a person must decide, in the order of `Why`; empty when the rule of the change decides at once."""
    change = CHANGES[facts.purpose]
    if change.rule is None:
        return (Why.ALWAYS,)
    found = {*_of_any_change(facts, change), *_OF[facts.purpose](facts, now)}
    return tuple(why for why in Why if why in found)


def _of_any_change(facts: ChangeFacts, change: Change) -> Iterator[Why]:
    if not facts.may_apply:
        yield Why.FIRM
    if change.most_at_once is not None and facts.swaps >= change.most_at_once:
        yield Why.SWAPS


def _of_a_renewal(facts: ChangeFacts, now: datetime) -> Iterator[Why]:
    if not facts.seen_by_person:
        yield Why.NOBODY_SAW
    if now < facts.old.not_after - RENEWED_BEFORE:
        yield Why.EARLY
    if now > facts.old.not_after + RENEWED_AFTER:
        yield Why.LATE
    if facts.new.not_after - facts.seen_from > UNSEEN_FOR:
        yield Why.UNSEEN


def _of_another_vehicle(facts: ChangeFacts, now: datetime) -> Iterator[Why]:
    del now
    sizes = {SIZE_CLASS[PlateColour(content.plate_colour)] for content in (facts.old, facts.new)}
    if len(sizes) > 1:
        yield Why.SIZE


def _of_other_drivers(facts: ChangeFacts, now: datetime) -> Iterator[Why]:
    del now
    if facts.old.drivers and not facts.new.drivers:
        yield Why.UNBOUND


_OF = {
    Purpose.RENEW: _of_a_renewal,
    Purpose.OTHER_VEHICLE: _of_another_vehicle,
    Purpose.OTHER_DRIVER: _of_other_drivers,
}


def renewed_start(old: Content, *, from_now: bool, now: datetime) -> datetime:
    """Where a renewal begins: at the old end, so that neither paper has a gap; or now, where the old one is over or
    the holder wants that. A start now is half an hour ago (`passes.rules.content.STARTS_AGO`), in whole minutes."""
    if not from_now and old.not_after > now:
        return old.not_after
    return (now - STARTS_AGO).replace(second=0, microsecond=0)


def remaining_period(old: Content, *, now: datetime) -> tuple[datetime, int]:
    """Start and whole hours of what is left of a pass: the end stays to the minute, and the start lies half an hour
    to an hour and a half ago, never before the old one."""
    left = old.not_after - (now - STARTS_AGO)
    hours = min(old.hours, -(-left // HOUR))
    return old.not_after - hours * HOUR, hours


def changed_fields(old: Content, new: Content) -> frozenset[str]:
    """The fields of the content in which two versions differ."""
    return frozenset(name for name in CONTENT_FIELDS if _said(old, name) != _said(new, name))


def _said(content: Content, name: str) -> object:
    # The county and the phone of the applicant are no part of what a pass says.
    return getattr(content, name, None)


def require_difference(purpose: Purpose, old: Content, new: Content) -> None:
    """Raises `change.nothing` when what the change is about stays as it was."""
    if not changed_fields(old, new) & CHANGES[purpose].fields:
        raise DomainProblem("change.nothing")


def asked_from(old: Content, new: Content, now: datetime) -> datetime:
    """The moment from which the start of a change is looked at: one that stays as it was may lie in the past."""
    return now if new.not_before > old.not_before else min(now, old.not_before)


def check_change(
    purpose: Purpose,
    old: Content,
    new: Content,
    kind: KindLimits,
    known: Known,
    *,
    asked_at: datetime,
    now: datetime,
) -> None:
    """Check the content of a change as that of a pass; `asked_at` as with an issue.

    A revision answers only for what it changes: a road that has left the register since stops no change of drivers.
    Raises `InvalidInput`.
    """
    try:
        check_content(new, kind, known, now=asked_at)
    except InvalidInput as refused:
        changed = changed_fields(old, new) if CHANGES[purpose].revises else frozenset(CONTENT_FIELDS)
        wrong = tuple(error for error in refused.errors if error.field.partition(".")[0] in changed)
        if wrong:
            raise InvalidInput(*wrong) from refused
    check_not_over(new, now)
