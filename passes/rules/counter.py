"""The counter 线下发放: who stands there, what was seen of him, and what a hand-over records."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from foundation.problems import FieldProblem, InvalidInput, field_problem

CHANNEL = "counter"
"""The channel of what an officer enters for a walk-in."""
LAST4 = re.compile(r"[0-9A-Z]{4}")
"""The end of the number of any document; the whole of it is nobody's business after it has been seen."""
LONGEST_NAME = 60


class Document(StrEnum):
    """What an officer may be shown."""

    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    VEHICLE_LICENCE = "vehicle_licence"
    BUSINESS_LICENCE = "business_licence"


OF_FIRMS = frozenset({Document.BUSINESS_LICENCE})
"""Documents that only an organisation has: its name is no person's, and is printed whole."""


@dataclass(frozen=True)
class Receiver:
    """Who stands at the counter: the name, and the document that was seen with its last four characters."""

    name: str
    document: Document
    last4: str


def receiver_of(name: str | None, document: str | None, last4: str | None) -> Receiver:
    """The person at the counter. Raises `InvalidInput` on `handed_to`, `document` and `document_last4` at once."""
    problems = tuple(_gaps(name, document, last4))
    if problems or name is None or document is None or last4 is None:
        raise InvalidInput(*problems)
    return Receiver(name, Document(document), last4)


def _gaps(name: str | None, document: str | None, last4: str | None) -> Iterator[FieldProblem]:
    if not name:
        yield field_problem("handed_to", "field.required")
    elif len(name) > LONGEST_NAME:
        yield field_problem("handed_to", "text.too_long")
    if not document:
        yield field_problem("document", "field.required")
    elif document not in set(Document):
        yield field_problem("document", "choice.unknown")
    if not last4:
        yield field_problem("document_last4", "field.required")
    elif not LAST4.fullmatch(last4):
        yield field_problem("document_last4", "document.last4")
