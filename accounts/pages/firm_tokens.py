"""Bearer tokens of the own firm's programs."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.firm_queries import firm_tokens as tokens_of_firm
from accounts.forms import Told, with_list
from accounts.guards import current_actor, requires
from accounts.pages.blueprint import pages
from accounts.pages.own_firm import firm_facts, firm_of
from accounts.pages.tokens import MadeToken, given_once, scope_choices, token_row
from accounts.permissions import ActorKind, Permission
from accounts.rules import FIRM_TOKENS_MOST, TOKEN_DAYS
from accounts.schemas import FirmTokenInput
from accounts.service.firm_tokens import make_firm_token as keep_token
from accounts.service.firm_tokens import revoke_firm_token as end_token
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import load


@pages.get("/firm/tokens")
@requires(Permission.FIRM_OWN)
def firm_tokens() -> str:
    """The firm's tokens: those that work first."""
    return _draw()


def _draw(*, problem: Told | None = None, made: MadeToken | None = None) -> str:
    session = db.session()
    firm = firm_of(session, current_actor())
    return render_template(
        "accounts/firm_tokens.html",
        rows=[_told(*row) for row in tokens_of_firm(session, firm.id)],
        scopes=scope_choices(ActorKind.FIRM_TOKEN),
        chosen=request.form.getlist("scopes") if problem else [str(Permission.FIRM_READ)],
        given=request.form if problem else {},
        most=FIRM_TOKENS_MOST,
        days=TOKEN_DAYS,
        problem=problem,
        made=made,
        **firm_facts(session, firm),
    )


def _told(token: Any, maker: str | None, maker_active: bool | None) -> dict[str, Any]:
    return {**token_row(token), "maker": maker, "maker_left": maker is not None and not maker_active}


@pages.post("/firm/tokens")
@requires(Permission.FIRM_OWN)
def make_firm_token() -> str | tuple[str, int]:
    """Make a token and show it, once."""
    return given_once(_draw, _make)


def _make(session: Session) -> MadeToken:
    given = load(FirmTokenInput(), with_list(request.form, "scopes"))
    actor, days = current_actor(), given["days"]
    row, token = keep_token(session, actor, given["name"], given["scopes"], days=days, now=clock.now())
    return MadeToken(row.name, token)


@pages.post("/firm/tokens/<uuid:token_id>/revoke")
@requires(Permission.FIRM_OWN)
def revoke_firm_token(token_id: UUID) -> Response:
    """End a token of the firm."""
    with transaction() as session:
        end_token(session, current_actor(), token_id, now=clock.now())
    flash(gettext("令牌已吊销，使用它的程序不能再访问。"), "success")
    return redirect(url_for("accounts.firm_tokens"))
