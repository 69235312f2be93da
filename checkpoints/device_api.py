"""What a phone asks for itself: to be enrolled by a one-time code, where it belongs, and that it is well."""

from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor, open_to_all, requires
from accounts.permissions import Permission
from accounts.public import ENROLMENTS_PER_MINUTE, ApiToken, device, enrol, move_device, note_report
from checkpoints.device_schemas import DeviceAnswer, EnrolledAnswer, Move, NewDevice, PointsAnswer, Report
from checkpoints.devices import may_stand_at, point_answer, points_tag
from checkpoints.register import Point, register
from foundation import clock
from foundation.api import Answer, api_room
from foundation.database import db, transaction
from foundation.problems import DomainProblem, InvalidInput, field_problem
from foundation.rate import admit_client
from passes.public import complete_until, roots

room = api_room("devices_api", "The phone itself: enrolment, its checkpoint, how it is.")


@room.route(
    "/devices",
    "POST",
    takes=NewDevice,
    gives=EnrolledAnswer,
    status=201,
    bearer=False,
    problems=("enrolment.unknown", "device.checkpoint_gone", "device.codes_used_up", "rate.limited"),
    counted=False,
)
@open_to_all("a new phone has no token yet; the one-time code is what lets it in")
def enrol_device(given: dict[str, Any]) -> Answer:
    """Become a device, once for each code. The token in the answer is told nowhere else."""
    admit_client("enrol", per_minute=ENROLMENTS_PER_MINUTE)
    now = clock.now()
    with transaction() as session:
        row, token = enrol(session, given["code"], given["app_version"], now=now)
        told = _told(session, row, now)
    return Answer({"token": token, **told}, headers={"Location": url_for("devices_api.own_device")})


@room.route("/device", gives=DeviceAnswer, problems=("device.checkpoint_gone",))
@requires(Permission.SCAN_RECORD)
def own_device() -> dict[str, Any]:
    """The device that asks, the roots to pin, and where the lists are."""
    session = db.session()
    return _told(session, device(session, current_actor()), clock.now())


@room.route("/device/checkpoint", "POST", takes=Move, gives=DeviceAnswer, problems=("checkpoint.foreign",))
@requires(Permission.SCAN_RECORD)
def move(given: dict[str, Any]) -> dict[str, Any]:
    """Work at another checkpoint from now on, as far as whoever enrolled the device is responsible there."""
    now = clock.now()
    with transaction() as session:
        point = register(session, now=now).points.get(given["checkpoint"])
        if point is None:
            raise InvalidInput(field_problem("checkpoint", "checkpoint.unknown"))
        if not may_stand_at(session, device(session, current_actor()).person_id, point):
            raise DomainProblem("checkpoint.foreign")
        return _told(session, move_device(session, current_actor(), point.code, now=now), now)


@room.route("/device/report", "POST", takes=Report, gives=None, status=204)
@requires(Permission.SCAN_RECORD)
def report(given: dict[str, Any]) -> None:
    """Say how the device is; the lead of its checkpoint sees it."""
    now, seq = clock.now(), given["status_seq"]
    with transaction() as session:
        complete = complete_until(session, seq, now=now).isoformat() if seq is not None else None
        note_report(session, current_actor(), {**given, "status_as_of": complete}, now=now)


@room.route("/checkpoints", gives=PointsAnswer, tagged=True)
@requires(Permission.SCAN_RECORD)
def points() -> Answer:
    """All checkpoints, for choosing where one is."""
    places = register(db.session(), now=clock.now()).points
    shown = [point_answer(point) for _, point in sorted(places.items())]
    return Answer({"checkpoints": shown}, etag=points_tag(shown))


def _told(session: Session, row: ApiToken, now: datetime) -> dict[str, Any]:
    return {
        "device": {
            "id": str(row.id),
            "name": row.name,
            "code": row.device_code,
            "checkpoint": point_answer(_point_of(session, row, now)),
            "expires_at": row.expires_at.isoformat(),
        },
        "roots": roots(session),
        "status_url": url_for("lists.status"),
        "trust_url": url_for("lists.trust"),
        "server_time": now.isoformat(),
    }


def _point_of(session: Session, row: ApiToken, now: datetime) -> Point:
    point = register(session, now=now).points.get(row.checkpoint_code or "")
    if point is None:
        raise DomainProblem("device.checkpoint_gone")
    return point
