"""Amending: a new revision of a pass, with the same number, signed anew; the code of the old one turns red at once."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from audit.public import record
from foundation.problems import DomainProblem
from passes.change_queries import in_the_way, said_by
from passes.credential import Credential, encode_payload
from passes.models import Pass
from passes.queries import current_revision
from passes.rules.changing import Purpose, changed_fields, check_change, require_changeable
from passes.rules.content import Content
from passes.rules.judge import SerialStatus
from passes.rules.moves import PassAction, PassState, next_pass_move
from passes.service.announcing import announce_pass
from passes.service.change import ONE_VEHICLE
from passes.service.issue import (
    ADD_REVISION,
    SIGNING_KEY,
    Issued,
    Tools,
    credential_of,
    ends_of,
    new_check_code,
    note_status,
    revision_row,
)
from passes.signing import sign_payload

NUMBER_OF_AREA = 6


def amend_pass(
    session: Session,
    actor: Actor,
    found: Pass,
    content: Content,
    purpose: Purpose,
    tools: Tools,
    *,
    now: datetime,
) -> Issued:
    """Give a pass, whose row is held, a new revision. Number, vehicle and kind stay; the signature is made with the
    key the area signs with now, because the old one may be about to leave the trust list.

    Raises what `require_changeable` and `check_change` raise, `pass.overlap` when its new period meets another pass
    of the vehicle, `signing_key.missing`.
    """
    was = PassState(found.state)
    require_changeable(purpose, was, ends_of(found), found.revision, now=now)
    move = next_pass_move(was, PassAction.AMEND, None)
    old = said_by(found, current_revision(session, found))
    kind, asked_at = tools.catalogue.kinds[found.kind], min(now, content.not_before)
    check_change(purpose, old, content, kind, tools.catalogue, asked_at=asked_at, now=now)
    issued, credential = _signed(session, found, content, tools)
    # The key that names the current revision is checked at the end of the transaction.
    session.execute(ADD_REVISION, revision_row(actor, content, issued, credential, now))
    _move_on(session, found, content, credential)
    note_status(
        session, found.number, SerialStatus.GOOD, found.revision, found.step, credential.not_after, now=now
    )
    event = record(
        session,
        actor,
        "pass:amend",
        "pass",
        found.number,
        now=now,
        from_state=was,
        to_state=move.to,
        facts={
            "revision": credential.revision,
            "fields": sorted(changed_fields(old, content)),
            "key": credential.key,
        },
    )
    announce_pass(session, found, PassAction.AMEND, move.to, event, now=now)
    return issued


def _signed(session: Session, found: Pass, content: Content, tools: Tools) -> tuple[Issued, Credential]:
    # The body that issued it, even if it is merged by now: area and department are part of the code.
    body = session.get_one(Body, found.body_id)
    area, serial = found.number[:NUMBER_OF_AREA], int(found.number[NUMBER_OF_AREA:])
    key = session.scalar(SIGNING_KEY, {"of_area": area})
    if key is None:
        raise DomainProblem("signing_key.missing", name=area)
    credential = credential_of(content, body, serial, key, revision=found.revision + 1)
    payload = encode_payload(credential)
    signature = sign_payload(tools.keys.for_area(area, key), payload)
    return Issued(found.number, found.plate, payload, signature, new_check_code()), credential


def _move_on(session: Session, found: Pass, content: Content, credential: Credential) -> None:
    """Write the revision and its period; only a period that moved can meet another pass of the vehicle."""
    validity = Range(credential.not_before, credential.not_after)
    moved = update(Pass).where(Pass.plate == found.plate, Pass.number == found.number)
    values = {"revision": credential.revision, "step": found.step + 1, "validity": validity}
    try:
        with session.begin_nested():
            session.execute(moved.values(values))
    except IntegrityError as refused:
        if ONE_VEHICLE not in str(refused.orig):
            raise
        other = in_the_way(session, content, found.number)
        raise DomainProblem("pass.overlap", number=other.number if other else None) from refused
