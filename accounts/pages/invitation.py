"""The address of an invitation: looked at without any effect, accepted by a form, once."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response

from accounts.forms import Told, form_page
from accounts.guards import open_to_all
from accounts.models import Firm
from accounts.pages.blueprint import pages
from accounts.pages.login import browser
from accounts.permissions import Role
from accounts.schemas import AcceptInvitationInput
from accounts.service.invitations import accept_invitation, look_at_invitation
from accounts.service.login import open_session
from accounts.service.persons import NewAccount
from accounts.sessions import give_cookie
from accounts.words import FIRM_ROLE_HINTS, FIRM_ROLE_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load


@pages.route("/invitation/<token>", methods=["GET", "POST"])
@open_to_all("who is invited has no account yet; the secret in the address is what lets in")
def invitation(token: str) -> Response:
    """The invitation and the form of the account. Unknown, expired, revoked and used look alike."""
    response = make_response(form_page(lambda problem: _draw(token, problem), lambda: _do(token)))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _draw(token: str, problem: Told | None) -> str:
    session = db.session()
    found = look_at_invitation(session, token, now=clock.now())
    role = Role(found.role)
    return render_template(
        "accounts/invitation.html",
        token=token,
        firm=session.get_one(Firm, found.firm_id).name,
        role_words=FIRM_ROLE_WORDS[role],
        role_hint=FIRM_ROLE_HINTS[role],
        expires_at=found.expires_at,
        given=request.form if problem else {"name": found.name, "email": found.email},
        problem=problem,
    )


def _do(token: str) -> Response:
    look_at_invitation(db.session(), token, now=clock.now())
    given = load(AcceptInvitationInput(), from_form(request.form))
    account = NewAccount(**{name: given[name] for name in ("login", "name", "phone", "email", "password")})
    with transaction() as session:
        person = accept_invitation(session, token, account, now=clock.now())
        cookie = open_session(session, person, browser(), now=clock.now()).token
    form_session.clear()
    flash(gettext("账户已建立，您已加入企业。"), "success")
    response = redirect(url_for("web.home"))
    give_cookie(response, cookie)
    return response
