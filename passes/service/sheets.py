"""The printed pass, made from the rows alone: after commit, kept by its hash, and made again whenever it is missing.

Only the plain document is kept: of a pass that is live, not over and signed with a good key. A document with a
mark across it is made for each reader, so that a change of state can never meet an older picture of it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Body, mask_name
from audit.public import record
from foundation.database import advisory_lock
from foundation.files import keep_file, store
from foundation.i18n import gettext as _
from foundation.i18n import in_language
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.catalogue import Catalogue
from passes.credential import decode_payload, to_digits
from passes.ledgers import SigningKey
from passes.models import BodySeal, Pass, PassHandover, PassNumberRow, PassRevision, PassSheet
from passes.printing import Sheet, render_sheets, render_strip
from passes.queries import find_pass, reaches
from passes.rules import KeyState, PassState, PlateColour, SignatureState
from passes.rules.counter import CHANNEL, OF_FIRMS
from passes.service.issue import ends_of
from passes.signing import key_from_jwk, signature_state
from passes.words import COLOUR_WORDS, EXPIRED, PASS_STATE_WORDS

MOST_NUMBERS = 5_000
"""Passes of one order."""
PDF = "application/pdf"


@dataclass(frozen=True)
class Press:
    """What printing needs besides the database: reference data, the address a QR begins with, the folder of fonts."""

    catalogue: Catalogue
    prefix: str
    fonts: Path


@dataclass(frozen=True)
class Document:
    """A PDF and its SHA-256 (hex)."""

    content: bytes
    sha256: str


@dataclass(frozen=True)
class _Facts:
    """The rows behind one document; `key` is None when the signing key of the revision has no row."""

    found: Pass
    revision: PassRevision
    body: Body
    seal: BodySeal | None
    key: SigningKey | None
    sheet: PassSheet | None
    firm_at_counter: bool

    @property
    def seal_id(self) -> UUID | None:
        return self.seal.id if self.seal else None


def sheet_pdf(session: Session, actor: Actor, number: str, press: Press, *, now: datetime) -> Document:
    """The document of a pass: the kept one when it still says what the rows say, else made and kept.

    Raises `NotFound` (unknown or foreign), `fonts.missing`, `symbol.unreadable`, `sheet.not_signed`.
    """
    found = find_pass(session, number)
    if found is None or not reaches(session, actor, found):
        raise NotFound
    return make_sheet(session, actor, number, press, now=now)


def make_sheet(session: Session, actor: Actor, number: str, press: Press, *, now: datetime) -> Document:
    """As `sheet_pdf` for a caller who may have it; of several at the same instant one makes it, the others wait."""
    kept = _kept(_facts_of(session, [number])[0], now)
    if kept is not None:
        return kept
    advisory_lock(session, f"sheet:{number}")
    facts = _facts_of(session, [number])[0]
    return _kept(facts, now) or _made(session, actor, facts, press, now)


def print_sheets(
    session: Session, actor: Actor, numbers: Sequence[str], press: Press, *, now: datetime
) -> bytes:
    """One PDF with a page for each pass, in the order of the numbers; the caller has checked that they may be read.

    One query, however many passes. Raises as `sheet_pdf`.
    """
    return _print(session, actor, _facts_of(session, numbers), press, now)


def strip_pdf(session: Session, number: str, press: Press, *, now: datetime) -> bytes:
    """The pass on a strip 58 mm wide, without a seal, for a caller who may have it; made anew each time.

    Raises `fonts.missing`, `symbol.unreadable`, `sheet.not_signed`.
    """
    with in_language("zh"):
        sheet = _sheet(_facts_of(session, [number])[0], {}, press, now)
    try:
        return render_strip(sheet, fonts=press.fonts)
    except FileNotFoundError as missing:
        raise DomainProblem("fonts.missing") from missing


def order_numbers(given: Iterable[str]) -> tuple[str, ...]:
    """The numbers of an order: each once, ascending.

    Raises `InvalidInput` on `numbers` for none, more than `MOST_NUMBERS`, or one that cannot be a number.
    """
    numbers = tuple(sorted(set(given)))
    if not numbers:
        raise InvalidInput(field_problem("numbers", "field.required"))
    if len(numbers) > MOST_NUMBERS:
        raise InvalidInput(field_problem("numbers", "numbers.too_many", most=MOST_NUMBERS))
    if not all(len(number) == 12 and number.isascii() and number.isdecimal() for number in numbers):
        raise InvalidInput(field_problem("numbers", "numbers.malformed"))
    return numbers


def require_reach(session: Session, actor: Actor, numbers: Sequence[str]) -> None:
    """Every pass of an order is the caller's to read. Raises `NotFound` for all when one is unknown or foreign."""
    statement = select(Pass).join_from(PassNumberRow, Pass, _of_number())
    passes = session.scalars(statement.where(PassNumberRow.number.in_(numbers))).all()
    # What is reached depends on the body and the holder alone, so one pass of each stands for the others.
    one_of_each = {
        (p.body_id, p.firm_id == actor.firm_id, p.person_id == actor.id, p.firm_id is None): p for p in passes
    }
    known = len(passes) == len(numbers)
    if not known or not all(reaches(session, actor, found) for found in one_of_each.values()):
        raise NotFound


