"""Every room's blueprints, commands, words and jobs, in one list."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

import passes.jobs
import passes.words  # noqa: F401 - these imports register ticks, jobs and words
from audit import commands as audit_commands
from foundation.settings import Settings
from passes import commands as passes_commands
from passes import lists as passes_lists
from passes.workshop import bind_workshop
from web import pages as web_pages


def bind_sessions(app: Flask) -> None:
    """Find out who asks, before the guards do."""
    del app


def bind_rooms(app: Flask, csrf: CSRFProtect, settings: Settings) -> None:
    """Mount everything."""
    del csrf
    bind_workshop(app, settings)
    app.register_blueprint(passes_lists.lists)
    app.register_blueprint(web_pages.pages)
    app.cli.add_command(audit_commands.group)
    app.cli.add_command(passes_commands.group)
