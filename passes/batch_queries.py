"""Reads of batches: who reaches one, its rows by state, and what has become of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from passes.batch_models import Batch, BatchRow
from passes.models import Application
from passes.rules.batches import BatchState, RowState
from passes.rules.moves import ApplicationState

BATCHES = 50
"""Batches of one page of the list."""
ROWS = 100
"""Rows of one page of a batch."""
LAST_PLACE = 2**31 - 1
"""The greatest place the column holds."""
GONE = (BatchState.DISCARDED.value, BatchState.UNREADABLE.value)
"""States in which a batch does not stand in the way of the same file."""


def owns_batch(actor: Actor, batch: Batch) -> bool:
    """Whether an applicant's own: of the firm, or of the person where there is no firm."""
    if batch.firm_id is not None:
        return actor.firm_id == batch.firm_id
    return batch.person_id is not None and actor.id == batch.person_id and actor.firm_id is None


def owner_of(batch: Batch) -> Actor:
    """The party a batch belongs to, for asking what else is its own; it may do nothing."""
    return Actor(ActorKind.PERSON, batch.person_id, firm_id=batch.firm_id)


def of_owner(actor: Actor) -> ColumnElement[bool]:
    """The condition that a batch is the actor's own."""
    if actor.firm_id is not None:
        return Batch.firm_id == actor.firm_id
    return and_(Batch.person_id == actor.id, Batch.firm_id.is_(None))


def find_batch(session: Session, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    """A batch by its id; with `lock` its row is held, and read anew, until the transaction ends."""
    return session.get(Batch, batch_id, with_for_update=lock or None, populate_existing=lock)


def same_file(session: Session, actor: Actor, sha256: str) -> Batch | None:
    """The actor's batch of a file, unless it was discarded or could not be read."""
    return session.scalar(
        select(Batch).where(of_owner(actor), Batch.sha256 == sha256, Batch.state.not_in(GONE)).limit(1)
    )


def batch_page(
    session: Session, actor: Actor, *, before: UUID | None = None, limit: int = BATCHES
) -> Sequence[Batch]:
    """An applicant's batches, newest first; one more than a page when there is a next page."""
    statement = select(Batch).where(of_owner(actor))
    if before is not None:
        statement = statement.where(Batch.id < before)
    return session.scalars(statement.order_by(Batch.id.desc()).limit(limit + 1)).all()


@dataclass(frozen=True)
class RowCounts:
    """How many rows of a batch stand where; `repaired` counts those in which something was mended on reading."""

    good: int = 0
    bad: int = 0
    left_out: int = 0
    accepted: int = 0
    repaired: int = 0
    replaceable: int = 0

    @property
    def all(self) -> int:
        """All rows that were read."""
        return self.good + self.bad + self.left_out + self.accepted


def row_counts(session: Session, batch_ids: Iterable[UUID]) -> Mapping[UUID, RowCounts]:
    """The counts of several batches in one query; a batch without rows is not among them."""
    rows = session.execute(
        select(
            BatchRow.batch_id,
            *(func.count().filter(BatchRow.state == state) for state in RowState),
        )
        .where(BatchRow.batch_id.in_(list(batch_ids)))
        .group_by(BatchRow.batch_id)
    )
    names = [str(state) for state in RowState]
    return {row[0]: RowCounts(**dict(zip(names, row[1:], strict=True))) for row in rows}


def batch_counts(session: Session, batch_id: UUID) -> RowCounts:
    """The counts of one batch, with those of its repaired rows and of those that only lack the word to replace."""
    row = session.execute(
        select(
            *(func.count().filter(BatchRow.state == state) for state in RowState),
            func.count().filter(BatchRow.repairs != []),
            func.count().filter(only_lacks_replacing()),
        ).where(BatchRow.batch_id == batch_id)
    ).one()
    names = [*map(str, RowState), "repaired", "replaceable"]
    return RowCounts(**dict(zip(names, row, strict=True)))


def only_lacks_replacing() -> ColumnElement[bool]:
    """Bad rows with nothing wrong but an own pass that the vehicle has already."""
    return and_(
        BatchRow.state == RowState.BAD,
        func.jsonb_array_length(BatchRow.problems) == 1,
        BatchRow.problems[0]["code"].astext == "application.has_pass",
    )


@dataclass(frozen=True)
class Part:
    """Some rows of a batch: of a state, repaired ones, or those whose applications stand in one of some states."""

    state: str | None = None
    repaired: bool = False
    became: tuple[str, ...] = ()


ALL = Part()


def row_page(
    session: Session, batch_id: UUID, part: Part = ALL, *, after: int = 0, limit: int = ROWS
) -> Sequence[BatchRow]:
    """Rows in the order of the file, a page at a time; one row more than a page when there is a next page."""
    statement = select(BatchRow).where(BatchRow.batch_id == batch_id, BatchRow.position > after)
    if part.state is not None:
        statement = statement.where(BatchRow.state == part.state)
    if part.repaired:
        statement = statement.where(BatchRow.repairs != [])
    if part.became:
        statement = statement.join(Application, Application.id == BatchRow.application_id).where(
            Application.state.in_(part.became)
        )
    return session.scalars(statement.order_by(BatchRow.position).limit(limit + 1)).all()


def find_row(session: Session, batch_id: UUID, position: int, *, lock: bool = False) -> BatchRow | None:
    """A row by its place in the file; None for a place that no file has."""
    if not 0 < position <= LAST_PLACE:
        return None
    return session.get(BatchRow, (batch_id, position), with_for_update=lock or None, populate_existing=lock)


def applications_of(session: Session, rows: Iterable[BatchRow]) -> Mapping[UUID, Application]:
    """The applications that rows became, in one query."""
    ids = [row.application_id for row in rows if row.application_id]
    if not ids:
        return {}
    return {found.id: found for found in session.scalars(select(Application).where(Application.id.in_(ids)))}


def outcomes(session: Session, batch_id: UUID) -> Sequence[Row[BatchRow, Application]]:
    """Every row of a batch with its application (None where there is none), in the order of the file."""
    return session.execute(
        select(BatchRow, Application)
        .join(Application, Application.id == BatchRow.application_id, isouter=True)
        .where(BatchRow.batch_id == batch_id)
        .order_by(BatchRow.position)
    ).all()


def decided_counts(session: Session, batch_id: UUID) -> Mapping[str, int]:
    """How many applications of a batch stand in each state."""
    rows = session.execute(
        select(Application.state, func.count())
        .where(Application.batch_id == batch_id)
        .group_by(Application.state)
    )
    return {row[0]: row[1] for row in rows}


def issued_numbers(session: Session, batch_id: UUID) -> Sequence[str]:
    """The passes that have come of a batch, in the order of their numbers."""
    return session.scalars(
        select(Application.pass_number)
        .where(
            Application.batch_id == batch_id,
            Application.state == ApplicationState.ISSUED,
            Application.pass_number.is_not(None),
        )
        .order_by(Application.pass_number)
    ).all()  # type: ignore[return-value]  # NULL is left out above
