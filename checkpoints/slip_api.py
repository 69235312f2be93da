"""The route by which phones hand in slips."""

from typing import Any

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from checkpoints.api import room
from checkpoints.slip_schemas import SlipAnswer, SlipBody
from checkpoints.slip_telling import slip_answer
from checkpoints.slips import slip_asked, take_slip
from foundation import clock
from foundation.database import transaction
from passes.public import tools


@room.route(
    "/slips",
    "POST",
    takes=SlipBody,
    gives=SlipAnswer,
    problems=("event_conflict", "event.too_old", "event.ahead", "event.backwards", "slip.code_taken"),
)
@requires(Permission.PASS_ISSUE_ON_THE_SPOT)
def slips(sent: dict[str, Any]) -> dict[str, Any]:
    """Ask for a pass at the roadside, now or after the event. The same event again gives the same answer; a pass that
    cannot be issued is an answer too: `failed`, with what to tell the driver."""
    now = clock.now()
    with transaction() as session:
        slip = take_slip(session, current_actor(), slip_asked(sent), tools(session, now=now), now=now)
        return slip_answer(session, slip)
