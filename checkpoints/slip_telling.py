"""What is said of a slip: the answer to the phone that sent it, and to whoever takes one for a pass."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from checkpoints.models import Slip
from checkpoints.rules_slip import SlipState, read_slip_code
from checkpoints.slip_queries import slip_of_code
from checkpoints.slip_words import BECAME_A_PASS, BECAME_NOTHING, IS_A_SLIP, NOT_HEARD_OF
from foundation.words import words_of
from passes.public import CarriedPass, carried_passes, workshop


@dataclass(frozen=True)
class SlipProblem:
    """Why no pass was issued, in the language of the request, and what to do."""

    code: str
    title: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class SlipTold:
    """A slip that was typed where a pass is asked for. `became` and what follows it only for staff.

    `plate` is the one it was made for, `state` None as long as the server has not heard of it.
    """

    code: str
    words: Any
    became: str | None = None
    state: str | None = None
    number: str | None = None
    plate: str | None = None


def problem_of(slip: Slip) -> SlipProblem | None:
    """Why a slip became nothing; None for one that became a pass."""
    if slip.problem is None:
        return None
    words, facts = words_of(slip.problem), slip.problem_facts or {}
    steps = tuple(words.fill(step, facts) for step in words.steps)
    return SlipProblem(slip.problem, words.fill(words.what, facts), steps)


def pass_of(session: Session, slip: Slip) -> CarriedPass | None:
    """The pass that a slip became, as it is now."""
    return carried_passes(session, [slip.number] if slip.number else [], workshop().prefix).get(
        slip.number or ""
    )


def slip_answer(session: Session, slip: Slip) -> dict[str, Any]:
    """What became of a slip, as `SlipAnswer`."""
    carried, problem = pass_of(session, slip), problem_of(slip)
    return {
        "event_id": str(slip.event_id),
        "code": slip.code,
        "state": slip.state,
        "pass": _pass(carried) if carried else None,
        "problem": {"code": problem.code, "title": problem.title, "next": list(problem.steps)}
        if problem
        else None,
    }


def _pass(carried: CarriedPass) -> dict[str, Any]:
    return {
        "number": carried.number,
        "text": carried.text,
        "check_code": carried.check_code,
        "not_before": carried.not_before.isoformat(),
        "not_after": carried.not_after.isoformat(),
        "plate": carried.plate,
        "body": carried.body,
        "phone": carried.phone,
    }


def slip_told(session: Session, entered: str | None, *, staff: bool) -> SlipTold | None:
    """What to say when the code of a slip is given for a pass; None for anything else.

    Whoever is no staff learns from the code alone what it is, and nothing of what is kept here.
    """
    code = read_slip_code(entered or "")
    if code is None:
        return None
    if not staff:
        return SlipTold(code, IS_A_SLIP)
    slip = slip_of_code(session, code)
    if slip is None:
        return SlipTold(code, IS_A_SLIP, str(NOT_HEARD_OF))
    return SlipTold(code, IS_A_SLIP, _became(slip), slip.state, slip.number, slip.plate)


def _became(slip: Slip) -> str:
    if slip.state == SlipState.ISSUED:
        return str(BECAME_A_PASS) % {"number": slip.number}
    problem = problem_of(slip)
    return str(BECAME_NOTHING) % {"why": problem.title if problem else ""}
