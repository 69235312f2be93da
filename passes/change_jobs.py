"""Renewing many passes, one transaction each, and the daily word that passes end soon.

An order names its passes and counts how far it is. Each renewal has a form of its own, made from the order's, so what
was done before a worker died is found again and never done twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import acting_person
from audit.public import record
from foundation import clock
from foundation.clock import SHOWN_IN
from foundation.database import advisory_lock, transaction
from foundation.i18n import moment_words
from foundation.jobs import every, given_up, long_job, start_progress
from foundation.models import TaskProgress
from foundation.outbox import Recipient, put
from foundation.problems import DomainProblem, NotFound
from passes.change_messages import ENDS_SOON
from passes.change_queries import MOST_AT_ONCE, outcomes_of
from passes.models import Application
from passes.rules.changing import RENEWED_BEFORE
from passes.service.changing import renew_pass
from passes.workshop import tools

KIND = "passes.renewals"
AT_ONCE = 50
"""Renewals that are done while the holder waits; more are left to the worker."""
COUNTED_AT_ONCE = 20
"""Renewals between two writings of the order; a killed worker goes over these again and finds them done."""
UNFINISHED = ("waiting", "running")
TOLD_FROM, TOLD_UNTIL = 8, 20
"""Hours of the day, Beijing time, in which a reminder is written."""
PEOPLE_AT_ONCE = 500
HOUR = 3600

Present = Callable[[], datetime]


@dataclass(frozen=True)
class Renewal:
    """What became of one pass of an order: the application, or the problem with its facts; neither while it waits."""

    number: str
    application: Application | None
    problem: str | None
    facts: Mapping[str, Any]


def order_renewals(
    session: Session, actor: Actor, numbers: Sequence[str], form_token: UUID, *, now: datetime
) -> TaskProgress:
    """An order to renew passes; the same form is one order. Raises `renewals.none` for an empty one, and `NotFound`
    when nobody could come back to it. Whose passes they are is seen one by one."""
    if actor.id is None:
        raise NotFound
    wanted = list(dict.fromkeys(numbers))[:MOST_AT_ONCE]
    if not wanted:
        raise DomainProblem("renewals.none")
    advisory_lock(session, f"renewals:{actor.id}")
    same = _of_form(session, actor.id, form_token)
    if same is not None:
        return same
    facts = {"numbers": wanted, "token": str(form_token), "problems": {}}
    order = start_progress(session, KIND, actor.id, total=len(wanted), facts=facts, now=now)
    record(session, actor, "renewals:order", "task", order.id, now=now, facts={"passes": len(wanted)})
    # A short order is carried out by the request as well; if that dies, the worker goes on with it.
    renew_order.defer(session, order=str(order.id))
    return order


def _of_form(session: Session, owner: UUID, form_token: UUID) -> TaskProgress | None:
    mine = select(TaskProgress).where(TaskProgress.kind == KIND, TaskProgress.owner_id == owner)
    return session.scalar(mine.where(TaskProgress.facts["token"].astext == str(form_token)).limit(1))


def find_renewals(session: Session, actor: Actor, order_id: UUID) -> TaskProgress:
    """An order of the caller. Raises `NotFound` for anybody else's."""
    order = session.get(TaskProgress, order_id, populate_existing=True)
    if order is None or order.kind != KIND or order.owner_id != actor.id:
        raise NotFound
    return order


def renewals_of(session: Session, order: TaskProgress) -> list[Renewal]:
    """What became of each pass of an order so far, in its order; one query."""
    tokens = {number: _token(order.facts, number) for number in order.facts["numbers"]}
    made = outcomes_of(session, list(tokens.values()))
    problems = order.facts["problems"]
    return [
        Renewal(
            number,
            made.get(token),
            problems.get(number, {}).get("code"),
            problems.get(number, {}).get("facts", {}),
        )
        for number, token in tokens.items()
    ]


def _token(facts: Mapping[str, Any], number: str) -> UUID:
    return uuid5(UUID(facts["token"]), number)


@long_job("passes.renew_order")
def renew_order(order: str) -> None:
    """Renew what an order names, from where it is."""
    with transaction() as session:
        row = session.get(TaskProgress, UUID(order), with_for_update=True, populate_existing=True)
        actor = acting_person(session, row.owner_id) if row else None
        if row is not None and actor is None and row.state in UNFINISHED:
            row.state, row.problem, row.finished_at = "failed", "login.needed", clock.now()
    if actor is not None:
        carry_out(UUID(order), actor)


def _present() -> datetime:
    return clock.now()


