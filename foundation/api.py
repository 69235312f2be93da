"""The programs' door `/api/v1`: every route says what it takes, gives and refuses, and is described in OpenAPI.

The one file that touches flask-smorest. Errors are our own problems, turned into RFC 9457 by `web.errors`.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec, TypeVar

from flask import Flask, Response, g, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from foundation import clock
from foundation.answers import LONGEST_KEY, Kept, earlier_answer, keep_answer, question_hash
from foundation.api_description import KEY_HEADER, PROBLEMS, REPLAYED, RULES, described
from foundation.api_use import UNCOUNTED
from foundation.database import transaction
from foundation.parsing import load
from foundation.problems import DomainProblem

P = ParamSpec("P")
R = TypeVar("R")

PREFIX: Final = "/api/v1"
DESCRIPTION_URL: Final = "/api/openapi.json"
KEY: Final = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
"""Printable ASCII without spaces, which proxies may fold."""


class ProblemAnswer(Schema):
    """A problem as programs read it (RFC 9457, then ours)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "dotted lower case, stable"})
    detail = fields.String(allow_none=True)
    kept = fields.String(allow_none=True, metadata={"description": "what was kept, in words"})
    next = fields.List(fields.String(), metadata={"description": "what to do next, in words"})
    errors = fields.List(fields.Dict(), metadata={"description": "one entry a field: field, code, message"})
    facts = fields.Dict()


@dataclass(frozen=True)
class Answer:
    """What a view gives when there is more to say than its content: plain JSON values, or bytes of a media type.

    `etag` is a strong tag without its quotes.
    """

    content: Any
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rules:
    """What a route asks for and sends besides its body; the description tells it."""

    keyed: bool
    tagged: bool
    matched: bool
    conditional: bool
    counted: bool
    sends: tuple[str, ...]


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
    """The body as JSON. Anything else, JSON nested beyond all reason, half a sign and a number without an end is
    `input.not_json`."""
    if not request.is_json:
        raise DomainProblem("input.not_json")
    try:
        sent = request.get_data()
        found = json.loads(sent, parse_constant=_finite, parse_float=_finite)
        if rb"\ud" in sent.lower():
            # JSON can write half of a surrogate pair (RFC 8259, 8.2), which no text of ours can hold.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as broken:
        raise DomainProblem("input.not_json") from broken
    return found


def _finite(text: str) -> float:
    """A number that JSON and the database can write again: neither NaN nor 1e999 (RFC 8259, 6). Raises `ValueError`."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
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
        gives: type[Schema] | str | None,
        status: int = 200,
        bearer: bool = True,
        problems: Iterable[str] = (),
        idempotent: bool = False,
        tagged: bool = False,
        matched: bool = False,
        counted: bool = True,
        sends: Iterable[str] = (),
    ) -> Callable[[Callable[..., R]], Callable[..., Any]]:
        """Make a view a route below `/api/v1`.

        The view is called with what `takes` (JSON body) and `query` loaded, in this order, then with the parts
        of the rule by name. It returns plain JSON values in the shape of `gives`, which describes and is not
        run (an answer is made once, not twice), or an `Answer`; `gives` may be a media type, of bytes then, or
        None for an answer without content (status 204). `bearer`: a token is asked for. `problems` are the codes
        the view can raise besides bad input. `sends` names headers of the answer.

        `idempotent`: an Idempotency-Key is asked for, and the view is called with the session of the transaction
        that keeps the answer, which it must not end. `tagged`: answers have an ETag. `matched`: If-Match is asked
        for, and the view compares it by `check_match`. `counted`: the limit of the token holds.
        """
        room = self.blueprint
        conditional = tagged and method == "GET"
        rules = _Rules(idempotent, tagged, matched, conditional, counted, tuple(sends))

        def declare(view: Callable[..., R]) -> Callable[..., Any]:
            # The decorator nearest to the view hands its argument over last, so the query comes first here.
            made: Any = _responding(room, status, gives)(_answering(view, status, gives, rules))
            if query is not None:
                made = room.arguments(query(), location="query")(made)
            if takes is not None:
                made = room.arguments(takes(), location="json")(made)
            security: list[dict[str, list[str]]] = [{"bearer": []}] if bearer else []
            told = {PROBLEMS: [*problems], RULES: asdict(rules), "security": security}
            routed: Callable[..., Any] = room.route(rule, methods=[method])(room.doc(**told)(made))
            return routed

        return declare


def _responding(room: Any, status: int, gives: type[Schema] | str | None) -> Any:
    if gives is None:
        return room.response(status)
    if isinstance(gives, str):
        binary = {"type": "string", "format": "binary"}
        return room.response(status, binary, content_type=gives)
    return room.response(status, gives)


def _answering(
    view: Callable[..., Any], status: int, gives: type[Schema] | str | None, rules: _Rules
) -> Callable[..., Response]:
    """The view's plain values as the response itself, so that nothing dumps them again."""
    media = gives if isinstance(gives, str) else None

    def answer(*args: Any, **kwargs: Any) -> Response:
        if rules.matched and not request.headers.get("If-Match"):
            raise DomainProblem("etag.missing")
        if rules.keyed:
            return _once(view, status, *args, **kwargs)
        return _response(view(*args, **kwargs), status, media)

    answer.__name__, answer.__doc__ = view.__name__, view.__doc__
    # The guard's mark is an attribute of the view.
    answer.__dict__.update(view.__dict__)
    setattr(answer, UNCOUNTED, not rules.counted)
    return answer


