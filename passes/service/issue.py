"""Issuing: rules, number, signature, rows, audit, in one transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body
from audit.public import record
from foundation.base import new_id, table_of
from foundation.problems import DomainProblem
from passes.catalogue import Catalogue
from passes.credential import Credential, encode_payload
from passes.keys import KeyRing
from passes.ledgers import SigningKey, StatusChange
from passes.models import Pass, PassNumberRow, PassRevision, SerialCounter
from passes.queries import find_overlapping
from passes.rules.content import Content, check_content, check_not_over
from passes.rules.judge import SerialStatus
from passes.rules.moves import PassAction, PassState, next_pass_move
from passes.signing import sign_payload

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_CODE_LENGTH = 6
LAST_SERIAL = 999_999

# Issuing is the hot path: its statements are built once and run on tables, which halves the time of each.
_PASS, _COUNTER = table_of(Pass), table_of(SerialCounter)
_SIGNING = (
    select(SigningKey.key)
    .where(SigningKey.area == bindparam("of_area"), SigningKey.state == "signing")
    .scalar_subquery()
)
TAKE_SERIAL = (
    update(_COUNTER)
    .where(_COUNTER.c.area == bindparam("of_area"), _COUNTER.c.last_serial < LAST_SERIAL)
    .values(last_serial=_COUNTER.c.last_serial + 1)
    .returning(_COUNTER.c.last_serial, _SIGNING.label("key"))
)
ADD_NUMBER = insert(table_of(PassNumberRow))
ADD_PASS = pg_insert(_PASS).on_conflict_do_nothing().returning(_PASS.c.number)
ADD_REVISION = insert(table_of(PassRevision))
ADD_CHANGE = insert(table_of(StatusChange))


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whom a pass is issued to: a firm, a person without one, or a name at a counter."""

    name: str
    person_id: UUID | None = None
    firm_id: UUID | None = None
    application_id: UUID | None = None
    channel: str = "command_line"
    demo: bool = False


@dataclass(frozen=True)
class Issued:
    """An issued pass: 12 digits, the parts of its QR, and the code printed on the sheet."""

    number: str
    plate: str
    payload: bytes
    signature: bytes
    check_code: str


@dataclass(frozen=True)
class Tools:
    """What issuing needs besides the database: the reference data and the private keys."""

    catalogue: Catalogue
    keys: KeyRing


def issue_pass(
    session: Session,
    actor: Actor,
    body: Body,
    content: Content,
    holder: Holder,
    tools: Tools,
    *,
    now: datetime,
    asked_at: datetime | None = None,
    replaces: str | None = None,
) -> Issued:
    """Issue one pass. `content.not_before` counts in whole minutes; a start that was in time when it was asked for
    (`asked_at`, by default now) stays good while the application waits, as long as the end is still to come.

    Raises `InvalidInput` for content the rules refuse, `pass.overlap` with the existing number when the vehicle
    has a pass in that period, `signing_key.missing` when this server cannot sign, `serial.used_up`.
    """
    kind = tools.catalogue.kinds.get(content.kind)
    if kind is None:
        raise DomainProblem("kind.unknown")
    check_content(content, kind, tools.catalogue, now=asked_at or now)
    check_not_over(content, now)
    serial, key = _take_serial(session, body.area)
    number = f"{body.area}{serial:06d}"
    if replaces is not None:
        _supersede(session, actor, replaces, content, number, now)
    credential = _credential(content, body, serial, key)
    payload = encode_payload(credential)
    issued = Issued(
        number=number,
        plate=content.plate,
        payload=payload,
        signature=sign_payload(tools.keys.for_area(body.area, key), payload),
        check_code=new_check_code(),
    )
    _write(session, actor, body, content, holder, issued, credential, now)
    record(
        session,
        actor,
        "pass:issue",
        "pass",
        number,
        now=now,
        to_state=PassState.LIVE,
        facts={"kind": content.kind, "body": body.code, "replaces": replaces, "key": key},
    )
    return issued


