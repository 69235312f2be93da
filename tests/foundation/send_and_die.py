"""A child of the test of a killed worker: sends what is due until it is killed."""

from foundation.outbox import Channel, Words, send_due
from foundation.outbox.words import TEMPLATES
from foundation.settings import Settings
from web.app import create_app

if __name__ == "__main__":
    TEMPLATES["tests.decided"] = lambda facts: Words("已核发", facts["number"])
    with create_app(Settings.from_env()).app_context():
        send_due(Channel.SMS)
