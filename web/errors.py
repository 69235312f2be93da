"""Problems as people and programs see them: RFC 9457 JSON for programs, a page with the same words for people."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import API_PREFIX
from foundation.database import db
from foundation.embedded import EmbeddedServerError
from foundation.i18n import LOCALES, in_language
from foundation.problems import DomainProblem
from foundation.words import ProblemWords, field_words, words_of

log = structlog.get_logger()
HTTP_CODES = {
    400: "http.bad_request",
    404: "not_found",
    405: "http.method",
    413: "input.too_large",
    429: "rate.limited",
}


@dataclass(frozen=True)
class Step:
    """What to do next: words and, where there is one, a way."""

    label: str
    url: str | None = None


@dataclass(frozen=True)
class FieldView:
    """One problem of one field, in words."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class ProblemView:
    """A problem as the page shows it."""

    code: str
    status: int
    title: str
    detail: str | None
    kept: str | None
    steps: tuple[Step, ...]
    errors: tuple[FieldView, ...]
    facts: Mapping[str, Any]
    layout: str = "layout.html"

    def as_json(self) -> dict[str, Any]:
        """RFC 9457 members, then ours."""
        return {
            "type": f"urn:changtong:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "kept": self.kept,
            "next": [step.label for step in self.steps],
            "errors": [{"field": e.field, "code": e.code, "message": e.message} for e in self.errors],
            "facts": dict(self.facts),
        }


def view_of(problem: DomainProblem) -> ProblemView:
    """The problem in the words of the request's language."""
    words: ProblemWords = words_of(problem.code)
    errors = tuple(FieldView(e.field, e.code, field_words(e.code, e.facts)) for e in problem.errors)
    return ProblemView(
        code=problem.code,
        status=words.status,
        title=words.fill(words.what, problem.facts),
        detail=words.fill(words.detail, problem.facts) if words.detail else None,
        kept=words.fill(words.kept, problem.facts) if words.kept else None,
        steps=tuple(Step(words.fill(step, problem.facts)) for step in words.steps),
        errors=errors,
        facts=problem.facts,
    )


def wants_json() -> bool:
    """Whether a program asks: the API, the well-known lists, or a client that accepts only JSON."""
    return request.path.startswith((API_PREFIX, "/.well-known/")) or (
        request.accept_mimetypes.best == "application/json"
    )


def answer(problem: DomainProblem) -> AnyResponse:
    """The response to a problem; whatever the request had begun is rolled back first."""
    try:
        db.session.rollback()
    except DBAPIError as away:
        return unavailable(away)
    return _response(problem)


def _response(problem: DomainProblem) -> AnyResponse:
    if (
        problem.code in {"login.needed", "login.second_step_needed"}
        and not wants_json()
        and request.method == "GET"
    ):
        endpoint = "accounts.log_in" if problem.code == "login.needed" else "accounts.second_step"
        return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))
    view = view_of(problem)
    if wants_json():
        response = jsonify(view.as_json())
        response.content_type = "application/problem+json"
    else:
        response = make_response(render_template("error.html", problem=view))
    response.status_code = view.status
    if view.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if view.status == 429 or "retry_after" in view.facts:
        response.headers["Retry-After"] = str(problem.facts.get("retry_after", 60))
    return response


def _standalone(template: str) -> str:
    """A page made without the layout's context, which would ask the database again."""
    with in_language(request.accept_languages.best_match(LOCALES) or "zh"):
        return current_app.jinja_env.get_template(template).render()


def unavailable(fault: BaseException) -> Response:
    """The database is away: an answer that needs none."""
    log.warning("database away", fault=type(fault).__name__)
    if wants_json():
        body = {
            "type": "urn:changtong:problem:service.unavailable",
            "title": "service unavailable",
            "status": 503,
        }
        response = jsonify({**body, "code": "service.unavailable"})
        response.content_type = "application/problem+json"
    else:
        response = make_response(_standalone("errors/unavailable.html"))
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return response


def broken(fault: BaseException) -> Response:
    """Our own mistake: logged with its trace, shown without it."""
    # A message may quote what somebody typed, as the DETAIL of a constraint does: type and place are enough.
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)
    ]
    log.error("request failed", endpoint=request.endpoint, fault=type(fault).__qualname__, places=places)
    if wants_json():
        response = jsonify(
            {
                "type": "urn:changtong:problem:internal",
                "title": "internal error",
                "status": 500,
                "code": "internal",
            }
        )
        response.content_type = "application/problem+json"
    else:
        response = make_response(_standalone("errors/internal.html"))
    response.status_code = 500
    return response


def _is_away(fault: BaseException) -> bool:
    lost = isinstance(fault, DBAPIError) and fault.connection_invalidated
    return lost or isinstance(fault, OperationalError | InterfaceError | PoolTimeout | EmbeddedServerError)


def _let_go() -> None:
    """Put the session away. A connection that died since its last statement must not spoil a finished answer."""
    try:
        db.session.remove()
    except DBAPIError as away:
        log.warning("database away", fault=type(away).__name__)
        db.session.registry.clear()


def _refused(fault: HTTPException) -> AnyResponse:
    told = answer(DomainProblem(HTTP_CODES.get(fault.code or 400, "http.bad_request")))
    if isinstance(fault, MethodNotAllowed):
        # RFC 9110, 15.5.6: whoever asks in the wrong way is told the right ones.
        told.headers["Allow"] = ", ".join(sorted(fault.valid_methods or ()))
    return told


def bind_errors(app: Flask) -> None:
    """Route every kind of failure to its answer."""

    @app.errorhandler(HTTPException)
    def http(fault: HTTPException) -> AnyResponse:
        if isinstance(fault, CSRFError):
            return answer(DomainProblem("form.too_old"))
        if isinstance(fault, InternalServerError):
            # Flask's wrapping of what went wrong while another problem was answered.
            wrapped = fault.original_exception or fault
            return unavailable(wrapped) if _is_away(wrapped) else broken(wrapped)
        if fault.code is not None and fault.code < 400:
            return fault.get_response()
        return _refused(fault)

    @app.errorhandler(DBAPIError)
    def database(fault: DBAPIError) -> Response:
        return unavailable(fault) if _is_away(fault) else broken(fault)

    @app.errorhandler(Exception)
    def anything(fault: Exception) -> Response:
        return broken(fault)

    @app.teardown_appcontext
    def let_go(fault: BaseException | None) -> None:
        del fault
        _let_go()

    app.register_error_handler(DomainProblem, answer)
    app.register_error_handler(PoolTimeout, unavailable)
    app.register_error_handler(EmbeddedServerError, unavailable)
