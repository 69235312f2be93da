"""Documents made by the worker: of a pass after its issue, and of a large order, piece by piece.

A piece is a job of its own, which defers the next in its own transaction: progress is seen while the order is
worked on, a killed worker loses one piece at most, and no more than one piece is ever in memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zipfile import ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM, Actor, ActorKind
from audit.public import record
from foundation.clock import SHOWN_IN
from foundation.database import advisory_lock
from foundation.files import drop_file, keep_file, store
from foundation.jobs import every, given_up, job, start_progress
from foundation.models import TaskProgress
from foundation.problems import DomainProblem, NotFound
from passes.batch_review_queries import live_passes
from passes.service.sheets import PDF, Press, make_sheet, print_sheets, require_reach
from passes.workshop import catalogue, workshop

AT_ONCE = 50
"""Passes that are printed while the reader waits; more become an order."""
PIECE = 100
"""Passes of one file of an order: what a piece needs in memory is bounded by it."""
ONE_FILE = 500
"""The most passes of an order that is one PDF; more become a ZIP, because they would be set in memory all at once."""
KEPT = timedelta(days=7)
"""How long the files of a finished order are kept; afterwards they are made again when asked for."""
FORMS = ("zip", "pdf")
KIND = "passes.sheets"
LISTED = 20
TIDIED = 100


def press(session: Session, *, now: datetime) -> Press:
    """What printing needs, of the current app."""
    bench = workshop()
    return Press(catalogue(session, now=now), bench.prefix, bench.fonts)


@job("passes.make_sheet")
def make_sheets(session: Session, now: datetime, numbers: list[str]) -> None:
    """Make and keep the documents of passes; deferred by whoever issues. A kept document is not made again."""
    tools = press(session, now=now)
    for number in numbers:
        make_sheet(session, SYSTEM, number, tools, now=now)


def order_sheets(
    session: Session, actor: Actor, numbers: Sequence[str], *, now: datetime, form: str = "zip"
) -> TaskProgress:
    """Start an order for the worker; the same order clicked twice is one.

    `form` is "zip" or "pdf" (one file); over `ONE_FILE` passes it becomes "zip", as `facts["form"]` says.
    Raises `NotFound` when one of the passes is unknown or foreign, or nobody could fetch the result.
    """
    if actor.id is None:
        raise NotFound
    require_reach(session, actor, numbers)
    return _ordered(session, actor, actor.id, numbers, form, {}, now)


def order_batch_sheets(
    session: Session, actor: Actor, batch_id: UUID, form: str = "pdf", *, now: datetime
) -> TaskProgress:
    """Order the sheets of all live passes of a batch, as one PDF or as a ZIP; see `order_sheets`.

    The applicant gets all of them, an officer those of the own body. Raises `NotFound`, and `batch.no_live_pass`
    while no pass has come of the batch.
    """
    numbers = [found.number for found in live_passes(session, actor, batch_id, now=now)]
    if not numbers or actor.id is None:
        raise DomainProblem("batch.no_live_pass")
    return _ordered(session, actor, actor.id, numbers, form, {"batch": str(batch_id)}, now)


def _ordered(
    session: Session,
    actor: Actor,
    owner: UUID,
    numbers: Sequence[str],
    form: str,
    about: Mapping[str, str],
    now: datetime,
) -> TaskProgress:
    form = form if form in FORMS and len(numbers) <= ONE_FILE else "zip"
    advisory_lock(session, f"sheets:{owner}")
    same = _unfinished(session, owner, numbers, form)
    if same is not None:
        return same
    facts = {"numbers": list(numbers), "parts": [], "form": form, **about}
    order = start_progress(session, KIND, owner, total=len(numbers), facts=facts, now=now)
    record(session, actor, "sheets:order", "task", order.id, now=now, facts={"passes": len(numbers)})
    make_piece.defer(session, order=str(order.id), done=0)
    return order


def form_of(order: TaskProgress) -> str:
    """What an order becomes: "zip" or "pdf"."""
    form: str = order.facts.get("form", "zip")
    return form


def piece_of(order: TaskProgress) -> int:
    """Passes of one file of an order: in the ZIP of a batch each has its own, to be sent to its driver."""
    if form_of(order) == "pdf":
        return order.total
    return 1 if "batch" in order.facts and order.total <= ONE_FILE else PIECE


def _unfinished(session: Session, owner: UUID, numbers: Sequence[str], form: str) -> TaskProgress | None:
    return session.scalar(
        select(TaskProgress)
        .where(
            TaskProgress.kind == KIND,
            TaskProgress.owner_id == owner,
            TaskProgress.state.in_(("waiting", "running")),
            TaskProgress.facts["numbers"] == list(numbers),
            TaskProgress.facts["form"].astext == form,
        )
        .limit(1)
    )


def find_order(session: Session, actor: Actor, order_id: UUID, *, lock: bool = False) -> TaskProgress:
    """An order of the caller. Raises `NotFound` for anybody else's."""
    order = session.get(TaskProgress, order_id, with_for_update=lock or None, populate_existing=lock)
    if order is None or order.kind != KIND or order.owner_id != actor.id:
        raise NotFound
    return order


