"""Batches 批次 of an applicant: sending a spreadsheet, the list of what was sent, the template to fill in."""

from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _
from passes.batch_queries import BATCHES, RowCounts, batch_page, row_counts
from passes.imports.reading import LARGEST_FILE, MOST_ROWS
from passes.imports.workbooks import template_workbook
from passes.pages.batch_view import batch_line
from passes.pages.blueprint import pages
from passes.rules.batches import BatchState
from passes.service.batches import MEDIA, own_batch, send_file
from passes.workshop import catalogue

LABELS = {"file": _("表格文件")}
TAKEN = ",".join(f".{ending}" for ending in MEDIA)
"""What the dialog for choosing a file offers."""


@pages.route("/batches", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def batches() -> AnyResponse:
    """Send a spreadsheet; and what was sent before, newest first."""
    return form_page(_draw, _send, LABELS)


def _draw(problem: Told | None) -> str:
    session, actor = db.session(), current_actor()
    found = batch_page(session, actor, before=request.args.get("before", type=UUID))
    counts = row_counts(session, [batch.id for batch in found[:BATCHES]])
    replaces = _replaced(request.values.get("replaces", type=UUID))
    return render_template(
        "passes/batches.html",
        problem=problem,
        rows=[batch_line(batch, counts.get(batch.id, RowCounts())) for batch in found[:BATCHES]],
        replaces=replaces,
        taken=TAKEN,
        most=MOST_ROWS,
        max_mb=LARGEST_FILE // 2**20,
        older=url_for("passes.batches", before=found[BATCHES - 1].id) if len(found) > BATCHES else None,
    )


def _replaced(batch_id: UUID | None) -> Any:
    """The own batch that the next file corrects."""
    return own_batch(db.session(), current_actor(), batch_id) if batch_id else None


def _send() -> AnyResponse:
    given = request.files.get("file")
    content = given.read() if given else b""
    now = clock.now()
    with transaction() as session:
        batch = send_file(
            session,
            current_actor(),
            content,
            (given.filename if given else None) or "",
            now=now,
            replaces=request.form.get("replaces", type=UUID),
        )
        again, where = batch.created_at != now, url_for("passes.batch", batch_id=batch.id)
        reading = batch.state == BatchState.READING
    if again:
        flash(gettext("这个文件已经上传过，这是当时的批次，没有重复生成。"), "info")
    elif reading:
        flash(gettext("文件已收到，正在读取。"), "success")
    return redirect(where, 303)


@pages.get("/batches/template.xlsx")
@requires(Permission.APPLICATION_APPLY)
def batch_template() -> Response:
    """The workbook to fill in, with an example and lists to choose from; the applicant's own province leads them."""
    known, person = catalogue(db.session(), now=clock.now()), g.get("person")
    home = known.province_of(person.area) if person and person.area in known.areas else None
    return download_workbook(template_workbook(known, home), "changtong-template.xlsx")


def download_workbook(content: bytes, name: str) -> Response:
    """A workbook to be kept, never opened inside the site."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, mimetype=MEDIA["xlsx"], headers=headers)
