"""Bearer tokens of other systems that read passes, for administrators."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.forms import Told, with_list
from accounts.guards import current_actor, requires
from accounts.pages.blueprint import pages
from accounts.pages.tokens import MadeToken, given_once, scope_choices, token_row
from accounts.permissions import ActorKind, Permission
from accounts.queries import exchange_tokens_within
from accounts.rules import TOKEN_DAYS
from accounts.schemas import ExchangeTokenInput
from accounts.service.exchanges import make_exchange_token, revoke_exchange_token
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import load


@pages.get("/exchanges")
@requires(Permission.PERSON_MANAGE)
def exchanges() -> str:
    """Tokens within reach: those that work first."""
    return _draw()


def _draw(*, problem: Told | None = None, made: MadeToken | None = None) -> str:
    return render_template(
        "accounts/exchanges.html",
        rows=[token_row(token) for token in exchange_tokens_within(db.session(), current_actor())],
        scopes=scope_choices(ActorKind.EXCHANGE),
        chosen=request.form.getlist("scopes") if problem else [str(Permission.PASS_READ)],
        given=request.form if problem else {},
        days=TOKEN_DAYS,
        problem=problem,
        made=made,
    )


@pages.post("/exchanges")
@requires(Permission.PERSON_MANAGE)
def make_exchange() -> str | tuple[str, int]:
    """Make a token and show it, once."""
    return given_once(_draw, _make)


def _make(session: Session) -> MadeToken:
    given = load(ExchangeTokenInput(), with_list(request.form, "scopes"))
    actor, days = current_actor(), given["days"]
    row, token = make_exchange_token(
        session, actor, given["name"], given["scopes"], days=days, now=clock.now()
    )
    return MadeToken(row.name, token)


@pages.post("/exchanges/<uuid:token_id>/revoke")
@requires(Permission.PERSON_MANAGE)
def revoke_exchange(token_id: UUID) -> Response:
    """End a token."""
    with transaction() as session:
        revoke_exchange_token(session, current_actor(), token_id, now=clock.now())
    flash(gettext("令牌已吊销，该系统不能再读取。"), "success")
    return redirect(url_for("accounts.exchanges"))