def _of_number() -> ColumnElement[bool]:
    """How a number finds its pass: by the plate it was given to, which leads every key."""
    return and_(Pass.plate == PassNumberRow.plate, Pass.number == PassNumberRow.number)


def _statement(
    numbers: Sequence[str],
) -> Select[Pass, PassRevision, Body, BodySeal, SigningKey, PassSheet, bool]:
    """Everything that a document shows, in one query; seal, key and kept document may be missing."""
    now_valid = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    in_use = and_(
        BodySeal.body_id == Pass.body_id, BodySeal.approved_at.is_not(None), BodySeal.retired_at.is_(None)
    )
    kept = and_(
        PassSheet.plate == Pass.plate,
        PassSheet.number == Pass.number,
        PassSheet.revision == Pass.revision,
    )
    of_firm = exists().where(
        PassHandover.plate == Pass.plate,
        PassHandover.number == Pass.number,
        PassHandover.document.in_(OF_FIRMS),
    )
    return (
        select(Pass, PassRevision, Body, BodySeal, SigningKey, PassSheet, of_firm)
        .join_from(PassNumberRow, Pass, _of_number())
        .join(PassRevision, now_valid)
        .join(Body, Body.id == Pass.body_id)
        .outerjoin(BodySeal, in_use)
        .outerjoin(SigningKey, and_(SigningKey.area == Body.area, SigningKey.key == PassRevision.key))
        .outerjoin(PassSheet, kept)
        .where(PassNumberRow.number.in_(numbers))
        # A second look, after waiting for another maker, must see what that one wrote.
        .execution_options(populate_existing=True)
    )


def _facts_of(session: Session, numbers: Sequence[str]) -> list[_Facts]:
    """The rows of the passes in the order of `numbers`."""
    rows = session.execute(_statement(numbers)).all()
    by_number = {row[0].number: _Facts(*row) for row in rows}
    return [by_number[number] for number in numbers]


def _mark(facts: _Facts, now: datetime) -> str:
    """What is stamped across the fields: nothing on a pass that is good."""
    if facts.key is not None and facts.key.state == KeyState.BAD:
        return _("已失效")
    if facts.found.state != PassState.LIVE:
        return str(PASS_STATE_WORDS[PassState(facts.found.state)])
    return str(EXPIRED) if now >= ends_of(facts.found) else ""


def _kept(facts: _Facts, now: datetime) -> Document | None:
    """The kept document, unless the seal is another by now, the pass needs a mark, or the file is gone."""
    if facts.sheet is None or facts.sheet.seal_id != facts.seal_id or _mark(facts, now):
        return None
    content = store().get(facts.sheet.sha256)
    return Document(content, facts.sheet.sha256) if content else None


def _made(session: Session, actor: Actor, facts: _Facts, press: Press, now: datetime) -> Document:
    content = _print(session, actor, [facts], press, now)
    if _mark(facts, now):
        return Document(content, hashlib.sha256(content).hexdigest())
    sha256 = keep_file(session, content, PDF, now=now)
    found = facts.found
    key = {"plate": found.plate, "number": found.number, "revision": found.revision}
    made = {"sha256": sha256, "seal_id": facts.seal_id, "made_at": now}
    session.execute(
        insert(PassSheet).values({**key, **made}).on_conflict_do_update(index_elements=list(key), set_=made)
    )
    return Document(content, sha256)


