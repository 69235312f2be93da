"""A message as the catcher page of a demo shows it."""

from typing import Any

from foundation import outbox
from foundation.models import Message
from foundation.outbox import MessageState
from foundation.settings import Settings
from web.messages_words import MESSAGE_STATE_TONES, MESSAGE_STATE_WORDS


def caught_row(message: Message, settings: Settings) -> dict[str, Any]:
    """A message with its words, as its receiver would read them."""
    words = outbox.words_of(message)
    state = MessageState(message.state)
    return {
        "message": message,
        "channel": message.channel,
        "words": words,
        "text": outbox.sms_text(words, settings.public_url, settings.sms_sender),
        "state_words": MESSAGE_STATE_WORDS[state],
        "tone": MESSAGE_STATE_TONES[state],
    }
