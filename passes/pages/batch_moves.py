"""What is done with a batch: rows mended, left out and taken back, the batch accepted or given up, its papers."""

import re
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form
from foundation.problems import DomainProblem
from passes.batch_models import BatchRow
from passes.batch_queries import issued_numbers, outcomes
from passes.batch_service_words import ROW_STATE_WORDS
from passes.catalogue import Catalogue
from passes.imports.workbooks import ResultRow, result_workbook
from passes.models import Application
from passes.pages.batch_page import asked_part, asked_place, part_url
from passes.pages.batch_view import problem_words, words_of_row
from passes.pages.batches import download_workbook
from passes.pages.blueprint import pages
from passes.pages.telling import application_state
from passes.rules.batches import RowState
from passes.service.batch_rows import leave_out, mend_row, replace_all
from passes.service.batches import accept, discard, own_batch
from passes.service.sheets import PDF, print_sheets
from passes.sheet_jobs import AT_ONCE, order_sheets, press
from passes.workshop import catalogue

NOT_OF_THE_ROW = ("csrf_token", "seen", "part", "after")
BETWEEN_ITEMS = re.compile(r"[、,，;；/\n]+")


@pages.post("/batches/<uuid:batch_id>/rows/<int:position>")
@requires(Permission.APPLICATION_APPLY)
def mend_batch_row(batch_id: UUID, position: int) -> AnyResponse:
    """Other words in the cells of a row; what is still wrong with it is told at once."""
    now = clock.now()
    with transaction() as session:
        row = mend_row(
            session,
            current_actor(),
            batch_id,
            position,
            _typed(),
            catalogue(session, now=now),
            now=now,
            seen=request.form.get("seen"),
        )
        good = row.state == RowState.GOOD
    if good:
        flash(gettext("第 %(row)s 行已修改，检查通过。", row=position), "success")
    else:
        flash(gettext("第 %(row)s 行已修改，仍有内容需要更正。", row=position), "warning")
    return _back(batch_id, None if good else position)


def _typed() -> dict[str, Any]:
    """The row as it was typed; lists are typed in one line."""
    plain = from_form(request.form, ignore=NOT_OF_THE_ROW)
    for name in ("stops", "roads"):
        if isinstance(plain.get(name), str):
            plain[name] = [item for item in map(str.strip, BETWEEN_ITEMS.split(plain[name])) if item]
    return plain


def _back(batch_id: UUID, row: int | None) -> AnyResponse:
    """To the page of rows that was left; a browser without scripts finds its row again by the anchor."""
    return redirect(part_url(batch_id, asked_part(), after=asked_place(), row=row), 303)


@pages.post("/batches/<uuid:batch_id>/rows/<int:position>/<any('leave-out', 'take-back'):deed>")
@requires(Permission.APPLICATION_APPLY)
def move_batch_row(batch_id: UUID, position: int, deed: str) -> AnyResponse:
    """Leave a row out, or take it back."""
    now = clock.now()
    with transaction() as session:
        leave_out(
            session,
            current_actor(),
            batch_id,
            position,
            catalogue(session, now=now),
            now=now,
            out=deed == "leave-out",
            seen=request.form.get("seen"),
        )
    words = gettext("第 %(row)s 行不再提交。") if deed == "leave-out" else gettext("第 %(row)s 行已放回。")
    flash(words % {"row": position}, "success")
    return _back(batch_id, None)


@pages.post("/batches/<uuid:batch_id>/<any(accept, discard, 'replace-all'):action>")
@requires(Permission.APPLICATION_APPLY)
def move_batch(batch_id: UUID, action: str) -> AnyResponse:
    """Accept the good rows, give the batch up, or ask for new passes in place of the present ones."""
    now, actor = clock.now(), current_actor()
    version = request.form.get("version", 0, type=int)
    with transaction() as session:
        if action == "accept":
            accept(session, actor, batch_id, version, now=now)
        elif action == "discard":
            discard(session, actor, batch_id, now=now)
        else:
            mended = replace_all(session, actor, batch_id, version, now=now)
            flash(gettext("%(count)s 行改为换发。", count=mended), "success")
    if action == "discard":
        flash(gettext("这一批已放弃，没有生成申请。"), "success")
        return redirect(url_for("passes.batches"), 303)
    return _back(batch_id, None)


@pages.get("/batches/<uuid:batch_id>/result.xlsx")
@requires(Permission.APPLICATION_APPLY)
def batch_result(batch_id: UUID) -> Response:
    """A workbook with what has become of every row so far."""
    session = db.session()
    found = own_batch(session, current_actor(), batch_id)
    known = catalogue(session, now=clock.now())
    rows = (_result(known, row, application) for row, application in outcomes(session, found.id))
    return download_workbook(result_workbook(rows), f"{found.slip}.xlsx")


def _result(known: Catalogue, row: BatchRow, application: Application | None) -> ResultRow:
    sent = dict(words_of_row(known, row))
    if application is not None:
        detail = application.pass_number or application.slip
        return ResultRow(row.position, sent, application_state(application), detail)
    told = " ".join(problem_words(problem) for problem in row.problems)
    return ResultRow(row.position, sent, str(ROW_STATE_WORDS[RowState(row.state)]), told)


@pages.post("/batches/<uuid:batch_id>/sheets")
@requires(Permission.APPLICATION_APPLY)
def batch_sheets(batch_id: UUID) -> AnyResponse:
    """The sheets of all passes that have come of a batch: one PDF at once, or an order for the worker."""
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        found = own_batch(session, actor, batch_id)
        numbers = list(issued_numbers(session, found.id))
        if not numbers:
            raise DomainProblem("batch.nothing_issued")
        if len(numbers) > AT_ONCE:
            order = order_sheets(session, actor, numbers, now=now)
            return redirect(url_for("passes.sheet_order", order_id=order.id), 303)
        content = print_sheets(session, actor, numbers, press(session, now=now), now=now)
    headers = {"Content-Disposition": f'attachment; filename="{found.slip}.pdf"'}
    return Response(content, mimetype=PDF, headers=headers)
