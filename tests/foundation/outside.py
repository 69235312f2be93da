"""The servers outside, as real as their protocols: a mail server (aiosmtpd) and a gateway for text messages."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = tuple[int, dict[str, Any] | str] | str
ACCEPT: Answer = "accept"
LOSE = "accept, and hang up without an answer"
HANG = "accept, and never answer"
HANG_UP = "hang up"


def a_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class PostOffice:
    """A mail server that keeps what it is given, and answers as it is told to."""

    port: int
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    talks: int = 0

    @property
    def url(self) -> str:
        """The setting that leads here."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """A client has come."""
        del server, envelope
        session.host_name = hostname
        self.talks += 1
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether it has such a mailbox."""
        del server, session, options
        envelope.rcpt_tos.append(address)
        return self.rcpt.pop(0) if self.rcpt else "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, or not."""
        del session
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("2") or answer == LOSE:
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=policy.default))
        if answer == LOSE:
            assert server.transport is not None
            server.transport.close()
            return "451 never heard"
        return answer


@contextmanager
def a_post_office(port: int | None = None) -> Iterator[PostOffice]:
    """A mail server on a port of its own, or on the one it had before."""
    office = PostOffice(port or a_free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@dataclass
class Messenger:
    """A gateway for text messages, after docs/sms_gateway.md: what it accepted, by our id, and what it answers."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    questions: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    accepted: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    let_go: threading.Event = field(default_factory=threading.Event)

    def take(self, question: dict[str, str]) -> Answer:
        """What is answered to a message; a repeated id is the same message."""
        answer = self.answers.pop(0) if self.answers else ACCEPT
        self.questions.append(question)
        if answer in (ACCEPT, LOSE, HANG):
            self.accepted[question["id"]] = question
        self.came.release()
        return answer


class _Handler(BaseHTTPRequestHandler):
    """Both halves of the contract."""

    gateway: Messenger

    def do_POST(self) -> None:
        """A message."""
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.gateway.tokens.add(self.headers["authorization"])
        answer = self.gateway.take(question)
        if answer == HANG:
            self.gateway.let_go.wait()
        elif answer == ACCEPT:
            self.say(200, {"status": "accepted", "id": f"gw-{question['id'][-4:]}"})
        elif not isinstance(answer, str):
            self.say(*answer)
        self.close_connection = True

    def do_GET(self) -> None:
        """A receipt."""
        message = self.path.rsplit("/", 1)[-1]
        self.gateway.asked.append(message)
        known = message in self.gateway.accepted
        self.say(*((200, {"status": "delivered"}) if known else (404, {"status": "not_found"})))

    def say(self, status: int, body: dict[str, Any] | str) -> None:
        """Answer."""
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in self.gateway.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing is printed."""


class PatientServer(ThreadingHTTPServer):
    """Lets callers wait in line: of more than five at once (the default) the rest would be hung up on by the kernel."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def a_messenger(*answers: Answer) -> Iterator[Messenger]:
    """A gateway on a free port that gives these answers in turn, and then accepts for ever."""

    class Handler(_Handler):
        pass

    server = PatientServer(("127.0.0.1", 0), Handler)
    gateway = Messenger(f"http://127.0.0.1:{server.server_port}/messages", list(answers))
    Handler.gateway = gateway
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
