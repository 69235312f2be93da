"""Ticks of the roadside: facts that two uploads missed, wrong check codes that lock nothing any more."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkpoints.facts import write_missed_facts
from foundation.jobs import every
from passes.public import forget_tries

HOUR = 3600


@every(seconds=30)
def complete_facts(session: Session, now: datetime) -> None:
    """Tell the hotline of refusals whose scan and action crossed each other."""
    write_missed_facts(session, now=now)


@every(seconds=HOUR)
def forget_wrong_codes(session: Session, now: datetime) -> None:
    """Drop old wrong tries."""
    forget_tries(session, now=now)
