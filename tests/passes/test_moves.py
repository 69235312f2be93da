"""Every pair of state and action, of applications and of passes: what the table holds happens, nothing else does."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, SYSTEM, Actor
from audit.public import history
from foundation.problems import DomainProblem, NotAllowed
from passes.models import Application, Pass
from passes.public import PassAction, PassReason, PassState, change_pass, workshop
from passes.rules.moves import (
    APPLICATION_MOVES,
    NO_BUTTONS,
    PASS_MOVES,
    ApplicationAction,
    ApplicationState,
    RefuseReason,
    open_application_actions,
    open_pass_actions,
)
from passes.service.applications import permitted
from passes.service.drafting import save_draft, submit, withdraw
from passes.service.reviewing import issue, refuse, release, return_, take
from tests.builders import NOON, an_issued_pass, some_tools, with_keys
from tests.passes.applying import an_applicant, an_application, an_officer, asked, in_review


@pytest.fixture
def keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the signing keys; most moves need none, and a set of keys takes a third of a second."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    return lambda: with_keys(session, tmp_path)


def a_draft(session: Session, applicant: Actor) -> Application:
    return save_draft(session, applicant, UUID(int=7), asked(), now=NOON)


def moved(
    session: Session, applicant: Actor, officer: Actor, application: Application, action: ApplicationAction
) -> None:
    known = some_tools(session)
    which = application.id
    deeds: dict[ApplicationAction, Callable[[], object]] = {
        ApplicationAction.SUBMIT: lambda: submit(session, applicant, which, known.catalogue, now=NOON),
        ApplicationAction.WITHDRAW: lambda: withdraw(session, applicant, which, now=NOON),
        ApplicationAction.TAKE: lambda: take(session, officer, which, now=NOON),
        ApplicationAction.RELEASE: lambda: release(session, officer, which, now=NOON),
        ApplicationAction.RETURN: lambda: return_(session, officer, which, {"plate": "看不清"}, now=NOON),
        ApplicationAction.REFUSE: lambda: refuse(
            session, officer, which, RefuseReason.NOT_NEEDED, None, now=NOON
        ),
        ApplicationAction.ISSUE: lambda: issue(session, officer, which, known, now=NOON),
        ApplicationAction.DECIDE: lambda: permitted(SYSTEM, application, ApplicationAction.DECIDE),
    }
    deeds[action]()


def brought_to(session: Session, applicant: Actor, officer: Actor, state: ApplicationState) -> Application:
    """An application in a state, reached by the moves that lead there."""
    if state is ApplicationState.DRAFT:
        return a_draft(session, applicant)
    if state is ApplicationState.SUBMITTED:
        return an_application(session, applicant)
    if state is ApplicationState.WITHDRAWN:
        return withdraw(session, applicant, an_application(session, applicant).id, now=NOON)
    taken = in_review(session, applicant, officer)
    if state is not ApplicationState.IN_REVIEW:
        last = next(a for (_, a), move in APPLICATION_MOVES.items() if move.to == state)
        moved(session, applicant, officer, taken, last)
    return taken


OFFICERS = {
    ApplicationAction.TAKE,
    ApplicationAction.RELEASE,
    ApplicationAction.RETURN,
    ApplicationAction.REFUSE,
    ApplicationAction.ISSUE,
}


@pytest.mark.parametrize("action", ApplicationAction)
@pytest.mark.parametrize("state", ApplicationState)
def test_an_application_moves_as_the_table_says_or_not_at_all(
    session: Session, keys: Callable[[], None], state: ApplicationState, action: ApplicationAction
) -> None:
    if state is ApplicationState.ISSUED or action is ApplicationAction.ISSUE:
        keys()
    applicant, first, second = an_applicant(session), an_officer(session), an_officer(session)
    application = brought_to(session, applicant, first, state)
    # Taking what is in review means taking it from a colleague.
    officer = second if (state, action) == (ApplicationState.IN_REVIEW, ApplicationAction.TAKE) else first
    move = APPLICATION_MOVES.get((state, action))
    before = len(history(session, "application", application.id))
    if move is None:
        # What was never handed in does not exist for an officer.
        hidden = action in OFFICERS and application.submitted_at is None
        with pytest.raises(DomainProblem if hidden else NotAllowed) as refused:
            moved(session, applicant, officer, application, action)
        assert not hidden or refused.value.code == "not_found"
        assert application.state == state
        assert len(history(session, "application", application.id)) == before
        return
    moved(session, applicant, officer, application, action)
    if action is ApplicationAction.DECIDE:
        return  # What a rule decides, and what follows, is told in test_changing.
    session.refresh(application)
    event = history(session, "application", application.id)[-1]
    assert application.state == move.to
    assert (event.tag, event.from_state, event.to_state) == (f"application:{action}", state, move.to)


@pytest.mark.parametrize("state", ApplicationState)
def test_the_buttons_are_the_moves_of_the_table(session: Session, state: ApplicationState) -> None:
    applicant, officer = an_applicant(session), an_officer(session)
    for actor in (applicant, officer):
        allowed = open_application_actions(state, frozenset(actor.permissions))
        assert set(allowed) == {
            action
            for (at, action), move in APPLICATION_MOVES.items()
            if at == state and move.permission in actor.permissions and action not in NO_BUTTONS
        }
    assert not set(open_application_actions(state, frozenset(applicant.permissions))) & OFFICERS


@pytest.mark.parametrize("action", PassAction)
@pytest.mark.parametrize("state", PassState)
def test_a_pass_moves_as_the_table_says_or_not_at_all(
    session: Session, keys: Callable[[], None], state: PassState, action: PassAction
) -> None:
    keys()
    issued = an_issued_pass(session)
    to_get_there: dict[PassState, PassAction] = {
        PassState.SUSPENDED: PassAction.SUSPEND,
        PassState.REVOKED: PassAction.REVOKE,
        PassState.SURRENDERED: PassAction.SURRENDER,
    }
    if state is PassState.SUPERSEDED:
        replaced_by(session, issued.plate, issued.number)
    elif state is not PassState.LIVE:
        change_pass(
            session, COMMAND_LINE, issued.number, to_get_there[state], reason=PassReason.LOST, now=NOON
        )
    move = PASS_MOVES.get((state, action))
    if action is PassAction.SUPERSEDE:
        superseding_follows_the_table(session, issued.plate, issued.number, allowed=move is not None)
        return
    if move is None or action in NO_BUTTONS:
        with pytest.raises(NotAllowed):
            change_pass(session, COMMAND_LINE, issued.number, action, reason=PassReason.LOST, now=NOON)
        assert state_of(session, issued.number) == state
        return
    if move.needs_reason:
        with pytest.raises(DomainProblem, match="reason.missing"):
            change_pass(session, COMMAND_LINE, issued.number, action, now=NOON)
    change_pass(session, COMMAND_LINE, issued.number, action, reason=PassReason.LOST, now=NOON)
    assert state_of(session, issued.number) == move.to


def replaced_by(session: Session, plate: str, number: str) -> Application:
    """An application of the vehicle that replaces the pass, issued. The pass is nobody's, so it is named here."""
    applicant, officer = an_applicant(session), an_officer(session)
    application = in_review(session, applicant, officer, plate=plate, not_before=NOON + timedelta(hours=1))
    application.replaces = number
    session.flush()
    issue(session, officer, application.id, some_tools(session), now=NOON)
    return application


def superseding_follows_the_table(session: Session, plate: str, number: str, *, allowed: bool) -> None:
    if allowed:
        replaced_by(session, plate, number)
        assert state_of(session, number) == PassState.SUPERSEDED
        return
    with pytest.raises(NotAllowed):
        replaced_by(session, plate, number)


def state_of(session: Session, number: str) -> str:
    return session.scalars(
        select(Pass.state).where(Pass.number == number).execution_options(populate_existing=True)
    ).one()


@pytest.mark.parametrize("state", PassState)
def test_what_only_follows_from_an_issue_is_never_a_button(session: Session, state: PassState) -> None:
    everything = frozenset(move.permission for move in PASS_MOVES.values())
    assert not NO_BUTTONS & set(open_pass_actions(state, everything))
