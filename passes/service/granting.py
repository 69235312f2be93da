"""What an application leads to once it is decided: a new pass, or a new revision of the one it is about."""

from datetime import datetime

from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from foundation.problems import DomainProblem
from passes.models import Application, Pass
from passes.rules.applying import content_of
from passes.rules.changing import CHANGES, Purpose, require_changeable
from passes.rules.moves import PassState
from passes.service.amending import amend_pass
from passes.service.issue import Holder, Issued, Tools, ends_of, held_pass, issue_pass


def grant(
    session: Session, actor: Actor, found: Application, body: Body, tools: Tools, *, now: datetime
) -> Issued:
    """Issue or amend what a complete application asks for; the caller has decided and records it.

    Raises what `issue_pass` and `amend_pass` raise, and what `require_changeable` says of a pass that was stopped
    or ran out while the application about it waited.
    """
    purpose = Purpose(found.purpose)
    if purpose is Purpose.NEW:
        return _issue(session, actor, found, body, tools, now)
    about = _about(session, found, purpose, now)
    if CHANGES[purpose].revises:
        return amend_pass(session, actor, about, content_of(found), purpose, tools, now=now)
    return _issue(session, actor, found, body, tools, now)


def _about(session: Session, found: Application, purpose: Purpose, now: datetime) -> Pass:
    about = held_pass(session, found.about or "")
    if about is None:
        raise DomainProblem("pass.not_of_this_vehicle", number=found.about)
    require_changeable(purpose, PassState(about.state), ends_of(about), about.revision, now=now)
    return about


def _issue(
    session: Session, actor: Actor, found: Application, body: Body, tools: Tools, now: datetime
) -> Issued:
    content = content_of(found)
    holder = Holder(
        name=found.holder_name,
        person_id=found.person_id,
        firm_id=found.firm_id,
        application_id=found.id,
        channel=found.channel,
        demo=found.demo,
    )
    return issue_pass(
        session,
        actor,
        body,
        content,
        holder,
        tools,
        now=now,
        # Its start was in time when the application was handed in, perhaps for the second time; what counts now is
        # that its end is still to come, which issuing checks by the present.
        asked_at=min(now, content.not_before),
        replaces=found.replaces,
        other_vehicle=found.purpose == Purpose.OTHER_VEHICLE,
    )
