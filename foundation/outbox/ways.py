"""What every way to a person has in common: what it is given, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from foundation.outbox.rules import MessageAction, Outcome
from foundation.outbox.words import Words


@dataclass(frozen=True)
class Letter:
    """One message with everything that sending it needs."""

    id: UUID
    address: str
    words: Words


class Way(Protocol):
    """A server that takes messages; `width` of them at the same time."""

    width: int

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """What came of each, in the same order. Never raises for a server that misbehaves."""

    def close(self) -> None:
        """Let go of the connections."""


class Catcher:
    """The way of a place without a server: everything is kept and shown on the catcher page."""

    width = 100

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """All caught."""
        return [Outcome(MessageAction.CATCH) for _ in letters]

    def close(self) -> None:
        """Nothing is open."""
