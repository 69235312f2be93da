"""Text messages by an HTTP gateway (docs/sms_gateway.md). The one file of the outbox that touches httpx."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from uuid import UUID

import httpx

from foundation import clock
from foundation.outbox.rules import MessageAction, Outcome
from foundation.outbox.ways import Letter
from foundation.outbox.words import sms_text

TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
"""Seconds for connecting, and for each wait after it."""
LONGEST_ANSWER: Final = 64 * 1024
"""Bytes read of an answer; a gateway's takes a hundred."""
DEADLINE_SECONDS: Final = 20.0
"""For a whole answer, however slowly it drips."""
LATER: Final = frozenset({401, 403, 408, 425, 429})
"""Answers of the 4xx that speak of us or of the moment, and not of the message."""
LONGEST_CODE: Final = 40

DECIDED: Mapping[str, MessageAction] = {
    "accepted": MessageAction.ACCEPT,
    "delivered": MessageAction.ACCEPT,
    "rejected": MessageAction.REFUSE,
    "failed": MessageAction.REFUSE,
    "not_found": MessageAction.PUT_OFF,
}
"""What a receipt decides about a message; any other word decides nothing."""


NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
"""What goes wrong before anything has been asked."""


class Gateway:
    """The gateway of the settings."""

    width = 8

    def __init__(self, url: str, token: str, sender: str, public_url: str) -> None:
        self._url, self._sender, self._public_url = url.rstrip("/"), sender, public_url
        headers = {"authorization": f"Bearer {token}"} if token else {}
        # A kept connection that the gateway closes at the wrong moment would leave a message unknown for nothing.
        limits = httpx.Limits(max_connections=self.width, max_keepalive_connections=0)
        self._client = httpx.Client(timeout=TIMEOUT, limits=limits, headers=headers, trust_env=False)
        self._threads = ThreadPoolExecutor(self.width, thread_name_prefix="sms")

    def close(self) -> None:
        """Let go of the connections."""
        self._threads.shutdown()
        self._client.close()

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hand the messages over side by side; what came of each, in the same order."""
        return list(self._threads.map(self._send, letters))

    def ask(self, ids: Sequence[UUID]) -> list[Outcome | None]:
        """What became of messages handed over before, side by side; None where the gateway does not say."""
        return list(self._threads.map(self._ask, ids))

    def _send(self, letter: Letter) -> Outcome:
        text = sms_text(letter.words, self._public_url, self._sender)
        question = {"id": str(letter.id), "to": letter.address, "text": text}
        try:
            status, wait, body = self._talk("POST", self._url, question)
        except NOT_SENT:
            return Outcome(MessageAction.PUT_OFF, "sms.unreachable", fault=True)
        except (httpx.HTTPError, TimeoutError):
            # The question may have been read, and the answer got lost.
            return Outcome(MessageAction.LOSE_SIGHT, "sms.no_answer", fault=True)
        return judged(status, body, wait)

    def _ask(self, message: UUID) -> Outcome | None:
        try:
            status, _wait, body = self._talk("GET", f"{self._url}/{message}", None)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return None
        return receipt(status, body)

    def _talk(
        self, method: str, url: str, question: Mapping[str, str] | None
    ) -> tuple[int, timedelta | None, Any]:
        """Status, how long the gateway asks to be left alone, and the JSON of the answer (None when it is none)."""
        began, content = time.monotonic(), b""
        with self._client.stream(method, url, json=question) as answer:
            for piece in answer.iter_bytes():
                content += piece
                if time.monotonic() - began > DEADLINE_SECONDS or len(content) > LONGEST_ANSWER:
                    raise TimeoutError
            return answer.status_code, _retry_after(answer.headers.get("retry-after")), _json(content)


def judged(status: int, body: Any, wait: timedelta | None = None) -> Outcome:
    """What an answer to a message means. An answer of 200 is believed only with the word `accepted` in it."""
    said = body if isinstance(body, dict) else {}
    word, code = said.get("status"), _code(said.get("code"))
    if status >= 500 or status in LATER:
        return Outcome(MessageAction.PUT_OFF, f"sms.{status}", fault=True, wait=wait)
    if status >= 400 or word == "rejected":
        return Outcome(MessageAction.REFUSE, f"sms.{code or status}")
    if status == 200 and word == "accepted":
        name = said.get("id")
        return Outcome(MessageAction.ACCEPT, provider_id=str(name) if name else None)
    if status == 200 and word == "error":
        return Outcome(MessageAction.PUT_OFF, f"sms.{code or 'error'}", fault=True, wait=wait)
    if 300 <= status < 400:
        return Outcome(MessageAction.PUT_OFF, f"sms.{status}", fault=True)
    return Outcome(MessageAction.LOSE_SIGHT, "sms.strange_answer", fault=True)


def receipt(status: int, body: Any) -> Outcome | None:
    """What a receipt decides. Only the gateway's own words count: a 404 may come from anything on the way."""
    word = body.get("status") if isinstance(body, dict) else None
    action = DECIDED.get(word) if isinstance(word, str) and status in {200, 404} else None
    if action is None:
        return None
    error = None if action is MessageAction.ACCEPT else f"sms.{_code(body.get('code')) or word}"
    return Outcome(action, error)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _code(given: Any) -> str | None:
    """A code of the gateway as far as it is one: a word, not a sentence that could hold a number."""
    text = str(given) if isinstance(given, str | int) else ""
    return (
        text if 0 < len(text) <= LONGEST_CODE and text.replace("_", "").replace(".", "").isalnum() else None
    )


def _retry_after(given: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110 10.2.3); what is neither is not heard."""
    if given is None:
        return None
    if given.isascii() and given.isdigit():
        return timedelta(seconds=min(int(given), 86400))
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(at - clock.now(), timedelta()) if at.tzinfo else None
