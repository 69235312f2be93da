"""The life of an application and of a pass as tables of moves; guards, buttons, tests and diagrams read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.problems import DomainProblem, NotAllowed
from passes.rules.judge import SerialStatus


class ApplicationState(StrEnum):
    """Where an application stands 申请状态."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ApplicationAction(StrEnum):
    """What is done with an application."""

    SUBMIT = "submit"
    TAKE = "take"
    RELEASE = "release"
    RETURN = "return"
    ISSUE = "issue"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    DECIDE = "decide"
    """Issued at once by a rule (`passes.rules.changing`), without a person."""


class PassState(StrEnum):
    """Where a pass stands 通行证状态; whether it has expired is computed, never stored."""

    LIVE = "live"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SURRENDERED = "surrendered"
    SUPERSEDED = "superseded"


class PassAction(StrEnum):
    """What is done with a pass."""

    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    SURRENDER = "surrender"
    SUPERSEDE = "supersede"
    AMEND = "amend"


NO_BUTTONS = frozenset({ApplicationAction.DECIDE, PassAction.SUPERSEDE, PassAction.AMEND})
"""What only follows from something else: a rule that decides, an issue that replaces or revises a pass."""


class PassReason(StrEnum):
    """Why a pass was stopped (design.md 5)."""

    MISUSE = "misuse"
    FALSE_DATA = "false_data"
    HOLDER_REQUEST = "holder_request"
    POLICY_CHANGE = "policy_change"
    ISSUED_IN_ERROR = "issued_in_error"
    LOST = "lost"


class RefuseReason(StrEnum):
    """Why an application is refused 不予核发; each has words and a next step in `passes.words`."""

    FALSE_DATA = "false_data"
    NOT_KEY_GOODS = "not_key_goods"
    WRONG_BODY = "wrong_body"
    NO_ANSWER = "no_answer"
    NOT_NEEDED = "not_needed"
    VEHICLE_BARRED = "vehicle_barred"


@dataclass(frozen=True)
class Move:
    """One allowed move: where it leads, the permission it needs, and whether a reason code must be given."""

    to: str
    permission: str
    needs_reason: bool = False


APPLY = "application:apply"
REVIEW = "application:review"

APPLICATION_MOVES: Mapping[tuple[ApplicationState, ApplicationAction], Move] = {
    (ApplicationState.DRAFT, ApplicationAction.SUBMIT): Move(ApplicationState.SUBMITTED, APPLY),
    (ApplicationState.DRAFT, ApplicationAction.WITHDRAW): Move(ApplicationState.WITHDRAWN, APPLY),
    (ApplicationState.SUBMITTED, ApplicationAction.TAKE): Move(ApplicationState.IN_REVIEW, REVIEW),
    (ApplicationState.SUBMITTED, ApplicationAction.WITHDRAW): Move(ApplicationState.WITHDRAWN, APPLY),
    (ApplicationState.IN_REVIEW, ApplicationAction.RELEASE): Move(ApplicationState.SUBMITTED, REVIEW),
    (ApplicationState.IN_REVIEW, ApplicationAction.RETURN): Move(
        ApplicationState.RETURNED, REVIEW, needs_reason=True
    ),
    (ApplicationState.IN_REVIEW, ApplicationAction.ISSUE): Move(ApplicationState.ISSUED, REVIEW),
    (ApplicationState.IN_REVIEW, ApplicationAction.REFUSE): Move(
        ApplicationState.REFUSED, REVIEW, needs_reason=True
    ),
    (ApplicationState.RETURNED, ApplicationAction.SUBMIT): Move(ApplicationState.SUBMITTED, APPLY),
    (ApplicationState.RETURNED, ApplicationAction.WITHDRAW): Move(ApplicationState.WITHDRAWN, APPLY),
    (ApplicationState.SUBMITTED, ApplicationAction.DECIDE): Move(ApplicationState.ISSUED, REVIEW),
}

PASS_MOVES: Mapping[tuple[PassState, PassAction], Move] = {
    (PassState.LIVE, PassAction.SUSPEND): Move(PassState.SUSPENDED, "pass:suspend", needs_reason=True),
    (PassState.SUSPENDED, PassAction.RESUME): Move(PassState.LIVE, "pass:suspend"),
    (PassState.LIVE, PassAction.REVOKE): Move(PassState.REVOKED, "pass:revoke", needs_reason=True),
    (PassState.SUSPENDED, PassAction.REVOKE): Move(PassState.REVOKED, "pass:revoke", needs_reason=True),
    (PassState.LIVE, PassAction.SURRENDER): Move(PassState.SURRENDERED, "pass:surrender", needs_reason=True),
    (PassState.SUSPENDED, PassAction.SURRENDER): Move(
        PassState.SURRENDERED, "pass:surrender", needs_reason=True
    ),
    (PassState.LIVE, PassAction.SUPERSEDE): Move(PassState.SUPERSEDED, REVIEW),
    (PassState.SUSPENDED, PassAction.SUPERSEDE): Move(PassState.SUPERSEDED, REVIEW),
    (PassState.LIVE, PassAction.AMEND): Move(PassState.LIVE, REVIEW),
}

HOLDS_THE_VEHICLE = frozenset({PassState.LIVE, PassState.SUSPENDED})
"""States in which a pass keeps every other pass off its vehicle and period."""

STATUS_OF: Mapping[PassState, SerialStatus] = {
    PassState.LIVE: SerialStatus.GOOD,
    PassState.SUSPENDED: SerialStatus.SUSPENDED,
    PassState.REVOKED: SerialStatus.REVOKED,
    PassState.SURRENDERED: SerialStatus.SURRENDERED,
    PassState.SUPERSEDED: SerialStatus.SUPERSEDED,
}
"""What the status list says of a pass in each state."""


def next_application_move(state: ApplicationState, action: ApplicationAction) -> Move:
    """The move the table holds. Raises `NotAllowed`."""
    move = APPLICATION_MOVES.get((state, action))
    if move is None:
        raise NotAllowed(state, action)
    return move


def next_pass_move(state: PassState, action: PassAction, reason: str | None) -> Move:
    """The move the table holds. Raises `NotAllowed`, or `reason.missing` where the table asks for one."""
    move = PASS_MOVES.get((state, action))
    if move is None:
        raise NotAllowed(state, action)
    if move.needs_reason and reason is None:
        raise DomainProblem("reason.missing", action=str(action))
    return move


def open_application_actions(
    state: ApplicationState, permissions: frozenset[str]
) -> tuple[ApplicationAction, ...]:
    """What somebody with these permissions may do next: the buttons of the page."""
    return tuple(
        a
        for (s, a), move in APPLICATION_MOVES.items()
        if s == state and move.permission in permissions and a not in NO_BUTTONS
    )


def open_pass_actions(state: PassState, permissions: frozenset[str]) -> tuple[PassAction, ...]:
    """What somebody with these permissions may do next with a pass; `NO_BUTTONS` belong to an issue."""
    return tuple(
        a
        for (s, a), move in PASS_MOVES.items()
        if s == state and move.permission in permissions and a not in NO_BUTTONS
    )
