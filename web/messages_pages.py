"""The outbox for administrators: what waits, what failed and why; sending again and stopping."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import mask_phone
from audit.public import record
from foundation import clock, outbox
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.models import Message
from foundation.outbox import Channel, MessageAction, MessageState
from web.messages_words import (
    CHANNEL_WORDS,
    MESSAGE_ACTION_WORDS,
    MESSAGE_STATE_HINTS,
    MESSAGE_STATE_TONES,
    MESSAGE_STATE_WORDS,
    error_words,
)
from web.pages import pages


@pages.get("/messages")
@requires(Permission.MESSAGE_MANAGE)
def messages() -> str:
    """E-mails and text messages by state, newest first, a page at a time. Nobody reads what they say."""
    session, now = db.session(), clock.now()
    counts = outbox.counts(session, now=now)
    channel = _chosen(Channel, request.args.get("channel"), CHANNEL_WORDS) or Channel.EMAIL
    state = _chosen(MessageState, request.args.get("state"), MESSAGE_STATE_WORDS) or _pressing(
        counts, channel
    )
    found = outbox.listed(session, state, channel, before=request.args.get("before", type=UUID))
    return render_template(
        "messages.html",
        channel=channel,
        state=state,
        channels=[(one, words, _number(_waiting(counts, one))) for one, words in CHANNEL_WORDS.items()],
        states=[
            (one, words, _number(counts.get((channel, one), 0))) for one, words in MESSAGE_STATE_WORDS.items()
        ],
        tone=MESSAGE_STATE_TONES[state],
        hint=MESSAGE_STATE_HINTS[state],
        rows=[_shown(message) for message in found[: outbox.PAGE]],
        older=found[outbox.PAGE - 1].id if len(found) > outbox.PAGE else None,
    )


def _chosen(kind: Any, given: str | None, known: Any) -> Any:
    """The choice in the address, if it is one that has words."""
    return kind(given) if given in set(known) else None


def _pressing(counts: Any, channel: Channel) -> MessageState:
    """The first state that holds anything: whatever needs a person stands first."""
    return next((one for one in MESSAGE_STATE_WORDS if counts.get((channel, one))), MessageState.FAILED)


def _number(found: int) -> str:
    """A number as far as it was counted."""
    return str(found) if found <= outbox.COUNTED else f"{outbox.COUNTED}+"


def _waiting(counts: Any, channel: Channel) -> int:
    """How many of a channel wait for a person."""
    return int(sum(counts.get((channel, one), 0) for one in (MessageState.FAILED, MessageState.UNKNOWN)))


def _shown(message: Message) -> dict[str, Any]:
    return {
        "message": message,
        "address": masked(message.address or ""),
        "error": error_words(message.last_error),
        "actions": [(str(one), MESSAGE_ACTION_WORDS[one]) for one in outbox.open_actions(message.state)],
    }


def masked(address: str) -> str:
    """An address that can be recognised and not used: the first letter and the domain, or a telephone number's ends."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if at else mask_phone(address)


@pages.post("/messages/<uuid:message_id>/<any(resend, stop):action>")
@requires(Permission.MESSAGE_MANAGE)
def move_message(message_id: UUID, action: str) -> Response:
    """Send one message again, or keep it from being sent."""
    now = clock.now()
    with transaction() as session:
        moved = outbox.move(session, message_id, MessageAction(action), now=now)
        record(
            session,
            current_actor(),
            f"message:{action}",
            "message",
            message_id,
            now=now,
            from_state=moved.was,
            to_state=moved.state,
        )
    done = gettext("消息已重新排队。") if action == "resend" else gettext("消息已停止，不会发出。")
    flash(done, "success")
    return redirect(url_for("web.messages", channel=moved.channel, state=moved.was), 303)


@pages.post("/messages/resend-failed")
@requires(Permission.MESSAGE_MANAGE)
def resend_failed() -> Response:
    """Send again what failed on a channel in the last hour: a server was down, and is up again."""
    channel = _chosen(Channel, request.form.get("channel"), CHANNEL_WORDS) or Channel.EMAIL
    now = clock.now()
    with transaction() as session:
        count = outbox.resend_failed(session, channel, now=now)
        facts = {"messages": count}
        record(session, current_actor(), "message:resend_failed", "channel", channel, now=now, facts=facts)
    flash(gettext("%(count)s 条消息已重新排队。", count=count), "success")
    return redirect(url_for("web.messages", channel=channel), 303)
