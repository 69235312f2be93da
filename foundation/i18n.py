"""Words in the user's language. Message ids are the Chinese words themselves; the one file that touches Flask-Babel."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale
from flask_babel import gettext as _gettext
from flask_babel import lazy_gettext as _lazy_gettext

from foundation.clock import SHOWN_IN

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh", "en")
ROOMS_WITH_WORDS = ("web", "accounts", "passes", "checkpoints", "hotline")


def gettext(message: str, **facts: Any) -> str:
    """The message in the language of the request, with `%(name)s` filled from the facts."""
    return str(_gettext(message, **facts))


def lazy_gettext(message: str) -> Any:
    """A message that finds its language when it is shown; for tables made at import."""
    return _lazy_gettext(message)


def in_language(locale: str) -> Any:
    """A context in which `gettext` speaks this language: messages go out in the language of the recipient."""
    return force_locale(locale)


def chosen_locale() -> str:
    """The language of the request: the choice in the cookie, else the person's, else the browser's, else Chinese."""
    if not has_request_context():
        return "zh"
    chosen = request.cookies.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    person = g.get("person")
    return person.locale if person else (request.accept_languages.best_match(LOCALES) or "zh")


def moment_words(moment: datetime | None) -> str:
    """A point in time as people here read it: `2022-04-16 17:00`, Beijing time."""
    return moment.astimezone(SHOWN_IN).strftime("%Y-%m-%d %H:%M") if moment else ""


def bind_i18n(app: Flask) -> None:
    """Load the catalogues of every room."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(
        str(ROOT / room / "translations") for room in ROOMS_WITH_WORDS
    )
    Babel(app, locale_selector=chosen_locale, timezone_selector=lambda: SHOWN_IN.key)
    app.jinja_env.filters["moment"] = moment_words
