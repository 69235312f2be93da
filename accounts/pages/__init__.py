"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from accounts.pages import (
    areas,
    devices,
    exchanges,
    firm_tokens,
    firms,
    invitation,
    login,
    own,
    own_firm,
    people,
    register,
    webhooks,
)
from accounts.pages.blueprint import pages

__all__ = [
    "areas",
    "devices",
    "exchanges",
    "firm_tokens",
    "firms",
    "invitation",
    "login",
    "own",
    "own_firm",
    "pages",
    "people",
    "register",
    "webhooks",
]
