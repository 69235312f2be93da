"""Batches: their life as a table of moves, how much is done at a time, and what rows have to do with one another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from foundation.problems import NotAllowed
from passes.rules.moves import APPLY, Move

READ_AT_ONCE = 250
"""Rows that are checked and kept in one transaction while a file is read."""
ACCEPT_AT_ONCE = 500
"""Rows that become applications in one transaction."""
STOPPED = "stopped"
"""The fact of a batch whose accepting broke off: the code of why."""
LONGEST_FILE_NAME = 120
LONGEST_CELL = 200
"""What a cell may hold when it is mended in the page; every field has a shorter limit of its own."""
TWINS_NAMED = 5
"""So many other rows with the same vehicle are named at a row; a column filled down by mistake has thousands."""

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class BatchState(StrEnum):
    """Where a batch stands."""

    READING = "reading"
    UNREADABLE = "unreadable"
    READY = "ready"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"


class BatchAction(StrEnum):
    """What is done with a batch."""

    FAIL = "fail"
    FINISH_READING = "finish_reading"
    MEND = "mend"
    ACCEPT = "accept"
    FINISH_ACCEPTING = "finish_accepting"
    DISCARD = "discard"


BATCH_MOVES: Mapping[tuple[BatchState, BatchAction], Move] = {
    (BatchState.READING, BatchAction.FAIL): Move(BatchState.UNREADABLE, APPLY),
    (BatchState.READING, BatchAction.FINISH_READING): Move(BatchState.READY, APPLY),
    (BatchState.READING, BatchAction.DISCARD): Move(BatchState.DISCARDED, APPLY),
    (BatchState.READY, BatchAction.MEND): Move(BatchState.READY, APPLY),
    (BatchState.READY, BatchAction.ACCEPT): Move(BatchState.ACCEPTING, APPLY),
    (BatchState.READY, BatchAction.DISCARD): Move(BatchState.DISCARDED, APPLY),
    (BatchState.ACCEPTING, BatchAction.FINISH_ACCEPTING): Move(BatchState.ACCEPTED, APPLY),
    # What was left behind may be mended and sent after the rest.
    (BatchState.ACCEPTED, BatchAction.MEND): Move(BatchState.ACCEPTED, APPLY),
    (BatchState.ACCEPTED, BatchAction.ACCEPT): Move(BatchState.ACCEPTING, APPLY),
}


class RowState(StrEnum):
    """Where a row of a batch stands."""

    GOOD = "good"
    BAD = "bad"
    LEFT_OUT = "left_out"
    ACCEPTED = "accepted"


def next_batch_move(state: str, action: BatchAction) -> Move:
    """The move the table holds. Raises `NotAllowed`."""
    move = BATCH_MOVES.get((BatchState(state), action))
    if move is None:
        raise NotAllowed(state, action)
    return move


def open_batch_actions(state: str, permissions: Iterable[str]) -> frozenset[BatchAction]:
    """What somebody with these permissions may do next: the buttons of the page."""
    held = set(permissions)
    return frozenset(a for (s, a), move in BATCH_MOVES.items() if s == state and move.permission in held)


@dataclass(frozen=True)
class Ride:
    """A row as other rows see it: its vehicle and, where they could be read, the ends of its period."""

    position: int
    plate: str
    begins: datetime | None
    ends: datetime | None


def twins(rides: Iterable[Ride]) -> Mapping[int, tuple[int, ...]]:
    """For each row the others that ask for the same vehicle in the same time, the first few, in order.

    A period that could not be read meets every other. A plate that fills a column costs no more than many plates.
    """
    of_plate: defaultdict[str, list[Ride]] = defaultdict(list)
    for ride in rides:
        of_plate[ride.plate].append(ride)
    found: dict[int, list[int]] = defaultdict(list)
    for same in of_plate.values():
        for one, other in _meetings(sorted(same, key=_begin)):
            for here, there in ((one, other), (other, one)):
                if len(found[here.position]) < TWINS_NAMED:
                    found[here.position].append(there.position)
    return {position: tuple(sorted(others)) for position, others in found.items()}


def _meetings(rides: Sequence[Ride]) -> Iterator[tuple[Ride, Ride]]:
    """Pairs that meet, of rides in order of their beginnings: each ride that meets any is in a pair at least.

    Whoever meets a later ride meets the next one; whoever meets an earlier one meets the one that ends last.
    """
    longest: Ride | None = None
    for place, ride in enumerate(rides):
        near = rides[max(0, place - TWINS_NAMED) : place]
        earlier = [longest] if longest is not None and longest not in near else []
        yield from ((other, ride) for other in (*earlier, *near) if _begin(ride) < _end(other))
        if longest is None or _end(ride) > _end(longest):
            longest = ride


def _begin(ride: Ride) -> datetime:
    return ride.begins or EARLIEST


def _end(ride: Ride) -> datetime:
    return ride.ends or LATEST
