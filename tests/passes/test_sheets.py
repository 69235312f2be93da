"""The printed pass from the rows: what it says, when it is made again, who gets it, alone and by the hundred."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session

import passes.sheet_jobs as sheet_jobs
from accounts.permissions import COMMAND_LINE, SYSTEM, Actor, Role
from audit.public import AuditEvent
from foundation import clock
from foundation.database import db
from foundation.files import store
from foundation.jobs import requeue_stalled, work_off
from foundation.models import StoredFile, TaskProgress
from foundation.problems import DomainProblem, InvalidInput, NotFound
from passes.credential import build_text
from passes.judging import judge_text
from passes.models import PassRevision, PassSheet
from passes.public import Driver, Issued, PassAction, PassReason, change_pass, read_symbol, workshop
from passes.service.sheets import MOST_NUMBERS, order_numbers, print_sheets, require_reach, sheet_pdf
from passes.sheet_jobs import find_order, make_piece, make_sheets, order_archive, order_sheets, press
from tests.builders import NOON, an_issued_pass, own_transaction, with_keys
from tests.passes.applying import a_person, acting, an_applicant, an_officer
from tests.passes.papers import pages, ran, words
from tests.passes.signed_in import a_pass_of, signed_in

LATER = NOON + timedelta(hours=1)
CHILD = Path(__file__).with_name("print_and_die.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def printed(session: Session, number: str, actor: Actor = COMMAND_LINE, now: Any = LATER) -> bytes:
    return sheet_pdf(session, actor, number, press(session, now=now), now=now).content


def qr_text(issued: Issued) -> str:
    return build_text(workshop().prefix, issued.payload, issued.signature)


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that run inside."""
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


def test_the_code_on_the_paper_is_read_back_and_its_signature_holds(session: Session) -> None:
    issued = an_issued_pass(session, roads=("G1", "G102", "G45"), stops=("220184",))
    picture = ran("pdftoppm", "-png", "-singlefile", "-r", "150", of=printed(session, issued.number))
    assert read_symbol(picture) == [qr_text(issued)]
    assert judge_text(session, read_symbol(picture)[0], now=LATER).verdict.code == "valid"


def test_the_paper_says_what_the_rows_say_and_hides_the_driver(session: Session) -> None:
    driver = Driver("欧阳建国", "13800001234", "123X")
    issued = an_issued_pass(session, drivers=(driver,), goods_words="玉米种子", stops=("220184",))
    said = words(printed(session, issued.number))
    for wanted in (
        "重点物资运输车辆通行证",
        "吉林省疫情防控领导小组监制",
        issued.number,
        "蓝牌",
        "玉米种子",
        "吉林省长春市南关区",
        "大兴区",
        "公主岭市",
        "G1京哈高速",
        "欧**国（证件尾号123X）",
        issued.check_code,
        "2022年04月16日12:00",
        "盖章处",
    ):
        assert wanted in said, wanted
    assert "建" not in said.replace("建议", "")
    assert "13800001234" not in said
    assert "演示" not in said


def test_an_owner_drivers_name_is_masked_like_a_drivers(session: Session) -> None:
    person = a_person(session, Role.APPLICANT)
    issued = a_pass_of(session, acting(person, Role.APPLICANT))
    assert "吉******司" in words(printed(session, issued.number))


def test_a_demo_pass_is_marked_as_one(session: Session) -> None:
    assert "演示" in words(printed(session, a_pass_of(session, None, demo=True).number))


def test_a_kept_document_is_given_again_and_a_lost_one_is_made_again(session: Session) -> None:
    number = an_issued_pass(session).number
    first = printed(session, number)
    row = session.scalars(select(PassSheet).where(PassSheet.number == number)).one()
    assert row.made_at == LATER
    assert printed(session, number, now=LATER + timedelta(hours=1)) == first
    assert row.made_at == LATER
    store()._filesystem.rm_file(store()._path(row.sha256))
    assert printed(session, number, now=LATER + timedelta(hours=2)) == first
    session.refresh(row)
    assert row.made_at == LATER + timedelta(hours=2)


