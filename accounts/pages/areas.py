"""The choice of areas, level by level, for forms of every room."""

from flask import Response, jsonify

from accounts.areas import below
from accounts.guards import open_to_all
from accounts.pages.blueprint import pages
from foundation.database import db
from foundation.problems import NotFound

PROVINCES = "0"
DAY_SECONDS = 24 * 3600


@pages.get("/areas/<parent>.json")
@open_to_all("codes and names of areas are published by the state")
def areas_below(parent: str) -> Response:
    """The areas right under one (`0`: the provinces) as `[{code, name, leaf}]`, kept by browsers for a day."""
    found = below(db.session(), None if parent == PROVINCES else parent)
    if not found:
        raise NotFound
    response = jsonify([{"code": area.code, "name": area.name, "leaf": area.leaf} for area in found])
    response.headers["Cache-Control"] = f"public, max-age={DAY_SECONDS}"
    return response
