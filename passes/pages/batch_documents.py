"""What comes of a batch, for the applicant and for the body that decided it: all sheets, and links for all drivers."""

import csv
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from passes.batch_models import Batch
from passes.batch_review_queries import live_passes, reach_batch
from passes.imports.workbooks import harmless
from passes.link_jobs import send_links_of_batch
from passes.pages.blueprint import pages
from passes.service.batch_links import DriverAddress, links_of_batch, phones_of
from passes.sheet_jobs import ONE_FILE, form_of, order_batch_sheets
from passes.workshop import workshop

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads the file in the language of the machine."""


@pages.post("/batches/<uuid:batch_id>/sheet-order")
@requires(Permission.ACCOUNT_OWN)
def order_batch(batch_id: UUID) -> AnyResponse:
    """Have the sheets of all live passes of a batch made, as one PDF or as a ZIP."""
    form = request.form.get("form", "pdf")
    with transaction() as session:
        order = order_batch_sheets(session, current_actor(), batch_id, form, now=clock.now())
        where, made = url_for("passes.sheet_order", order_id=order.id), form_of(order)
    if form == "pdf" and made != "pdf":
        flash(gettext("超过 %(most)s 张不合成一个 PDF，改为打包 ZIP。", most=ONE_FILE), "info")
    return redirect(where, 303)


@pages.get("/batches/<uuid:batch_id>/links")
@requires(Permission.ACCOUNT_OWN)
def batch_links(batch_id: UUID) -> str:
    """How many links there would be, and the ways to hand them out."""
    session, actor = db.session(), current_actor()
    passes = live_passes(session, actor, batch_id, now=clock.now())
    return _draw(batch_id, made=None, passes=len(passes), phones=sum(len(phones_of(one)) for one in passes))


def _draw(batch_id: UUID, **more: Any) -> str:
    session = db.session()
    own = reach_batch(session, current_actor(), batch_id)
    back = f"/batches/{batch_id}" if own else url_for("passes.review_batch", batch_id=batch_id)
    batch = session.get_one(Batch, batch_id)
    return render_template("passes/sheet_links.html", batch=batch, back=back, token=uuid4(), **more)


@pages.post("/batches/<uuid:batch_id>/links")
@requires(Permission.ACCOUNT_OWN)
def make_batch_links(batch_id: UUID) -> AnyResponse | str:
    """New links, shown this once as a page or given as a file: only their hashes are kept."""
    with transaction() as session:
        made = links_of_batch(session, current_actor(), batch_id, now=clock.now())
        slip = session.get_one(Batch, batch_id).slip
    if request.form.get("form") != "csv":
        return _draw(batch_id, made=[(one, _address(one)) for one in made], text=_lines(made, "\t"))
    content = BYTE_ORDER_MARK + _lines(made, ",")
    headers = {"Content-Disposition": f'attachment; filename="{slip}-links.csv"'}
    return Response(content, mimetype="text/csv", headers=headers)


def _address(made: DriverAddress) -> str:
    return f"{workshop().public_url}{url_for('passes.driver_pass', token=made.token)}"


def _lines(made: list[DriverAddress], separator: str) -> str:
    """One line a pass: plate, number, drivers, link."""
    target = StringIO()
    writer = csv.writer(target, delimiter=separator)
    writer.writerow([gettext("车牌号"), gettext("通行证编号"), gettext("驾驶员"), gettext("链接")])
    for one in made:
        names = gettext("、").join(driver["name"] for driver in one.found.drivers)
        writer.writerow([harmless(one.found.plate), one.found.number, harmless(names), _address(one)])
    return target.getvalue()


@pages.post("/batches/<uuid:batch_id>/links/send")
@requires(Permission.ACCOUNT_OWN)
def send_batch_links(batch_id: UUID) -> AnyResponse:
    """New links by text message to every driver who has a phone; the same form sends them once."""
    key = request.form.get("form_token", type=UUID) or uuid4()
    with transaction() as session:
        count = send_links_of_batch(
            session, current_actor(), batch_id, key=f"{batch_id}:{key}", now=clock.now()
        )
    flash(gettext("正在向 %(count)s 部驾驶员手机发送链接短信。", count=count), "success")
    return redirect(url_for("passes.batch_links", batch_id=batch_id), 303)
