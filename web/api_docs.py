"""The page that explains the API, made from its description: what there is to ask, and how it is answered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from foundation.api import PREFIX
from foundation.i18n import lazy_gettext as _

Plain = Mapping[str, Any]
GOOD = range(200, 400)
THINGS: Mapping[str, Any] = {
    "status": _("令牌"),
    "reference": _("填表用的参照数据"),
    "applications": _("申请"),
    "batches": _("批量申请"),
    "passes": _("通行证"),
    "verdicts": _("查验结论"),
    "scans": _("查验与处置记录"),
}
"""What the routes are about, by the first word of their address, in the order of the page."""
SAMPLES: Mapping[str, Any] = {"string": "…", "integer": 1, "boolean": True, "number": 1}
"""What stands in an example where the description has none of its own."""


@dataclass(frozen=True)
class Part:
    """A field or parameter: its type in words, and the schema that its items follow, if any."""

    name: str
    kind: str
    schema: str | None
    required: bool
    words: str


@dataclass(frozen=True)
class Reply:
    """One status: what it means, the codes of its problems, and the schema of its content."""

    status: int
    words: str
    codes: tuple[str, ...]
    schema: str | None
    headers: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the program got what it asked for."""
        return self.status in GOOD


@dataclass(frozen=True)
class Operation:
    """One route."""

    anchor: str
    method: str
    path: str
    words: str
    parameters: tuple[Part, ...]
    body: str | None
    replies: tuple[Reply, ...]
    example: str


@dataclass(frozen=True)
class Group:
    """The routes about one thing."""

    name: str
    words: Any
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Shape:
    """A schema with its fields."""

    name: str
    words: str
    parts: tuple[Part, ...]


def groups(description: Plain, address: str) -> list[Group]:
    """Every route under the thing it is about; `address` is where the site is reached."""
    found: dict[str, list[Operation]] = {name: [] for name in THINGS}
    for path, methods in description["paths"].items():
        thing = path.removeprefix(f"{PREFIX}/").partition("/")[0]
        shared = methods.get("parameters", ())
        for method, operation in methods.items():
            if isinstance(operation, dict):
                made = _operation(description, address, path, method, operation, shared)
                found.setdefault(thing, []).append(made)
    return [Group(name, THINGS.get(name, name), tuple(made)) for name, made in found.items() if made]


def shapes(description: Plain) -> list[Shape]:
    """Every schema, by name."""
    schemas: Plain = description["components"]["schemas"]
    return [
        Shape(name, schema.get("description", ""), tuple(_parts(schema)))
        for name, schema in sorted(schemas.items())
    ]


def _operation(
    description: Plain, address: str, path: str, method: str, operation: Plain, shared: Sequence[Plain]
) -> Operation:
    words = [operation.get(name, "").strip() for name in ("summary", "description")]
    parameters = [*shared, *operation.get("parameters", ())]
    body = _content_schema(operation.get("requestBody", {}))
    return Operation(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        words=" ".join(filter(None, words)),
        parameters=tuple(
            Part(p["name"], _kind(p["schema"])[0], None, bool(p.get("required")), p.get("description", ""))
            for p in parameters
        ),
        body=body,
        replies=tuple(_reply(int(status), told) for status, told in sorted(operation["responses"].items())),
        example=_example(address + path, method, parameters, _sample(description, body) if body else None),
    )


def _reply(status: int, told: Plain) -> Reply:
    _, _, codes = told.get("description", "").partition(": ")
    return Reply(
        status,
        HTTPStatus(status).phrase,
        tuple(filter(None, codes.split(", "))),
        _content_schema(told),
        tuple(told.get("headers", ())),
    )


def _content_schema(holder: Plain) -> str | None:
    """The name of the schema of a body or answer; of a file, its media type."""
    for media, content in holder.get("content", {}).items():
        return _kind(content.get("schema", {}))[1] or media
    return None


def _kind(schema: Plain) -> tuple[str, str | None]:
    """The type of a schema in words, and the schema it names."""
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    named = [choice for choice in (schema, *choices) if "$ref" in choice]
    if named:
        name = named[0]["$ref"].rpartition("/")[2]
        return name, name
    if schema.get("type") == "array" or "array" in (schema.get("type") or ()):
        kind, name = _kind(schema.get("items", {}))
        return f"[{kind}]", name
    kinds = schema.get("type", "any")
    words = kinds if isinstance(kinds, str) else " | ".join(kind for kind in kinds if kind != "null")
    return " ".join(filter(None, (words, schema.get("format")))), None


def _parts(schema: Plain) -> Iterator[Part]:
    required = schema.get("required", ())
    for name, of_field in schema.get("properties", {}).items():
        kind, named = _kind(of_field)
        choices = " | ".join(str(choice) for choice in of_field.get("enum", ()) if choice is not None)
        words = "; ".join(filter(None, (of_field.get("description", ""), choices)))
        yield Part(name, kind, named, name in required, words)


def _sample(description: Plain, name: str) -> Any:
    """Content that follows a schema: its own examples, and of what may be left out only what has one."""
    schema: Plain = description["components"]["schemas"][name]
    return {
        field: _value(description, of_field)
        for field, of_field in schema.get("properties", {}).items()
        if field in schema.get("required", ()) or of_field.get("examples")
    }


def _value(description: Plain, schema: Plain) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    kind, name = _kind(schema)
    if kind.startswith("["):
        return [_sample(description, name) if name else _value(description, schema.get("items", {}))]
    return _sample(description, name) if name else SAMPLES.get(kind.split(" ")[0], "…")


def _example(url: str, method: str, parameters: Sequence[Plain], sample: Any) -> str:
    """A line for a shell, one header a line."""
    verb = "" if method == "get" else f"-X {method.upper()} "
    lines = [f"curl {verb}'{url}'", '-H "Authorization: Bearer $TOKEN"']
    lines += [f'-H "{p["name"]}: {_header_value(p["name"])}"' for p in parameters if _is_needed_header(p)]
    if sample is not None:
        lines += [
            '-H "Content-Type: application/json"',
            f"-d '{json.dumps(sample, ensure_ascii=False, indent=2)}'",
        ]
    return " \\\n  ".join(lines)


def _is_needed_header(parameter: Plain) -> bool:
    return parameter["in"] == "header" and bool(parameter.get("required"))


def _header_value(name: str) -> str:
    return "$ETAG" if name.startswith("If-") else "$(uuidgen)"
