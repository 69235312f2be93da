"""What the lists and pages of applications and passes say: routes, periods, waiting times, what happened when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.public import AuditEvent
from foundation.clock import SHOWN_IN
from foundation.i18n import gettext as _
from foundation.i18n import moment_words
from passes.application_words import EVENT_WORDS, FIELD_WORDS
from passes.catalogue import Catalogue
from passes.models import Application, Pass, PassRevision
from passes.rules import PassReason, RefuseReason
from passes.rules.applying import shown_state
from passes.words import EXPIRED, PASS_REASON_WORDS, PASS_STATE_WORDS, REFUSE_WORDS, STATE_WORDS

TONES = {
    "application:return": "warn",
    "application:refuse": "bad",
    "application:issue": "good",
    "application:decide": "good",
    "pass:amend": "info",
    "application:withdraw": "off",
    "application:take": "progress",
    "application:submit": "info",
    "pass:issue": "good",
    "pass:resume": "good",
    "pass:suspend": "warn",
    "pass:revoke": "bad",
    "pass:surrender": "off",
    "pass:supersede": "off",
}


@dataclass(frozen=True)
class Moment:
    """A point in time for the page: ISO 8601, and as people here read it."""

    iso: str
    words: str


def moment(at: datetime | None) -> Moment | None:
    """The moment in both ways, in Beijing time."""
    return Moment(at.astimezone(SHOWN_IN).isoformat(), moment_words(at)) if at else None


def place(known: Catalogue, code: str | None) -> str:
    """A county without its province where a prefecture says enough."""
    return known.place(code)


def full_name(known: Catalogue, code: str | None) -> str | None:
    """A county from its province down."""
    return known.areas[code].words if code is not None and code in known.areas else code


def route(known: Catalogue, origin: str | None, destination: str | None) -> str | None:
    """Origin and destination in one line; None while both are open."""
    if origin is None and destination is None:
        return None
    return known.route(origin, destination)


def roads(known: Catalogue, codes: Sequence[str]) -> str:
    """Roads in order of travel with their names."""
    return "、".join(f"{code} {known.roads.get(code, '')}".strip() for code in codes)


def goods(known: Catalogue, number: int | None) -> str | None:
    """An item of goods in words."""
    found = known.goods.get(number) if number is not None else None
    return found.name if found else None


def hours_words(hours: int | None) -> str | None:
    """A length of validity: hours, and days where it is whole days."""
    if hours is None:
        return None
    if hours % 24 == 0 and hours > 24:
        return _("%(hours)s 小时（%(days)s 天）", hours=hours, days=hours // 24)
    return _("%(hours)s 小时", hours=hours)


def duration_words(span: timedelta) -> str:
    """How long somebody has waited or will wait, as roughly as people say it."""
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 60:
        return _("%(minutes)s 分钟", minutes=minutes)
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return (
            _("%(hours)s 小时 %(minutes)s 分", hours=hours, minutes=rest)
            if rest
            else _("%(hours)s 小时", hours=hours)
        )
    return _("%(days)s 天", days=minutes // (24 * 60))


def application_state(application: Application) -> str:
    """The state of an application in words."""
    return str(STATE_WORDS[application.state])  # type: ignore[index]  # the column holds a value of the enum


@dataclass(frozen=True)
class PassLine:
    """A pass as lists show it."""

    number: str
    plate: str
    plate_colour: int
    holder: str
    route: str | None
    goods: str | None
    state: str
    state_words: str
    begins: Moment | None
    ends: Moment | None


def pass_line(known: Catalogue, found: Pass, revision: PassRevision | None, now: datetime) -> PassLine:
    """A pass for a list; its route and goods where the revision was read with it."""
    state = shown_state(found.state, found.validity.upper, now)
    return PassLine(
        number=found.number,
        plate=found.plate,
        plate_colour=found.plate_colour,
        holder=found.holder_name,
        route=route(known, revision.origin, revision.destination) if revision else None,
        goods=goods(known, revision.goods) if revision else None,
        state=state,
        state_words=pass_state_words(state),
        begins=moment(found.validity.lower),
        ends=moment(found.validity.upper),
    )


def pass_state_words(state: str) -> str:
    """The state of a pass, with `expired`, in words."""
    return str(EXPIRED if state == "expired" else PASS_STATE_WORDS[state])  # type: ignore[index]  # as above


@dataclass(frozen=True)
class Happening:
    """An entry of a timeline."""

    title: str
    iso: str
    when: str
    who: str | None
    note: str | None
    tone: str


def timeline(
    events: Sequence[AuditEvent], names: Mapping[UUID, str], *, office: str | None = None
) -> list[Happening]:
    """The history of a subject, newest first. Where `office` is given, officers appear under its name alone.

    `names` are of the persons who may be named to this reader.
    """
    return [_happening(event, names, office) for event in reversed(events) if event.tag in EVENT_WORDS]


def _happening(event: AuditEvent, names: Mapping[UUID, str], office: str | None) -> Happening:
    at = event.at.astimezone(SHOWN_IN)
    who = names.get(event.actor_id) if event.actor_id else None
    return Happening(
        title=str(EVENT_WORDS[event.tag]),
        iso=at.isoformat(),
        when=moment_words(at),
        who=who or office,
        note=_note(event),
        tone=TONES.get(event.tag, "idle"),
    )


def _note(event: AuditEvent) -> str | None:
    """Why, or what of: the reason of a move, the fields of a return, the number that came of it."""
    facts: Mapping[str, Any] = event.facts
    if event.tag == "application:return":
        return "、".join(str(FIELD_WORDS[name]) for name in facts.get("fields", ()) if name in FIELD_WORDS)
    if event.tag == "application:submit" and facts.get("again"):
        return _("补正后重新提交")
    if event.tag == "pass:amend":
        return _("第 %(revision)s 次变更，原二维码作废", revision=facts.get("revision", ""))
    if event.tag in {"application:issue", "application:decide"}:
        return _("通行证编号 %(number)s", number=facts.get("number", ""))
    if event.tag == "pass:supersede":
        return _("新证编号 %(number)s", number=facts.get("by", ""))
    return _reason_words(event.reason)


def _reason_words(reason: str | None) -> str | None:
    if reason in set(PassReason):
        return str(PASS_REASON_WORDS[PassReason(reason)])
    return str(REFUSE_WORDS[RefuseReason(reason)]) if reason in set(RefuseReason) else None
