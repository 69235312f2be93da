"""Looking a pass up by number or plate: the public with the check code, staff without."""

from datetime import datetime
from typing import Any

from flask import g, make_response, render_template, request
from marshmallow import fields, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import open_to_all
from accounts.permissions import Permission
from accounts.public import Told, form_page
from checkpoints.pages.blueprint import pages
from checkpoints.recording import number_in
from checkpoints.slip_telling import SlipTold, slip_told
from checkpoints.verdicts import NO_PASS, judge_found, judged_pass, standing, told
from checkpoints.verdicts import Told as Content
from checkpoints.words import GOOD_AWAY_FROM_ROAD, MAY_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.parsing import InputSchema, from_form, load
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.public import LEVEL_WORDS, VERDICT_WORDS, Judged, PlateSeen, VerdictCode, look_up_by_check_code


class Lookup(InputSchema):
    """What the page sends."""

    number_or_plate = fields.String(required=True, validate=validate.Length(max=32, error="text.too_long"))
    check_code = fields.String(load_default=None, validate=validate.Length(max=16, error="text.too_long"))


@pages.route("/check", methods=["GET", "POST"])
@open_to_all("whoever holds the paper can check it; the check code on it is the key")
def check() -> Response:
    """Ask for number or plate and check code; answer with the verdict as of now."""
    return form_page(_draw, _answer)


def _is_staff() -> bool:
    actor = g.get("actor")
    return (
        actor is not None
        and actor.may(Permission.PASS_LOOK_UP)
        and not g.get("second_step_owed", default=False)
    )


def _draw(problem: Told | None) -> str:
    given = request.form if problem else {}
    return render_template("checkpoints/check.html", problem=problem, given=given, staff=_is_staff())


def _answer() -> Response:
    given = load(Lookup(), from_form(request.form))
    now, staff = clock.now(), _is_staff()
    slip = slip_told(db.session(), given["number_or_plate"], staff=staff)
    if slip is not None:
        return _shown(Judged(NO_PASS, None), None, slip, now)
    if given["check_code"] is None and not staff:
        raise InvalidInput(field_problem("check_code", "field.required"))
    with transaction() as session:
        judged = _look_up(session, given)
        content = told(session, judged, now=now) if judged else None
    # The wrong try is committed by now; the answer is the same for unknown, foreign and wrong.
    if judged is None:
        raise DomainProblem("check_code.no_match")
    return _shown(judged, content, None, now)


def _shown(judged: Judged, content: Content | None, slip: SlipTold | None, now: datetime) -> Response:
    verdict = judged.verdict
    page = render_template(
        "checkpoints/answer.html",
        level=verdict.level,
        level_words=LEVEL_WORDS[verdict.level],
        words=[_words(code) for code in verdict.reasons],
        awaits_plate=verdict.awaits_plate,
        rule=MAY_WORDS[standing(verdict.level, verdict.code)],
        content=content,
        slip=slip,
        staff=_is_staff(),
        as_of=now,
    )
    return make_response(page)


def _words(code: VerdictCode) -> Any:
    return GOOD_AWAY_FROM_ROAD if code is VerdictCode.VALID else VERDICT_WORDS[code]


def _look_up(session: Session, given: dict[str, Any]) -> Judged | None:
    """With a code it must fit, whoever asks; without one only staff get here."""
    now, asked = clock.now(), given["number_or_plate"]
    number = number_in(asked)
    # Whoever typed the plate has compared it.
    seen = PlateSeen.UNKNOWN if number else PlateSeen.MATCHES
    if given["check_code"] is not None:
        found = look_up_by_check_code(session, asked, given["check_code"], now=now)
        return judged_pass(session, found, now, None, seen) if found else None
    try:
        return judge_found(session, number, asked, at=now, point=None, seen=seen)
    except NotFound:
        raise InvalidInput(field_problem("number_or_plate", "number.unknown")) from None
