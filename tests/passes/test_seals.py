"""Seals: one person hands in, another approves, the one before retires, and every use is written down."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, Role, permissions_of
from audit.public import AuditEvent, history
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound
from passes.models import BodySeal, PassSheet
from passes.public import workshop
from passes.service.seals import (
    LONGEST_SIDE,
    approve_seal,
    clean_picture,
    retire_seal,
    seal_picture,
    seals_in_reach,
    state_of,
    upload_seal,
)
from passes.service.sheets import sheet_pdf
from passes.sheet_jobs import press
from tests.builders import NOON, an_issued_pass, own_transaction, with_keys
from tests.passes.applying import an_applicant, an_officer
from tests.passes.papers import words
from tests.passes.signed_in import an_administrator, signed_in
from tests.races import race

BODY = "changchun-transport"


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def a_picture(side: int = 420, red: int = 205, **more: Any) -> bytes:
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, side - 10, side - 10), outline=(red, 20, 30, 230), width=16)
    buffer = BytesIO()
    picture.save(buffer, "PNG", **more)
    return buffer.getvalue()


def a_current_seal(session: Session, **picture: Any) -> BodySeal:
    seal = upload_seal(session, an_officer(session, BODY), a_picture(**picture), now=NOON)
    return approve_seal(session, an_administrator(session), seal.id, now=NOON)


def printed(session: Session, number: str) -> bytes:
    return sheet_pdf(session, COMMAND_LINE, number, press(session, now=NOON), now=NOON).content


def images(pdf: bytes) -> int:
    """How many soft masks the file has: a picture with transparency brings one."""
    return pdf.count(b"/SMask")


def uses(session: Session) -> int:
    return session.scalar(select(func.count()).where(AuditEvent.tag == "seal:use")) or 0


def test_a_seal_is_printed_after_its_approval_only_and_every_use_is_written_down(session: Session) -> None:
    number = an_issued_pass(session).number
    without = printed(session, number)
    seal = upload_seal(session, an_officer(session, BODY), a_picture(), now=NOON)
    assert printed(session, number) == without
    assert uses(session) == 0
    approve_seal(session, an_administrator(session), seal.id, now=NOON)
    sealed = printed(session, number)
    assert images(sealed) > images(without)
    assert printed(session, number) == sealed
    assert uses(session) == 1
    assert session.scalars(select(PassSheet.seal_id)).one() == seal.id
    tags = [event.tag for event in history(session, "seal", seal.id)]
    assert tags == ["seal:upload", "seal:approve", "seal:use"]
    assert history(session, "seal", seal.id)[-1].facts == {"numbers": [number]}


def test_a_new_seal_retires_the_one_before_and_the_sheet_is_made_again(session: Session) -> None:
    number = an_issued_pass(session).number
    old = a_current_seal(session)
    first = printed(session, number)
    new = a_current_seal(session, red=150)
    session.refresh(old)
    assert [state_of(old), state_of(new)] == ["retired", "current"]
    assert printed(session, number) != first
    retire_seal(session, an_administrator(session), new.id, now=NOON)
    assert "盖章处" in words(printed(session, number))


def test_another_bodys_seal_is_not_printed(session: Session) -> None:
    number = an_issued_pass(session).number
    seal = upload_seal(session, an_officer(session), a_picture(), now=NOON)
    approve_seal(session, an_administrator(session), seal.id, now=NOON)
    assert "盖章处" in words(printed(session, number))


def test_who_uploads_cannot_approve_even_with_the_right_to(session: Session) -> None:
    officer = an_officer(session, BODY)
    both = Actor(
        officer.kind,
        officer.id,
        permissions_of([Role.ISSUING_OFFICER, Role.ADMINISTRATOR]),
        body_id=officer.body_id,
        area=officer.area,
    )
    seal = upload_seal(session, both, a_picture(), now=NOON)
    with pytest.raises(DomainProblem, match="seal.same_person"):
        approve_seal(session, both, seal.id, now=NOON)
    with pytest.raises(IntegrityError, match="approved_by_another"), session.begin_nested():
        session.execute(
            update(BodySeal).where(BodySeal.id == seal.id).values(approved_by=both.id, approved_at=NOON)
        )


def test_only_an_administrator_of_the_area_approves_and_retires(session: Session) -> None:
    seal = upload_seal(session, an_officer(session, BODY), a_picture(), now=NOON)
    for decide in (approve_seal, retire_seal):
        with pytest.raises(DomainProblem, match="permission.missing"):
            decide(session, an_officer(session, BODY), seal.id, now=NOON)
        with pytest.raises(NotFound):
            decide(session, an_administrator(session, "changchun-nanguan-commerce"), seal.id, now=NOON)
        with pytest.raises(NotFound):
            decide(session, an_administrator(session), UUID(int=7), now=NOON)
    approve_seal(session, an_administrator(session, "jl-transport"), seal.id, now=NOON)
    with pytest.raises(NotAllowed):
        approve_seal(session, an_administrator(session), seal.id, now=NOON)
    retire_seal(session, an_administrator(session), seal.id, now=NOON)
    with pytest.raises(NotAllowed):
        retire_seal(session, an_administrator(session), seal.id, now=NOON)


def test_an_applicant_can_neither_upload_nor_see_seals(session: Session) -> None:
    seal = upload_seal(session, an_officer(session, BODY), a_picture(), now=NOON)
    applicant = an_applicant(session)
    for work in (
        lambda: upload_seal(session, applicant, a_picture(), now=NOON),
        lambda: seals_in_reach(session, applicant),
        lambda: seal_picture(session, applicant, seal.id),
    ):
        with pytest.raises(DomainProblem, match="permission.missing"):
            work()


def test_officers_see_their_bodys_seals_and_administrators_those_of_their_area(session: Session) -> None:
    seal = upload_seal(session, an_officer(session, BODY), a_picture(), now=NOON)

    def seen(actor: Actor) -> list[UUID]:
        return [row.seal.id for row in seals_in_reach(session, actor)]

    for actor in (an_officer(session, BODY), an_administrator(session, "jl-transport")):
        assert seen(actor) == [seal.id]
        assert seal_picture(session, actor, seal.id).startswith(b"\x89PNG")
    for actor in (an_officer(session), an_administrator(session, "changchun-nanguan-commerce")):
        assert seen(actor) == []
        with pytest.raises(NotFound):
            seal_picture(session, actor, seal.id)


def test_what_is_kept_is_the_picture_alone_and_no_larger_than_paper_needs() -> None:
    hidden = PngInfo()
    hidden.add_text("Author", "someone")
    kept = clean_picture(a_picture(side=2000, pnginfo=hidden))
    image = Image.open(BytesIO(kept))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (LONGEST_SIDE, LONGEST_SIDE))
    assert b"someone" not in kept
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)


def a_jpeg() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (50, 50)).save(buffer, "JPEG")
    return buffer.getvalue()


def a_bomb() -> bytes:
    """Few bytes that claim to be 100 million pixels."""
    buffer = BytesIO()
    Image.new("1", (10_000, 10_000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "seal.not_a_png"),
        (b"<svg onload='x'/>", "seal.not_a_png"),
        (a_picture()[:-200], "seal.not_a_png"),
        (a_jpeg(), "seal.not_a_png"),
        (a_bomb(), "seal.not_a_png"),
        (Random(1).randbytes(1_000_001), "seal.too_large"),  # noqa: S311 - test data, not a secret
    ],
    ids=["empty", "svg", "cut", "jpeg", "bomb", "large"],
)
def test_what_is_no_png_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_picture(content)
    assert [error.code for error in refused.value.errors] == [code]


def test_two_people_approve_at_the_same_instant_and_one_seal_is_current(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        seals = [
            upload_seal(session, an_officer(session, BODY), a_picture(red=r), now=NOON).id for r in (9, 99)
        ]
        people = [an_administrator(session) for _ in range(2)]
    same = race(
        app,
        [lambda s, p=person: approve_seal(s, p, seals[0], now=NOON).id for person in people],  # type: ignore[misc]  # the default binds the loop's person
    )
    assert [isinstance(result, NotAllowed) for result in same].count(True) == 1
    with own_transaction(app) as session:
        more = [
            upload_seal(session, an_officer(session, BODY), a_picture(red=r), now=NOON).id for r in (19, 29)
        ]
    race(
        app,
        [
            lambda s: approve_seal(s, people[0], more[0], now=NOON).id,
            lambda s: approve_seal(s, people[1], more[1], now=NOON).id,
            lambda s: approve_seal(s, people[1], seals[1], now=NOON).id,
        ],
    )
    with own_transaction(app) as session:
        states = [state_of(seal) for seal in session.scalars(select(BodySeal))]
        assert sorted(states) == ["current", "retired", "retired", "retired"]
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_kind == "seal")).all()
        assert (tags.count("seal:approve"), tags.count("seal:retire")) == (4, 3)


def a_file(content: bytes) -> Any:
    """The field of the form with a chosen file."""
    return {"seal": (BytesIO(content), "seal.png")}


def test_the_pages_take_a_seal_from_upload_to_approval(client: Any, session: Session) -> None:
    officer, administrator = an_officer(session, BODY), an_administrator(session)
    browser = signed_in(client, session, officer)
    page = browser.post_form("/seals", a_file(b"no picture"), status=422)
    assert "请上传 PNG 格式的印章图片" in page.text
    page = browser.post_form("/seals", a_file(a_picture()))
    assert "待批准" in page.text
    seal = session.scalars(select(BodySeal)).one()
    picture = browser.raw("GET", f"/seals/{seal.id}.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert browser.raw("POST", f"/seals/{seal.id}/approve").status_code in {400, 403}
    approver = signed_in(client, session, administrator)
    page = approver.post_form("/seals", action=f"/seals/{seal.id}/approve")
    assert "使用中" in page.text
    page = approver.post_form("/seals", action=f"/seals/{seal.id}/retire")
    assert "已停用" in page.text
    stranger = signed_in(client, session, an_officer(session))
    assert stranger.raw("GET", f"/seals/{seal.id}.png").status_code == 404
    assert "还没有印章" in stranger.get("/seals").text
    assert signed_in(client, session, an_applicant(session)).raw("GET", "/seals").status_code == 403


def test_seals_of_the_same_moment_have_their_own_files(session: Session) -> None:
    one, two = a_current_seal(session), a_current_seal(session, red=10)
    assert one.sha256 != two.sha256
    assert two.uploaded_at - one.uploaded_at == timedelta()
