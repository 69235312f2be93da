"""The pages of batches as people use them, with and without anything wrong."""

import gc
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.permissions import Actor
from foundation import clock
from foundation.models import StoredFile
from passes.batch_models import Batch, BatchRow
from passes.models import Application
from passes.service.accepting import accept_piece
from passes.service.batch_checking import Gazetteer
from passes.workshop import workshop
from tests.browser import Browser
from tests.builders import NOON, a_plate, some_tools, with_keys
from tests.passes.applying import an_applicant, an_officer
from tests.passes.batching import a_batch, a_row, accepted, read_to_end, rows_of
from tests.passes.signed_in import a_pass_of, signed_in
from tests.passes.test_sheets import counted

LATER = NOON + timedelta(minutes=10)
HEADS = "车牌号,车牌颜色,货物,起点,终点,途经道路,开始时间,有效时长,联系电话"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


@pytest.fixture
def firm(session: Session) -> Actor:
    return an_applicant(session)


@pytest.fixture
def browser(client: FlaskClient, session: Session, firm: Actor) -> Browser:
    return signed_in(client, session, firm)


def a_file(*plates: str) -> bytes:
    lines = [
        f"{plate},蓝牌,12,长春市南关区,北京市大兴区,G1,2022-04-16 12:00,72,13800000000" for plate in plates
    ]
    return "\n".join([HEADS, *lines]).encode()


def upload(browser: Browser, content: bytes, name: str = "车辆.csv", **more: Any) -> Any:
    given: dict[str, Any] = {"file": (io.BytesIO(content), name), **more}
    return browser.send_form("/batches", given, action="/batches")


def cut_off(browser: Browser, begun: bytes, length: str) -> TestResponse:
    """The answer to an upload that says it is so long, and of which so much comes."""
    return browser.client.post(
        "/batches",
        base_url="https://ct.example.cn",
        input_stream=io.BytesIO(begun),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": length},
    )


def newest(session: Session) -> Batch:
    return session.scalars(select(Batch).order_by(Batch.id.desc())).first()  # type: ignore[return-value]  # one is there


def test_a_file_goes_from_the_form_to_applications(session: Session, browser: Browser, firm: Actor) -> None:
    plates = [a_plate(), a_plate(), "吉AO1234"]
    page = browser.get("/batches")
    assert "还没有上传过表格" in page.text
    where = upload(browser, a_file(*plates)).headers["Location"]
    page = browser.get(where)
    assert "正在逐行检查" in page.text
    batch = newest(session)
    read_to_end(session, batch, LATER)
    page = browser.get(where)
    assert "接受 2 行，1 行不通过" in page.text
    assert "车牌第 3 位是字母 O" in page.text
    page = browser.post_form(f"{where}?part=bad&row=4", {"plate": a_plate()}, action=f"{where}/rows/4")
    assert "第 4 行已修改，检查通过" in page.text
    page = browser.post_form(where, {}, action=f"{where}/accept")
    assert "正在生成申请" in page.text
    names = Gazetteer(some_tools(session).catalogue)
    while accept_piece(session, firm, batch.id, names, now=LATER):
        pass
    assert browser.raw("GET", f"{where}/progress").headers["HX-Refresh"] == "true"
    page = browser.get(where)
    assert "等待审核" in page.text
    assert session.scalar(select(func.count()).select_from(Application)) == 3
    page = browser.get("/batches")
    assert "车辆.csv" in page.text


def test_the_same_file_again_leads_to_the_batch_there_is(session: Session, browser: Browser) -> None:
    content = a_file(a_plate())
    first = upload(browser, content).headers["Location"]
    clock_moved = upload(browser, content, "另一个名字.csv")
    assert clock_moved.headers["Location"] == first
    assert session.scalar(select(func.count()).select_from(Batch)) == 1