def carry_out(order: UUID, actor: Actor, present: Present = _present) -> None:
    """Renew pass after pass until the order is done, or somebody else is further with it."""
    while True:
        with transaction() as session:
            row = session.get(TaskProgress, order, populate_existing=True)
            if row is None or row.state not in UNFINISHED:
                return
            facts, done = dict(row.facts), row.done
        piece = facts["numbers"][done : done + COUNTED_AT_ONCE]
        problems = {number: found for number in piece if (found := _renew(actor, facts, number, present))}
        if not _count(order, done, len(piece), problems, present()):
            return


def _renew(actor: Actor, facts: Mapping[str, Any], number: str, present: Present) -> dict[str, Any] | None:
    """Renew one pass in a transaction of its own; the problem when that cannot be done."""
    now = present()
    try:
        with transaction() as session:
            renew_pass(session, actor, number, _token(facts, number), tools(session, now=now), now=now)
    except DomainProblem as problem:
        return {"code": problem.code, "facts": dict(problem.facts)}
    return None


def _count(order: UUID, was: int, more: int, problems: Mapping[str, Any], now: datetime) -> bool:
    """Write how far the order is; False when another worker has moved it on."""
    with transaction() as session:
        row = session.get_one(TaskProgress, order, with_for_update=True, populate_existing=True)
        if row.done != was or row.state not in UNFINISHED:
            return False
        if problems:
            row.facts = {**row.facts, "problems": {**row.facts["problems"], **problems}}
        row.done = was + more
        row.state = "done" if row.done == row.total else "running"
        row.finished_at = now if row.state == "done" else None
    return True


@every(seconds=20)
def stop_given_up_renewals(session: Session, now: datetime) -> None:
    """An order that failed for the last time has stopped, and says so."""
    for arguments in given_up(session, renew_order):
        row = session.get(TaskProgress, UUID(arguments["order"]), with_for_update=True)
        if row is not None and row.state in UNFINISHED:
            row.state, row.problem, row.finished_at = "failed", "renewals.given_up", now


# --- the daily word ----------------------------------------------------------------------------------------

# Each branch walks the index of its holder along the ends of live passes; one plate in two periods goes on by itself.
PEOPLE = text(
    """
    SELECT p.id, p.email, p.locale, soon.passes, soon.first_end
    FROM (SELECT * FROM person WHERE active AND id > :after ORDER BY id LIMIT :limit) AS p
    CROSS JOIN LATERAL (
        SELECT count(*) AS passes, min(upper(ends.validity)) AS first_end
        FROM (
            SELECT plate, plate_colour, validity FROM pass
            WHERE p.firm_id IS NOT NULL AND firm_id = p.firm_id AND state = 'live'
                AND upper(validity) > :now AND upper(validity) <= :until
            UNION ALL
            SELECT plate, plate_colour, validity FROM pass
            WHERE p.firm_id IS NULL AND firm_id IS NULL AND person_id = p.id AND state = 'live'
                AND upper(validity) > :now AND upper(validity) <= :until
        ) AS ends
        WHERE NOT EXISTS (
            SELECT 1 FROM pass AS later
            WHERE later.plate = ends.plate AND later.plate_colour = ends.plate_colour
                AND later.state IN ('live', 'suspended') AND later.validity @> upper(ends.validity)
        )
    ) AS soon
    ORDER BY p.id
    """
)
FIRST = UUID(int=0)


@every(seconds=HOUR)
def remind_of_ends(session: Session, now: datetime) -> None:
    """Leave the reminders of the day to a job: going over everybody takes longer than a tick may."""
    if TOLD_FROM <= now.astimezone(SHOWN_IN).hour < TOLD_UNTIL:
        remind_holders.defer_once(session)


@long_job("passes.remind_holders")
def remind_holders() -> None:
    """Tell everybody who holds passes that end within two days; once a day, however often this runs."""
    after: UUID | None = FIRST
    while after is not None:
        with transaction() as session:
            after = remind_some(session, after, now=clock.now())


def remind_some(session: Session, after: UUID, *, now: datetime, limit: int = PEOPLE_AT_ONCE) -> UUID | None:
    """Tell the next people in the order of their ids; the last of them, None when there are no more."""
    until = now + RENEWED_BEFORE
    people = session.execute(PEOPLE, {"after": after, "limit": limit, "now": now, "until": until}).all()
    for person in people:
        if person.passes:
            _remind(session, person, now)
    return people[-1].id if len(people) == limit else None


def _remind(session: Session, person: Row[Any], now: datetime) -> None:
    day = now.astimezone(SHOWN_IN).date()
    put(
        session,
        Recipient(person.id, person.email, person.locale),
        ENDS_SOON,
        {"count": person.passes, "first": moment_words(person.first_end)},
        key=f"{ENDS_SOON}:{day}:{person.id}",
        now=now,
    )
