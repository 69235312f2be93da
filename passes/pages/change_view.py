"""How a change of a pass is shown: which are open, and what is different afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from audit.public import history
from foundation.clock import SHOWN_IN
from foundation.i18n import gettext as _
from foundation.i18n import moment_words
from foundation.problems import DomainProblem
from passes.application_queries import owns
from passes.application_words import FIELD_WORDS
from passes.catalogue import Catalogue
from passes.change_queries import revision_before, said_by
from passes.change_words import ABOUT_WORDS, PURPOSE_WORDS, RULE_WORDS, WHY_WORDS
from passes.models import Application, Pass, PassNumberRow
from passes.pages.telling import full_name, goods, hours_words, place, roads
from passes.rules import PlateColour
from passes.rules.applying import content_of
from passes.rules.changing import CHANGES, Purpose, Why, require_changeable
from passes.rules.content import Content
from passes.rules.moves import PassState
from passes.service.issue import ends_of
from passes.words import COLOUR_WORDS

SLUGS = {
    Purpose.RENEW: "renew",
    Purpose.OTHER_VEHICLE: "vehicle",
    Purpose.OTHER_DRIVER: "drivers",
    Purpose.AMEND: "amend",
}
"""How a change is called in addresses."""
PURPOSES = {slug: purpose for purpose, slug in SLUGS.items()}
ICONS = {
    Purpose.RENEW: "refresh",
    Purpose.OTHER_VEHICLE: "truck",
    Purpose.OTHER_DRIVER: "user",
    Purpose.AMEND: "edit",
}


@dataclass(frozen=True)
class OpenChange:
    """A button of the page of a pass."""

    words: Any
    about: Any
    url: str
    icon: str


def open_changes(actor: Actor, found: Pass, *, now: datetime) -> list[OpenChange]:
    """What its holder may do with a pass; nothing for anybody else."""
    if not owns(actor, found) or not actor.may(Permission.APPLICATION_APPLY):
        return []
    return [
        OpenChange(
            PURPOSE_WORDS[purpose],
            ABOUT_WORDS[purpose],
            url_for("passes.change_a_pass", number=found.number, change=SLUGS[purpose]),
            ICONS[purpose],
        )
        for purpose in CHANGES
        if _is_open(purpose, found, now)
    ]


def _is_open(purpose: Purpose, found: Pass, now: datetime) -> bool:
    try:
        require_changeable(purpose, PassState(found.state), ends_of(found), found.revision, now=now)
    except DomainProblem:
        return False
    return True


@dataclass(frozen=True)
class Difference:
    """One thing a pass says: before and after."""

    label: Any
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to look at."""
        return self.before != self.after


@dataclass(frozen=True)
class ChangeView:
    """A change for whoever decides on it or asked for it."""

    number: str
    purpose: str
    words: Any
    about: Any
    changed: list[Difference]
    kept: list[Difference]
    why: list[Any]
    rule: Any


def changes_of(session: Session, application: Application, known: Catalogue) -> ChangeView | None:
    """What is different between a pass and what is asked for; None for an application that is not about one.

    Of a decided change the pass as it was before the decision counts.
    """
    found = _about(session, application)
    if found is None:
        return None
    purpose = Purpose(application.purpose)
    old = said_by(found, revision_before(session, found, application.decided_at))
    rows = _differences(known, old, content_of(application))
    return ChangeView(
        number=found.number,
        purpose=purpose.value,
        words=PURPOSE_WORDS[purpose],
        about=ABOUT_WORDS[purpose],
        changed=[row for row in rows if row.changed],
        kept=[row for row in rows if not row.changed],
        why=_why(session, application),
        rule=RULE_WORDS.get(application.decided_rule or ""),
    )


def _about(session: Session, application: Application) -> Pass | None:
    if application.about is None:
        return None
    numbered = select(PassNumberRow.plate).where(PassNumberRow.number == application.about)
    statement = select(Pass).where(Pass.plate == numbered.scalar_subquery(), Pass.number == application.about)
    return session.scalar(statement)


def _why(session: Session, application: Application) -> list[Any]:
    """Why a person had to look, as it was written down when the change was asked for."""
    asked = next(iter(history(session, "application", application.id)), None)
    codes = asked.facts.get("why", ()) if asked is not None else ()
    return [WHY_WORDS[Why(code)] for code in codes if code in set(Why)]


def _differences(known: Catalogue, old: Content, new: Content) -> list[Difference]:
    said = [_said(known, content) for content in (old, new)]
    return [Difference(label, said[0][name], said[1][name]) for name, label in _labels().items()]


def _labels() -> dict[str, Any]:
    names = ("plate", "goods", "goods_words", "origin", "destination", "stops", "roads")
    times = {"begins": FIELD_WORDS["not_before"], "ends": _("失效时间"), "hours": FIELD_WORDS["hours"]}
    return {**{name: FIELD_WORDS[name] for name in names}, **times, "drivers": FIELD_WORDS["drivers"]}


def _said(known: Catalogue, content: Content) -> dict[str, str]:
    """What a pass says, each part in words."""
    nothing = _("无")
    return {
        "plate": f"{content.plate} {COLOUR_WORDS[PlateColour(content.plate_colour)]}",
        "goods": goods(known, content.goods) or nothing,
        "goods_words": content.goods_words or nothing,
        "origin": full_name(known, content.origin) or nothing,
        "destination": full_name(known, content.destination) or nothing,
        "stops": "、".join(place(known, code) for code in content.stops) or nothing,
        "roads": roads(known, content.roads) or nothing,
        "begins": moment_words(content.not_before),
        "ends": moment_words(content.not_after),
        "hours": hours_words(content.hours) or nothing,
        "drivers": "、".join(f"{driver.name} ···{driver.last4}" for driver in content.drivers) or nothing,
    }


def plain_of(content: Content) -> dict[str, Any]:
    """What a pass says, as the form of a change holds it."""
    plain = {
        "plate": content.plate,
        "plate_colour": PlateColour(content.plate_colour).name.lower(),
        "goods": content.goods,
        "goods_words": content.goods_words,
        "origin": content.origin,
        "destination": content.destination,
        "stops": list(content.stops),
        "roads": list(content.roads),
        "not_before": content.not_before.astimezone(SHOWN_IN).strftime("%Y-%m-%dT%H:%M"),
        "hours": content.hours,
        "drivers": [{"name": d.name, "phone": d.phone, "last4": d.last4} for d in content.drivers],
    }
    return {name: value for name, value in plain.items() if value not in (None, "")}