def own_orders(session: Session, actor: Actor) -> Sequence[TaskProgress]:
    """The caller's newest orders."""
    mine = select(TaskProgress).where(TaskProgress.kind == KIND, TaskProgress.owner_id == actor.id)
    return session.scalars(mine.order_by(TaskProgress.id.desc()).limit(LISTED)).all()


def retry_order(session: Session, actor: Actor, order_id: UUID, *, now: datetime) -> TaskProgress:
    """Go on with an order that has stopped, where it stopped; one whose files were removed begins anew.

    Raises `NotFound`, also when one of its passes is not the caller's to read any more.
    """
    order = find_order(session, actor, order_id, lock=True)
    if order.state != "failed":
        return order
    require_reach(session, actor, order.facts["numbers"])
    order.state, order.problem, order.finished_at = "waiting", None, None
    record(session, actor, "sheets:retry", "task", order.id, now=now)
    make_piece.defer(session, order=str(order.id), done=order.done)
    return order


@job("passes.make_sheets_piece")
def make_piece(session: Session, now: datetime, order: str, done: int) -> None:
    """Print the next piece of an order. Delivered twice, or after the order has moved on, it does nothing."""
    row = session.get(TaskProgress, UUID(order), with_for_update=True)
    if row is None or row.state not in ("waiting", "running") or row.done != done:
        return
    piece = row.facts["numbers"][done : done + piece_of(row)]
    owner = Actor(ActorKind.PERSON, id=row.owner_id)
    try:
        with session.begin_nested():
            content = print_sheets(session, owner, piece, press(session, now=now), now=now)
    except DomainProblem as problem:
        row.state, row.problem, row.finished_at = "failed", problem.code, now
        return
    _note_piece(row, piece, keep_file(session, content, PDF, now=now), now)
    if row.state == "running":
        make_piece.defer(session, order=order, done=row.done)


def _note_piece(row: TaskProgress, piece: Sequence[str], sha256: str, now: datetime) -> None:
    name = piece[0] if piece_of(row) == 1 else f"{piece[0]}-{piece[-1]}"
    part = {"name": f"{name}.pdf", "sha256": sha256}
    row.facts = {**row.facts, "parts": [*row.facts["parts"], part]}
    row.done += len(piece)
    row.state = "done" if row.done == row.total else "running"
    row.finished_at = now if row.state == "done" else None


@every(seconds=20)
def stop_given_up(session: Session, now: datetime) -> None:
    """An order whose piece failed for the last time has stopped, and says so."""
    for arguments in given_up(session, make_piece):
        row = session.get(TaskProgress, UUID(arguments["order"]), with_for_update=True)
        if row is not None and row.state in ("waiting", "running") and row.done == arguments["done"]:
            row.state, row.problem, row.finished_at = "failed", "sheets.given_up", now


@every(seconds=3600)
def tidy_orders(session: Session, now: datetime) -> None:
    """Remove the files of old orders: hundreds of pages with names and plates, which can be made again."""
    old = session.scalars(
        select(TaskProgress)
        .where(TaskProgress.kind == KIND, TaskProgress.state == "done", TaskProgress.finished_at < now - KEPT)
        .limit(TIDIED)
        .with_for_update(skip_locked=True)
    ).all()
    for order in old:
        for part in order.facts["parts"]:
            drop_file(session, part["sha256"])
        order.facts = {**order.facts, "parts": []}
        order.state, order.done, order.problem = "failed", 0, "sheets.removed"


def order_pdf(order: TaskProgress) -> bytes:
    """The finished order that is one PDF. Raises `NotFound` unless it is done, and is one."""
    content = None
    if order.state == "done" and form_of(order) == "pdf":
        content = store().get(order.facts["parts"][0]["sha256"])
    if content is None:
        raise NotFound
    return content


def order_archive(order: TaskProgress) -> Iterator[bytes]:
    """The finished order as a ZIP of PDFs, a file at a time: one file is in memory, never all.

    Raises `NotFound` before the first byte unless the order is done, and is a ZIP.
    """
    if order.state != "done" or form_of(order) != "zip":
        raise NotFound
    files, parts = store(), list(order.facts["parts"])
    return _zipped(((part["name"], files.get(part["sha256"])) for part in parts), order.created_at)


class _Pipe:
    """What `zipfile` writes to: it hands on what has come so far, and cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _zipped(files: Iterable[tuple[str, bytes | None]], at: datetime) -> Iterator[bytes]:
    """Not compressed again, because a PDF is; the times in the archive are those of the order."""
    pipe = _Pipe()
    with ZipFile(pipe, "w") as archive:
        for name, content in files:
            if content is None:
                raise FileNotFoundError(name)
            archive.writestr(ZipInfo(name, at.astimezone(SHOWN_IN).timetuple()[:6]), content)
            yield pipe.taken()
    yield pipe.taken()
