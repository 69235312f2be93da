"""The register of firms, for administrators."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.areas import area_words_many
from accounts.guards import current_actor, requires
from accounts.pages.blueprint import pages
from accounts.permissions import Permission
from accounts.queries import PAGE, pending_firms
from accounts.queries import firms as firms_within
from accounts.rules import FIRM_MOVES, FirmAction, FirmState, firm_actions, mask_phone
from accounts.service.firms import appoint_lead
from accounts.service.firms import change_firm as move_firm
from accounts.words import FIRM_ACTION_WORDS, FIRM_STATE_TONES, FIRM_STATE_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext


@pages.get("/firms")
@requires(Permission.FIRM_MANAGE)
def firms() -> str:
    """Firms within reach, newest first; found by whole credit code, whole phone or the beginning of the name.

    Whoever only opens the page sees first those that wait for approval, where there are any.
    """
    session, actor = db.session(), current_actor()
    search = request.args.get("q", "").strip() or None
    waiting = pending_firms(session, actor)
    state = request.args.get("state") or ("pending" if waiting and not search else "all")
    before = request.args.get("before", type=UUID)
    found = firms_within(
        session, actor, state=None if state == "all" else state, search=search, before=before
    )
    areas = area_words_many(session, {firm.area for firm in found})
    rows = [
        {
            "firm": firm,
            "area": areas[firm.area],
            "phone": mask_phone(firm.phone),
            "state_words": FIRM_STATE_WORDS[FirmState(firm.state)],
            "tone": FIRM_STATE_TONES[FirmState(firm.state)],
            "actions": _actions(FirmState(firm.state)),
        }
        for firm in found[:PAGE]
    ]
    return render_template(
        "accounts/firms.html",
        rows=rows,
        search=search,
        state=state,
        states=FIRM_STATE_WORDS.items(),
        pending=waiting,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )


def _actions(state: FirmState) -> list[dict[str, object]]:
    return [
        {
            "action": str(action),
            "words": FIRM_ACTION_WORDS[action],
            "needs_reason": FIRM_MOVES[state, action].needs_reason,
        }
        for action in firm_actions(state)
    ]


@pages.post("/people/<uuid:person_id>/firm-lead")
@requires(Permission.FIRM_MANAGE)
def appoint_firm_lead(person_id: UUID) -> Response:
    """Make a person of a firm its lead, where the firm has none of its own any more."""
    with transaction() as session:
        appoint_lead(session, current_actor(), person_id, now=clock.now())
    flash(gettext("已设为企业管理员。"), "success")
    return redirect(url_for("accounts.person", person_id=person_id))


@pages.post("/firms/<uuid:firm_id>/<any(approve, suspend, resume):action>")
@requires(Permission.FIRM_MANAGE)
def change_firm(firm_id: UUID, action: str) -> Response:
    """Approve, suspend or resume a firm."""
    reason = request.form.get("reason", "").strip() or None
    with transaction() as session:
        move_firm(session, current_actor(), firm_id, FirmAction(action), reason=reason, now=clock.now())
    flash(gettext("企业状态已更新，并已通知企业。"), "success")
    return redirect(url_for("accounts.firms"))
