"""The printed pass, alone and by the hundred, and the links that a driver is given."""

import re
import unicodedata
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.models import TaskProgress
from foundation.words import words_of
from passes.pages.blueprint import pages
from passes.service.links import make_link, revoke_links
from passes.service.sheets import MOST_NUMBERS, PDF, order_numbers, print_sheets, require_reach, sheet_pdf
from passes.sheet_jobs import (
    AT_ONCE,
    KEPT,
    ONE_FILE,
    find_order,
    form_of,
    order_archive,
    order_pdf,
    order_sheets,
    own_orders,
    piece_of,
    press,
    retry_order,
)
from passes.workshop import workshop

BETWEEN_NUMBERS = re.compile(r"[\s,;、]+")


@pages.get("/passes/<number>/sheet.pdf")
@requires(Permission.ACCOUNT_OWN)
def sheet(number: str) -> AnyResponse:
    """The document of one pass, for its holder, its body and the command above; made now if it is missing."""
    now = clock.now()
    with transaction() as session:
        document = sheet_pdf(session, current_actor(), number, press(session, now=now), now=now)
    response = _download(document.content, f"{number}.pdf", PDF)
    response.set_etag(document.sha256)
    # A browser may keep it, but asks each time whether it is still the one: passes are suspended.
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _download(content: Any, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=media_type, headers=headers)


@pages.route("/sheet-orders", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def sheet_orders() -> AnyResponse:
    """Print many passes: up to fifty at once, more by the worker; and the orders one has given."""
    return form_page(_draw_orders, _do_order)


def _draw_orders(problem: Told | None) -> str:
    return render_template(
        "passes/sheet_orders.html",
        problem=problem,
        given=" ".join(request.form.getlist("numbers")),
        orders=own_orders(db.session(), current_actor()),
        form=request.form.get("form", "zip"),
        at_once=AT_ONCE,
        one_file=ONE_FILE,
        most=MOST_NUMBERS,
    )


def _do_order() -> AnyResponse:
    now, actor = clock.now(), current_actor()
    numbers = order_numbers(_typed_numbers())
    with transaction() as session:
        if len(numbers) > AT_ONCE:
            order = order_sheets(session, actor, numbers, now=now, form=request.form.get("form", "zip"))
            return redirect(url_for("passes.sheet_order", order_id=order.id), 303)
        require_reach(session, actor, numbers)
        content = print_sheets(session, actor, numbers, press(session, now=now), now=now)
    return _download(content, f"{numbers[0]}-{numbers[-1]}.pdf", PDF)


def _typed_numbers() -> list[str]:
    """Ticked boxes or a pasted column: the numbers between spaces, line ends and commas, of full width or not."""
    typed = unicodedata.normalize("NFKC", " ".join(request.form.getlist("numbers")))
    return [number for number in BETWEEN_NUMBERS.split(typed) if number]


@pages.get("/sheet-orders/<uuid:order_id>")
@requires(Permission.ACCOUNT_OWN)
def sheet_order(order_id: UUID) -> str:
    """How far an order is; the page can be left and come back to."""
    return _draw_order("passes/sheet_order.html", order_id)


@pages.post("/sheet-orders/<uuid:order_id>/retry")
@requires(Permission.ACCOUNT_OWN)
def retry_sheet_order(order_id: UUID) -> AnyResponse:
    """Go on with an order that has stopped, or make its files again once they were removed."""
    with transaction() as session:
        retry_order(session, current_actor(), order_id, now=clock.now())
    return redirect(url_for("passes.sheet_order", order_id=order_id), 303)


@pages.get("/sheet-orders/<uuid:order_id>/progress")
@requires(Permission.ACCOUNT_OWN)
def sheet_order_progress(order_id: UUID) -> str:
    """The moving part of the page alone."""
    return _draw_order("passes/sheet_order_progress.html", order_id)


def _draw_order(template: str, order_id: UUID) -> str:
    order = find_order(db.session(), current_actor(), order_id)
    return render_template(
        template,
        order=order,
        form=form_of(order),
        piece=piece_of(order),
        why=_why(order),
        kept_days=KEPT.days,
        most=ONE_FILE,
    )


def _why(order: TaskProgress) -> str | None:
    """What stopped an order, in words."""
    return str(words_of(order.problem).what) % {"number": ""} if order.problem else None


@pages.get("/sheet-orders/<uuid:order_id>/sheets.zip")
@requires(Permission.ACCOUNT_OWN)
def sheet_order_file(order_id: UUID) -> Response:
    """The finished order: a ZIP of PDFs, of one pass each or of a hundred."""
    order = find_order(db.session(), current_actor(), order_id)
    numbers = order.facts["numbers"]
    name = f"{numbers[0]}-{numbers[-1]}.zip"
    return _download(stream_with_context(order_archive(order)), name, "application/zip")


@pages.get("/sheet-orders/<uuid:order_id>/sheets.pdf")
@requires(Permission.ACCOUNT_OWN)
def sheet_order_pdf(order_id: UUID) -> Response:
    """The finished order that is one PDF."""
    order = find_order(db.session(), current_actor(), order_id)
    numbers = order.facts["numbers"]
    return _download(order_pdf(order), f"{numbers[0]}-{numbers[-1]}.pdf", PDF)


@pages.post("/passes/<number>/links")
@requires(Permission.ACCOUNT_OWN)
def make_driver_link(number: str) -> str:
    """A new address for the driver, shown this once."""
    with transaction() as session:
        token = make_link(session, current_actor(), number, now=clock.now())
    address = f"{workshop().public_url}{url_for('passes.driver_pass', token=token)}"
    return render_template("passes/driver_link.html", number=number, address=address)


@pages.post("/passes/<number>/links/revoke")
@requires(Permission.ACCOUNT_OWN)
def revoke_driver_links(number: str) -> AnyResponse:
    """Every link of the pass stops working."""
    with transaction() as session:
        revoked = revoke_links(session, current_actor(), number, now=clock.now())
    flash(gettext("已停用 %(count)s 个驾驶员链接。", count=revoked), "success")
    return redirect(f"/passes/{number}", 303)