def test_a_stopped_pass_is_printed_with_its_state_and_a_resumed_one_as_before(session: Session) -> None:
    number = an_issued_pass(session).number
    first = printed(session, number)
    change_pass(session, COMMAND_LINE, number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=LATER)
    assert "已暂停" in words(printed(session, number))
    change_pass(session, COMMAND_LINE, number, PassAction.RESUME, now=LATER)
    assert printed(session, number) == first
    assert "已过期" in words(printed(session, number, now=NOON + timedelta(hours=72)))
    change_pass(session, COMMAND_LINE, number, PassAction.REVOKE, reason=PassReason.MISUSE, now=LATER)
    assert "已吊销" in words(printed(session, number))


def test_a_row_whose_signature_does_not_hold_never_becomes_a_paper(session: Session) -> None:
    number = an_issued_pass(session).number
    session.execute(
        update(PassRevision).where(PassRevision.number == number).values(signature=bytes(63) + b"\x01")
    )
    with pytest.raises(DomainProblem, match="sheet.not_signed"):
        printed(session, number)
    assert session.scalar(select(func.count()).select_from(PassSheet)) == 0


def test_a_row_that_carries_the_code_of_another_pass_never_becomes_a_paper(session: Session) -> None:
    one, other = an_issued_pass(session), an_issued_pass(session)
    session.execute(
        update(PassRevision)
        .where(PassRevision.number == one.number)
        .values(payload=other.payload, signature=other.signature)
    )
    with pytest.raises(DomainProblem, match="sheet.not_signed"):
        printed(session, one.number)


