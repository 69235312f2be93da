"""The pages of deciding a batch and of what comes of it, as a browser without scripts sees them."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

import passes.sheet_jobs as sheet_jobs
from accounts.permissions import Actor
from audit.public import AuditEvent
from foundation import clock
from foundation.files import store
from foundation.jobs import work_off
from foundation.models import Message, StoredFile, TaskProgress
from foundation.problems import DomainProblem
from passes.models import DriverLink, PassSheet
from passes.service.batch_review import take_batch
from passes.service.links import pass_of_token
from passes.sheet_jobs import KEPT, find_order, order_batch_sheets, stop_given_up, tidy_orders
from tests.browser import Browser
from tests.builders import NOON, a_plate, own_transaction, with_keys
from tests.passes.applying import an_applicant, an_application, an_officer
from tests.passes.deciding import (
    a_batch,
    a_batch_of,
    a_taken_batch,
    an_officer_on_duty,
    decide_all,
    of_batch,
)
from tests.passes.links import link_in
from tests.passes.papers import pages
from tests.passes.signed_in import a_pass_of, signed_in

SOON = NOON + timedelta(minutes=10)


@pytest.fixture
def office(clone: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An app on a database of its own, with keys, ten minutes past noon."""
    monkeypatch.setattr(clock, "now", lambda: SOON)
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    return app


def browser_of(app: Flask, actor: Actor) -> Browser:
    with own_transaction(app) as session:
        return signed_in(app.test_client(), session, actor)


def test_the_queue_shows_a_batch_as_one_row_and_counts_its_vehicles(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SOON)
    applicant, officer = an_applicant(session), an_officer(session)
    an_application(session, applicant)
    batch = a_batch_of(session, applicant, 3)
    page = signed_in(client, session, officer).get("/queue")
    assert "1 件 + 1 批（3 辆）" in page.text
    assert "批次 3 辆" in page.text
    assert page.links.count(f"/queue/batches/{batch.id}") == 1
    assert not any(str(one.id) in link for one in of_batch(session, batch.id) for link in page.links)


def test_from_the_queue_to_a_decision_and_its_result(office: Flask) -> None:
    with own_transaction(office) as session:
        officer, applicant, plate = an_officer_on_duty(session), an_applicant(session), a_plate()
        made = [an_application(session, applicant) for _ in range(3)]
        made.append(an_application(session, applicant, plate=plate))
        a_pass_of(session, None, plate=plate)
        batch = a_batch(session, applicant, made)
        address = f"/queue/batches/{batch.id}"
    browser = browser_of(office, officer)
    assert "领取后整批 4 件由您审核" in browser.get(address).text
    page = browser.post_form("/queue", action="/queue/next")
    assert "核发无异常的 3 件" in page.text
    assert "申请人没有选择换发，不能核发" in page.text
    page = browser.post_form(address, {"groups": "clean"}, action=f"{address}/issue")
    assert "0 / 3" in page.text
    assert "正在成批办理" in page.text
    moving = browser.raw("GET", f"{address}/progress")
    assert "HX-Refresh" not in moving.headers
    work_off(office)
    assert browser.raw("GET", f"{address}/progress").headers["HX-Refresh"] == "true"
    page = browser.get(address)
    assert "上次成批办理：核发 3 件" in page.text
    page = browser.post_form(
        address, {"groups": "barred", "notes.other": "请改为换发"}, action=f"{address}/return"
    )
    work_off(office)
    page = browser.get(address)
    assert "退回补正 1 件" in page.text
    assert "已办结" in page.text
    assert "没有待领取的申请" in browser.get("/queue").text
    assert "没有待领取" in browser.post_form("/queue", action="/queue/next").text


