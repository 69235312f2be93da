"""Problems of the domain: a code and facts, never a sentence. Words and HTTP belong to `web.errors`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one field of the input; `code` is looked up like the code of a problem."""

    field: str
    code: str
    facts: Mapping[str, Any]


class DomainProblem(Exception):  # noqa: N818 - the house calls them problems, after RFC 9457
    """A use case that could not be done.

    `code` is dotted lower case (`pass.overlap`) and has words in every language; `facts` fill the words
    and go to the caller, so they must be plain JSON values without personal data that the caller lacks.
    """

    def __init__(self, code: str, /, *, errors: tuple[FieldProblem, ...] = (), **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, Any] = facts
        self.errors = errors


class NotAllowed(DomainProblem):
    """A move that the table of moves does not hold."""

    def __init__(self, state: str, action: str) -> None:
        super().__init__("move.not_allowed", state=state, action=action)


class NotFound(DomainProblem):
    """Unknown, wrong code and foreign are one answer, so that nothing can be enumerated."""

    def __init__(self) -> None:
        super().__init__("not_found")


class InvalidInput(DomainProblem):
    """Input that cannot be used; every field problem is listed at once."""

    def __init__(self, *errors: FieldProblem) -> None:
        super().__init__("input.invalid", errors=errors)


def field_problem(field: str, code: str, **facts: Any) -> FieldProblem:
    """A field problem with its facts as keywords."""
    return FieldProblem(field, code, facts)
