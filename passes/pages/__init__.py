"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from passes.pages import apply, documents, own_applications, register, review, seals
from passes.pages import open as open_pages
from passes.pages.blueprint import pages

__all__ = ["apply", "documents", "open_pages", "own_applications", "pages", "register", "review", "seals"]
