"""The pass book of the asking device's checkpoint."""

from accounts.guards import current_actor, requires
from accounts.permissions import ActorKind, Permission
from checkpoints.pass_book_jobs import build_books
from checkpoints.pass_books import book_of
from checkpoints.register import register
from foundation import clock
from foundation.api import Answer, api_room
from foundation.database import db, transaction
from foundation.problems import DomainProblem

room = api_room("pass_book_api", "The live passes of a checkpoint, for phones that have no network.")
GZIP = "application/gzip"


@room.route(
    "/pass-book",
    gives=GZIP,
    tagged=True,
    problems=("pass_book.not_yet", "pass_book.devices_only"),
    counted=False,
)
@requires(Permission.PASS_LOOK_UP)
def pass_book() -> Answer:
    """The live passes that may come through the checkpoint of the device, as gzip of JSON columns."""
    actor = current_actor()
    if actor.kind is not ActorKind.DEVICE or actor.checkpoint_code is None:
        raise DomainProblem("pass_book.devices_only")
    book = book_of(db.session(), actor.checkpoint_code)
    if book is None:
        _order(actor.checkpoint_code)
        raise DomainProblem("pass_book.not_yet")
    return Answer(book.content, etag=book.etag)


def _order(checkpoint: str) -> None:
    """The first phone of a checkpoint need not wait for the next round."""
    with transaction() as session:
        if checkpoint in register(session, now=clock.now()).points:
            build_books.defer_once(session)
