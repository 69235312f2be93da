"""The blueprint of the room's pages."""

from flask import Blueprint

pages = Blueprint("accounts", __name__, template_folder="../templates")
