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

from accounts.permissions import Actor, ActorKind
from accounts.public import Body
from audit.public import record
from foundation.base import new_id, table_of
from foundation.problems import DomainProblem
from passes.catalogue import Catalogue
from passes.credential import Credential, encode_payload
from passes.keys import KeyRing
from passes.ledgers import SigningKey, StatusChange
from passes.models import Pass, PassNumberRow, PassRevision, SerialCounter
from passes.queries import find_overlapping, plate_of
from passes.rules.content import Content, check_content, check_not_over
from passes.rules.judge import SerialStatus
from passes.rules.moves import PassAction, PassState, next_pass_move
from passes.service.announcing import announce_pass
from passes.signing import sign_payload

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_CODE_LENGTH = 6
LAST_SERIAL = 999_999

# Issuing is the hot path: its statements are built once and run on tables, which halves the time of each.
_PASS, _COUNTER = table_of(Pass), table_of(SerialCounter)
SIGNING_KEY = select(SigningKey.key).where(
    SigningKey.area == bindparam("of_area"), SigningKey.state == "signing"
)
TAKE_SERIAL = (
    update(_COUNTER)
    .where(_COUNTER.c.area == bindparam("of_area"), _COUNTER.c.last_serial < LAST_SERIAL)
    .values(last_serial=_COUNTER.c.last_serial + 1)
    .returning(_COUNTER.c.last_serial, SIGNING_KEY.scalar_subquery().label("key"))
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
    other_vehicle: bool = False,
) -> Issued:
    """Issue one pass. `content.not_before` counts in whole minutes; a start that was in time when it was asked for
    (`asked_at`, by default now) stays good while the application waits, as long as the end is still to come.

    `replaces` is the pass that this one supersedes in the same transaction: of the same vehicle, unless
    `other_vehicle` says that the truck is exchanged.

    Raises `InvalidInput` for content the rules refuse, `pass.overlap` with the existing number when the vehicle
    has a pass in that period, `pass.not_of_this_vehicle`, `NotAllowed` when the replaced pass was stopped,
    `signing_key.missing` when this server cannot sign, `serial.used_up`.
    """
    kind = tools.catalogue.kinds.get(content.kind)
    if kind is None:
        raise DomainProblem("kind.unknown")
    check_content(content, kind, tools.catalogue, now=asked_at or now)
    check_not_over(content, now)
    # Whoever holds a pass and wants a serial must never wait for somebody with a serial who wants the pass.
    old = _replaced(session, replaces, content, other_vehicle) if replaces is not None else None
    serial, key = _take_serial(session, body.area)
    number = f"{body.area}{serial:06d}"
    if old is not None:
        _supersede(session, actor, old, number, now)
    credential = credential_of(content, body, serial, key)
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


def credential_of(content: Content, body: Body, serial: int, key: int, *, revision: int = 0) -> Credential:
    """What the code of a pass says."""
    return Credential(
        key=key,
        area=body.area,
        serial=serial,
        sector=body.sector or 0,
        kind=content.kind,
        revision=revision,
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
    session.execute(ADD_REVISION, revision_row(actor, content, issued, credential, now))
    note_status(session, issued.number, SerialStatus.GOOD, 0, 0, credential.not_after, now=now)


def revision_row(
    actor: Actor, content: Content, issued: Issued, credential: Credential, now: datetime
) -> dict[str, Any]:
    """A row of `pass_revision`; a decision without a person names nobody."""
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
        "issued_by": actor.id if actor.kind is ActorKind.PERSON else None,
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


def starts_of(row: Pass) -> datetime:
    """The beginning of a pass. Raises `ValueError` as `ends_of`."""
    if row.validity.lower is None:
        raise ValueError("an unbounded pass")
    return row.validity.lower


def held_pass(session: Session, number: str) -> Pass | None:
    """A pass with its row held until the transaction ends, read anew after any wait for somebody else."""
    plate = plate_of(session, number)
    if plate is None:
        return None
    statement = select(Pass).where(Pass.plate == plate, Pass.number == number).with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def _replaced(session: Session, number: str, content: Content, other_vehicle: bool) -> Pass:
    """The pass that is replaced, held."""
    old = held_pass(session, number)
    same = old is not None and (old.plate, old.plate_colour) == (content.plate, content.plate_colour)
    if old is None or not (same or other_vehicle):
        raise DomainProblem("pass.not_of_this_vehicle", number=number)
    return old


def _supersede(session: Session, actor: Actor, old: Pass, new: str, now: datetime) -> None:
    """The new pass takes the place of an old one, in the same transaction."""
    was, step = PassState(old.state), old.step + 1
    move = next_pass_move(was, PassAction.SUPERSEDE, None)
    session.execute(
        update(Pass)
        .where(Pass.plate == old.plate, Pass.number == old.number)
        .values(state=move.to, superseded_by=new, state_changed_at=now, step=step)
    )
    note_status(session, old.number, SerialStatus.SUPERSEDED, old.revision, step, ends_of(old), now=now)
    event = record(
        session,
        actor,
        "pass:supersede",
        "pass",
        old.number,
        now=now,
        from_state=was,
        to_state=move.to,
        facts={"by": new},
    )
    announce_pass(session, old, PassAction.SUPERSEDE, move.to, event, now=now)
