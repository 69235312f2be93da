"""The roadside's routes for programs: verdicts, and the upload of scans and actions."""

from contextlib import nullcontext
from typing import Any

from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import ActorKind, Permission
from checkpoints.schemas import (
    ActionEvent,
    Question,
    ScanEvent,
    ShiftEvent,
    Upload,
    UploadAnswer,
    VerdictAnswer,
)
from checkpoints.service import Outcome, take_in
from checkpoints.slip_telling import SlipTold, slip_told
from checkpoints.verdicts import as_answer, judge_question, told
from foundation import clock
from foundation.api import api_room
from foundation.database import db, transaction
from foundation.problems import DomainProblem, NotFound

room = api_room("checkpoints_api", "Verdicts at the roadside; scans and actions.")
room.also_describe(ScanEvent, ActionEvent, ShiftEvent)


@room.route(
    "/verdicts",
    "POST",
    takes=Question,
    gives=VerdictAnswer,
    problems=("verdict.what", "not_found", "check_code.locked"),
    counted=False,
)
@requires(Permission.PASS_LOOK_UP)
def verdict(question: dict[str, Any]) -> dict[str, Any]:
    """Judge a code, a number or a plate. Nothing is recorded."""
    now = clock.now()
    # Only a wrong check code leaves something to commit; a scan in the middle of the night should not wait for it.
    with transaction() if question["check_code"] else nullcontext(db.session()) as session:
        judged = judge_question(session, question, now=now)
        content = told(session, judged, now=now) if judged else None
        slip = _slip_in(session, question)
    if judged is None:
        raise NotFound
    return as_answer(judged.verdict, content, as_of=question["at"] or now, slip=slip)


def _slip_in(session: Session, question: dict[str, Any]) -> SlipTold | None:
    """The slip that was asked about; what became of it is for those at the roadside."""
    asked = question["text"] or question["number"] or question["plate"]
    return slip_told(session, asked, staff=current_actor().kind is ActorKind.DEVICE)


@room.route(
    "/scans",
    "POST",
    takes=Upload,
    gives=UploadAnswer,
    problems=("server.busy_with_uploads",),
    counted=False,
)
@requires(Permission.SCAN_RECORD)
def scans(upload: dict[str, Any]) -> dict[str, Any]:
    """Take in up to a thousand events. Each is accepted, recognised or refused on its own."""
    now = clock.now()
    with transaction() as session:
        outcomes = take_in(session, current_actor(), upload["events"], now=now)
    return {"results": [_result(outcome) for outcome in outcomes], "server_time": now.isoformat()}


def _result(outcome: Outcome) -> dict[str, Any]:
    problem: DomainProblem | None = outcome.problem
    if problem is None:
        return {"event_id": outcome.event_id, "status": outcome.status}
    return {
        "event_id": outcome.event_id,
        "status": outcome.status,
        "code": problem.code,
        "errors": [{"field": error.field, "code": error.code} for error in problem.errors],
    }
