"""Shifts of a checkpoint, and the sheet of one: what the device counted beside what has arrived."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from accounts.guards import requires
from accounts.permissions import Permission
from accounts.public import device_names
from checkpoints.models import ShiftChange
from checkpoints.pages.blueprint import pages
from checkpoints.pages.figures import TONES
from checkpoints.pages.lists import reached_point
from checkpoints.rules import RefusalReason
from checkpoints.scan_words import COUNT_WORDS, FLAG_WORDS
from checkpoints.shifts import COUNTED, PAGE, Shift, on_duty, one_shift, refusals_of, shifts_of
from checkpoints.words import ACTION_WORDS, REASON_WORDS
from foundation import clock
from foundation.database import db
from foundation.problems import NotFound
from passes.public import LEVEL_WORDS, VERDICT_WORDS, VerdictCode


@pages.get("/checkpoints/<code>/shifts")
@requires(Permission.PASS_LOOK_UP)
def shifts(code: str) -> str:
    """The shifts of a checkpoint, the last one handed over first, and who is on duty. Another's is not found."""
    session, now = db.session(), clock.now()
    point = reached_point(session, code)
    found = shifts_of(session, code, before=_before(session, code), now=now, limit=PAGE + 1)
    duty = on_duty(session, code, now=now) if request.args.get("before") is None else []
    devices = {one.device_id for one in found} | {one.device_id for one in duty}
    names = device_names(session, [one for one in devices if one is not None])
    last = found[PAGE - 1].event_id if len(found) > PAGE else None
    return render_template(
        "checkpoints/shifts.html",
        point=point,
        rows=[_row(one, names) for one in found[:PAGE]],
        duty=[{"who": one.officer, "device": names.get(one.device_id), "since": one.since} for one in duty],
        older=url_for("checkpoints.shifts", code=code, before=last) if last else None,
    )


@pages.get("/checkpoints/<code>/shifts/<uuid:shift_id>")
@requires(Permission.PASS_LOOK_UP)
def shift_sheet(code: str, shift_id: UUID) -> str:
    """The sheet of one shift, to be printed and signed."""
    session, now = db.session(), clock.now()
    point = reached_point(session, code)
    shift = one_shift(session, code, shift_id, now=now)
    if shift is None:
        raise NotFound
    names = device_names(session, [shift.device_id] if shift.device_id else [])
    return render_template(
        "checkpoints/shift_sheet.html",
        point=point,
        shift=shift,
        row=_row(shift, names),
        counts=[_count(shift, name) for name in COUNTED],
        refusals=[_refusal(row) for row in refusals_of(session, shift, now=now)],
        flags=[FLAG_WORDS.get(name, name) for name in shift.flags],
    )


def _before(session: Session, code: str) -> tuple[datetime, UUID] | None:
    """Where the page goes on; an id of nothing here is an address that does not exist."""
    given = request.args.get("before")
    if not given:
        return None
    try:
        found = session.get(ShiftChange, UUID(given))
    except ValueError:
        raise NotFound from None
    if found is None or found.checkpoint != code:
        raise NotFound
    return found.received_at, found.event_id


def _row(shift: Shift, names: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "url": url_for("checkpoints.shift_sheet", code=shift.checkpoint, shift_id=shift.event_id),
        "who": shift.officer,
        "successor": shift.successor,
        "device": names.get(shift.device_id) if shift.device_id else None,
        "began": shift.began,
        "ended": shift.ended,
        "server": shift.server,
        "device_counts": shift.device,
        "refused": shift.server["turned_back"] + shift.server["held"],
        "missing": shift.missing,
    }


def _count(shift: Shift, name: str) -> dict[str, Any]:
    device, server = shift.device.get(name, 0), shift.server[name]
    return {"words": COUNT_WORDS[name], "device": device, "server": server, "missing": device - server}


def _refusal(row: Any) -> dict[str, Any]:
    return {
        "at": row.acted_at,
        "plate": row.plate,
        "number": row.number,
        "level": LEVEL_WORDS[row.level],
        "tone": TONES[row.level],
        "verdict": VERDICT_WORDS[VerdictCode(row.verdict)],
        "action": ACTION_WORDS[row.action],
        "reason": REASON_WORDS[RefusalReason(row.reason)] if row.reason else None,
        "told": row.told,
    }
