"""Reading the driver's link out of a message, as a phone would."""

from foundation.models import Message
from foundation.outbox import words_of


def link_in(message: Message) -> str:
    """The token of the address a message shows; the stored facts do not hold it."""
    address = words_of(message).link or ""
    token = address.removeprefix("/d/")
    assert token not in str(message.facts)
    return token
