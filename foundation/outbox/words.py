"""The words of messages, made from stored facts in the language of the reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foundation.i18n import in_language
from foundation.models import Message


@dataclass(frozen=True)
class Words:
    """A message in the language of its reader. `sms` is what a text message says instead of subject and body."""

    subject: str
    body: str
    link: str | None = None
    sms: str | None = None


Template = Callable[[dict[str, Any]], Words]
TEMPLATES: dict[str, Template] = {}


def template(name: str) -> Callable[[Template], Template]:
    """Register the words of a kind of message; they are made from the stored facts when it is shown or sent."""

    def register(make: Template) -> Template:
        TEMPLATES[name] = make
        return make

    return register


def words_of(message: Message) -> Words:
    """The message in its recipient's language. Raises `KeyError` for a template that is no more."""
    with in_language(message.facts.get("locale", "zh")):
        return TEMPLATES[message.template](message.facts)


def mail_text(words: Words, public_url: str) -> str:
    """What stands in an e-mail, with the whole address behind its link."""
    return words.body + (f"\n\n{public_url}{words.link}" if words.link else "")


def sms_text(words: Words, public_url: str, sender: str) -> str:
    """What stands in a text message: the sender in the brackets that operators ask for, on one line."""
    said = words.sms or f"{words.subject} {words.body}"
    told = f"{said} {public_url}{words.link}" if words.link else said
    return f"【{sender}】{' '.join(told.split())}"
