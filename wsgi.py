"""The WSGI app: `granian --interface wsgi wsgi:app`, and what `flask` finds."""

from foundation.settings import Settings
from web.app import create_app

app = create_app(Settings.from_env())
