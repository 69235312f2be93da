"""Who may enter a view. Silence means closed: an endpoint with no word about it is refused."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import Flask, g, request

from accounts.permissions import Actor, ActorKind, Permission
from foundation.problems import DomainProblem, NotFound

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, R]

MARK = "_entry"
API_PREFIX = "/api/"
SECOND_STEP_ENDPOINTS = frozenset({"accounts.second_step", "accounts.switch_totp_on", "accounts.log_out"})
"""Where somebody may go whose second factor is still owed."""


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only a party with this permission enters the view."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, MARK, permission)
        return view

    return mark


def open_to_all(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Everybody enters; `why` is for the reader of the code and of the generated matrix."""
    if not why:
        raise ValueError("say why this is open to all")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, MARK, why)
        return view

    return mark


def entry_of(view: Callable[..., Any]) -> Permission | str | None:
    """What the view says about who may enter: a permission, the reason why all may, or nothing."""
    found: Permission | str | None = getattr(view, MARK, None)
    return found


def current_actor() -> Actor:
    """The acting party of this request. Raises `login.needed` where there is none."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise DomainProblem("login.needed")
    return actor


def current_person_id() -> UUID:
    """The logged-in person. Raises `login.needed` for anybody else."""
    actor = current_actor()
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise DomainProblem("login.needed")
    return actor.id


def bind_guards(app: Flask) -> None:
    """Refuse every endpoint that says nothing, and everybody who lacks what an endpoint asks for."""

    @app.before_request
    def guard() -> None:
        if request.endpoint is None or request.endpoint == "static":
            return
        entry = entry_of(app.view_functions[request.endpoint])
        if entry is None:
            raise RuntimeError(f"endpoint {request.endpoint} does not say who may enter")
        if isinstance(entry, Permission):
            _admit(entry)


def _admit(permission: Permission) -> None:
    actor = current_actor()
    if g.get("second_step_owed") and request.endpoint not in SECOND_STEP_ENDPOINTS:
        raise DomainProblem("login.second_step_needed")
    if not actor.may(permission):
        raise DomainProblem("permission.missing", permission=str(permission))


def foreign() -> NotFound:
    """The answer to a foreign object: the same as to an unknown one."""
    return NotFound()