def test_no_file_and_no_table_are_told_at_the_form_and_at_the_batch(
    session: Session, browser: Browser
) -> None:
    answer = browser.send_form("/batches", {}, action="/batches")
    assert answer.status_code == 422
    assert "请选择要上传的表格文件" in answer.text
    where = upload(browser, b"%PDF-1.4 renamed", "a.xlsx").headers["Location"]
    read_to_end(session, newest(session))
    page = browser.get(where)
    assert "不是 Excel 表格或 CSV" in page.text
    assert "重新上传" in page.text
    again = upload(browser, b"%PDF-1.4 renamed", "a.xlsx").headers["Location"]
    assert again != where


def test_a_file_that_is_too_large_is_refused_with_words_and_nothing_is_kept(
    session: Session, browser: Browser
) -> None:
    answer = cut_off(browser, b"--x", str(11 * 2**20))
    assert answer.status_code == 413
    assert "上限 10 MB" in answer.text
    assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
def test_a_browser_that_goes_away_in_the_middle_leaves_nothing(session: Session, browser: Browser) -> None:
    (form,) = [one for one in browser.get("/batches").forms if one.action == "/batches"]
    token = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{form.fields["csrf_token"]}\r\n'
    begun = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nhalf'
    answer = cut_off(browser, (token + begun).encode(), "100000")
    # What the parser of forms holds of it is closed and removed with it.
    gc.collect()
    assert answer.status_code == 400
    assert "请求无法识别" in answer.text
    assert session.scalar(select(func.count()).select_from(Batch)) == 0
    assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_a_row_is_left_out_taken_back_and_kept_open_while_it_is_wrong(
    session: Session, browser: Browser, firm: Actor
) -> None:
    batch = a_batch(session, firm, [a_row(), a_row(goods="黄金")])
    where = f"/batches/{batch.id}"
    page = browser.post_form(where, {}, action=f"{where}/rows/1/leave-out")
    assert "第 1 行不再提交" in page.text
    page = browser.post_form(f"{where}?part=left-out", {}, action=f"{where}/rows/1/take-back")
    assert "第 1 行已放回" in page.text
    page = browser.post_form(f"{where}?row=2", {"stops": "吉林市昌邑区，没有的县"}, action=f"{where}/rows/2")
    assert "第 2 行已修改，仍有内容需要更正" in page.text
    assert "第 2 行：2 处需要更正" in page.text
    assert rows_of(session, batch)[2].plain["stops"] == ["吉林市昌邑区", "没有的县"]
    answer = browser.raw("POST", f"{where}/rows/9", data={}, follow=False)
    assert answer.status_code == 400, "a form without its token is no form"


def test_what_changed_since_the_page_was_made_is_not_accepted(
    session: Session, browser: Browser, firm: Actor
) -> None:
    batch = a_batch(session, firm, [a_row()])
    # A refused request rolls the session back; the batch must outlive that.
    session.commit()
    where = f"/batches/{batch.id}"
    answer = browser.send_form(where, {"version": "1"}, action=f"{where}/accept")
    assert answer.status_code == 409
    assert "已被修改" in answer.text
    assert session.get_one(Batch, batch.id).state == "ready"


@pytest.mark.usefixtures("_keys")
def test_own_passes_are_replaced_in_one_click(session: Session, browser: Browser, firm: Actor) -> None:
    plate = a_plate()
    number = a_pass_of(session, firm, plate=plate).number
    batch = a_batch(session, firm, [a_row(plate=plate)])
    where = f"/batches/{batch.id}"
    assert number in browser.get(where).text
    page = browser.post_form(where, {}, action=f"{where}/replace-all")
    assert "1 行改为换发" in page.text
    assert "接受 1 行" in page.text


def test_a_batch_is_given_up_and_its_corrected_file_says_what_it_replaces(
    session: Session, browser: Browser, firm: Actor
) -> None:
    batch = a_batch(session, firm, [a_row(goods="黄金")])
    page = browser.get(f"/batches?replaces={batch.id}")
    assert f"替换批次 {batch.slip}" in page.text
    upload(browser, a_file(a_plate()), replaces=str(batch.id))
    assert newest(session).facts == {"replaces": str(batch.id)}
    other = a_batch(session, firm, [a_row()])
    page = browser.post_form(f"/batches/{other.id}", {}, action=f"/batches/{other.id}/discard")
    assert "这一批已放弃" in page.text
    assert "已放弃" in browser.get(f"/batches/{other.id}").text


