"""Messages to people: put in the transaction that has something to say, delivered after it.

By e-mail (SMTP), by text message (an HTTP gateway) and to the inbox of whoever has an account. Each goes out once for
its key; of one that may or may not have arrived it says so, and sends nothing again by itself.
"""

from foundation.outbox.managing import (
    COUNTED,
    PAGE,
    Moved,
    counts,
    listed,
    move,
    release,
    resend_failed,
    states_of_notice,
    stop_held,
)
from foundation.outbox.reading import caught, inbox, mark_read, unread
from foundation.outbox.rules import (
    MESSAGE_MOVES,
    Channel,
    MessageAction,
    MessageState,
    is_quiet,
    open_actions,
)
from foundation.outbox.sending import ask_receipts, lose_sight, send_due, start_sending
from foundation.outbox.words import TEMPLATES, Template, Words, sms_text, template, words_of
from foundation.outbox.writing import Recipient, put, put_email, put_sms

__all__ = [
    "COUNTED",
    "MESSAGE_MOVES",
    "PAGE",
    "TEMPLATES",
    "Channel",
    "MessageAction",
    "MessageState",
    "Moved",
    "Recipient",
    "Template",
    "Words",
    "ask_receipts",
    "caught",
    "counts",
    "inbox",
    "is_quiet",
    "listed",
    "lose_sight",
    "mark_read",
    "move",
    "open_actions",
    "put",
    "put_email",
    "put_sms",
    "release",
    "resend_failed",
    "send_due",
    "sms_text",
    "start_sending",
    "states_of_notice",
    "stop_held",
    "template",
    "unread",
    "words_of",
]