def new_check_code() -> str:
    """Six random characters of Crockford's base 32: a thousand million possibilities, five tries an hour."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(CHECK_CODE_LENGTH))


def _take_serial(session: Session, area: str) -> tuple[int, int]:
    """The next serial of the area and the key that signs it; the row lock makes serials commit in order."""
    taken = session.execute(TAKE_SERIAL, {"of_area": area}).one_or_none()
    if taken is None:
        _start_counter(session, area)
        return _take_serial(session, area)
    if taken.key is None:
        raise DomainProblem("signing_key.missing", name=area)
    return taken.last_serial, taken.key


def _start_counter(session: Session, area: str) -> None:
    """The first pass of an area; raises `serial.used_up` when the counter is there and at its end."""
    started = session.execute(
        pg_insert(SerialCounter)
        .values(area=area, last_serial=0)
        .on_conflict_do_nothing()
        .returning(SerialCounter.area)
    ).one_or_none()
    if (
        started is None
        and session.scalar(select(SerialCounter.last_serial).where(SerialCounter.area == area)) == LAST_SERIAL
    ):
        raise DomainProblem("serial.used_up", area=area)


def _credential(content: Content, body: Body, serial: int, key: int) -> Credential:
    return Credential(
        key=key,
        area=body.area,
        serial=serial,
        sector=body.sector or 0,
        kind=content.kind,
        revision=0,
        plate=content.plate,
        plate_colour=content.plate_colour,
        origin=content.origin,
        destination=content.destination,
        stops=content.stops,
        roads=content.roads,
        goods=content.goods,
        not_before=content.not_before,
        duration_minutes=content.hours * 60,
        drivers=tuple(driver.last4 for driver in content.drivers),
    )


def _write(
    session: Session,
    actor: Actor,
    body: Body,
    content: Content,
    holder: Holder,
    issued: Issued,
    credential: Credential,
    now: datetime,
) -> None:
    session.execute(ADD_NUMBER, {"number": issued.number, "plate": content.plate})
    row = {
        "plate": content.plate,
        "number": issued.number,
        "plate_colour": content.plate_colour,
        "kind": content.kind,
        "state": PassState.LIVE.value,
        "state_changed_at": now,
        "validity": Range(credential.not_before, credential.not_after),
        "revision": 0,
        "step": 0,
        "channel": holder.channel,
        "body_id": body.id,
        "application_id": holder.application_id,
        "person_id": holder.person_id,
        "firm_id": holder.firm_id,
        "holder_name": holder.name,
        "issued_at": now,
        "demo": holder.demo,
    }
    # The exclusion constraint decides; with DO NOTHING the transaction lives on and can name the other pass.
    written = session.execute(ADD_PASS, row)
    if written.one_or_none() is None:
        raise overlap(session, content.plate, content.plate_colour, row["validity"])
    session.execute(ADD_REVISION, _revision(actor, content, issued, credential, now))
    note_status(session, issued.number, SerialStatus.GOOD, 0, 0, credential.not_after, now=now)


def _revision(
    actor: Actor, content: Content, issued: Issued, credential: Credential, now: datetime
) -> dict[str, Any]:
    return {
        "plate": content.plate,
        "number": issued.number,
        "revision": credential.revision,
        "key": credential.key,
        "goods": content.goods,
        "goods_words": content.goods_words,
        "origin": content.origin,
        "destination": content.destination,
        "stops": list(content.stops),
        "roads": list(content.roads),
        "not_before": credential.not_before,
        "duration_minutes": credential.duration_minutes,
        "drivers": [{"name": d.name, "phone": d.phone, "last4": d.last4} for d in content.drivers],
        "check_code": issued.check_code,
        "payload": issued.payload,
        "signature": issued.signature,
        "issued_at": now,
        "issued_by": actor.id if actor.kind == "person" else None,
    }


def overlap(session: Session, plate: str, colour: int, validity: Any) -> DomainProblem:
    """The refusal that names the pass which has the vehicle in that period."""
    other = find_overlapping(session, plate, colour, validity)
    return DomainProblem("pass.overlap", number=other.number if other else None)


def note_status(
    session: Session,
    number: str,
    status: SerialStatus,
    revision: int,
    step: int,
    ends_at: datetime,
    *,
    now: datetime,
) -> None:
    """Write the change for the publisher, unnumbered: it gets its number after this transaction has committed."""
    change = {
        "id": new_id(),
        "number": number,
        "code": int(status),
        "revision": revision,
        "step": step,
        "ends_at": ends_at,
        "changed_at": now,
    }
    session.execute(ADD_CHANGE, change)


def ends_of(row: Pass) -> datetime:
    """The end of a pass. Raises `ValueError` for an unbounded period, which a CHECK keeps out."""
    if row.validity.upper is None:
        raise ValueError("an unbounded pass")
    return row.validity.upper


def _supersede(session: Session, actor: Actor, old: str, content: Content, new: str, now: datetime) -> None:
    """The new pass takes the place of an old one of the same vehicle, in the same transaction."""
    row = session.scalar(
        select(Pass)
        .where(Pass.plate == content.plate, Pass.number == old, Pass.plate_colour == content.plate_colour)
        .with_for_update()
    )
    if row is None:
        raise DomainProblem("pass.not_of_this_vehicle", number=old)
    was = PassState(row.state)
    move = next_pass_move(was, PassAction.SUPERSEDE, None)
    session.execute(
        update(Pass)
        .where(Pass.plate == row.plate, Pass.number == old)
        .values(state=move.to, superseded_by=new, state_changed_at=now, step=Pass.step + 1)
    )
    note_status(session, old, SerialStatus.SUPERSEDED, row.revision, row.step + 1, ends_of(row), now=now)
    record(
        session,
        actor,
        "pass:supersede",
        "pass",
        old,
        now=now,
        from_state=was,
        to_state=move.to,
        facts={"by": new},
    )
