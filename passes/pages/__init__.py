"""The pages of the room, one file a trade; all of them stand on the one blueprint."""

from passes.pages import (
    apply,
    batch_documents,
    batch_moves,
    batch_page,
    batch_review,
    batches,
    changing,
    counter,
    documents,
    ending,
    library,
    library_drivers,
    library_routes,
    notices,
    own_applications,
    register,
    review,
    seals,
)
from passes.pages import open as open_pages
from passes.pages.blueprint import pages

__all__ = [
    "apply",
    "batch_documents",
    "batch_moves",
    "batch_page",
    "batch_review",
    "batches",
    "changing",
    "counter",
    "documents",
    "ending",
    "library",
    "library_drivers",
    "library_routes",
    "notices",
    "open_pages",
    "own_applications",
    "pages",
    "register",
    "review",
    "seals",
]
