"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from checkpoints.pages import (
    check,
    enrol,
    figures,
    lists,
    on_the_spot,
    own_scans,
    shifts,
    sightings,
    slips,
    staff,
)
from checkpoints.pages.blueprint import pages

__all__ = [
    "check",
    "enrol",
    "figures",
    "lists",
    "on_the_spot",
    "own_scans",
    "pages",
    "shifts",
    "sightings",
    "slips",
    "staff",
]
