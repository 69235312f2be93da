"""A verdict asked for by a person or a program at the roadside, and what it says in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkpoints.register import Point, Register, register
from checkpoints.rules import Standing, standing_of
from checkpoints.rules_slip import read_slip_code
from checkpoints.slip_telling import SlipTold
from checkpoints.words import MAY_WORDS
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.public import (
    LEVEL_WORDS,
    VERDICT_WORDS,
    Catalogue,
    Judged,
    Level,
    Pass,
    Place,
    PlateSeen,
    Verdict,
    VerdictCode,
    catalogue,
    counts_as_no_pass,
    judge_pass,
    judge_text,
    look_up,
    look_up_by_check_code,
    needs_refusal_reason,
    parse_plate,
)

NO_PASS = Verdict(Level.BLUE, VerdictCode.NO_PASS, (VerdictCode.NO_PASS,))


@dataclass(frozen=True)
class Told:
    """The content of a pass in words. Times are aware; drivers are the last four of identity numbers."""

    number: str
    plate: str
    plate_colour: int
    kind: str
    goods: str
    origin: str
    destination: str
    stops: tuple[str, ...]
    roads: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    drivers: tuple[str, ...]
    body: str
    phone: str


def standing(level: str, code: str) -> Standing:
    """The standing of a vehicle with this verdict."""
    return standing_of(level, like_no_pass=counts_as_no_pass(VerdictCode(code)))


def judge_question(session: Session, question: dict[str, Any], *, now: datetime) -> Judged | None:
    """The verdict on a loaded `Question`; None when number and check code do not belong together.

    After a None the caller commits, for the wrong try is counted. Raises `verdict.what` unless exactly one of
    text, number and plate is given, `InvalidInput` for an unknown checkpoint or a malformed plate, `not_found`
    for a number nobody was given, and `check_code.locked`. The code of a slip is no pass.
    """
    asked = [question[name] for name in ("text", "number", "plate") if question[name]]
    if len(asked) != 1:
        raise DomainProblem("verdict.what")
    if read_slip_code(asked[0]):
        return Judged(NO_PASS, None)
    point = point_of(session, question["checkpoint"], now=now)
    at, seen = question["at"] or now, question["plate_seen"]
    if question["text"]:
        return judge_text(session, question["text"], now=at, place=_place(point), plate_seen=seen)
    if question["check_code"]:
        found = look_up_by_check_code(session, asked[0], question["check_code"], now=now)
        return judged_pass(session, found, at, point, seen) if found else None
    return judge_found(session, question["number"], question["plate"], at=at, point=point, seen=seen)


def judge_found(
    session: Session,
    number: str | None,
    plate: str | None,
    *,
    at: datetime,
    point: Point | None,
    seen: PlateSeen,
) -> Judged:
    """The verdict by number, or by plate: a vehicle without any pass is `no_pass`. Raises `not_found` for a number."""
    if number is not None:
        found = look_up(session, number, now=at)
        if found is None:
            raise NotFound
        return judged_pass(session, found, at, point, seen)
    found = look_up(session, parse_plate(plate or "").text, now=at)
    return judged_pass(session, found, at, point, seen) if found else Judged(NO_PASS, None)


def judged_pass(session: Session, found: Pass, at: datetime, point: Point | None, seen: PlateSeen) -> Judged:
    """The verdict on a pass of ours, as if its newest code had been read here."""
    return judge_pass(session, found, now=at, place=_place(point), plate_seen=seen)


def point_of(session: Session, code: str | None, *, now: datetime) -> Point | None:
    """The checkpoint with this code; None when none was named. Raises `InvalidInput` for an unknown one."""
    if code is None:
        return None
    point = register(session, now=now).points.get(code)
    if point is None:
        raise InvalidInput(field_problem("checkpoint", "checkpoint.unknown"))
    return point


def _place(point: Point | None) -> Place | None:
    return point.place if point else None


def told(session: Session, judged: Judged, *, now: datetime) -> Told | None:
    """What the pass says, in words; None when there is no signature to believe."""
    if judged.credential is None:
        return None
    known, offices = catalogue(session, now=now), register(session, now=now)
    return _told(judged.credential, known, offices)


def _told(credential: Any, known: Catalogue, offices: Register) -> Told:
    """Codes we have no words for, as of another province, are shown as they are."""
    kind, goods = known.kinds.get(credential.kind), known.goods.get(credential.goods)
    duty = kind.issued_by if kind else "issuing"
    office = offices.office_of(duty, credential.area, credential.sector)
    return Told(
        number=credential.number,
        plate=credential.plate,
        plate_colour=credential.plate_colour,
        kind=kind.name if kind else str(credential.kind),
        goods=goods.name if goods else str(credential.goods),
        origin=county_words(known, credential.origin),
        destination=county_words(known, credential.destination),
        stops=tuple(county_words(known, stop) for stop in credential.stops),
        roads=tuple(f"{road} {known.roads.get(road, '')}".strip() for road in credential.roads),
        not_before=credential.not_before,
        not_after=credential.not_after,
        drivers=credential.drivers,
        body=office.name if office else county_words(known, credential.area),
        phone=office.phone if office else "",
    )


def county_words(known: Catalogue, code: str) -> str:
    """The full name of an area, or its code."""
    area = known.areas.get(code)
    return area.words if area else code


def as_answer(
    verdict: Verdict, content: Told | None, *, as_of: datetime, slip: SlipTold | None = None
) -> dict[str, Any]:
    """The verdict as `VerdictAnswer`, in the language of the request."""
    return {
        "level": str(verdict.level),
        "level_words": str(LEVEL_WORDS[verdict.level]),
        "code": str(verdict.code),
        "words": str(VERDICT_WORDS[verdict.code]),
        "reasons": [str(code) for code in verdict.reasons],
        "reasons_words": [str(VERDICT_WORDS[code]) for code in verdict.reasons],
        "rule": str(MAY_WORDS[standing(verdict.level, verdict.code)]),
        "awaits_plate": verdict.awaits_plate,
        "counts_as_no_pass": counts_as_no_pass(verdict.code),
        "needs_refusal_reason": needs_refusal_reason(verdict),
        "as_of": as_of.isoformat(),
        "content": _content(content) if content else None,
        "slip": _slip(slip) if slip else None,
    }


def _content(content: Told) -> dict[str, Any]:
    return {
        **vars(content),
        "not_before": content.not_before.isoformat(),
        "not_after": content.not_after.isoformat(),
    }


def _slip(slip: SlipTold) -> dict[str, Any]:
    return {
        "code": slip.code,
        "words": str(slip.words),
        "became": slip.became,
        "state": slip.state,
        "number": slip.number,
    }
