"""What a program asks about itself."""

from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from accounts.guards import current_actor, open_to_all
from accounts.models import ApiToken, Firm
from foundation import clock
from foundation.api import api_room
from foundation.database import db

room = api_room("accounts_api", "The token itself.")


class FirmAnswer(Schema):
    """The firm a token acts for."""

    name = fields.String(required=True)
    credit_code = fields.String(required=True, metadata={"description": "unified social credit code"})


class LimitsAnswer(Schema):
    """How much a token may ask."""

    requests_per_minute = fields.Integer(required=True)


class StatusAnswer(Schema):
    """Who asks, what the token may do, until when, and the server's time."""

    name = fields.String(required=True, metadata={"description": "as the token was called when it was made"})
    scopes = fields.List(fields.String(), required=True)
    expires_at = fields.AwareDateTime(required=True)
    firm = fields.Nested(FirmAnswer, required=True, allow_none=True)
    checkpoint = fields.String(required=True, allow_none=True)
    limits = fields.Nested(LimitsAnswer, required=True)
    server_time = fields.AwareDateTime(required=True)


@room.route("/status", gives=StatusAnswer)
@open_to_all("every token may ask what it may do; who has none is told to bring one")
def status() -> dict[str, Any]:
    """Who am I: the firm or checkpoint of the token, its scopes, its end, its limits."""
    session, actor = db.session(), current_actor()
    token = session.get_one(ApiToken, actor.id)
    firm = session.get(Firm, actor.firm_id) if actor.firm_id else None
    return {
        "name": token.name,
        "scopes": sorted(str(permission) for permission in actor.permissions),
        "expires_at": token.expires_at.isoformat(),
        "firm": {"name": firm.name, "credit_code": firm.credit_code} if firm else None,
        "checkpoint": actor.checkpoint_code,
        "limits": {"requests_per_minute": current_app.extensions["settings"].api_per_minute},
        "server_time": clock.now().isoformat(),
    }
