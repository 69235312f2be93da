"""Headers every answer carries."""

from flask import Flask, Response, request

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SCANNER_CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""The decoder is WebAssembly, which counts as eval; nothing else may be compiled at run time."""
SCANNER_PREFIXES = ("/scanner/", "/sw.js", "/static/built/scanner/")
"""A worker obeys the policy its own script came with, not that of the page: the files need it too."""
PRIVATE_PREFIXES = ("/p/", "/d/")
"""Addresses that hold a credential or a secret: never stored, never sent on as a referrer, never indexed."""


def bind_headers(app: Flask, *, https: bool) -> None:
    """Set them after each request."""

    @app.after_request
    def headers(response: Response) -> Response:
        policy = SCANNER_CSP if request.path.startswith(SCANNER_PREFIXES) else CSP
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.path.startswith(PRIVATE_PREFIXES):
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
