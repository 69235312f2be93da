"""The app factory: the one file that imports every room."""

import os
from pathlib import Path

import structlog
from flask import Flask, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from accounts.guards import API_PREFIX, bind_guards
from foundation.database import bind_database
from foundation.files import bind_files
from foundation.i18n import bind_i18n
from foundation.problems import DomainProblem
from foundation.schema import bind_migrations
from foundation.settings import Settings
from web import errors, headers, rooms, site
from web.admission import bind_admission
from web.logging import bind_logging

log = structlog.get_logger()
MAX_BODY = 10 * 1024 * 1024
"""Ten megabytes: a photo from a phone fits, a flood does not."""


def create_app(settings: Settings) -> Flask:
    """The whole product as one WSGI app. Nothing connects to the database before the first request."""
    app = Flask(
        "web", static_folder="static", template_folder="templates", root_path=str(Path(__file__).parent)
    )
    app.config.update(
        SECRET_KEY=settings.secret_key or _kept_secret(settings.instance_dir),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        SESSION_COOKIE_NAME="form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["settings"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.pop("config")  # A template must never be able to print the secrets.
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it, its base class not
    _trust_proxies(app, settings.trusted_proxies)
    bind_logging(app)
    bind_database(app, settings)
    bind_files(app, settings)
    bind_i18n(app)
    bind_migrations(app)
    _refuse_zero_bytes(app)
    bind_admission(app, settings.threads)
    rooms.bind_sessions(app)
    csrf = _protect_forms(app)
    bind_guards(app)
    errors.bind_errors(app)
    headers.bind_headers(app, https=settings.public_url.startswith("https:"))
    site.bind_site(app, settings)
    rooms.bind_rooms(app, csrf, settings)
    return app


def _protect_forms(app: Flask) -> CSRFProtect:
    """Ask every page's form for its token. The API never reads a cookie, so no other site can act through it."""
    csrf = CSRFProtect(app)

    @app.before_request
    def protect() -> None:
        if request.endpoint is not None and not request.path.startswith(API_PREFIX):
            csrf.protect()

    return csrf


def _refuse_zero_bytes(app: Flask) -> None:
    """The database has no place for a zero byte, and no link of ours holds one; forms lose theirs when read."""

    @app.before_request
    def refuse() -> None:
        if any("\0" in text for pair in request.args.items(multi=True) for text in pair):
            raise DomainProblem("http.bad_request")


def _trust_proxies(app: Flask, proxies: int) -> None:
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask documents this way of wrapping
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )


def _kept_secret(instance: Path) -> str:
    """The secret of this instance, made at the first start; two processes that start together agree on one."""
    path = instance / "secret_key"
    instance.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(os.urandom(32).hex())
    return path.read_text()