def test_what_was_not_done_is_listed_with_its_reason(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_taken_batch(session, an_applicant(session), officer, 2)
        plate = of_batch(session, batch_id)[0].plate
    browser, address = browser_of(office, officer), f"/queue/batches/{batch_id}"
    browser.post_form(address, {"groups": "clean"}, action=f"{address}/issue")
    with own_transaction(office) as session:
        a_pass_of(session, None, plate=plate)
    work_off(office)
    page = browser.get(address)
    assert "核发 1 件，1 件未办成" in page.text
    page = browser.get(f"{address}?part=left")
    assert "未办成 该车辆在此期间已有通行证" in " ".join(page.text.split())


def test_a_decision_with_gaps_is_shown_in_its_form_with_what_was_typed(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SOON)
    officer = an_officer(session)
    batch_id = a_taken_batch(session, an_applicant(session), officer, 1)
    address = f"/queue/batches/{batch_id}"
    browser = signed_in(client, session, officer)
    page = browser.post_form(
        address, {"groups": "clean", "words": "省内直达"}, action=f"{address}/refuse", status=422
    )
    assert "原因：必须填写" in page.text
    assert "省内直达" in browser.raw("GET", address).text or "省内直达" in page.text


def test_one_by_one_each_decision_leads_to_the_next_of_the_batch(office: Flask) -> None:
    with own_transaction(office) as session:
        officer = an_officer_on_duty(session)
        batch_id = a_batch_of(session, an_applicant(session), 3).id
        first, second, third = (one.id for one in of_batch(session, batch_id))
    browser = browser_of(office, officer)
    page = browser.get(f"/applications/{second}/review")
    assert "领取时整个批次一起领取" in page.text
    page = browser.post_form(f"/applications/{second}/review", action=f"/applications/{second}/take")
    assert f"/applications/{third}/review" in page.links
    answer = browser.send_form(f"/applications/{second}/review", action=f"/applications/{second}/issue")
    assert answer.headers["Location"].endswith(f"/applications/{third}/review")
    answer = browser.send_form(f"/applications/{third}/review", action=f"/applications/{third}/issue")
    assert answer.headers["Location"].endswith(f"/applications/{first}/review")
    answer = browser.send_form(f"/applications/{first}/review", action=f"/applications/{first}/issue")
    assert answer.headers["Location"].endswith(f"/queue/batches/{batch_id}")
    assert "已办结" in browser.get(f"/queue/batches/{batch_id}").text


def test_the_rows_of_a_batch_page_by_key_and_by_what_the_rules_found(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SOON)
    officer = an_officer(session)
    batch_id = a_taken_batch(session, an_applicant(session), officer, 53)
    browser, address = signed_in(client, session, officer), f"/queue/batches/{batch_id}"
    for part in ("", "?part=clean"):
        page = browser.get(f"{address}{part}")
        more = [link for link in page.links if "after=" in link]
        assert len(more) == 1
        rest = [link for link in browser.get(more[0]).links if link.endswith("/review")]
        assert len(rest) == 3
    assert "这里没有申请" in browser.get(f"{address}?part=barred").text


# Documents.


@pytest.fixture
def decided(office: Flask) -> tuple[Flask, Actor, Actor, UUID]:
    """A batch of three with the passes that came of it, its applicant and an officer of its body."""
    with own_transaction(office) as session:
        applicant, officer = an_applicant(session), an_officer_on_duty(session)
        batch_id = a_batch_of(session, applicant, 3).id
        decide_all(session, batch_id)
    return office, applicant, officer, batch_id


def numbers_of(app: Flask, batch_id: UUID) -> list[str]:
    with own_transaction(app) as session:
        return sorted(str(one.pass_number) for one in of_batch(session, batch_id))


@pytest.mark.parametrize("who", [1, 2])
def test_a_batch_becomes_one_pdf_for_its_applicant_and_its_officer(
    decided: tuple[Flask, Actor, Actor, UUID], who: int
) -> None:
    app, batch_id = decided[0], decided[3]
    actor = decided[1] if who == 1 else decided[2]
    browser = browser_of(app, actor)
    page = browser.get(f"/batches/{batch_id}/links")
    token = page.forms[-1].fields["csrf_token"]
    answer = browser.raw(
        "POST",
        f"/batches/{batch_id}/sheet-order",
        data={"form": "pdf", "csrf_token": token},
        follow=False,
    )
    address = answer.headers["Location"]
    assert browser.raw("GET", f"{address}/sheets.pdf").status_code == 404
    work_off(app)
    assert "共 3 页" in browser.get(address).text
    file = browser.raw("GET", f"{address}/sheets.pdf")
    assert file.mimetype == "application/pdf"
    assert pages(file.data) == 3
    assert browser.raw("GET", f"{address}/sheets.zip").status_code == 404


def test_the_zip_of_a_batch_has_a_file_for_every_vehicle(decided: tuple[Flask, Actor, Actor, UUID]) -> None:
    app, applicant, _, batch_id = decided
    with own_transaction(app) as session:
        order_id = order_batch_sheets(session, applicant, batch_id, "zip", now=SOON).id
    work_off(app)
    browser, address = browser_of(app, applicant), f"/sheet-orders/{order_id}"
    assert "每张一个 PDF" in browser.get(address).text
    with ZipFile(io.BytesIO(browser.raw("GET", f"{address}/sheets.zip").data)) as found:
        assert found.namelist() == [f"{number}.pdf" for number in numbers_of(app, batch_id)]
        assert [pages(found.read(name)) for name in found.namelist()] == [1, 1, 1]


def test_more_than_fit_into_one_file_become_a_zip_and_say_so(
    decided: tuple[Flask, Actor, Actor, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, applicant, _, batch_id = decided
    monkeypatch.setattr(sheet_jobs, "ONE_FILE", 2)
    monkeypatch.setattr(sheet_jobs, "PIECE", 2)
    with own_transaction(app) as session:
        order = order_batch_sheets(session, applicant, batch_id, "pdf", now=SOON)
        assert order.facts["form"] == "zip"
        assert order.facts["numbers"] == numbers_of(app, batch_id)


def test_without_a_live_pass_there_is_nothing_to_print(session: Session) -> None:
    applicant = an_applicant(session)
    batch = a_batch_of(session, applicant, 1)
    with pytest.raises(DomainProblem, match=r"batch\.no_live_pass"):
        order_batch_sheets(session, applicant, batch.id, now=SOON)


def test_an_order_whose_piece_fails_for_the_last_time_stops_and_goes_on_when_asked(
    decided: tuple[Flask, Actor, Actor, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, applicant, _, batch_id = decided
    with own_transaction(app) as session:
        order_id = order_batch_sheets(session, applicant, batch_id, now=SOON).id
        session.execute(delete(Message))

    def broken(*_arguments: object, **_more: object) -> bytes:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(sheet_jobs, "print_sheets", broken)
        waiting = True
        while waiting:
            work_off(app)
            with own_transaction(app) as session:
                again = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' RETURNING id"
                waiting = bool(session.execute(text(again)).all())
    with own_transaction(app) as session:
        assert find_order(session, applicant, order_id).state == "waiting"
        stop_given_up(session, SOON)
    browser, address = browser_of(app, applicant), f"/sheet-orders/{order_id}"
    assert "生成文件多次出错" in browser.get(address).text
    browser.post_form(address, action=f"{address}/retry")
    work_off(app)
    assert "已全部生成" in browser.get(address).text
    with own_transaction(app) as session:
        # What stopped once is not stopped again by the traces of its first failure.
        stop_given_up(session, SOON)
        assert find_order(session, applicant, order_id).state == "done"


def test_files_of_old_orders_are_removed_and_made_again_when_asked(
    decided: tuple[Flask, Actor, Actor, UUID],
) -> None:
    app, applicant, _, batch_id = decided
    with own_transaction(app) as session:
        order_id = order_batch_sheets(session, applicant, batch_id, now=SOON).id
    work_off(app)
    with own_transaction(app) as session:
        (part,) = find_order(session, applicant, order_id).facts["parts"]
        tidy_orders(session, SOON + KEPT)
        assert find_order(session, applicant, order_id).state == "done"
        tidy_orders(session, SOON + KEPT + timedelta(seconds=1))
    with own_transaction(app) as session:
        assert store().get(part["sha256"]) is None
        assert session.get(StoredFile, part["sha256"]) is None
        # The documents of the single passes are not an order's to remove.
        assert session.scalar(select(func.count()).select_from(PassSheet)) == 3
    browser, address = browser_of(app, applicant), f"/sheet-orders/{order_id}"
    page = browser.get(address)
    assert "文件只保留 7 天" in page.text
    browser.post_form(address, action=f"{address}/retry")
    work_off(app)
    assert pages(browser.raw("GET", f"{address}/sheets.pdf").data) == 3


def test_a_file_that_something_else_needs_stays(decided: tuple[Flask, Actor, Actor, UUID]) -> None:
    app, applicant, _, batch_id = decided
    work_off(app)
    with own_transaction(app) as session:
        kept = session.scalars(select(PassSheet.sha256)).first()
        order = order_batch_sheets(session, applicant, batch_id, now=SOON)
        parts = [{"name": "1.pdf", "sha256": kept}]
        order.facts = {**order.facts, "parts": parts}
        order.state, order.done, order.finished_at = "done", order.total, SOON
        order_id = order.id
    with own_transaction(app) as session:
        tidy_orders(session, SOON + 2 * KEPT)
        assert session.get_one(TaskProgress, order_id).problem == "sheets.removed"
        assert store().get(str(kept)) is not None


# Links.


def test_the_links_of_a_batch_are_shown_once_and_each_opens_its_pass(
    decided: tuple[Flask, Actor, Actor, UUID],
) -> None:
    app, applicant, _, batch_id = decided
    browser, address = browser_of(app, applicant), f"/batches/{batch_id}/links"
    page = browser.get(address)
    assert "为 3 张有效的通行证" in page.text
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(DriverLink)) == 0
    answer = browser.raw(
        "POST", address, data={"form": "csv", "csrf_token": page.forms[-1].fields["csrf_token"]}
    )
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [line[1] for line in lines[1:]] == numbers_of(app, batch_id)
    with own_transaction(app) as session:
        for plate, number, driver, link in lines[1:]:
            found = pass_of_token(session, link.rsplit("/", 1)[-1])
            assert found is not None
            assert (found.plate, found.number, driver) == (plate, number, "李四")
        made = session.scalar(select(func.count()).where(AuditEvent.tag == "link:make"))
        assert made == 3
    assert "链接只显示这一次" in browser.post_form(address, action=address).text


def test_every_driver_with_a_phone_gets_the_link_once(decided: tuple[Flask, Actor, Actor, UUID]) -> None:
    app, _, officer, batch_id = decided
    browser, address = browser_of(app, officer), f"/batches/{batch_id}/links"
    page = browser.get(address)
    form = next(form for form in page.forms if form.action.endswith("/send"))
    for _ in range(2):
        browser.raw("POST", form.action, data=form.fields)
    work_off(app)
    with own_transaction(app) as session:
        sent = session.scalars(select(Message).where(Message.channel == "sms")).all()
        assert [message.address for message in sent] == ["13900000000"] * 3
        opened = {pass_of_token(session, link_in(message)) for message in sent}
        assert len(opened) == 3


def test_an_officer_of_another_body_prints_and_links_nothing(client: FlaskClient, session: Session) -> None:
    batch_id = a_batch_of(session, an_applicant(session), 1).id
    stranger = signed_in(client, session, an_officer(session, "changchun-nanguan-transport"))
    for address in (f"/batches/{batch_id}/links", f"/queue/batches/{batch_id}"):
        assert stranger.raw("GET", address).status_code == 404


def test_a_batch_taken_by_a_colleague_names_him(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SOON)
    batch_id = a_batch_of(session, an_applicant(session), 1).id
    take_batch(session, an_officer(session, name="赵一"), batch_id, now=SOON)
    page = signed_in(client, session, an_officer(session)).get(f"/queue/batches/{batch_id}")
    assert "正由 赵一 审核" in page.text
    assert not [form for form in page.forms if "/queue/batches/" in form.action]
