"""What the wrapper adds to the description of each route: its headers and its problems, by status."""

import copy
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from foundation.answers import KEPT_FOR, LONGEST_KEY
from foundation.words import words_of

RULES: Final = "x-route"
"""Where a route's own rules wait, from its declaration until the description is asked for."""
PROBLEMS: Final = "x-problems"
PROBLEM_TYPE: Final = "application/problem+json"
OF_A_BODY: Final = ("input.not_json", "input.invalid", "input.too_large")
ALWAYS: Final = ("http.bad_request", "service.unavailable")
KEY_HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"

_KEY: Final = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$",
    },
    "description": "One key a question, such as a UUID. Asked again with the same key, the same question is "
    f"answered as before for {KEPT_FOR.days * 24} hours and done once.",
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of what is to be changed, as it was read.",
}
_IF_NONE_MATCH: Final = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what is known already.",
}
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer"}
HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "RateLimit-Limit": {"description": "Requests a minute for this token.", "schema": _COUNT},
    "RateLimit-Remaining": {"description": "Requests left in this minute.", "schema": _COUNT},
    "RateLimit-Reset": {"description": "Seconds until the next minute.", "schema": _COUNT},
    "Retry-After": {"description": "Seconds to wait.", "schema": _COUNT},
    "WWW-Authenticate": {"description": "Bearer.", "schema": _TEXT},
    "ETag": {"description": "Names this version; for If-Match and If-None-Match.", "schema": _TEXT},
    "Location": {"description": "Where what was made can be read.", "schema": _TEXT},
    "Link": {"description": 'The next page, as rel="next" (RFC 8288); absent on the last.', "schema": _TEXT},
    REPLAYED: {"description": "true when this is the answer to an earlier request.", "schema": _TEXT},
}
_OF_STATUS: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_LIMITS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
NOT_COUNTED_YET: Final = frozenset({401, 503})
"""Statuses of answers that are given before it is known who asks."""


def described(spec: Mapping[str, Any], guarded: Iterable[str]) -> dict[str, Any]:
    """The library's description completed. `guarded` are the codes that every guarded route can answer."""
    description = copy.deepcopy(dict(spec))
    every = (*ALWAYS, *guarded)
    for path, operations in description["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict):
                _complete(operation, every, named="{" in path)
    # The library describes errors and pages in shapes that we do not send.
    description["components"].pop("responses", None)
    for name in ("Error", "PaginationMetadata"):
        description["components"]["schemas"].pop(name, None)
    description["components"]["headers"] = {name: dict(header) for name, header in HEADERS.items()}
    return description


def _complete(operation: dict[str, Any], every: tuple[str, ...], *, named: bool) -> None:
    rules = operation.pop(RULES, {})
    parameters = operation.setdefault("parameters", [])
    parameters += [
        header
        for header, told in (
            (_KEY, rules.get("keyed")),
            (_IF_MATCH, rules.get("matched")),
            (_IF_NONE_MATCH, rules.get("conditional")),
        )
        if told
    ]
    responses = operation.setdefault("responses", {})
    responses.pop("default", None)
    _describe_good(responses, rules)
    codes = [*every, *_codes(operation, rules, named=named), *operation.get(PROBLEMS, ())]
    _describe_problems(responses, list(dict.fromkeys(codes)))
    _describe_limits(responses, rules)


def _codes(operation: Mapping[str, Any], rules: Mapping[str, Any], *, named: bool) -> Iterable[str]:
    """The problems that follow from how a route is declared."""
    if "requestBody" in operation:
        yield from OF_A_BODY
    if any(parameter.get("in") == "query" for parameter in operation["parameters"]):
        yield "input.invalid"
    if named:
        yield "not_found"
    if rules.get("keyed"):
        yield from ("idempotency.missing", "idempotency.other_question", "idempotency.at_work")
    if rules.get("matched"):
        yield from ("etag.missing", "etag.stale")
    if rules.get("counted", True):
        yield "rate.limited"


def _describe_good(responses: dict[str, Any], rules: Mapping[str, Any]) -> None:
    names = [*rules.get("sends", ())]
    names += ["ETag"] if rules.get("tagged") else []
    names += [REPLAYED] if rules.get("keyed") else []
    for response in responses.values():
        if isinstance(response, dict):
            _with_headers(response, names)
    if rules.get("conditional"):
        responses["304"] = {"description": "Not Modified", "headers": {"ETag": _ref("ETag")}}


def _describe_problems(responses: dict[str, Any], codes: list[str]) -> None:
    for status in sorted({words_of(code).status for code in codes}):
        here = [code for code in codes if words_of(code).status == status]
        responses[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(here)}",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        _with_headers(responses[str(status)], _OF_STATUS.get(status, ()))


def _describe_limits(responses: dict[str, Any], rules: Mapping[str, Any]) -> None:
    if not rules.get("counted", True):
        return
    for status, response in responses.items():
        if int(status) not in NOT_COUNTED_YET:
            _with_headers(response, _LIMITS)


def _with_headers(response: dict[str, Any], names: Iterable[str]) -> None:
    if wanted := {name: _ref(name) for name in names}:
        response["headers"] = {**response.get("headers", {}), **wanted}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}
