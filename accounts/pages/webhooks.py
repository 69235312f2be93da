"""Webhooks of a firm: its endpoints, the log of each, and trying one out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.forms import Told, form_page
from accounts.guards import current_actor, foreign, requires
from accounts.pages.blueprint import pages
from accounts.permissions import Permission
from accounts.schemas import WebhookInput
from accounts.service.webhooks import (
    add_endpoint,
    pause_endpoint,
    ping,
    remove_endpoint,
    renew_secret,
    send_again,
)
from accounts.webhook_models import WebhookEndpoint
from accounts.webhook_queries import PAGE, endpoint_of, endpoints_of, log_of
from accounts.webhook_rules import MOST_ENDPOINTS, secret_of, shown_secret
from accounts.webhook_words import KIND_WORDS, PROBLEM_WORDS, STATE_WORDS
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.settings import Settings


@pages.route("/firm/webhooks", methods=["GET", "POST"])
@requires(Permission.FIRM_OWN)
def webhooks() -> Response:
    """The firm's endpoints, and a form for one more."""
    return form_page(_draw, _add)


def _draw(problem: Told | None) -> str:
    firm_id = current_actor().firm_id
    return render_template(
        "accounts/webhooks.html",
        endpoints=endpoints_of(db.session(), firm_id) if firm_id else [],
        most=MOST_ENDPOINTS,
        kinds=KIND_WORDS,
        given=request.form,
        problem=problem,
    )


def _add() -> Response:
    given = load(WebhookInput(), from_form(request.form))
    settings: Settings = current_app.extensions["settings"]
    with transaction() as session:
        made = add_endpoint(
            session, current_actor(), given["url"], private=settings.webhook_private, now=clock.now()
        )
        where = url_for("accounts.webhook", endpoint_id=made.id)
    flash(gettext("地址已添加。请保存签名密钥，并发送一次测试。"), "success")
    return redirect(where, 303)


@pages.get("/firm/webhooks/<uuid:endpoint_id>")
@requires(Permission.FIRM_OWN)
def webhook(endpoint_id: UUID) -> str:
    """One endpoint: its secret, and what it was told."""
    endpoint = _own(endpoint_id)
    before = request.args.get("before", type=UUID)
    log = log_of(db.session(), endpoint.id, before=before)
    more = (
        url_for("accounts.webhook", endpoint_id=endpoint.id, before=log[PAGE - 1][0].id)
        if len(log) > PAGE
        else None
    )
    return render_template(
        "accounts/webhook.html",
        endpoint=endpoint,
        secret=_secret(endpoint),
        next_url=more,
        **_shown(endpoint, log[:PAGE], newest=before is None),
    )


@pages.get("/firm/webhooks/<uuid:endpoint_id>/log")
@requires(Permission.FIRM_OWN)
def webhook_log(endpoint_id: UUID) -> str:
    """The newest part of the log alone: the page asks for it while something is on its way for the first time."""
    endpoint = _own(endpoint_id)
    log = log_of(db.session(), endpoint.id, before=None)
    return render_template(
        "accounts/webhook_log.html", endpoint=endpoint, **_shown(endpoint, log[:PAGE], newest=True)
    )


def _shown(endpoint: WebhookEndpoint, log: Sequence[Any], *, newest: bool) -> dict[str, Any]:
    rows = [_told(*row) for row in log]
    on_its_way = any(row["state"] == "queued" and not row["attempts"] for row in rows)
    return {"rows": rows, "moving": newest and on_its_way and not endpoint.paused}


def _own(endpoint_id: UUID) -> WebhookEndpoint:
    firm_id = current_actor().firm_id
    found = endpoint_of(db.session(), firm_id, endpoint_id) if firm_id else None
    if found is None:
        raise foreign()
    return found


def _secret(endpoint: WebhookEndpoint) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return shown_secret(secret_of(key, str(endpoint.id), endpoint.generation))


def _told(delivery: Any, event: Any) -> dict[str, Any]:
    problem = PROBLEM_WORDS.get(delivery.last_problem) if delivery.last_problem else None
    return {
        "id": delivery.id,
        "event_id": event.id,
        "kind": KIND_WORDS.get(event.kind, event.kind),
        "subject": event.subject,
        "at": event.at,
        "state": delivery.state,
        "state_words": STATE_WORDS[delivery.state],
        "attempts": delivery.attempts,
        "answer": delivery.last_status or problem,
        "next_try_at": delivery.next_try_at if delivery.state == "queued" else None,
    }


@pages.post("/firm/webhooks/<uuid:endpoint_id>/<any(ping, pause, resume, secret, remove):deed>")
@requires(Permission.FIRM_OWN)
def webhook_deed(endpoint_id: UUID, deed: str) -> Response:
    """Try an endpoint out, let it rest or go on, give it a new secret, or remove it."""
    actor, now = current_actor(), clock.now()
    with transaction() as session:
        if deed == "ping":
            ping(session, actor, endpoint_id, now=now)
        elif deed == "secret":
            renew_secret(session, actor, endpoint_id, now=now)
        elif deed == "remove":
            remove_endpoint(session, actor, endpoint_id, now=now)
        else:
            pause_endpoint(session, actor, endpoint_id, paused=deed == "pause", now=now)
    flash(_DONE[deed](), "success")
    gone = deed == "remove"
    return redirect(
        url_for("accounts.webhooks") if gone else url_for("accounts.webhook", endpoint_id=endpoint_id)
    )


_DONE = {
    "ping": lambda: gettext("测试已发出，几秒后在下面的记录里看结果。"),
    "pause": lambda: gettext("已暂停：暂停期间发生的事不再补发，此前排队的恢复后继续。"),
    "resume": lambda: gettext("已恢复推送。"),
    "secret": lambda: gettext("已换新密钥，旧密钥即时失效。"),
    "remove": lambda: gettext("地址已删除。"),
}


@pages.post("/firm/webhooks/deliveries/<uuid:delivery_id>/again")
@requires(Permission.FIRM_OWN)
def webhook_again(delivery_id: UUID) -> Response:
    """Tell an event once more."""
    with transaction() as session:
        endpoint_id = send_again(session, current_actor(), delivery_id, now=clock.now())
    flash(gettext("已重新排队发送。"), "success")
    return redirect(url_for("accounts.webhook", endpoint_id=endpoint_id))
