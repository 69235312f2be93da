"""The room of routes, and what its lists have in common."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request, url_for
from marshmallow import fields, validate

from foundation.api import Answer, api_room
from foundation.parsing import InputSchema

Row = TypeVar("Row")

room = api_room("passes_api", "A firm's applications and passes, and the lists to fill forms from.")

CHANNEL = "api"
"""By which way these applications came."""
MOST_LISTED = 200
LISTED = 50


class PageQuery(InputSchema):
    """How long a page is."""

    limit = fields.Integer(load_default=LISTED, validate=validate.Range(1, MOST_LISTED, error="number.range"))


def listed(
    rows: Sequence[Row], asked: dict[str, Any], key: Callable[[Row], object], tell: Callable[[Row], Any]
) -> Answer:
    """A page of a list, made of one row more than the page when there is a next one.

    The next page begins after the key of the last row, so rows that come in between move nothing.
    """
    here = rows[: asked["limit"]]
    following = None
    if len(rows) > len(here):
        asked_again = {name: value for name, value in asked.items() if value is not None}
        following = url_for(str(request.endpoint), **{**asked_again, "after": key(here[-1])})
    content = {"items": [tell(row) for row in here], "next": following}
    return Answer(content, headers={"Link": f'<{following}>; rel="next"'} if following else {})