def test_the_template_and_the_result_are_workbooks(session: Session, browser: Browser, firm: Actor) -> None:
    batch = accepted(session, firm, a_batch(session, firm, [a_row(), a_row(goods="=cmd|'/c calc'!A1")]))
    for address in ("/batches/template.xlsx", f"/batches/{batch.id}/result.xlsx"):
        answer = browser.raw("GET", address)
        assert (answer.status_code, answer.data[:2]) == (200, b"PK")
        assert "attachment" in answer.headers["Content-Disposition"]


def sheet(browser: Browser, address: str, place: int = 0) -> list[list[Any]]:
    """The cells of a workbook that is downloaded."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(browser.raw("GET", address).data))
    return book.get_sheet_by_index(place).to_python()


def test_the_template_leads_with_the_province_of_the_applicant(browser: Browser) -> None:
    heads, example = sheet(browser, "/batches/template.xlsx")[:2]
    assert example[heads.index("起点（必填）")].startswith("吉林省")
    assert sheet(browser, "/batches/template.xlsx", 1)[1][3].startswith("吉林省")


def test_the_result_says_all_that_was_sent(session: Session, browser: Browser, firm: Actor) -> None:
    row = a_row(roads=["G1 京哈高速", "G25"], stops=["四平市铁西区"])
    batch = a_batch(session, firm, [row])
    heads, line = sheet(browser, f"/batches/{batch.id}/result.xlsx")
    told = dict(zip(heads, line, strict=True))
    assert told["途经道路"].startswith("G1")
    assert "G25" in told["途经道路"]
    assert "铁西区" in told["途经点"]


@pytest.mark.usefixtures("_keys")
def test_the_papers_of_a_batch_are_one_file(session: Session, browser: Browser, firm: Actor) -> None:
    batch = accepted(session, firm, a_batch(session, firm, [a_row()]))
    where = f"/batches/{batch.id}"
    (one,) = session.scalars(select(Application).where(Application.batch_id == batch.id))
    one.state, one.pass_number = "issued", a_pass_of(session, firm, plate=one.plate).number
    session.flush()
    assert "打印 1 张通行证" in browser.get(where).text
    answer = browser.send_form(where, {}, action=f"{where}/sheets")
    assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-")


def test_a_page_of_a_thousand_rows_shows_a_hundred_and_asks_as_often_as_for_one(
    session: Session, browser: Browser, firm: Actor
) -> None:
    def asked(count: int) -> int:
        batch = accepted(
            session, firm, a_batch(session, firm, [a_row() for _ in range(count)], key=str(count))
        )
        with counted(session) as statements:
            page = browser.get(f"/batches/{batch.id}")
        assert page.text.count("已提交") >= min(count, 100)
        return len(statements)

    assert asked(1000) == asked(1)


def test_pages_of_rows_follow_one_another(session: Session, browser: Browser, firm: Actor) -> None:
    batch = a_batch(session, firm, [a_row() for _ in range(101)])
    page = browser.get(f"/batches/{batch.id}?part=good")
    assert f"/batches/{batch.id}?part=good&after=100" in page.links
    page = browser.get(f"/batches/{batch.id}?part=good&after=100")
    assert f"/batches/{batch.id}?part=good" in page.links
    for odd in ("?part=nothing&after=-1&row=x", "?after=99999999999&row=1", "?part=repaired"):
        browser.get(f"/batches/{batch.id}{odd}")


def test_an_officer_has_no_batches(client: FlaskClient, session: Session) -> None:
    assert signed_in(client, session, an_officer(session)).raw("GET", "/batches").status_code == 403


def test_rows_of_a_batch_are_found_by_an_index(app: Flask, session: Session, firm: Actor) -> None:
    del app
    batch = a_batch(session, firm, [a_row() for _ in range(30)])
    session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    wanted = select(BatchRow.position).where(BatchRow.batch_id == batch.id, BatchRow.state == "bad")
    text = str(wanted.compile(session.connection(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {text}").scalars())
    assert "ix_batch_row_state" in plan
