"""A server in trouble, at the address of the real one: it hands out the app in a newer version, and fails in all else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type

from web.scanner import BUILT

STATIC = "/static/built/scanner/"


@contextmanager
def troubled_server(url: str) -> Iterator[None]:
    """Answers at `url`, where nothing else may listen, for the time of a block."""
    server = ThreadingHTTPServer(("127.0.0.1", int(url.rpartition(":")[2])), _Troubled)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


class _Troubled(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The app's own files; nothing else."""
        content = _file(self.path)
        if content is None:
            self._answer(500, b"<h1>oh</h1>", "text/html")
        else:
            self._answer(200, content, guess_type(self.path)[0] or "text/html")

    def do_POST(self) -> None:
        """Nothing can be handed in here."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(500, b"<h1>oh</h1>", "text/html")

    def log_message(self, *given: object) -> None:
        """Tests say what matters themselves."""

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Service-Worker-Allowed", "/")
        self.end_headers()
        self.wfile.write(content)


def _file(path: str) -> bytes | None:
    if path == "/sw.js":
        return (BUILT / "sw.js").read_bytes() + b"\n// the version after this one"
    name = "index.html" if path == "/scanner/" else path.removeprefix(STATIC)
    found = BUILT / name
    return found.read_bytes() if name != path and found.is_file() else None
