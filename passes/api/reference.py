"""The lists from which a program fills its forms. They belong to nobody, so every token may read them."""

from typing import Any

from accounts.guards import current_actor, open_to_all
from foundation import clock
from foundation.database import db
from passes.api.room import room
from passes.api.schemas import Colours, Counties, GoodsList, Roads
from passes.catalogue import Catalogue
from passes.rules import PlateColour
from passes.schemas import COLOURS
from passes.words import COLOUR_WORDS
from passes.workshop import catalogue

anybody = open_to_all("reference data belongs to nobody; whoever has no token is told to bring one")


def _known() -> Catalogue:
    current_actor()
    return catalogue(db.session(), now=clock.now())


@room.route("/reference/goods", gives=GoodsList)
@anybody
def goods() -> dict[str, Any]:
    """Items of goods by category."""
    items = [
        {
            "number": item.number,
            "code": item.code,
            "name": item.name,
            "category": item.category,
            "category_name": item.category_name,
            "plain": item.plain,
        }
        for item in _known().goods.values()
    ]
    return {"items": items}


@room.route("/reference/counties", gives=Counties)
@anybody
def counties() -> dict[str, Any]:
    """Counties (GB/T 2260) with their full names."""
    areas = (area for area in _known().areas.values() if area.level == "county")
    return {"items": [{"code": area.code, "name": area.name, "words": area.words} for area in areas]}


@room.route("/reference/roads", gives=Roads)
@anybody
def roads() -> dict[str, Any]:
    """Roads by code."""
    return {"items": [{"code": code, "name": name} for code, name in _known().roads.items()]}


@room.route("/reference/colours", gives=Colours)
@anybody
def colours() -> dict[str, Any]:
    """Colours of plates."""
    current_actor()
    return {
        "items": [
            {"number": number, "code": code, "name": str(COLOUR_WORDS[PlateColour(number)])}
            for code, number in COLOURS.items()
        ]
    }
