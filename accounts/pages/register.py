"""Public registration, as a firm or as a person."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask import session as form_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.areas import area_words, find_area
from accounts.forms import Told, form_page
from accounts.guards import open_to_all
from accounts.models import Person
from accounts.pages.blueprint import pages
from accounts.pages.login import browser
from accounts.schemas import RegisterFirmInput, RegisterPersonInput
from accounts.service.login import open_session
from accounts.service.persons import NewAccount
from accounts.service.registration import register_firm as keep_firm
from accounts.service.registration import register_person as keep_person
from accounts.sessions import give_cookie
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.settings import Settings


@pages.get("/register")
@open_to_all("whoever wants to apply starts here")
def register() -> str:
    """The choice between a firm and a person."""
    return render_template("accounts/register.html")


@pages.route("/register/firm", methods=["GET", "POST"])
@open_to_all("a firm that wants to apply has no account yet")
def register_firm() -> Response:
    """A firm and its first person."""
    return form_page(_draw_firm, _do_firm)


def _draw_firm(problem: Told | None) -> str:
    return render_template("accounts/register_firm.html", problem=problem, given=request.form, area=_area())


def _do_firm() -> Response:
    given = load(RegisterFirmInput(), from_form(request.form))
    settings: Settings = current_app.extensions["settings"]
    with transaction() as session:
        account = _account(given)
        person = keep_firm(
            session,
            given["firm_name"],
            given["credit_code"],
            account,
            approval=settings.firm_approval,
            now=clock.now(),
        )
        token = _first_session(session, person)
    if settings.firm_approval == "auto":
        return _welcome(token, gettext("登记成功。"))
    # The firm's own page says who decides, and what can be done meanwhile.
    return _welcome(token, gettext("登记成功，企业审批通过后即可申请通行证。"), "accounts.own_firm")


@pages.route("/register/person", methods=["GET", "POST"])
@open_to_all("an owner-driver who wants to apply has no account yet")
def register_person() -> Response:
    """A person without a firm."""
    return form_page(_draw_person, _do_person)


def _draw_person(problem: Told | None) -> str:
    return render_template("accounts/register_person.html", problem=problem, given=request.form, area=_area())


def _do_person() -> Response:
    given = load(RegisterPersonInput(), from_form(request.form))
    with transaction() as session:
        person = keep_person(session, _account(given), now=clock.now())
        token = _first_session(session, person)
    return _welcome(token, gettext("登记成功。"))


def _account(given: dict[str, Any]) -> NewAccount:
    identity = given.get("identity_number")
    return NewAccount(
        login=given["login"],
        name=given["name"],
        phone=given["phone"],
        email=given["email"],
        password=given["password"],
        identity_number=identity.upper() if identity else None,
        area=given["area"],
    )


def _area() -> tuple[str, str]:
    """The county typed before: its code and its full words, where it is known."""
    typed = from_form(request.form).get("area", "")
    found = find_area(db.session(), typed) if typed else None
    return (found, area_words(db.session(), found)) if found else (typed, "")


def _first_session(session: Session, person: Person) -> str:
    return open_session(session, person, browser(), now=clock.now()).token


def _welcome(token: str, words: str, endpoint: str = "web.home") -> Response:
    form_session.clear()
    flash(words, "success")
    response = redirect(url_for(endpoint))
    give_cookie(response, token)
    return response
