"""Reading input: one reader per medium gives one plain dict; marshmallow judges it; problems carry codes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from foundation.problems import FieldProblem, InvalidInput, field_problem

INDEXED = re.compile(r"(?P<list>[a-z_]+)\.(?P<index>[0-9]{1,3})(?:\.(?P<key>[a-z_0-9]+))?")
"""`stops.0` is an item of a list, `drivers.0.name` a field of one; field problems are named the same way."""
CODE = re.compile(r"[a-z_]+(\.[a-z_0-9]+)+")


class InputSchema(Schema):
    """The parent of every schema of input: what it does not know it refuses."""

    class Meta:
        """Unknown fields are a mistake of the sender and must not pass silently."""

        unknown = RAISE


def from_form(form: MultiDict[str, str], *, ignore: Iterable[str] = ("csrf_token",)) -> dict[str, Any]:
    """A plain dict from a submitted form: trimmed (full-width spaces too), empty fields left out, rows gathered."""
    plain: dict[str, Any] = {}
    rows: dict[str, dict[int, Any]] = {}
    for name, raw in form.items():
        # The database has no place for a zero byte, and no keyboard makes one.
        value = raw.replace("\0", "").strip()
        indexed = INDEXED.fullmatch(name)
        if name in ignore or not value:
            continue
        if indexed is None:
            plain[name] = value
        else:
            row = rows.setdefault(indexed["list"], {})
            row[int(indexed["index"])] = _with(row.get(int(indexed["index"])), indexed["key"], value)
    for name, found in rows.items():
        plain[name] = [found[index] for index in sorted(found)]
    return plain


def _with(found: Any, key: str | None, value: str) -> Any:
    """A row with one more field; of a row that is said both as a whole and by its fields, the fields count."""
    fields_of_row = found if isinstance(found, dict) else {}
    if key is None:
        return fields_of_row or value
    return {**fields_of_row, key: value}


def load(schema: Schema, plain: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """What the schema makes of the input. Raises `InvalidInput` with every field problem at once."""
    try:
        loaded: dict[str, Any] = schema.load(plain, partial=partial)
    except ValidationError as refused:
        raise InvalidInput(*problems_of(refused.messages_dict)) from refused
    return loaded


def problems_of(messages: Mapping[Any, Any], path: str = "") -> Iterator[FieldProblem]:
    """The tree of messages of marshmallow as a flat list of coded problems; `stops.1` names an item."""
    for key, found in messages.items():
        here = path if key == "_schema" else f"{path}.{key}" if path else str(key)
        if isinstance(found, Mapping):
            yield from problems_of(found, here)
        else:
            yield from (field_problem(here, code_of(message)) for message in found)


def code_of(message: object) -> str:
    """The code of a message: our validators give codes; marshmallow's own sentences are looked up."""
    text = str(message)
    return text if CODE.fullmatch(text) else _BUILT_IN.get(text, "field.invalid")


def _built_in_codes() -> dict[str, str]:
    classes = [cls for name in fields.__all__ if isinstance(cls := getattr(fields, name), type)]
    pairs = {
        message: f"field.{key}"
        for cls in classes
        for key, message in getattr(cls, "default_error_messages", {}).items()
    }
    return {**pairs, "Unknown field.": "field.unknown", "Field may not be null.": "field.required"}


_BUILT_IN = _built_in_codes()
