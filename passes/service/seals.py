"""The seal of a body: uploaded by one of its people, approved by somebody else; the one before it retires then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from uuid import UUID

from PIL import Image
from sqlalchemy import ColumnElement, Select, false, or_, select, update
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission, area_prefix, covers
from accounts.public import Body
from audit.public import record
from foundation.database import advisory_lock
from foundation.files import keep_file, store
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound, field_problem
from passes.models import BodySeal

MOST_BYTES = 1_000_000
MOST_PIXELS = 25_000_000
"""Pixels that are unpacked: an image of few bytes can claim to be huge."""
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
LONGEST_SIDE = 1200
"""Pixels: 42 mm on paper at 720 dots an inch."""
PNG = "image/png"
LISTED = 200


class SealState(StrEnum):
    """Where a seal stands; computed from its dates."""

    PENDING = "pending"
    CURRENT = "current"
    RETIRED = "retired"


@dataclass(frozen=True)
class SealOfBody:
    """A seal with the body it belongs to."""

    seal: BodySeal
    body: Body

    @property
    def state(self) -> SealState:
        """Waiting for approval, in use, or neither any more."""
        return state_of(self.seal)


def state_of(seal: BodySeal) -> SealState:
    """The state its dates say."""
    if seal.retired_at is not None:
        return SealState.RETIRED
    return SealState.CURRENT if seal.approved_at is not None else SealState.PENDING


def upload_seal(session: Session, actor: Actor, content: bytes, *, now: datetime) -> BodySeal:
    """Hand in a seal for the actor's own body; nothing is printed with it before somebody else has approved it.

    Raises `permission.missing`, `NotFound` for somebody without a body, `InvalidInput` on `seal`
    (`seal.too_large`, `seal.not_a_png`).
    """
    _require(actor, Permission.SEAL_UPLOAD)
    if actor.body_id is None or actor.id is None:
        raise NotFound
    sha256 = keep_file(session, clean_picture(content), PNG, now=now)
    seal = BodySeal(body_id=actor.body_id, sha256=sha256, uploaded_by=actor.id, uploaded_at=now)
    session.add(seal)
    session.flush()
    record(session, actor, "seal:upload", "seal", seal.id, now=now, to_state=SealState.PENDING)
    return seal


def clean_picture(content: bytes) -> bytes:
    """The picture alone: decoded and written again as a transparent PNG of at most 1,200 pixels a side.

    What is kept holds nothing but pixels. Raises `InvalidInput` on `seal`.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput(field_problem("seal", "seal.too_large", most=MOST_BYTES // 1_000_000))
    try:
        image = Image.open(BytesIO(content), formats=("PNG",))
        if image.width * image.height > MOST_PIXELS:
            raise InvalidInput(field_problem("seal", "seal.not_a_png"))
        picture = image.convert("RGBA")
    except (*BOMBS, OSError, SyntaxError, ValueError) as broken:
        raise InvalidInput(field_problem("seal", "seal.not_a_png")) from broken
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def approve_seal(session: Session, actor: Actor, seal_id: UUID, *, now: datetime) -> BodySeal:
    """Put a pending seal into use; the body's current one retires in the same moment.

    Raises `permission.missing`, `NotFound` (unknown, or a body outside the actor's area), `seal.same_person`,
    `NotAllowed` when it is not pending any more.
    """
    seal = _locked(session, actor, seal_id)
    if seal.uploaded_by == actor.id:
        raise DomainProblem("seal.same_person")
    if state_of(seal) is not SealState.PENDING:
        raise NotAllowed(state_of(seal), "approve")
    _retire_current(session, actor, seal.body_id, now)
    seal.approved_by, seal.approved_at = actor.id, now
    session.flush()
    record(
        session,
        actor,
        "seal:approve",
        "seal",
        seal.id,
        now=now,
        from_state=SealState.PENDING,
        to_state=SealState.CURRENT,
    )
    return seal


def retire_seal(session: Session, actor: Actor, seal_id: UUID, *, now: datetime) -> BodySeal:
    """Refuse a pending seal, or take the current one out of use; the sheet then has a box for the ink one.

    Raises as `approve_seal`, but anybody who may approve may also retire what he handed in himself.
    """
    seal = _locked(session, actor, seal_id)
    was = state_of(seal)
    if was is SealState.RETIRED:
        raise NotAllowed(was, "retire")
    seal.retired_at = now
    session.flush()
    _note_retired(session, actor, seal.id, was, now)
    return seal


def seals_in_reach(session: Session, actor: Actor) -> Sequence[SealOfBody]:
    """The seals of the actor's body, and for somebody who approves those of every body of his area, newest first.

    Raises `permission.missing` for somebody who neither uploads nor approves.
    """
    rows = session.execute(_reached(actor).order_by(BodySeal.id.desc()).limit(LISTED)).all()
    return [SealOfBody(*row) for row in rows]


def seal_picture(session: Session, actor: Actor, seal_id: UUID) -> bytes:
    """The PNG. Raises `NotFound` (unknown, foreign, or the file is gone), `permission.missing`."""
    row = session.execute(_reached(actor).where(BodySeal.id == seal_id)).one_or_none()
    content = store().get(row[0].sha256) if row else None
    if content is None:
        raise NotFound
    return content


def _reached(actor: Actor) -> Select[BodySeal, Body]:
    uploads, approves = actor.may(Permission.SEAL_UPLOAD), actor.may(Permission.SEAL_APPROVE)
    if not uploads and not approves:
        raise DomainProblem("permission.missing", permission=str(Permission.SEAL_UPLOAD))
    own = BodySeal.body_id == actor.body_id if uploads else false()
    below = _in_area(actor) if approves else false()
    return select(BodySeal, Body).join(Body, Body.id == BodySeal.body_id).where(or_(own, below))


def _in_area(actor: Actor) -> ColumnElement[bool]:
    """Bodies of the actor's area and below."""
    return Body.area.startswith(area_prefix(actor.area)) if actor.area else false()


def _locked(session: Session, actor: Actor, seal_id: UUID) -> BodySeal:
    """The seal, held until the transaction ends, with every other seal of its body: one decision at a time."""
    _require(actor, Permission.SEAL_APPROVE)
    if actor.id is None:
        raise NotFound
    row = session.execute(
        select(BodySeal.body_id, Body.area)
        .join(Body, Body.id == BodySeal.body_id)
        .where(BodySeal.id == seal_id)
    ).one_or_none()
    if row is None or not covers(actor.area, row.area):
        raise NotFound
    advisory_lock(session, f"seals:{row.body_id}")
    return session.get_one(BodySeal, seal_id, populate_existing=True)


def _retire_current(session: Session, actor: Actor, body_id: UUID, now: datetime) -> None:
    retired = session.scalars(
        update(BodySeal)
        .where(BodySeal.body_id == body_id, BodySeal.approved_at.is_not(None), BodySeal.retired_at.is_(None))
        .values(retired_at=now)
        .returning(BodySeal.id)
    ).all()
    for seal_id in retired:
        _note_retired(session, actor, seal_id, SealState.CURRENT, now)


def _note_retired(session: Session, actor: Actor, seal_id: UUID, was: SealState, now: datetime) -> None:
    record(
        session, actor, "seal:retire", "seal", seal_id, now=now, from_state=was, to_state=SealState.RETIRED
    )


def _require(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise DomainProblem("permission.missing", permission=str(permission))