def _print(session: Session, actor: Actor, every: Sequence[_Facts], press: Press, now: datetime) -> bytes:
    seals = {facts.seal.id: store().get(facts.seal.sha256) for facts in every if facts.seal}
    # The document is in Chinese, whatever language its reader has chosen for the pages.
    with in_language("zh"):
        sheets = [_sheet(facts, seals, press, now) for facts in every]
    try:
        content = render_sheets(sheets, fonts=press.fonts)
    except FileNotFoundError as missing:
        raise DomainProblem("fonts.missing") from missing
    _note_use(session, actor, every, seals, now)
    return content


def _note_use(
    session: Session,
    actor: Actor,
    every: Sequence[_Facts],
    seals: Mapping[UUID, bytes | None],
    now: datetime,
) -> None:
    """One event for each seal that stands in the document, with the passes it stands on."""
    for seal_id in [key for key, picture in seals.items() if picture]:
        numbers = [facts.found.number for facts in every if facts.seal_id == seal_id]
        record(session, actor, "seal:use", "seal", seal_id, now=now, facts={"numbers": numbers})


def _sheet(facts: _Facts, seals: Mapping[UUID, bytes | None], press: Press, now: datetime) -> Sheet:
    found, revision, known = facts.found, facts.revision, press.catalogue
    kind, goods = known.kinds[found.kind], known.goods[revision.goods]
    _require_signed(facts)
    return Sheet(
        number=found.number,
        plate=found.plate,
        plate_colour_words=str(COLOUR_WORDS[PlateColour(found.plate_colour)]),
        kind_title=kind.name,
        supervised_by=kind.supervised_by,
        issuing_body=facts.body.name,
        issuer_phone=facts.body.phone,
        applicant=_holder(facts),
        drivers=tuple((mask_name(driver["name"]), driver["last4"]) for driver in revision.drivers),
        goods=revision.goods_words or goods.name,
        category=goods.category_name,
        origin=area_words(known, revision.origin),
        destination=area_words(known, revision.destination),
        stops=tuple(area_words(known, code) for code in revision.stops),
        roads=tuple(f"{road} {known.roads.get(road, '')}".strip() for road in revision.roads),
        not_before=revision.not_before,
        not_after=ends_of(found),
        revision=revision.revision,
        check_code=revision.check_code,
        qr_prefix=press.prefix,
        qr_digits=to_digits(revision.payload + revision.signature),
        issued_at=revision.issued_at,
        seal=seals.get(facts.seal.id) if facts.seal else None,
        copy_marking=_("演示") if found.demo else "",
        status_mark=_mark(facts, now),
    )


def area_words(known: Catalogue, code: str) -> str:
    """An area from the province down; its code where the reference data lacks it (another province's pass)."""
    area = known.areas.get(code)
    return area.words if area else code


def _holder(facts: _Facts) -> str:
    """A firm by its name; a person's name as the drivers' are shown, because the sheet lies behind a windscreen.

    Who came to a counter is a person unless the document that was seen is one of firms.
    """
    found = facts.found
    walked_in = found.channel == CHANNEL and not facts.firm_at_counter
    is_person = found.firm_id is None and (found.person_id is not None or walked_in)
    return mask_name(found.holder_name) if is_person else found.holder_name


def _require_signed(facts: _Facts) -> None:
    """A damaged row must not become a paper. Raises `sheet.not_signed` unless key, signature and content agree."""
    found, revision = facts.found, facts.revision
    public = key_from_jwk(facts.key.jwk) if facts.key else None
    good = signature_state(public, revision.payload, revision.signature) is SignatureState.GOOD
    said = decode_payload(revision.payload) if good else None
    wanted = (found.number, found.plate, found.revision, ends_of(found))
    if said is None or (said.number, said.plate, said.revision, said.not_after) != wanted:
        raise DomainProblem("sheet.not_signed", number=found.number)
