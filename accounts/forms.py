"""A page with a form: drawn by GET, done by POST, drawn again with what was typed when there is a problem."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import make_response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from accounts.words import FIELD_LABELS
from foundation.database import db
from foundation.i18n import gettext
from foundation.parsing import from_form
from foundation.problems import DomainProblem, FieldProblem, NotFound
from foundation.words import field_words, words_of

GENERAL = ("field.", "text.", "number.", "choice.")
"""Beginnings of the codes that the house gives to fields of every form."""


@dataclass(frozen=True)
class FieldTold:
    """One problem of one field, in words."""

    field: str
    message: str


@dataclass(frozen=True)
class Told:
    """A problem as the form macros show it."""

    status: int
    title: str
    detail: str | None
    errors: tuple[FieldTold, ...]


def told(problem: DomainProblem, labels: Mapping[str, Any] = FIELD_LABELS) -> Told:
    """The problem in the words of the request's language; `labels` name the fields of the form by their names."""
    words = words_of(problem.code)
    # Errors at fields say what to do; a step such as "go back" would speak of a page nobody left.
    steps = () if problem.errors else words.steps
    return Told(
        status=words.status,
        title=words.fill(words.what, problem.facts),
        detail=" ".join(words.fill(step, problem.facts) for step in steps) or None,
        errors=tuple(FieldTold(e.field, _named(e, labels)) for e in sorted(problem.errors, key=_place)),
    )


def with_list(form: MultiDict[str, str], name: str) -> dict[str, Any]:
    """The form as a plain dict in which the boxes called `name` that were ticked are a list."""
    plain = from_form(form)
    plain.pop(name, None)
    return {**plain, name: form.getlist(name)}


def _place(error: FieldProblem) -> int:
    """Where the field stands in the form, so that the summary goes down the page."""
    names = list(request.form)
    return names.index(error.field) if error.field in names else len(names)


def _named(error: FieldProblem, labels: Mapping[str, Any]) -> str:
    """Words that speak of no field ("must be filled in") are put behind the label, because a summary stands alone."""
    words = field_words(error.code, error.facts)
    label = labels.get(error.field) if error.code.startswith(GENERAL) else None
    return gettext("%(label)s：%(words)s", label=label, words=words) if label else words


def form_page(
    draw: Callable[[Told | None], str],
    do: Callable[[], Response],
    labels: Mapping[str, Any] = FIELD_LABELS,
) -> Response:
    """`draw` for GET; `do` for POST, and `draw` again with the problem that `do` raised.

    What is not there at all stays an error page of its own.
    """
    if request.method != "POST":
        return make_response(draw(None))
    try:
        return do()
    except NotFound:
        raise
    except DomainProblem as problem:
        db.session.rollback()
        found = told(problem, labels)
        return make_response(draw(found), found.status)
