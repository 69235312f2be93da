"""Devices and their checkpoints: how a phone is told of a point, and who may have it moved where."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Permission, covers
from accounts.public import KnownPoint, acting_person, tells_points
from checkpoints.queries import reaches_point
from checkpoints.register import Point, register


@tells_points
def known(session: Session, now: datetime) -> Mapping[str, KnownPoint]:
    """All checkpoints by their codes, for those who manage devices."""
    places = register(session, now=now).points
    return {code: KnownPoint(point.name, point.county) for code, point in places.items()}


def point_answer(point: Point) -> dict[str, Any]:
    """A checkpoint as phones keep it."""
    return {
        "code": point.code,
        "name": point.name,
        "county": point.county,
        "county_words": point.county_words,
        "road": point.road,
        "direction": point.direction,
        "stake": point.stake,
        "may_issue": point.may_issue,
    }


def points_tag(points: Iterable[Mapping[str, Any]]) -> str:
    """The ETag of a list of checkpoints: it changes when anything of them does."""
    written = json.dumps([*points], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def may_stand_at(session: Session, enrolled_by: UUID | None, point: Point) -> bool:
    """Whether a device can be moved to a point: whoever enrolled it reaches that, today.

    What was made at the command line belongs to the province.
    """
    if enrolled_by is None:
        return True
    maker = acting_person(session, enrolled_by)
    if maker is None:
        return False
    # An administrator, who records no scans, makes tokens for the whole of the own area.
    makes_for_area = maker.may(Permission.DEVICE_MANAGE) and maker.checkpoint_code is None
    return reaches_point(maker, point) or (makes_for_area and covers(maker.area, point.county))
