"""The own account: data, password, second step, sessions, inbox."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask import session as form_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts import totp
from accounts.areas import area_words
from accounts.firm_queries import deciders_of
from accounts.forms import Told, form_page
from accounts.guards import current_actor, current_person_id, requires
from accounts.pages.blueprint import pages
from accounts.pages.login import browser, next_page
from accounts.permissions import Permission
from accounts.queries import sessions_of
from accounts.rules import mask_identity, safe_next
from accounts.schemas import ChangePasswordInput, PasswordOnlyInput, ProfileInput, SwitchTotpOnInput
from accounts.service import own
from accounts.sessions import give_cookie
from accounts.words import LOCALE_WORDS, ROLE_WORDS
from foundation import clock, outbox
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.problems import DomainProblem

PENDING_SECRET = "totp_secret"  # noqa: S105 - the name of a key of the signed cookie
INBOX_PAGE = 50


@pages.route("/account", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def account() -> Response:
    """Own data, sessions and the ways to password and second step."""
    return form_page(_draw_account, _do_account)


def _draw_account(problem: Told | None) -> str:
    session = db.session()
    return render_template(
        "accounts/account.html",
        problem=problem,
        given=request.form if problem else g.person,
        sessions=sessions_of(session, g.person.id, now=clock.now()),
        here=g.login_session.id,
        role_words=[ROLE_WORDS[role] for role in sorted(g.actor.roles)],
        locales=list(LOCALE_WORDS.items()),
        **_own_facts(session),
    )


def _own_facts(session: Session) -> dict[str, Any]:
    person = g.person
    return {
        "employer": person.body_name or person.firm_name,
        "area": area_words(session, person.area) if person.area else None,
        "identity": mask_identity(person.identity_number),
        "deciders": deciders_of(session, person.firm_state, person.area),
        "leads": current_actor().may(Permission.FIRM_OWN),
    }


def _do_account() -> Response:
    given = load(ProfileInput(), from_form(request.form))
    with transaction() as session:
        own.change_profile(session, current_actor(), given, now=clock.now())
    flash(gettext("已保存。"), "success")
    response = redirect(url_for("accounts.account"))
    # The choice made here holds over an earlier one of this browser.
    response.delete_cookie("locale")
    return response


@pages.route("/account/password", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def change_password() -> Response:
    """A new password under the old one."""
    return form_page(_draw_password, _do_password)


def _draw_password(problem: Told | None) -> str:
    return render_template("accounts/password.html", problem=problem)


def _do_password() -> Response:
    given = load(ChangePasswordInput(), from_form(request.form))
    with transaction() as session:
        refused = own.change_password(
            session,
            current_actor(),
            given["current"],
            given["password"],
            browser(),
            here=g.login_session.id,
            now=clock.now(),
        )
    if refused:
        raise refused.problem()
    flash(gettext("密码已修改，其他设备上的登录已全部退出。"), "success")
    return redirect(url_for("accounts.account"))


@pages.route("/account/second-step/on", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def switch_totp_on() -> Response:
    """Show a new secret as a QR and take it over under its own digits."""
    if g.person.has_totp:
        return redirect(url_for("accounts.second_step" if g.second_step_owed else "accounts.account"))
    return form_page(_draw_totp_on, _do_totp_on)


def _draw_totp_on(problem: Told | None) -> str:
    secret = form_session.setdefault(PENDING_SECRET, totp.new_secret())
    return render_template(
        "accounts/totp_on.html",
        problem=problem,
        secret=secret,
        picture=totp.picture(secret, g.person.login),
        owed=g.second_step_owed,
        next=safe_next(request.values.get("next")),
    )


def _do_totp_on() -> Response:
    given = load(SwitchTotpOnInput(), from_form(request.form))
    secret = form_session.get(PENDING_SECRET)
    if secret is None:
        raise DomainProblem("form.too_old")
    with transaction() as session:
        token = own.switch_totp_on(
            session, current_actor(), secret, given["code"], here=g.login_session.id, now=clock.now()
        )
    form_session.pop(PENDING_SECRET)
    flash(gettext("第二步验证已开启，下次登录需要输入验证器中的数字。"), "success")
    target = safe_next(given["next"])
    response = redirect(next_page(target) if target else url_for("accounts.account"))
    give_cookie(response, token)
    return response


@pages.route("/account/second-step/off", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def switch_totp_off() -> Response:
    """Give the second step up, with the password."""
    return form_page(_draw_totp_off, _do_totp_off)


def _draw_totp_off(problem: Told | None) -> str:
    return render_template("accounts/totp_off.html", problem=problem)


def _do_totp_off() -> Response:
    given = load(PasswordOnlyInput(), from_form(request.form))
    with transaction() as session:
        refused = own.switch_totp_off(session, current_actor(), given["current"], browser(), now=clock.now())
    if refused:
        raise refused.problem()
    flash(gettext("第二步验证已关闭。"), "success")
    return redirect(url_for("accounts.account"))


@pages.post("/account/sessions/<uuid:session_id>/revoke")
@requires(Permission.ACCOUNT_OWN)
def revoke_session(session_id: UUID) -> Response:
    """End one of the own sessions."""
    with transaction() as session:
        own.revoke_session(session, current_actor(), session_id, now=clock.now())
    flash(gettext("该设备已退出登录。"), "success")
    return redirect(url_for("accounts.account"))


@pages.post("/account/sessions/revoke-others")
@requires(Permission.ACCOUNT_OWN)
def revoke_other_sessions() -> Response:
    """End all own sessions but this one."""
    with transaction() as session:
        ended = own.revoke_other_sessions(session, current_actor(), g.login_session.id, now=clock.now())
    flash(gettext("已退出其他 %(count)s 处登录。", count=ended), "success")
    return redirect(url_for("accounts.account"))


@pages.get("/inbox")
@requires(Permission.ACCOUNT_OWN)
def inbox() -> str:
    """Messages to this person, newest first; showing them marks them read."""
    before = request.args.get("before", type=UUID)
    person_id = current_person_id()
    with transaction() as session:
        found = outbox.inbox(session, person_id, before=before, limit=INBOX_PAGE)
        messages = [
            {"words": outbox.words_of(message), "at": message.created_at, "new": message.read_at is None}
            for message in found
        ]
        older = found[-1].id if len(found) == INBOX_PAGE else None
        outbox.mark_read(session, person_id, now=clock.now())
    return render_template("accounts/inbox.html", messages=messages, older=older)
