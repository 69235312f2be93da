"""Reads of the hotline."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import HotlineLine


def lines(session: Session) -> Sequence[HotlineLine]:
    """The telephone lines, in their order."""
    return session.scalars(select(HotlineLine).order_by(HotlineLine.position)).all()
