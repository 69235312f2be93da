"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from checkpoints.pages import check, lists, own_scans, staff
from checkpoints.pages.blueprint import pages

__all__ = ["check", "lists", "own_scans", "pages", "staff"]
