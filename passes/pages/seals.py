"""The seals of bodies: handing one in, looking at it, approving it, taking it out of use."""

from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page, person_names
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.problems import InvalidInput, field_problem
from passes.pages.blueprint import pages
from passes.service.seals import PNG, approve_seal, retire_seal, seal_picture, seals_in_reach, upload_seal
from passes.words import SEAL_STATE_WORDS


@pages.route("/seals", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def seals() -> AnyResponse:
    """The seals one may see, and the form for a new one; whoever neither uploads nor approves is refused."""
    return form_page(_draw, _upload)


def _draw(problem: Told | None) -> str:
    actor, session = current_actor(), db.session()
    rows = seals_in_reach(session, actor)
    people = {row.seal.uploaded_by for row in rows} | {row.seal.approved_by for row in rows}
    return render_template(
        "passes/seals.html",
        problem=problem,
        rows=rows,
        names=person_names(session, [person for person in people if person]),
        state_words=SEAL_STATE_WORDS,
        me=actor.id,
        uploads=actor.may(Permission.SEAL_UPLOAD) and actor.body_id is not None,
        approves=actor.may(Permission.SEAL_APPROVE),
    )


def _upload() -> AnyResponse:
    file = request.files.get("seal")
    content = file.read() if file else b""
    if not content:
        raise InvalidInput(field_problem("seal", "field.required"))
    with transaction() as session:
        upload_seal(session, current_actor(), content, now=clock.now())
    flash(gettext("印章已上传，由另一名管理人员批准后启用。"), "success")
    return redirect(url_for("passes.seals"), 303)


@pages.get("/seals/<uuid:seal_id>.png")
@requires(Permission.ACCOUNT_OWN)
def seal_image(seal_id: UUID) -> Response:
    """The picture, for the people of the body and those who approve."""
    return Response(seal_picture(db.session(), current_actor(), seal_id), mimetype=PNG)


@pages.post("/seals/<uuid:seal_id>/approve")
@requires(Permission.SEAL_APPROVE)
def approve_a_seal(seal_id: UUID) -> AnyResponse:
    """From now on the body's sheets carry this seal."""
    with transaction() as session:
        approve_seal(session, current_actor(), seal_id, now=clock.now())
    flash(gettext("印章已启用，之后打印的通行证使用新印章。"), "success")
    return redirect(url_for("passes.seals"), 303)


@pages.post("/seals/<uuid:seal_id>/retire")
@requires(Permission.SEAL_APPROVE)
def retire_a_seal(seal_id: UUID) -> AnyResponse:
    """Refuse a pending seal, or take the current one out of use."""
    with transaction() as session:
        retire_seal(session, current_actor(), seal_id, now=clock.now())
    flash(gettext("印章已停用。"), "success")
    return redirect(url_for("passes.seals"), 303)
