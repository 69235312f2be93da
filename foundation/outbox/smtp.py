"""E-mail by SMTP (RFC 5321): one connection for a piece of messages. The one file that touches smtplib."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from foundation.outbox.rules import MessageAction, Outcome
from foundation.outbox.ways import Letter
from foundation.outbox.words import mail_text

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
"""How long a server may take for one answer. RFC 5321 4.5.3.2 allows minutes; behind us others wait."""
LINE_OF_A_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
TAKEN, FORWARDED, GO_ON, REFUSED_FOR_GOOD = 250, 251, 354, 500


class Post:
    """The mail server of the settings. Connects when the first message comes, and anew after a fault."""

    width = 1

    def __init__(self, url: str, sender: str, public_url: str) -> None:
        self._url, self._sender, self._public_url = urlsplit(url), sender, public_url
        self._smtp: smtplib.SMTP | None = None

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hand the messages over, one after the other; what came of each, in the same order."""
        return [self._send(letter) for letter in letters]

    def close(self) -> None:
        """Take leave of the server; nothing that was handed over depends on it."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def _send(self, letter: Letter) -> Outcome:
        try:
            content = _mail(letter, self._sender, self._public_url)
        except ValueError:
            # A line break in the address or the subject: no server will ever take it.
            return Outcome(MessageAction.REFUSE, "mail.malformed")
        try:
            smtp = self._connected()
            return self._hand_over(smtp, letter.address, content)
        except smtplib.SMTPAuthenticationError:
            self._drop()
            return _later("smtp.login", fault=True)
        except TimeoutError:
            self._drop()
            return _later("smtp.timeout", fault=True)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return _later("smtp.unreachable", fault=True)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        url = self._url
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=CONNECT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(host, url.port or 25, timeout=CONNECT_SECONDS)
        self._smtp = smtp
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_SECONDS)
        if url.scheme == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if url.username:
            smtp.login(unquote(url.username), unquote(url.password or ""))
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, address: str, content: bytes) -> Outcome:
        """The three commands of a mail. Until the last dot has gone the server has accepted nothing."""
        commands = (
            (partial(smtp.mail, self._sender), TAKEN),
            (partial(smtp.rcpt, address), TAKEN),
            (partial(smtp.docmd, "DATA"), GO_ON),
        )
        for command, expected in commands:
            code, _words = command()
            if code not in {expected, FORWARDED}:
                return self._refused(smtp, code)
        smtp.send(LINE_OF_A_DOT.sub(b"..", content) + b".\r\n")
        try:
            code, _words = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            # The whole mail is with the server; whether it keeps it, it did not say.
            self._drop()
            return Outcome(MessageAction.LOSE_SIGHT, "smtp.no_answer", fault=True)
        return Outcome(MessageAction.ACCEPT) if code == TAKEN else self._refused(smtp, code)

    def _refused(self, smtp: smtplib.SMTP, code: int) -> Outcome:
        """4xx may be tried again, 5xx never (RFC 5321 4.2.1); 421 is the server's good-bye."""
        with suppress(smtplib.SMTPException, OSError):
            smtp.rset()
        if code in {421, -1}:
            self._drop()
            return _later("smtp.unreachable", fault=True)
        if code >= REFUSED_FOR_GOOD:
            return Outcome(MessageAction.REFUSE, f"smtp.{code}")
        return _later(f"smtp.{code}", fault=False)


def _later(error: str, *, fault: bool) -> Outcome:
    return Outcome(MessageAction.PUT_OFF, error, fault=fault)


def _mail(letter: Letter, sender: str, public_url: str) -> bytes:
    """The mail with its headers, in lines that end as RFC 5322 wants. Raises `ValueError` for broken headers."""
    mail = EmailMessage()
    if not letter.address.isascii():
        raise ValueError("an address of other letters needs a server that says SMTPUTF8")
    mail["From"], mail["To"] = sender, letter.address
    mail["Subject"] = " ".join(letter.words.subject.split())
    # The id of our row makes a repeated delivery recognisable to the receiving server.
    mail["Message-ID"] = make_msgid(str(letter.id), "changtong")
    mail.set_content(mail_text(letter.words, public_url), cte="base64")
    return mail.as_bytes(policy=SMTP)
