"""Issue on the spot 现场核发: the kind that data offers there, by the body that data names, at once.

What comes of it is read here too, for the officer's screen and for whoever asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from accounts.public import Body
from audit.public import record
from foundation.clock import SHOWN_IN
from foundation.i18n import gettext as _
from foundation.i18n import in_language
from foundation.problems import DomainProblem
from passes.application_queries import needed
from passes.catalogue import Catalogue, Kind
from passes.credential import build_text, to_digits
from passes.models import DriverLink, Pass, PassNumberRow, PassRevision
from passes.queries import deciding_body, find_overlapping
from passes.rules.content import Content, check_content
from passes.rules.on_the_spot import CHANNEL, Spot, SpotRequest, content_at, spot_kind
from passes.service.issue import Holder, Issued, Tools, ends_of, issue_pass, starts_of
from passes.service.links import hash_of_token, new_token


def issue_on_the_spot(
    session: Session,
    actor: Actor,
    spot: Spot,
    asked: SpotRequest,
    tools: Tools,
    *,
    now: datetime,
    demo: bool = False,
) -> Issued:
    """Issue a pass from `spot` to where it is asked for. The caller has checked that the checkpoint may issue.

    Raises `kind.unknown` and `body.unknown` when nothing is issued here, `InvalidInput` with all that the rules refuse,
    `regime.not_needed`, `pass.overlap` with the number of the pass that holds the vehicle, `signing_key.missing`,
    `signing_key.damaged` and `serial.used_up`.
    """
    known = tools.catalogue
    kind = _kind(known, spot, asked)
    content = content_at(spot, asked, kind, now=now)
    check_content(content, kind, known, now=now)
    period = Range(content.not_before, content.not_after)
    if not needed(session, known, spot.county, asked.destination, period):
        raise DomainProblem("regime.not_needed")
    held = find_overlapping(session, asked.plate, asked.plate_colour, period)
    if held is not None:
        raise DomainProblem("pass.overlap", number=held.number)
    body = _body(session, known, kind, content, now)
    return issue_pass(session, actor, body, content, _holder(asked, demo), tools, now=now)


def _kind(known: Catalogue, spot: Spot, asked: SpotRequest) -> Kind:
    there = asked.destination in known.areas
    leaves = there and known.province_of(asked.destination) != known.province_of(spot.county)
    kind = spot_kind(known.kinds.values(), leaves=leaves)
    if kind is None:
        raise DomainProblem("kind.unknown")
    return kind


def _body(session: Session, known: Catalogue, kind: Kind, content: Content, now: datetime) -> Body:
    """The body of the kind's duty that is nearest to the checkpoint: of its county, else of those above."""
    today = now.astimezone(SHOWN_IN).date()
    body = deciding_body(session, known, kind, content.goods, content.origin, on=today)
    if body is None:
        raise DomainProblem("body.unknown")
    return body


def _holder(asked: SpotRequest, demo: bool) -> Holder:
    """Nobody at a barrier is asked for a name: the pass is the vehicle's, and says by which driver it was fetched."""
    with in_language("zh"):
        name = (
            _("车辆 %(plate)s（驾驶员证件尾号 %(last4)s）", plate=asked.plate, last4=asked.driver_last4)
            if asked.driver_last4
            else _("车辆 %(plate)s", plate=asked.plate)
        )
    return Holder(name=name, channel=CHANNEL, demo=demo)


@dataclass(frozen=True)
class CarriedPass:
    """A pass as it is handed over at the roadside: what its QR holds, and what stands beside it. Times are aware."""

    number: str
    text: str
    digits: str
    check_code: str
    not_before: datetime
    not_after: datetime
    plate: str
    plate_colour: int
    state: str
    body: str
    phone: str


def carried_passes(session: Session, numbers: list[str], prefix: str) -> Mapping[str, CarriedPass]:
    """The passes with these numbers as they are now, by number; unknown ones are left out. One query."""
    own = and_(Pass.plate == PassNumberRow.plate, Pass.number == PassNumberRow.number)
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    statement = (
        select(Pass, PassRevision, Body.name, Body.phone)
        .join_from(PassNumberRow, Pass, own)
        .join(PassRevision, current)
        .join(Body, Body.id == Pass.body_id)
        .where(PassNumberRow.number.in_(numbers))
    )
    rows = session.execute(statement) if numbers else ()
    return {row[0].number: _carried(row[0], row[1], row[2], row[3], prefix) for row in rows}


def _carried(found: Pass, revision: PassRevision, body: str, phone: str, prefix: str) -> CarriedPass:
    return CarriedPass(
        number=found.number,
        text=build_text(prefix, revision.payload, revision.signature),
        digits=to_digits(revision.payload + revision.signature),
        check_code=revision.check_code,
        not_before=starts_of(found),
        not_after=ends_of(found),
        plate=found.plate,
        plate_colour=found.plate_colour,
        state=found.state,
        body=body,
        phone=phone,
    )


def give_link(session: Session, actor: Actor, plate: str, number: str, *, now: datetime) -> str:
    """The token of a new driver's link for a pass that was issued on the spot; the caller may hand it over."""
    token = new_token()
    session.add(
        DriverLink(
            token_hash=hash_of_token(token),
            plate=plate,
            number=number,
            created_at=now,
            created_by=actor.id if actor.kind is ActorKind.PERSON else None,
        )
    )
    record(session, actor, "link:make", "pass", number, now=now)
    return token
