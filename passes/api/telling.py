"""Applications and passes as plain JSON values: codes, not words, in the fields that a program sends itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from accounts.public import body
from foundation.api import Answer
from passes.application_queries import body_of, last_notes
from passes.catalogue import Catalogue
from passes.models import Application, Pass, PassRevision
from passes.rules import PlateColour
from passes.rules.applying import shown_state
from passes.rules.moves import ApplicationState
from passes.service.issue import ends_of


def application_tag(row: Application) -> str:
    """Its version counts moves and `updated_at` changes of the content."""
    return f"{row.id.hex}-{row.version}-{row.updated_at.astimezone(UTC):%Y%m%d%H%M%S%f}"


def application_line(row: Application) -> dict[str, Any]:
    """An application in a list."""
    return {
        "id": str(row.id),
        "slip": row.slip,
        "state": row.state,
        "channel": row.channel,
        "purpose": row.purpose,
        "about": row.about,
        "batch_id": str(row.batch_id) if row.batch_id else None,
        "plate": row.plate,
        "plate_colour": _colour(row.plate_colour),
        "goods": row.goods,
        "origin": row.origin,
        "destination": row.destination,
        "not_before": _at(row.not_before),
        "hours": row.hours,
        "submitted_at": _at(row.submitted_at),
        "decided_at": _at(row.decided_at),
        "pass_number": row.pass_number,
    }


def application_answer(
    session: Session, row: Application, headers: Mapping[str, str] | None = None
) -> Answer:
    """An application with all that is known of it, and its tag."""
    decider = body_of(session, row.body_id)
    returned = row.state == ApplicationState.RETURNED
    notes = last_notes(session, row.id) if returned else ()
    content = {
        **application_line(row),
        "goods_words": row.goods_words,
        "stops": row.stops,
        "roads": row.roads,
        "area": row.area,
        "drivers": row.drivers,
        "contact_phone": row.contact_phone,
        "replaces_pass": row.replaces,
        "body": {"name": decider.name, "phone": decider.phone} if decider else None,
        "notes": [{"field": note.field, "words": note.words} for note in notes],
        "refusal": {"code": row.refuse_code, "words": row.refuse_words} if row.refuse_code else None,
        "created_at": _at(row.created_at),
        "updated_at": _at(row.updated_at),
    }
    return Answer(content, application_tag(row), headers or {})


def pass_tag(found: Pass, now: datetime) -> str:
    """Its step counts the changes; that it expires changes nothing but what is told of it."""
    return f"{found.number}-{found.revision}-{found.step}-{_state(found, now)}"


def pass_line(known: Catalogue, row: Row[Pass, PassRevision], now: datetime) -> dict[str, Any]:
    """A pass in a list."""
    found, revision = row
    return {
        "number": found.number,
        "state": _state(found, now),
        "state_reason": found.state_reason,
        "plate": found.plate,
        "plate_colour": _colour(found.plate_colour),
        "kind": known.kinds[found.kind].code,
        "goods": revision.goods,
        "origin": revision.origin,
        "destination": revision.destination,
        "not_before": _at(revision.not_before),
        "not_after": _at(ends_of(found)),
        "application_id": str(found.application_id) if found.application_id else None,
        "issued_at": _at(found.issued_at),
    }


def pass_answer(session: Session, known: Catalogue, row: Row[Pass, PassRevision], now: datetime) -> Answer:
    """A pass with all that it says, and its tag."""
    found, revision = row
    issuer = body(session, found.body_id)
    content = {
        **pass_line(known, row, now),
        "revision": found.revision,
        "superseded_by": found.superseded_by,
        "goods_words": revision.goods_words,
        "stops": revision.stops,
        "roads": revision.roads,
        "drivers": revision.drivers,
        "body": {"name": issuer.name, "phone": issuer.phone} if issuer else None,
    }
    return Answer(content, pass_tag(found, now))


def _state(found: Pass, now: datetime) -> str:
    return shown_state(found.state, found.validity.upper, now)


def _colour(number: int | None) -> str | None:
    return None if number is None else PlateColour(number).name.lower()


def _at(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
