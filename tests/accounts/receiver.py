"""A firm's own server, as real as HTTP: it notes what it is sent and answers as it is told to."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.foundation.outside import PatientServer


@dataclass
class Receiver:
    """What came, and what is answered: a status, or None for a server that never answers."""

    url: str
    answers: list[int | None] = field(default_factory=list)
    came: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies that came, read."""
        return [json.loads(body) for _, body in self.came]


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """The receiver's side of the Standard Webhooks specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{wanted}"


@contextmanager
def a_receiver(*answers: int | None) -> Iterator[Receiver]:
    """A server on a free port that gives these answers in turn, then 204 for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = found.answers.pop(0) if found.answers else 204
            if answer is None:
                found.let_go.wait()
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("location", f"{found.url}/elsewhere")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Nothing is printed."""

    server = PatientServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}", list(answers))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        found.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
