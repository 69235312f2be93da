"""The own firm, for its leads: its data, its people, invitations."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.areas import area_words
from accounts.firm_queries import (
    PAGE,
    colleague,
    colleagues,
    deciders_of,
    firm_tokens,
    open_invitations,
)
from accounts.forms import Told, told
from accounts.guards import current_actor, foreign, requires
from accounts.models import Firm
from accounts.pages.blueprint import pages
from accounts.pages.tokens import given_once
from accounts.permissions import Actor, Permission, Role
from accounts.rules import FirmState, mask_phone
from accounts.schemas import FirmRoleInput, InviteInput
from accounts.service import colleagues as service
from accounts.service.invitations import Invited, invite
from accounts.service.invitations import revoke_invitation as close_invitation
from accounts.words import FIRM_ROLE_HINTS, FIRM_ROLE_WORDS, FIRM_STATE_TONES, FIRM_STATE_WORDS
from accounts.work import WORK_SHOWN, work_of
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.problems import DomainProblem
from foundation.settings import Settings

ROLES = [(str(role), words, FIRM_ROLE_HINTS[role]) for role, words in FIRM_ROLE_WORDS.items()]


@dataclass(frozen=True)
class Made:
    """An invitation that was made a moment ago, with its address, which is shown once."""

    name: str
    email: str | None
    url: str


def firm_of(session: Session, actor: Actor) -> Firm:
    """The firm of the acting party. Raises `NotFound` for a party without one."""
    found = session.get(Firm, actor.firm_id) if actor.firm_id else None
    if found is None:
        raise foreign()
    return found


@pages.get("/firm")
@requires(Permission.FIRM_OWN)
def own_firm() -> str:
    """Data and people of the own firm, the oldest account first; with `part=left` those who were removed."""
    return _draw()


def _draw(*, problem: Told | None = None, made: Made | None = None) -> str:
    session, now = db.session(), clock.now()
    firm = firm_of(session, current_actor())
    left = request.args.get("part") == "left"
    found = colleagues(session, firm.id, active=not left, after=request.args.get("after", type=UUID))
    return render_template(
        "accounts/own_firm.html",
        people=[_told(row) for row in found[:PAGE]],
        newer=found[PAGE - 1].id if len(found) > PAGE else None,
        left=left,
        invitations=_invitations(session, firm, now),
        roles=ROLES,
        problem=problem,
        made=made,
        given=request.form if problem else {},
        **firm_facts(session, firm),
    )


def firm_facts(session: Session, firm: Firm) -> dict[str, Any]:
    """What every page of a firm says of it, and who decides while it waits."""
    state = FirmState(firm.state)
    return {
        "firm": firm,
        "area": area_words(session, firm.area),
        "state_words": FIRM_STATE_WORDS[state],
        "state_tone": FIRM_STATE_TONES[state],
        "deciders": deciders_of(session, state, firm.area),
    }


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "login": row.login,
        "phone": mask_phone(row.phone),
        "email": row.email,
        "active": row.active,
        "role": row.role,
        "role_words": FIRM_ROLE_WORDS[Role(row.role)],
        "seen": row.last_seen_at,
        "oneself": row.id == current_actor().id,
    }


def _invitations(session: Session, firm: Firm, now: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name": row.name,
            "email": row.email,
            "role_words": FIRM_ROLE_WORDS[Role(row.role)],
            "by": by,
            "expires_at": row.expires_at,
        }
        for row, by in open_invitations(session, firm.id, now=now)
    ]


@pages.post("/firm/invitations")
@requires(Permission.FIRM_OWN)
def make_invitation() -> str | tuple[str, int]:
    """Invite somebody, and show the address, once."""
    return given_once(_draw, _invite)


def _invite(session: Session) -> Made:
    settings: Settings = current_app.extensions["settings"]
    given = load(InviteInput(), from_form(request.form))
    invited = Invited(given["name"], Role(given["role"]), given["email"])
    key = str(current_app.config["SECRET_KEY"])
    row, token = invite(session, current_actor(), invited, secret_key=key, now=clock.now())
    return Made(row.name, row.email, f"{settings.public_url}{url_for('accounts.invitation', token=token)}")


@pages.post("/firm/invitations/<uuid:invitation_id>/revoke")
@requires(Permission.FIRM_OWN)
def revoke_invitation(invitation_id: UUID) -> Response:
    """Close an invitation that nobody accepted."""
    with transaction() as session:
        close_invitation(session, current_actor(), invitation_id, now=clock.now())
    flash(gettext("邀请已撤销，原来的地址不能再用。"), "success")
    return redirect(url_for("accounts.own_firm"))


@pages.get("/firm/people/<uuid:person_id>")
@requires(Permission.FIRM_OWN)
def firm_person(person_id: UUID) -> str:
    """One person of the firm: role, what that person has going on for the firm, and the way out."""
    return _draw_person(person_id)


def _draw_person(person_id: UUID, problem: Told | None = None) -> str:
    session, now = db.session(), clock.now()
    firm = firm_of(session, current_actor())
    row = colleague(session, firm.id, person_id)
    if row is None:
        raise foreign()
    return render_template(
        "accounts/firm_person.html",
        person=_told(row),
        roles=ROLES,
        work=work_of(session, firm.id, person_id, now=now),
        most=WORK_SHOWN,
        tokens=[token for token, _, _ in firm_tokens(session, firm.id, made_by=person_id)],
        now=now,
        problem=problem,
        given=request.form if problem else {},
    )


@pages.post("/firm/people/<uuid:person_id>/role")
@requires(Permission.FIRM_OWN)
def change_firm_role(person_id: UUID) -> Response | tuple[str, int]:
    """Give a person of the firm another role."""
    try:
        role = Role(load(FirmRoleInput(), from_form(request.form))["role"])
        with transaction() as session:
            service.change_role(session, current_actor(), person_id, role, now=clock.now())
    except DomainProblem as problem:
        return _again(person_id, problem)
    flash(gettext("角色已修改。"), "success")
    return _back(person_id, leaves=role is not Role.FIRM_LEAD)


@pages.post("/firm/people/<uuid:person_id>/remove")
@requires(Permission.FIRM_OWN)
def remove_firm_person(person_id: UUID) -> Response | tuple[str, int]:
    """Let a person of the firm in no more."""
    try:
        with transaction() as session:
            service.remove_colleague(session, current_actor(), person_id, now=clock.now())
    except DomainProblem as problem:
        return _again(person_id, problem)
    flash(gettext("已移出企业，所有登录已退出；通行证和申请仍属本企业。"), "success")
    return _back(person_id, leaves=True)


def _again(person_id: UUID, problem: DomainProblem) -> tuple[str, int]:
    db.session.rollback()
    found = told(problem)
    return _draw_person(person_id, found), found.status


def _back(person_id: UUID, *, leaves: bool) -> Response:
    """To the person's page; whoever gave up the own place has no page of the firm any more."""
    if leaves and person_id == current_actor().id:
        return redirect(url_for("web.home"))
    return redirect(url_for("accounts.firm_person", person_id=person_id))
