"""The shape of what is entered at the counter beside the application: who stands there, and what was seen of him."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from foundation.parsing import InputSchema, load
from foundation.problems import FieldProblem, InvalidInput, field_problem
from passes.rules.counter import LONGEST_NAME, Document, Receiver, receiver_of
from passes.schemas import Line, narrow, printable

WALK_IN_FIELDS = ("holder_name", "handed_to", "document", "document_last4")
HANDOVER_FIELDS = WALK_IN_FIELDS[1:]
END = 4
STAND_IN = Receiver("—", Document.IDENTITY_CARD, "0000")


class NumberEnd(fields.String):
    """The last four characters of a document's number; of a number typed whole only its end is kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = printable(narrow(super()._deserialize(value, attr, data, **options))).upper()
        return text.replace(" ", "")[-END:] or None


class WalkInSchema(InputSchema):
    """Names and the document that was seen."""

    holder_name = Line(LONGEST_NAME)
    handed_to = Line(LONGEST_NAME)
    document = fields.String()
    document_last4 = NumberEnd()


def read_receiver(plain: Mapping[str, Any]) -> Receiver:
    """Who is handed a sheet. Raises `InvalidInput` with everything that is missing or wrong."""
    read = load(WalkInSchema(), plain, partial=True)
    return receiver_of(read.get("handed_to"), read.get("document"), read.get("document_last4"))


def read_walk_in(plain: Mapping[str, Any]) -> tuple[str, Receiver, tuple[FieldProblem, ...]]:
    """The holder's name, who stands at the counter (by default the holder), and all that is missing or wrong.

    Where something is wrong the receiver is a stand-in, so that the rest of the form can be judged in the same go.
    """
    try:
        read = load(WalkInSchema(), plain, partial=True)
    except InvalidInput as refused:
        return "", STAND_IN, refused.errors
    holder = read.get("holder_name") or ""
    gaps = () if holder else (field_problem("holder_name", "field.required"),)
    name = read.get("handed_to") or holder or STAND_IN.name
    try:
        return holder, receiver_of(name, read.get("document"), read.get("document_last4")), gaps
    except InvalidInput as refused:
        return holder, STAND_IN, (*gaps, *refused.errors)
