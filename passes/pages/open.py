"""What everybody may open: the page behind the QR of a pass, and the driver's link.

Both are free of side effects, because chat programs fetch every address they see.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import make_response, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import open_to_all
from accounts.public import Body
from foundation import clock
from foundation.database import db
from foundation.i18n import gettext as _
from foundation.i18n import moment_words
from foundation.rate import admit_client
from passes.credential import Credential, to_digits
from passes.judging import Judged, judge_pass, judge_text
from passes.models import Pass, PassRevision
from passes.pages.blueprint import pages
from passes.queries import current_revision
from passes.rules import PlateSeen, VerdictCode
from passes.service.links import pass_of_token
from passes.service.sheets import area_words
from passes.symbols import QUIET_ZONE, Symbol, make_symbol, symbol_path
from passes.words import LEVEL_WORDS, VERDICT_WORDS
from passes.workshop import catalogue, workshop

LIMIT = "public"
"""One limit for all public pages that look something up."""
QUIET_DRAWN = QUIET_ZONE // 2
"""Modules of white in the picture itself; the white border that the style gives it is as wide again."""
_DIGITS = re.compile(r"[0-9]{1,434}")


@dataclass(frozen=True)
class Moment:
    """A point in time for machines and for people."""

    iso: str
    words: str


@dataclass(frozen=True)
class Shown:
    """What a pass says to anybody who holds its code: no person, the route by counties."""

    level: str
    word: str
    sentence: str
    kind: str
    number: str
    plate: str
    plate_colour: int
    places: tuple[str, ...]
    roads: tuple[str, ...]
    goods: str
    start: Moment
    end: Moment
    body: str
    phone: str | None


@pages.get("/p/", defaults={"digits": ""})
@pages.get("/p/<digits>")
@open_to_all("whoever holds the code of a pass may read what it says; without one nothing can be found")
def public_pass(digits: str) -> Response:
    """The verdict on a code. Everything that no good signature vouches for gets one and the same answer."""
    admit_client(LIMIT)
    now = clock.now()
    session = db.session()
    judged = _judged(session, digits, now)
    if judged is None or judged.credential is None:
        return make_response(render_template("passes/public_pass_unknown.html"), 404)
    shown = _shown(session, judged, judged.credential, now)
    return make_response(render_template("passes/public_pass.html", shown=shown))


def _judged(session: Session, digits: str, now: datetime) -> Judged | None:
    """The verdict; None for what cannot be the digits of a code."""
    if not _DIGITS.fullmatch(digits):
        return None
    return judge_text(session, workshop().prefix + digits, now=now)


def _shown(session: Session, judged: Judged, credential: Credential, now: datetime) -> Shown:
    known, verdict = catalogue(session, now=now), judged.verdict
    body, phone = _issuer(session, credential, now)
    kind, goods = known.kinds.get(credential.kind), known.goods.get(credential.goods)
    places = (credential.origin, *credential.stops, credential.destination)
    return Shown(
        level=str(verdict.level),
        word=str(LEVEL_WORDS[verdict.level]),
        sentence=_sentence(verdict.code),
        kind=kind.name if kind else _("通行证"),
        number=credential.number,
        plate=credential.plate,
        plate_colour=credential.plate_colour,
        places=tuple(area_words(known, code) for code in places),
        roads=tuple(f"{road} {known.roads.get(road, '')}".strip() for road in credential.roads),
        goods=f"{goods.category_name}：{goods.name}" if goods else "",
        start=_moment(credential.not_before),
        end=_moment(credential.not_after),
        body=body,
        phone=phone,
    )


def _sentence(code: VerdictCode) -> str:
    """On a public page nobody has compared plate and route yet, so a good code says no more than it can."""
    return _("签名真实，在有效期内。") if code is VerdictCode.VALID else str(VERDICT_WORDS[code])


def _moment(at: datetime) -> Moment:
    return Moment(at.isoformat(), moment_words(at))


def _issuer(session: Session, credential: Credential, now: datetime) -> tuple[str, str | None]:
    """The issuing body and its phone; of another province's pass the area that signed it."""
    row = session.execute(
        select(Body.name, Body.phone)
        .join(Pass, Pass.body_id == Body.id)
        .where(Pass.plate == credential.plate, Pass.number == credential.number)
    ).one_or_none()
    return (row.name, row.phone) if row else (area_words(catalogue(session, now=now), credential.area), None)


@pages.get("/d/<token>")
@open_to_all("the link itself is the secret: 128 random bits that the holder gave to the driver")
def driver_pass(token: str) -> Response:
    """The QR for the checkpoint to scan, large, with what the checkpoint compares."""
    admit_client(LIMIT)
    session = db.session()
    found = pass_of_token(session, token)
    if found is None:
        return make_response(render_template("passes/driver_unknown.html"), 404)
    return make_response(render_template("passes/driver.html", **_carried(session, found)))


def _carried(session: Session, found: Pass) -> dict[str, Any]:
    now = clock.now()
    judged = judge_pass(session, found, now=now, plate_seen=PlateSeen.UNKNOWN)
    assert judged.credential is not None  # noqa: S101 - narrows the type: our own pass always has its content
    revision = current_revision(session, found)
    symbol = _screen_symbol(revision)
    return {
        "shown": _shown(session, judged, judged.credential, now),
        "check_code": revision.check_code,
        "symbol": symbol_path(symbol, quiet=QUIET_DRAWN),
        "side": symbol.modules + 2 * QUIET_DRAWN,
    }


def _screen_symbol(revision: PassRevision) -> Symbol:
    """Level M is enough for a screen, and its larger modules are read from farther away."""
    return make_symbol(workshop().prefix, to_digits(revision.payload + revision.signature), "M")
