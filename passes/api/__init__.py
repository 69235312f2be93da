"""The programs' door of the room, one file a thing; all of them stand on the one room of routes."""

from passes.api import applications, batches, changes, passes, reference
from passes.api.room import room

__all__ = ["applications", "batches", "changes", "passes", "reference", "room"]
