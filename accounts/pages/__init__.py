"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from accounts.pages import areas, devices, firms, login, own, people, register
from accounts.pages.blueprint import pages

__all__ = ["areas", "devices", "firms", "login", "own", "pages", "people", "register"]
