"""The register of persons, for administrators."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.areas import area_words
from accounts.forms import Told, form_page, told, with_list
from accounts.guards import current_actor, foreign, requires
from accounts.models import Person
from accounts.pages.blueprint import pages
from accounts.permissions import FIRM_ROLES, Permission, Role
from accounts.queries import PAGE, bodies_within, person_within, persons, sessions_of
from accounts.rules import mask_identity, mask_phone
from accounts.schemas import NewPersonInput, ReasonInput, RolesInput
from accounts.service import persons as service
from accounts.words import ROLE_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.problems import DomainProblem

STAFF_ROLES = [role for role in Role if role not in FIRM_ROLES]


@pages.get("/people")
@requires(Permission.PERSON_MANAGE)
def people() -> str:
    """Persons within reach, newest first; found by whole login, whole phone or the beginning of the name."""
    search = request.args.get("q", "").strip() or None
    before = request.args.get("before", type=UUID)
    found = persons(db.session(), current_actor(), search=search, before=before)
    rows = [
        {
            "person": person,
            "roles": "、".join(str(ROLE_WORDS[Role(grant.role)]) for grant in person.grants),
            "employer": employer_of(person),
            "phone": mask_phone(person.phone),
        }
        for person in found[:PAGE]
    ]
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template("accounts/people.html", rows=rows, search=search, older=older)


def employer_of(person: Person) -> str | None:
    """The name of the body or firm a person belongs to."""
    employer = person.body or person.firm
    return employer.name if employer else None


@pages.route("/people/new", methods=["GET", "POST"])
@requires(Permission.PERSON_MANAGE)
def new_person() -> Response:
    """A new person of a body; the first password is set with a code that the administrator reads out."""
    return form_page(_draw_new, _do_new)


def _draw_new(problem: Told | None) -> str:
    bodies = [(body.id, body.name) for body in bodies_within(db.session(), current_actor())]
    return render_template(
        "accounts/person_new.html",
        problem=problem,
        given=request.form,
        bodies=bodies,
        roles=_role_choices(),
        chosen=request.form.getlist("roles"),
    )


def _role_choices() -> list[tuple[str, Any]]:
    return [(str(role), ROLE_WORDS[role]) for role in STAFF_ROLES]


def _do_new() -> Response:
    given = load(NewPersonInput(), with_list(request.form, "roles"))
    account = service.NewAccount(
        login=given["login"],
        name=given["name"],
        phone=given["phone"],
        email=given["email"],
        body_id=given["body"],
        checkpoint_code=given["checkpoint_code"],
        totp_required=given["totp_required"],
    )
    roles = [Role(role) for role in given["roles"]]
    with transaction() as session:
        made = service.create_person(session, current_actor(), account, roles, now=clock.now())
        person_id = made.id
    flash(gettext("账户已创建。请生成一次性代码，告知本人设置密码。"), "success")
    return redirect(url_for("accounts.person", person_id=person_id))


@pages.get("/people/<uuid:person_id>")
@requires(Permission.PERSON_MANAGE)
def person(person_id: UUID) -> str:
    """One person with what an administrator can do."""
    return _draw_person(person_id)


def _draw_person(
    person_id: UUID, *, problem: Told | None = None, code: str | None = None, identity: str | None = None
) -> str:
    session = db.session()
    found = person_within(session, current_actor(), person_id)
    if found is None:
        raise foreign()
    return render_template(
        "accounts/person.html",
        person=found,
        problem=problem,
        code=code,
        identity=identity or mask_identity(found.identity_number),
        identity_whole=identity is not None,
        phone=mask_phone(found.phone),
        roles=_role_choices(),
        chosen=[grant.role for grant in found.grants],
        **_facts(session, found),
    )


def _facts(session: Session, found: Person) -> dict[str, Any]:
    employer = found.body or found.firm
    area = employer.area if employer else found.area
    return {
        "employer": employer.name if employer else None,
        "area": area_words(session, area) if area else None,
        "role_words": "、".join(str(ROLE_WORDS[Role(grant.role)]) for grant in found.grants),
        "session_count": len(sessions_of(session, found.id, now=clock.now())),
        "oneself": found.id == current_actor().id,
        "may_appoint": found.firm_id is not None and found.active and not _leads(found),
    }


def _leads(found: Person) -> bool:
    return any(grant.role == Role.FIRM_LEAD for grant in found.grants)


def _back(person_id: UUID, words: str) -> Response:
    flash(words, "success")
    return redirect(url_for("accounts.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/roles")
@requires(Permission.PERSON_MANAGE)
def set_roles(person_id: UUID) -> Response | tuple[str, int]:
    """Replace the roles of a person of a body."""
    try:
        given = load(RolesInput(), with_list(request.form, "roles"))
        roles = [Role(role) for role in given["roles"]]
        with transaction() as session:
            service.set_roles(
                session, current_actor(), person_id, roles, given["checkpoint_code"], now=clock.now()
            )
    except DomainProblem as problem:
        return _again(person_id, problem)
    return _back(person_id, gettext("角色已修改。"))


def _again(person_id: UUID, problem: DomainProblem) -> tuple[str, int]:
    db.session.rollback()
    found = told(problem)
    return _draw_person(person_id, problem=found), found.status


@pages.post("/people/<uuid:person_id>/deactivate")
@requires(Permission.PERSON_MANAGE)
def deactivate_person(person_id: UUID) -> Response:
    """Switch an account off, with its sessions and tokens."""
    with transaction() as session:
        service.deactivate_person(session, current_actor(), person_id, now=clock.now())
    return _back(person_id, gettext("账户已停用，所有登录和令牌已吊销。"))


@pages.post("/people/<uuid:person_id>/activate")
@requires(Permission.PERSON_MANAGE)
def activate_person(person_id: UUID) -> Response:
    """Switch an account on again."""
    with transaction() as session:
        service.activate_person(session, current_actor(), person_id, now=clock.now())
    return _back(person_id, gettext("账户已恢复。"))


@pages.post("/people/<uuid:person_id>/totp/<any(require, allow):choice>")
@requires(Permission.PERSON_MANAGE)
def require_totp(person_id: UUID, choice: str) -> Response:
    """Ask a second step of a person, or no longer."""
    with transaction() as session:
        service.require_totp(
            session, current_actor(), person_id, required=choice == "require", now=clock.now()
        )
    return _back(person_id, gettext("已保存。"))


@pages.post("/people/<uuid:person_id>/totp/clear")
@requires(Permission.PERSON_MANAGE)
def clear_totp(person_id: UUID) -> Response:
    """Forget the second step of a person whose phone is lost."""
    with transaction() as session:
        service.clear_totp(session, current_actor(), person_id, now=clock.now())
    return _back(person_id, gettext("第二步验证已重置。"))


@pages.post("/people/<uuid:person_id>/code")
@requires(Permission.PERSON_MANAGE)
def make_reset_code(person_id: UUID) -> str:
    """Show a reset code, once, to be read out to the person."""
    with transaction() as session:
        code = service.code_for(session, current_actor(), person_id, now=clock.now())
    return _draw_person(person_id, code=code)


@pages.post("/people/<uuid:person_id>/identity")
@requires(Permission.PERSON_MANAGE)
def read_identity(person_id: UUID) -> str | tuple[str, int]:
    """Show the whole identity number, for a reason that is kept."""
    if person_within(db.session(), current_actor(), person_id) is None:
        raise foreign()
    try:
        given = load(ReasonInput(), from_form(request.form))
        with transaction() as session:
            number = service.read_identity(
                session, current_actor(), person_id, given["reason"], now=clock.now()
            )
    except DomainProblem as problem:
        return _again(person_id, problem)
    return _draw_person(person_id, identity=number)
