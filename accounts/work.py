"""What somebody does for a firm, told by the rooms above: it stays the firm's when that person leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

WORK_SHOWN = 10
"""Rows that are told of one kind of work; the count tells how many there are."""


@dataclass(frozen=True)
class WorkRow:
    """One thing: what it is called, where it is, and its state as a word and a badge."""

    label: str
    url: str
    state: str
    state_words: Any


@dataclass(frozen=True)
class Work:
    """One kind of work: its words, how much there is, and the newest `WORK_SHOWN` of it."""

    title: Any
    count: int
    rows: Sequence[WorkRow]


WorkOf = Callable[[Session, UUID, UUID, datetime], Work]
"""Given the firm, the person and the present."""
_TELLERS: list[WorkOf] = []


def shows_work(teller: WorkOf) -> WorkOf:
    """Register a kind of work."""
    _TELLERS.append(teller)
    return teller


def work_of(session: Session, firm_id: UUID, person_id: UUID, *, now: datetime) -> list[Work]:
    """All that a person has going on for a firm, kind by kind, also where there is none."""
    return [teller(session, firm_id, person_id, now) for teller in _TELLERS]