def _response(made: Any, status: int, media: str | None = None) -> Response:
    said = made if isinstance(made, Answer) else Answer(made)
    response = Response(said.content, mimetype=media) if media else _plain(said.content, status)
    response.status_code = status
    response.headers.update(said.headers)
    return response if said.etag is None else _tagged(response, said.etag)


def _plain(content: Any, status: int) -> Response:
    if status != HTTPStatus.NO_CONTENT:
        return jsonify(content)
    response = Response()
    del response.headers["Content-Type"]
    return response


def _tagged(response: Response, etag: str) -> Response:
    """The answer with its tag, or 304 where that version is known already."""
    if request.method in {"GET", "HEAD"} and request.if_none_match.contains_weak(etag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    response.set_etag(etag)
    # A program may keep it, but asks each time whether it is still the one: passes are suspended.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _once(view: Callable[..., Any], status: int, *args: Any, **kwargs: Any) -> Response:
    """Do what is asked and keep the answer, or give the answer of the first time."""
    key = request.headers.get(KEY_HEADER, "")
    if not KEY.fullmatch(key):
        raise DomainProblem("idempotency.missing")
    question = question_hash(request.method, request.full_path, _sent())
    with transaction() as session:
        kept = earlier_answer(session, g.api_holder, key, question)
        if kept is None:
            said = view(session, *args, **kwargs)
            response = _response(said, status)
            headers = {
                name: response.headers[name] for name in ("Location", "ETag") if name in response.headers
            }
            now = clock.now()
            kept = Kept(status, response.get_json(), headers)
            keep_answer(session, g.api_holder, key, question, kept, now=now)
            return response
    return _response(Answer(kept.content, headers={**kept.headers, REPLAYED: "true"}), kept.status)


def _sent() -> Any:
    """The body that a question is known by; what is no JSON has been refused by a route that takes some."""
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        return None


def check_match(etag: str) -> None:
    """Compare If-Match with the tag of what is there, its row held. Raises `etag.stale`."""
    if not request.if_match.contains(etag):
        raise DomainProblem("etag.stale")


def api_room(name: str, description: str) -> ApiRoom:
    """The routes of one room: `name` starts their endpoints, `description` heads them in the description."""
    return ApiRoom(name, description)


def bind_api(
    app: Flask,
    rooms: Iterable[ApiRoom],
    *,
    exempt: Callable[[Any], object],
    admit: Callable[[Callable[[], Response]], Callable[[], Response]],
    guarded: Iterable[str] = (),
) -> None:
    """Mount the rooms and serve their description.

    `exempt` takes a blueprint out of the CSRF check: programs send a bearer token and never a cookie. `admit`
    is the guard's mark on the view of the description. `guarded` are the codes with which the guards refuse.
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
    app.extensions["api_description"] = lambda: described(api.spec.to_dict(), guarded)

    @admit
    def description() -> Response:
        """What there is, for programs and for those who write them."""
        return jsonify(api_description(app))

    app.add_url_rule(DESCRIPTION_URL, "api_description", description)


def api_description(app: Flask) -> dict[str, Any]:
    """The whole description in OpenAPI; words of problems are registered after the routes, so it is made when asked."""
    found: dict[str, Any] = app.extensions["api_description"]()
    return found
