"""The form of an application: what it holds before anybody types, its choices, and reading it back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import g, request

from foundation.clock import SHOWN_IN
from foundation.parsing import from_form
from passes.catalogue import Catalogue
from passes.models import Application
from passes.pages.from_library import OWN_FIELDS as OF_LIBRARY
from passes.pages.from_library import without_choices
from passes.pages.telling import hours_words
from passes.rules import PlateColour
from passes.rules.content import MOST_DRIVERS, MOST_ROADS, MOST_STOPS, STARTS_AGO
from passes.words import COLOUR_WORDS

OWN_FIELDS = ("csrf_token", "form_token", "version", "deed", *OF_LIBRARY)
"""What the form carries beside the application."""
HOURS = (6, 12, 24, 48, 72, 120, 168, 240, 360, 720)
DEFAULT_HOURS = 72
STEP = timedelta(minutes=10)
SLOTS = {"stops": MOST_STOPS, "roads": MOST_ROADS, "drivers": MOST_DRIVERS}

Plain = dict[str, Any]


def typed() -> Plain:
    """What was typed, as the schema reads it and as the form shows it again."""
    return without_choices(from_form(request.form, ignore=OWN_FIELDS))


def form_token() -> UUID:
    """The token of the form that was sent; a form without a readable one is a form of its own."""
    return request.form.get("form_token", type=UUID) or uuid4()


def version() -> int | None:
    """The version of the application the form was made from."""
    return request.form.get("version", type=int)


def fresh(now: datetime) -> Plain:
    """A new form: from now on, for three days, with the phone and county of whoever fills it in."""
    began = now - STARTS_AGO
    begin = began - (began - datetime.min.replace(tzinfo=now.tzinfo)) % STEP
    person = g.get("person")
    plain = {"not_before": _local(begin), "hours": DEFAULT_HOURS}
    if person is not None:
        plain |= {"contact_phone": person.phone, "area": person.area}
    return {name: value for name, value in plain.items() if value}


def again(application: Application, now: datetime, free_from: datetime | None = None) -> Plain:
    """A new form like an earlier application: the same but for its time, which begins when the vehicle is free."""
    begin = _local(free_from) if free_from else fresh(now)["not_before"]
    like = {name: value for name, value in filled(application).items() if name != "replaces"}
    return {**like, "not_before": begin}


def filled(application: Application) -> Plain:
    """The form of an application that is there already."""
    colour = application.plate_colour
    plain = {
        "plate": application.plate,
        "plate_colour": PlateColour(colour).name.lower() if colour is not None else None,
        "goods": application.goods,
        "goods_words": application.goods_words,
        "origin": application.origin,
        "destination": application.destination,
        "area": application.area,
        "stops": application.stops,
        "roads": application.roads,
        "not_before": _local(application.not_before) if application.not_before else None,
        "hours": application.hours,
        "drivers": application.drivers,
        "contact_phone": application.contact_phone,
        "replaces": "1" if application.replaces else None,
    }
    return {name: value for name, value in plain.items() if value not in (None, "")}


def _local(at: datetime) -> str:
    return at.astimezone(SHOWN_IN).strftime("%Y-%m-%dT%H:%M")


def choices(known: Catalogue, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the selects of the form offer, and the full names of the counties it holds."""
    longest = max(kind.max_hours for kind in known.kinds.values())
    hours = {hour for hour in HOURS if hour <= longest} | _kept_hours(given)
    return {
        "colours": [(colour.name.lower(), COLOUR_WORDS[colour]) for colour in PlateColour],
        "goods_groups": _goods_groups(known),
        "hours_choices": [(hour, hours_words(hour)) for hour in sorted(hours)],
        "road_choices": list(known.roads.items()),
        "county_words": _county_words(known, given),
        "slots": SLOTS,
    }


def _kept_hours(given: Mapping[str, Any]) -> set[int]:
    """The length the form holds already, which need not be one of those offered."""
    text = str(given.get("hours", ""))
    return {int(text)} if text.isascii() and text.isdecimal() and 0 < int(text[:5]) < 10_000 else set()


def _goods_groups(known: Catalogue) -> list[tuple[str, list[tuple[int, str]]]]:
    """The items of goods by category, each with the plain words people use for it."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for item in known.goods.values():
        plain = "、".join(word for word in item.plain.split()[:4] if word != item.name)
        words = f"{item.name}（{plain}）" if plain else item.name
        groups.setdefault(item.category_name, []).append((item.number, words))
    return list(groups.items())


def _county_words(known: Catalogue, given: Mapping[str, Any]) -> dict[str, str]:
    stops = given.get("stops", [])
    codes = [
        *(given.get(name) for name in ("origin", "destination", "area")),
        *(stops if isinstance(stops, list) else []),
    ]
    return {code: known.areas[code].words for code in codes if isinstance(code, str) and code in known.areas}
