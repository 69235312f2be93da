"""What the worker does for notices: finding holders, letting their messages go at the pace, stopping what is left."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.jobs import every, long_job
from foundation.outbox import Channel, is_quiet, release
from passes.notice_gathering import gather_step, reach_of
from passes.notice_models import Notice
from passes.rules.notices import NoticeAction, NoticeState, may_go, next_notice_state
from passes.service.notices import stop_some


@long_job("passes.count_notice")
def count_notice(notice: str) -> None:
    """Count whom a draft would reach. All passes are looked at, so nobody's page and no row waits for it."""
    with transaction() as session:
        row = session.get(Notice, UUID(notice))
        found = reach_of(session, row, now=clock.now()) if row else None
    with transaction() as session:
        row = session.get(Notice, UUID(notice), with_for_update=True)
        if row is not None and found is not None:
            row.reach = asdict(found)


@long_job("passes.gather_notice", lock="passes.notices")
def gather_notice(notice: str) -> None:
    """Find the holders a notice means, a step a transaction, until all are found or somebody pauses it.

    Where it stands is kept with each step, so a killed worker is followed by one that goes on.
    """
    while _gather_some(UUID(notice), clock.now()):
        pass


def _gather_some(notice_id: UUID, now: datetime) -> bool:
    """One step; False when there is nothing more to do."""
    with transaction() as session:
        notice = session.get(Notice, notice_id, with_for_update=True)
        if notice is None or notice.state != NoticeState.SENDING or notice.gathered_at is not None:
            return False
        gather_step(session, notice, now=now)
        return True


@long_job("passes.stop_notice")
def stop_notice(notice: str) -> None:
    """Stop what has not left of a stopped notice, some thousands a transaction."""
    stopped = 1
    while stopped:
        with transaction() as session:
            stopped = stop_some(session, UUID(notice))


@every(seconds=5)
def release_notices(session: Session, now: datetime) -> None:
    """Let the next messages of each notice go, as many as its pace allows; at night none that can wait."""
    notices = session.scalars(
        select(Notice).where(Notice.state == NoticeState.SENDING).with_for_update(skip_locked=True)
    )
    for notice in notices:
        if notice.urgent or not is_quiet(now):
            _release(session, notice, now)


def _release(session: Session, notice: Notice, now: datetime) -> None:
    most = may_go(notice.per_minute, notice.released_at, now)
    if not most:
        return
    gone = [release(session, notice.id, channel, most, now=now) for channel in (Channel.EMAIL, Channel.SMS)]
    notice.released_at = now
    if notice.gathered_at is not None and not any(gone):
        notice.state = next_notice_state(notice.state, NoticeAction.FINISH)
        notice.finished_at = now
