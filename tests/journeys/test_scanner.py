"""The scanner in an officer's hand: every kind of paper before the camera, on the screen and with the server."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from accounts.service.devices import make_device_token
from checkpoints.models import Action, RoadsideFact, Scan
from checkpoints.pass_books import build_pass_books
from foundation import clock
from passes.public import Issued, PassAction, PassReason, change_pass
from passes.signing import generate_key
from seeds.scenes import ADVERT, Frames, approach, half_size, held
from seeds.scenes import Paper as Held
from tests.builders import an_issued_pass, own_transaction
from tests.checkpoints.roadside import a_pass_today, text_of
from tests.journeys import codes
from tests.journeys.conftest import Site
from tests.journeys.phones import Phone

pytestmark = pytest.mark.browser
HERE = "CP001"
"""The checkpoint of the officer `staff`, on G1."""
MakePhone = Callable[..., Phone]


@dataclass(frozen=True)
class Paper:
    """A code before the camera: what the screen and the server must say of it. `compared`: the plate is asked for first.

    `frames`: how it is held, where it is not simply there.
    """

    name: str
    text: str
    tone: str
    verdict: str
    why: str
    compared: bool = True
    frames: Frames | None = None


def test_every_paper_before_the_camera(site: Site, make_phone: MakePhone) -> None:
    with own_transaction(site.app) as session:
        papers = _papers(session, site.url, now=clock.now())
    phone = make_phone()
    phone.enrols()
    for paper in papers:
        _check(phone, paper)
    phone.has_sent_all()
    assert _told(site.app) == [
        (paper.verdict, paper.tone, "matches" if paper.compared else "unknown", "camera", "passed")
        for paper in papers
    ]


def _check(phone: Phone, paper: Paper) -> None:
    """Holds it before the camera, compares the plate if asked, looks at the verdict, and lets the truck pass."""
    said = phone.scans_frames(paper.frames or held(Held(paper.text), seconds=0.1))
    if paper.compared:
        assert (said.tone, said.heading) == ("white", "核对车牌"), paper.name
        said = phone.says_plate("相符")
    assert (said.tone, said.why) == (paper.tone, paper.why), paper.name
    phone.acts("放行")
    phone.next_car()


def _papers(session: Session, url: str, *, now: datetime) -> Sequence[Paper]:
    good, small, stopped, aside = (a_pass_today(session, **more) for more in ({}, {}, {}, AWAY))
    change_pass(session, COMMAND_LINE, stopped.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=now)
    old = _a_pass_of_last_week(session, now)
    begin = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    neighbour = codes.befriend(session, url, now=now)
    made_up = codes.signed_by(generate_key(), begin, area="220102", key=200)
    beyond = codes.signed_by(generate_key(), begin, area=codes.ELSEWHERE)
    return (
        Paper(
            "valid",
            text_of(good),
            "green",
            "valid",
            "签名、日期、状态、车牌和线路均相符。",
            frames=approach(Held(text_of(good))),
        ),
        Paper(
            "half the size",
            text_of(small),
            "green",
            "valid",
            "签名、日期、状态、车牌和线路均相符。",
            frames=half_size(text_of(small)),
        ),
        Paper(
            "forged",
            codes.forged(text_of(good)),
            "red",
            "bad_signature",
            "签名不符，疑为伪造。",
            compared=False,
        ),
        Paper(
            "altered",
            codes.altered(text_of(good)),
            "red",
            "bad_signature",
            "签名不符，疑为伪造。",
            compared=False,
        ),
        Paper("revoked", text_of(stopped), "red", "revoked", "该证已被吊销。", compared=False),
        Paper(
            "expired",
            text_of(old),
            "red",
            "expired",
            "已过有效期。按无证处理，不得以此为由劝返。",
            compared=False,
        ),
        Paper("unknown key", made_up, "red", "unknown_key", "签发密钥不在信任列表中。", compared=False),
        Paper(
            "off route",
            text_of(aside),
            "amber",
            "off_route",
            "本站不在该证线路上，请询问原因，不得仅以此为由劝返。",
        ),
        Paper(
            "next province",
            codes.signed_by(neighbour, begin),
            "amber",
            "no_list",
            "没有该发证地区的状态名单，只能核对签名和日期。",
        ),
        Paper(
            "other province",
            beyond,
            "amber",
            "unknown_issuer",
            "发证地区不在信任列表中，请人工核对。",
            compared=False,
        ),
        Paper("advertisement", ADVERT, "red", "malformed", "二维码内容不是通行证。", compared=False),
    )


AWAY = {"roads": ("G11",), "origin": "222403", "destination": "231081"}
"""A route that does not come near the checkpoint."""


def _a_pass_of_last_week(session: Session, now: datetime) -> Issued:
    begin = (now - timedelta(days=6)).replace(second=0, microsecond=0)
    return an_issued_pass(session, now=begin, asked_at=begin, not_before=begin)


def _told(app: Flask) -> list[tuple[str, str, str, str | None, str | None]]:
    """What the server keeps of each scan in the order of the phone: verdict, level, plate, means, and what was done."""
    with own_transaction(app) as session:
        done = {row.scan_id: row.action for row in session.scalars(select(Action).order_by(Action.sequence))}
        scans = session.scalars(select(Scan).order_by(Scan.sequence)).all()
        return [
            (scan.verdict, scan.level, scan.plate_seen, scan.means, done.get(scan.event_id)) for scan in scans
        ]


def test_two_papers_in_view_and_a_pass_revoked_while_the_phone_is_on_line(
    site: Site, make_phone: MakePhone
) -> None:
    with own_transaction(site.app) as session:
        mine, other, lone = (a_pass_today(session) for _ in range(3))
        texts = [text_of(issued) for issued in (mine, other, lone)]
    phone = make_phone()
    phone.enrols()

    # Two passes: only the officer sees which truck is meant, and of the other pass nothing is recorded.
    said = phone.scans(*texts[:2])
    assert said.heading == "读到多张证"
    phone.page.locator(".card", has_text=mine.plate[2:]).click()
    assert phone.says_plate("相符").tone == "green"
    phone.acts("放行")
    phone.next_car()

    # An advertisement beside a pass is nothing to ask about.
    assert phone.scans(texts[2], ADVERT).heading == "核对车牌"
    assert phone.says_plate("不符", typed="吉A99999").why == "车牌与证件不符。"
    phone.acts("暂扣等候")
    phone.next_car()
    phone.has_sent_all()

    # What is revoked at an office is red at the barrier within a minute, with nobody touching the phone.
    held = phone.list_number()
    revoked_at = time.monotonic()
    with own_transaction(site.app) as session:
        change_pass(
            session, COMMAND_LINE, other.number, PassAction.REVOKE, reason=PassReason.MISUSE, now=clock.now()
        )
    phone.has_another_list_than(held)
    assert phone.scans(texts[1]).why == "该证已被吊销。"
    assert time.monotonic() - revoked_at < 60
    phone.acts("劝返")
    phone.next_car()
    phone.has_sent_all()

    with own_transaction(site.app) as session:
        scans = session.scalars(select(Scan).order_by(Scan.sequence)).all()
        assert [(scan.number, scan.verdict, scan.seen_plate) for scan in scans] == [
            (mine.number, "valid", None),
            (lone.number, "plate_mismatch", "吉A99999"),
            (other.number, "revoked", None),
        ]


def test_without_network_and_with_a_wrong_clock(site: Site, make_phone: MakePhone) -> None:
    with own_transaction(site.app) as session:
        passed, refused, listed, doubted = (a_pass_today(session) for _ in range(4))
        over = _a_pass_of_last_week(session, clock.now())
        texts = [text_of(issued) for issued in (passed, refused, doubted, over)]
        # Books are built for checkpoints that have a device.
        make_device_token(session, COMMAND_LINE, "岗亭终端", HERE, now=clock.now())
        build_pass_books(session, now=clock.now())
    phone = make_phone()
    phone.enrols()
    phone.has_book()

    # Airplane mode.
    phone.goes_off_line()
    phone.scans(texts[0])
    assert phone.says_plate("相符").tone == "green"
    phone.acts("放行")
    phone.next_car()
    assert phone.waiting() == "待上传 2"

    # The server is gone, the phone is switched off and on: the app starts from the phone itself.
    site.web.stop()
    phone.restarts()
    phone.says_of_the_network("离线")
    phone.scans(texts[1])
    assert phone.says_plate("相符").tone == "green"
    phone.acts("劝返", "按本地要求")
    assert "工单自动生成" in phone.says().words
    phone.next_car()
    said = phone.records_no_pass("吉B88888")
    assert (said.tone, said.why) == ("blue", "没有通行证。符合防疫要求的车辆不得仅因无证劝返。")
    phone.acts("放行")
    phone.next_car()
    phone.looks_up(listed.plate)
    said = phone.says_plate("相符")
    assert (said.tone, said.why) == ("green", "签名、日期、状态、车牌和线路均相符。")
    assert "没有读到二维码" in said.words
    phone.acts("放行")
    phone.next_car()
    assert phone.waiting() == "待上传 8"

    # Somebody sets the clock a year back: the phone says that it does not know the time, and calls nothing over.
    phone.restarts(clock_wrong_by=timedelta(days=-365))
    expect(phone.page.locator(".banners")).to_contain_text("本机时间不可信")
    phone.scans(texts[2])
    said = phone.says_plate("相符")
    assert (said.tone, said.why) == ("amber", "本机时间不可信，请核对日期。")
    assert "已过有效期" not in said.words
    assert "尚未到有效期" not in said.words
    phone.acts("放行")
    phone.next_car()
    # What was over before the phone last knew the time is over: no clock brings it back.
    assert phone.scans(texts[3]).why == "已过有效期。按无证处理，不得以此为由劝返。"
    phone.acts("放行")
    phone.next_car()
    assert phone.waiting() == "待上传 12"

    # The server is back: everything is there, once, and with it the fact of the refusal for the hotline.
    site.web.start()
    phone.syncs_now()
    assert {event["state"] for event in phone.events()} == {"accepted"}
    with own_transaction(site.app) as session:
        scans = session.scalars(select(Scan).order_by(Scan.sequence)).all()
        assert [(scan.plate, scan.verdict, scan.means, scan.offline) for scan in scans] == [
            (passed.plate, "valid", "camera", True),
            (refused.plate, "valid", "camera", True),
            ("吉B88888", "no_pass", "plate", True),
            (listed.plate, "valid", "book", True),
            (doubted.plate, "clock_untrusted", "camera", True),
            (over.plate, "expired", "camera", True),
        ]
        for doubtful in scans[4:]:
            assert "clock_off" in doubtful.flags
            assert doubtful.time_low <= clock.now() <= doubtful.time_high
        actions = session.scalars(select(Action).order_by(Action.sequence)).all()
        assert [row.action for row in actions] == ["passed", "turned_back", *["passed"] * 4]
        fact = session.scalars(select(RoadsideFact)).one()
        assert fact.kind == "refusal"
        assert (fact.subject["plate"], fact.subject["reason"]) == (refused.plate, "local_order")
