"""The programs' door `/api/v1`: every route says what it takes, gives and refuses, and is described in OpenAPI.

The one file that touches flask-smorest. Errors are our own problems, turned into RFC 9457 by `web.errors`.
"""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec, TypeVar

from flask import Flask, Response, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from foundation.parsing import load
from foundation.problems import DomainProblem
from foundation.words import words_of

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, R]

PREFIX: Final = "/api/v1"
DESCRIPTION_URL: Final = "/api/openapi.json"
_PROBLEMS: Final = "x-problems"
_ALWAYS: Final = ("input.not_json", "input.invalid", "input.too_large")


class ProblemAnswer(Schema):
    """A problem as programs read it (RFC 9457, then ours)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(allow_none=True)
    code = fields.String(required=True, metadata={"description": "dotted lower case, stable"})
    errors = fields.List(fields.Dict(), metadata={"description": "one entry a field: field, code, message"})
    facts = fields.Dict()


class _Reader:
    """Stands where flask-smorest keeps its parser; reads with the schema made once, and raises our own problems."""

    DEFAULT_VALIDATION_STATUS = 422

    def use_args(self, schema: Schema, *, location: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
        """A decorator that hands what was read to the view, after what decorators further out have read."""
        read = _body if location == "json" else _query

        def decorate(view: Callable[..., R]) -> Callable[..., R]:
            @wraps(view)
            def reading(*args: Any, **parts: Any) -> R:
                return view(*args, load(schema, read()), **parts)

            return reading

        return decorate


def _body() -> Any:
    """The body as JSON. Anything else, JSON nested beyond all reason and half a sign is `input.not_json`."""
    if not request.is_json:
        raise DomainProblem("input.not_json")
    try:
        sent = request.get_data(cache=False)
        found = json.loads(sent)
        if rb"\ud" in sent.lower():
            # JSON can write half of a surrogate pair (RFC 8259, 8.2), which no text of ours can hold.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as broken:
        raise DomainProblem("input.not_json") from broken
    return found


def _query() -> dict[str, str]:
    return request.args.to_dict()


class _Blueprint(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """A blueprint whose arguments are read by our reader."""

    ARGUMENTS_PARSER = _Reader()


class _Api(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """The description, without the error handler, which would take every page's errors for its own."""

    def _register_error_handlers(self) -> None:
        return


class ApiRoom:
    """The routes of one room. Declare each with `route` above the guard of the view."""

    def __init__(self, name: str, description: str) -> None:
        self.blueprint = _Blueprint(name, name, url_prefix=PREFIX, description=description)
        self.also: list[type[Schema]] = []

    def also_describe(self, *schemas: type[Schema]) -> None:
        """Name schemas in the description that no route refers to by itself, such as the items of a free list."""
        self.also.extend(schemas)

    def route(
        self,
        rule: str,
        method: str = "GET",
        *,
        takes: type[Schema] | None = None,
        query: type[Schema] | None = None,
        gives: type[Schema],
        status: int = 200,
        problems: Iterable[str] = (),
    ) -> Callable[[Callable[P, R]], Callable[P, Any]]:
        """Make a view a route below `/api/v1`.

        The view is called with what `takes` (JSON body) and `query` loaded, in this order, then with the parts
        of the rule by name. It returns plain JSON values in the shape of `gives`, which describes and is not
        run: an answer is made once, not twice. `problems` are the codes the view can raise besides bad input.
        """
        room = self.blueprint

        def declare(view: Callable[P, R]) -> Callable[P, Any]:
            # The decorator nearest to the view hands its argument over last, so the query comes first here.
            made: Any = room.response(status, gives)(_answering(view, status))
            if query is not None:
                made = room.arguments(query(), location="query")(made)
            if takes is not None:
                made = room.arguments(takes(), location="json")(made)
            made = room.doc(**{_PROBLEMS: [*problems], "security": [{"bearer": []}]})(made)
            routed: Callable[P, Any] = room.route(rule, methods=[method])(made)
            return routed

        return declare


def _answering(view: Callable[P, R], status: int) -> Callable[P, Response]:
    """The view's plain values as the JSON response itself, so that nothing dumps them again."""

    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = jsonify(view(*args, **kwargs))
        response.status_code = status
        return response

    answer.__name__, answer.__doc__ = view.__name__, view.__doc__
    # The guard's mark is an attribute of the view.
    answer.__dict__.update(view.__dict__)
    return answer


def api_room(name: str, description: str) -> ApiRoom:
    """The routes of one room: `name` starts their endpoints, `description` heads them in the description."""
    return ApiRoom(name, description)


def bind_api(
    app: Flask,
    rooms: Iterable[ApiRoom],
    *,
    exempt: Callable[[Any], object],
    admit: Callable[[Callable[[], Response]], Callable[[], Response]],
) -> None:
    """Mount the rooms and serve their description.

    `exempt` takes a blueprint out of the CSRF check: programs send a bearer token and never a cookie. `admit`
    is the guard's mark on the view of the description.
    """
    app.config.update(API_TITLE="Changtong", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = _Api(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.schema("Problem", schema=ProblemAnswer)
    for room in rooms:
        exempt(room.blueprint)
        api.register_blueprint(room.blueprint)
        for schema in room.also:
            api.spec.components.schema(schema.__name__, schema=schema)

    @admit
    def description() -> Response:
        """What there is, for programs and for those who write them."""
        return jsonify(described(api))

    app.add_url_rule(DESCRIPTION_URL, "api_description", description)


def described(api: Any) -> dict[str, Any]:
    """The description with the problems of each route by status: words are registered after the routes."""
    description: dict[str, Any] = api.spec.to_dict()
    operations = [
        operation
        for path in description["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    for operation in operations:
        _describe_problems(operation)
    # The library describes errors and pages in shapes that we do not send.
    description["components"].pop("responses", None)
    for name in ("Error", "PaginationMetadata"):
        description["components"]["schemas"].pop(name, None)
    return description


def _describe_problems(operation: dict[str, Any]) -> None:
    codes = [*_ALWAYS, *operation.get(_PROBLEMS, ())]
    responses = operation.setdefault("responses", {})
    responses.pop("default", None)
    for status in sorted({words_of(code).status for code in codes}):
        here = [code for code in codes if words_of(code).status == status]
        responses[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(here)}",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