def test_missing_fonts_are_a_problem_with_words(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    number = an_issued_pass(session).number
    monkeypatch.setattr(workshop(), "fonts", Path("/nowhere"))
    with pytest.raises(DomainProblem, match="fonts.missing"):
        printed(session, number)


def test_holder_body_and_command_get_the_paper_and_nobody_else(session: Session) -> None:
    holder = an_applicant(session)
    number = a_pass_of(session, holder).number
    officer = an_officer(session, "changchun-transport")
    command = acting(a_person(session, Role.COMMAND), Role.COMMAND, "220000")
    for actor in (holder, officer, command):
        assert printed(session, number, actor).startswith(b"%PDF")
    elsewhere = acting(a_person(session, Role.COMMAND), Role.COMMAND, "220200")
    for actor in (an_applicant(session), an_officer(session, "changchun-nanguan-commerce"), elsewhere):
        with pytest.raises(NotFound):
            printed(session, number, actor)
    with pytest.raises(NotFound):
        printed(session, "220100999999", officer)


def test_twenty_passes_are_printed_with_as_many_queries_as_one(session: Session) -> None:
    numbers = [an_issued_pass(session).number for _ in range(20)]
    ready = press(session, now=LATER)
    spent = []
    for some in (numbers[:1], numbers):
        with counted(session) as statements:
            assert pages(print_sheets(session, SYSTEM, some, ready, now=LATER)) == len(some)
        spent.append(len(statements))
    assert spent == [1, 1]


def test_the_reach_over_many_passes_is_checked_with_one_query(session: Session) -> None:
    officer = an_officer(session, "changchun-transport")
    numbers = [an_issued_pass(session).number for _ in range(20)]
    with counted(session) as statements:
        require_reach(session, officer, numbers)
    assert len(statements) == 1
    with pytest.raises(NotFound):
        require_reach(session, officer, [*numbers, "220100999999"])
    with pytest.raises(NotFound):
        require_reach(session, an_officer(session), numbers)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((), "field.required"),
        (("22010000000",), "numbers.malformed"),
        (("２２０１００００００01",), "numbers.malformed"),
        (tuple(f"{number:012d}" for number in range(MOST_NUMBERS + 1)), "numbers.too_many"),
    ],
)
def test_an_order_without_usable_numbers_is_refused(given: tuple[str, ...], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        order_numbers(given)
    assert [error.code for error in refused.value.errors] == [code]


def test_an_order_names_each_pass_once_and_in_order() -> None:
    assert order_numbers(["220100000002", "220100000001", "220100000002"]) == (
        "220100000001",
        "220100000002",
    )


# Pages.


def test_the_page_gives_a_file_with_the_number_and_asks_again_by_etag(
    client: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    holder = an_applicant(session)
    number = a_pass_of(session, holder).number
    browser = signed_in(client, session, holder)
    answer = browser.raw("GET", f"/passes/{number}/sheet.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    kept = session.scalars(select(PassSheet.sha256).where(PassSheet.number == number)).one()
    assert answer.headers["ETag"] == f'"{kept}"'
    browser.headers["If-None-Match"] = answer.headers["ETag"]
    assert browser.raw("GET", f"/passes/{number}/sheet.pdf").status_code == 304


def test_a_foreign_and_an_unknown_pass_give_the_same_page(client: Any, session: Session) -> None:
    number = a_pass_of(session, an_applicant(session)).number
    browser = signed_in(client, session, an_applicant(session))
    foreign = browser.raw("GET", f"/passes/{number}/sheet.pdf")
    unknown = browser.raw("GET", "/passes/220100999999/sheet.pdf")
    assert (foreign.status_code, tokenless(foreign.text)) == (404, tokenless(unknown.text))
    assert tokenless(browser.raw("GET", "/passes/x/sheet.pdf").text) == tokenless(unknown.text)


def tokenless(page: str) -> str:
    """The page without the token of its forms, which holds the second it was made in."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def test_fifty_are_printed_at_once_and_one_foreign_number_spoils_them_all(
    client: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    holder = an_applicant(session)
    numbers = [a_pass_of(session, holder).number for _ in range(3)]
    foreign = a_pass_of(session, an_applicant(session)).number
    browser = signed_in(client, session, holder)
    answer = browser.send_form("/sheet-orders", {"numbers": "\n".join([*numbers, numbers[0]])})
    assert answer.mimetype == "application/pdf"
    assert pages(answer.data) == 3
    assert browser.send_form("/sheet-orders", {"numbers": " ".join([*numbers, foreign])}).status_code == 404
    page = browser.post_form("/sheet-orders", {"numbers": "12345"}, status=422)
    assert "有不是 12 位数字的编号" in page.text
    assert session.scalar(select(func.count()).select_from(TaskProgress)) == 0


# Orders, on connections of their own.


@pytest.fixture
def shop(clone: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An app on a database of its own, with keys, and pieces of thirty so that a test has several."""
    monkeypatch.setattr(sheet_jobs, "PIECE", 30)
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    return app


def an_order(app: Flask, passes: int) -> tuple[Actor, list[str], Any]:
    with own_transaction(app) as session:
        officer = an_officer(session, "changchun-transport")
        numbers = [
            an_issued_pass(session, now=clock.now(), not_before=this_minute()).number for _ in range(passes)
        ]
        order = order_sheets(session, officer, numbers, now=clock.now())
        return officer, numbers, order.id


def this_minute() -> Any:
    return clock.now().replace(second=0, microsecond=0)


def archive(app: Flask, officer: Actor, order_id: Any) -> ZipFile:
    with own_transaction(app) as session:
        content = b"".join(order_archive(find_order(session, officer, order_id)))
    return ZipFile(BytesIO(content))


def test_a_document_is_there_after_the_worker_and_a_second_run_makes_no_second_one(shop: Flask) -> None:
    with own_transaction(shop) as session:
        number = an_issued_pass(session, now=clock.now(), not_before=this_minute()).number
        make_sheets.defer(session, numbers=[number])
        make_sheets.defer(session, numbers=[number])
    work_off(shop)
    with own_transaction(shop) as session:
        row = session.scalars(select(PassSheet)).one()
        assert row.number == number
        made_at = row.made_at
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 1
        assert pages(store().get(row.sha256) or b"") == 1
        make_sheets.defer(session, numbers=[number])
    work_off(shop)
    with own_transaction(shop) as session:
        assert session.scalars(select(PassSheet.made_at)).one() == made_at


def test_a_large_order_is_printed_by_the_worker_and_only_its_owner_sees_it(shop: Flask) -> None:
    with own_transaction(shop) as session:
        officer = an_officer(session, "changchun-transport")
        other = an_officer(session, "changchun-transport")
        numbers = [
            an_issued_pass(session, now=clock.now(), not_before=this_minute()).number for _ in range(51)
        ]
        mine = signed_in(shop.test_client(), session, officer)
        theirs = signed_in(shop.test_client(), session, other)
    answer = mine.send_form("/sheet-orders", {"numbers": "，".join(numbers)})
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert "0 / 51" in mine.get(address).text
    assert mine.send_form("/sheet-orders", {"numbers": " ".join(numbers)}).headers["Location"] == address
    assert mine.raw("GET", f"{address}/sheets.zip").status_code == 404
    work_off(shop)
    assert "已全部生成" in mine.get(address).text
    assert "已全部生成" in mine.raw("GET", f"{address}/progress").text
    assert numbers[0] in mine.get("/sheet-orders").text
    file = mine.raw("GET", f"{address}/sheets.zip")
    with ZipFile(BytesIO(file.data)) as found:
        assert found.testzip() is None
        assert found.namelist() == [f"{numbers[0]}-{numbers[29]}.pdf", f"{numbers[30]}-{numbers[50]}.pdf"]
        assert [pages(found.read(name)) for name in found.namelist()] == [30, 21]
    for path in (address, f"{address}/progress", f"{address}/sheets.zip"):
        assert theirs.raw("GET", path).status_code == 404
    assert numbers[0] not in theirs.get("/sheet-orders").text


def test_a_worker_killed_in_the_middle_of_an_order_is_followed_by_one_that_ends_it_once(shop: Flask) -> None:
    officer, numbers, order_id = an_order(shop, 60)
    settings = shop.extensions["settings"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "KEY_DIR": str(settings.key_dir),
        "INSTANCE_DIR": str(settings.instance_dir),
        "FONTS_DIR": str(settings.fonts_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "test",
    }
    died = subprocess.run(
        [sys.executable, str(CHILD), "30"], env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    )
    assert died.returncode == -signal.SIGKILL
    with own_transaction(shop) as session:
        row = find_order(session, officer, order_id)
        assert (row.state, row.done) == ("running", 30)
        session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
        )
        requeue_stalled(session, clock.now())
    work_off(shop)
    found = archive(shop, officer, order_id)
    assert found.namelist() == [f"{numbers[0]}-{numbers[29]}.pdf", f"{numbers[30]}-{numbers[59]}.pdf"]
    assert [pages(found.read(name)) for name in found.namelist()] == [30, 30]
    with own_transaction(shop) as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_a_piece_delivered_twice_is_printed_once(shop: Flask) -> None:
    officer, _, order_id = an_order(shop, 4)
    with own_transaction(shop) as session:
        make_piece.defer(session, order=str(order_id), done=0)
    work_off(shop)
    assert len(archive(shop, officer, order_id).namelist()) == 1


def test_an_order_that_cannot_be_printed_says_why(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.extensions["passes"], "fonts", Path("/nowhere"))
    officer, _, order_id = an_order(shop, 2)
    work_off(shop)
    with own_transaction(shop) as session:
        row = find_order(session, officer, order_id)
        assert (row.state, row.done, row.problem) == ("failed", 0, "fonts.missing")
        page = signed_in(shop.test_client(), session, officer)
    assert "打印字体缺失" in page.get(f"/sheet-orders/{order_id}").text


def test_the_event_of_an_order_holds_no_personal_data(shop: Flask) -> None:
    an_order(shop, 2)
    with own_transaction(shop) as session:
        facts = session.scalars(select(AuditEvent.facts).where(AuditEvent.tag == "sheets:order")).one()
        assert json.loads(json.dumps(facts)) == {"passes": 2}
        db.session.rollback()
