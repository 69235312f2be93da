"""Logging in, the second step, logging out, and a new password by a one-time code."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response

from accounts.forms import Told, form_page
from accounts.guards import current_actor, open_to_all, requires
from accounts.pages.blueprint import pages
from accounts.permissions import Permission
from accounts.rules import device_name, safe_next
from accounts.schemas import AskCodeInput, LogInInput, ResetInput, SecondStepInput
from accounts.service.login import Admitted, Browser, Refused, take_second_step
from accounts.service.login import log_in as check_password
from accounts.service.reset import ask_code, reset_password
from accounts.sessions import give_cookie, leave
from foundation import clock
from foundation.database import transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load


def browser() -> Browser:
    """Where this request comes from."""
    return Browser(request.remote_addr, device_name(request.user_agent.string))


def next_page(target: str | None) -> str:
    """Where to go on to: a safe path of this site, or the first page."""
    return safe_next(target) or url_for("web.home")


@pages.route("/login", methods=["GET", "POST"])
@open_to_all("everybody logs in here")
def log_in() -> Response:
    """Login and password; with a second step the session is half until that is done."""
    return form_page(_draw_log_in, _do_log_in)


def _draw_log_in(problem: Told | None) -> str:
    target = safe_next(request.values.get("next"))
    return render_template(
        "accounts/log_in.html", problem=problem, login=request.form.get("login"), next=target
    )


def _do_log_in() -> Response:
    given = load(LogInInput(), from_form(request.form))
    with transaction() as session:
        outcome = check_password(
            session, given["login"], given["password"], browser(), replaces=_session_id(), now=clock.now()
        )
    return _enter(outcome, given["next"])


def _enter(outcome: Admitted | Refused, target: str | None) -> Response:
    if isinstance(outcome, Refused):
        raise outcome.problem()
    if outcome.second_step_owed:
        response = redirect(url_for("accounts.second_step", next=safe_next(target)))
    else:
        response = redirect(next_page(target))
    # Forms that were open before belong to another person.
    form_session.clear()
    give_cookie(response, outcome.token)
    return response


def _session_id() -> UUID | None:
    return g.login_session.id if g.login_session else None


@pages.route("/login/second-step", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def second_step() -> Response:
    """Six digits of the authenticator; who must have one and has none is sent to switch it on."""
    if g.second_step_owed and not g.person.has_totp:
        return redirect(url_for("accounts.switch_totp_on", next=safe_next(request.args.get("next"))))
    if not g.second_step_owed:
        return redirect(next_page(request.args.get("next")))
    return form_page(_draw_second_step, _do_second_step)


def _draw_second_step(problem: Told | None) -> str:
    return render_template(
        "accounts/second_step.html", problem=problem, next=safe_next(request.values.get("next"))
    )


def _do_second_step() -> Response:
    given = load(SecondStepInput(), from_form(request.form))
    with transaction() as session:
        outcome = take_second_step(
            session, current_actor(), g.login_session.id, given["code"], browser(), now=clock.now()
        )
    return _enter(outcome, given["next"])


@pages.post("/logout")
@open_to_all("a session that has just ended must not stand in the way of leaving")
def log_out() -> Response:
    """End this session and forget the cookie."""
    response = redirect(url_for("accounts.log_in"))
    with transaction() as session:
        leave(session, response, now=clock.now())
    return response


@pages.route("/login/code", methods=["GET", "POST"])
@open_to_all("who forgot the password cannot log in")
def ask_reset_code() -> Response:
    """Have a code sent. The answer is the same whether the login exists or not."""
    return form_page(_draw_ask_code, _do_ask_code)


def _draw_ask_code(problem: Told | None) -> str:
    return render_template("accounts/ask_code.html", problem=problem, given=request.form)


def _do_ask_code() -> Response:
    given = load(AskCodeInput(), from_form(request.form))
    with transaction() as session:
        refused = ask_code(session, given["login"], browser(), now=clock.now())
    if refused:
        raise refused.problem()
    flash(gettext("如果这个登录名存在并登记了邮箱，代码已经发出，15 分钟内有效。"), "info")
    return redirect(url_for("accounts.reset"))


@pages.route("/login/reset", methods=["GET", "POST"])
@open_to_all("who forgot the password cannot log in")
def reset() -> Response:
    """A new password under a code; every session of the person ends."""
    return form_page(_draw_reset, _do_reset)


def _draw_reset(problem: Told | None) -> str:
    return render_template("accounts/reset.html", problem=problem, given=request.form)


def _do_reset() -> Response:
    given: dict[str, Any] = load(ResetInput(), from_form(request.form))
    with transaction() as session:
        refused = reset_password(
            session, given["login"], given["code"], given["password"], browser(), now=clock.now()
        )
    if refused:
        raise refused.problem()
    flash(gettext("密码已重设，请用新密码登录。"), "success")
    return redirect(url_for("accounts.log_in"))
