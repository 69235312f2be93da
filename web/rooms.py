"""Every room's blueprints, commands, words and jobs, in one list."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

import accounts.device_words
import accounts.jobs
import accounts.messages
import accounts.webhook_sending
import accounts.webhook_words
import accounts.words  # noqa: F401 - these imports register ticks, messages and words
import audit.jobs  # noqa: F401 - registers the sealer's tick
import checkpoints.jobs
import checkpoints.pass_book_jobs
import checkpoints.pass_book_words
import checkpoints.scan_words
import checkpoints.sighting_jobs
import checkpoints.slip_api
import checkpoints.slip_words
import checkpoints.words  # noqa: F401 - these imports register ticks and words
import passes.batch_models
import passes.batch_words
import passes.colleagues
import passes.jobs
import passes.library_models
import passes.notice_jobs
import passes.notice_messages
import passes.words  # noqa: F401 - these imports register ticks, jobs and words
from accounts import api as accounts_api
from accounts import commands as accounts_commands
from accounts import pages as accounts_pages
from accounts import sessions
from accounts.guards import open_to_all
from audit import commands as audit_commands
from checkpoints import api as checkpoints_api
from checkpoints import commands as checkpoints_commands
from checkpoints import device_api, pass_book_api
from checkpoints import pages as checkpoints_pages
from foundation.api import PREFIX, bind_api
from foundation.api_use import bind_use
from foundation.settings import Settings
from hotline import pages as hotline_pages
from passes import api as passes_api
from passes import commands as passes_commands
from passes import lists as passes_lists
from passes import pages as passes_pages
from passes.workshop import bind_workshop
from web import commands as web_commands
from web import messages_pages, scanner  # noqa: F401 - their views stand on the blueprint of the room
from web import pages as web_pages


def bind_sessions(app: Flask) -> None:
    """Find out who asks, before the guards do, and count how often a program does."""
    sessions.bind_sessions(app)
    settings: Settings = app.extensions["settings"]
    bind_use(app, prefix=PREFIX, per_minute=settings.api_per_minute, holder=sessions.asking_token)


def bind_rooms(app: Flask, csrf: CSRFProtect, settings: Settings) -> None:
    """Mount everything."""
    bind_workshop(app, settings)
    app.register_blueprint(passes_lists.lists)
    app.register_blueprint(accounts_pages.pages)
    app.register_blueprint(passes_pages.pages)
    app.register_blueprint(checkpoints_pages.pages)
    app.register_blueprint(hotline_pages.pages)
    app.register_blueprint(web_pages.pages)
    bind_api(
        app,
        [accounts_api.room, passes_api.room, checkpoints_api.room, device_api.room, pass_book_api.room],
        guarded=("token.refused", "token.revoked", "token.expired", "login.needed", "permission.missing"),
        exempt=csrf.exempt,
        admit=open_to_all("who writes a program must be able to read what there is"),
    )
    web_commands.register(app)
    app.cli.add_command(accounts_commands.group)
    app.cli.add_command(audit_commands.group)
    checkpoints_commands.join(passes_commands.group)
    app.cli.add_command(passes_commands.group)
