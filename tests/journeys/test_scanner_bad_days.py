"""Bad days at the barrier: batteries and servers die; nothing is lost, nothing twice, and the screen tells the truth."""

import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select, update

from accounts.models import ApiToken
from accounts.permissions import COMMAND_LINE
from checkpoints.models import Action, Scan, Slip
from checkpoints.rules_slip import read_slip_code
from foundation import clock
from passes.service.links import make_link
from passes.symbols import read_symbol
from tests.builders import own_transaction
from tests.checkpoints.roadside import a_pass_today, text_of
from tests.journeys.books import books_agree, server_book
from tests.journeys.conftest import Site
from tests.journeys.people import Officer, Passer, Staff
from tests.journeys.phones import Phone
from tests.journeys.scenes import paper, scene
from tests.journeys.transfers import PATIENCE, altered, filmed, texts_on
from tests.journeys.trouble import troubled_server

pytestmark = pytest.mark.browser

MINUTE = 60_000
LOOK_FOR_UPDATE = "navigator.serviceWorker.getRegistration('/').then((one) => one.update()).then(() => null)"
NOTHING_KEPT = """async () => {
  const opening = indexedDB.open('scanner');
  const database = await new Promise((resolve) => { opening.onsuccess = () => resolve(opening.result); });
  const all = (name) => new Promise((resolve) => {
    const asking = database.transaction(name).objectStore(name).getAll();
    asking.onsuccess = () => resolve(asking.result);
  });
  const kept = (await all('device')).filter(({ token }) => token !== '');
  for (const name of ['lists', 'log', 'progress', 'shift']) kept.push(...await all(name));
  kept.push(...(await all('events')).filter(({ state }) => state !== 'refused'));
  database.close();
  return kept.length === 0;
}"""
HAS_PASS = "吉A60003"
SCANS = "**/api/v1/scans"
LOST_ANSWER, FROZEN, ON_SCREEN = "吉A20002", "吉A20003", "吉A20004"


def test_server_and_battery_die_between_capture_and_upload(
    site: Site, make_phone: Callable[..., Phone], tmp_path: Path
) -> None:
    with own_transaction(site.app) as session:
        text = text_of(a_pass_today(session, plate=ON_SCREEN))
    picture = tmp_path / "pass.png"
    paper(text).save(picture)
    phone = make_phone()
    phone.enrols()
    sync_is_whole(phone)
    # Chromium writes what was set on a screen to the disk seconds later, and this is not the phone's first minute.
    phone.restarts()

    # On a good day an event is with the server at once.
    phone.records_no_pass("吉A20001")
    phone.acts()
    phone.leaves()
    phone.has_sent_all()

    # The server takes the next one, and the answer is lost on the way.
    answers = []

    def lose(route: Route) -> None:
        answers.append(route.fetch().status)
        route.abort()

    phone.context.route(SCANS, lose)
    with phone.page.expect_event("requestfailed", lambda request: request.url.endswith("/api/v1/scans")):
        phone.records_no_pass(LOST_ANSWER)
    phone.leaves()
    expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 1")
    assert answers == [200]
    assert len(server_book(site)) == 3
    phone.context.unroute(SCANS)

    # The one after that reaches a server that answers nothing any more.
    site.web.freeze()
    phone.records_no_pass(FROZEN)
    phone.acts("放行")
    phone.leaves()
    expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 3")

    # A code is read, and before the officer has compared the plate everything goes dark at once.
    phone.reads_picture(picture)
    phone.page.get_by_role("button", name="相符").wait_for()
    site.web.kill()
    phone.battery_dies()

    # The app starts without a server, and knows what it has not handed in: the code that was on the screen too.
    phone.switch_on()
    phone.opens_the_app()
    expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 4")
    assert len(server_book(site)) == 3

    site.web.start()
    syncs_now(phone)
    events = books_agree(site, phone)
    assert [event["kind"] for event in events] == ["scan", "action", "scan", "scan", "action", "scan"]
    assert events[-1]["body"]["plate"] == ON_SCREEN
    assert events[-1]["body"]["plate_seen"] == "unknown"


def sync_is_whole(phone: Phone) -> None:
    """Waits until the phone says that the app itself is kept."""
    phone.goes_to("更多")
    phone.page.get_by_role("button", name="同步与名单").click()
    expect(phone.page.get_by_text("程序已完整保存，断网也能打开")).to_be_visible()
    back_to_the_camera(phone)


def syncs_now(phone: Phone) -> None:
    """Taps 立即同步 and waits until nothing waits any more."""
    phone.goes_to("更多")
    phone.page.get_by_role("button", name="同步与名单").click()
    phone.page.get_by_role("button", name="立即同步").click()
    expect(phone.page.locator("main")).to_contain_text("0 条")
    back_to_the_camera(phone)
    phone.has_sent_all()


def back_to_the_camera(phone: Phone) -> None:
    """From any screen of 更多 to the camera."""
    phone.page.get_by_role("button", name="返回").click()
    phone.goes_to("扫码")
    phone.is_ready()


def test_after_one_visit_it_works_without_a_server(
    site: Site, make_phone: Callable[..., Phone], tmp_path: Path
) -> None:
    with own_transaction(site.app) as session:
        issued = a_pass_today(session, plate=ON_SCREEN)
        text = text_of(issued)
        link = f"/d/{make_link(session, COMMAND_LINE, issued.number, now=clock.now())}"
    picture = tmp_path / "pass.png"
    paper(text).save(picture)
    phone = make_phone()
    phone.enrols()
    sync_is_whole(phone)
    phone.page.goto(link)
    phone.page.wait_for_function("name => caches.has(name)", arg=f"driver-{link}")

    site.web.kill()
    phone.restarts()
    phone.says_of_the_network("离线")
    phone.reads_picture(picture)
    assert phone.says_plate().tone == "green"
    phone.acts()
    phone.next_car()
    assert phone.records_no_pass("黑A30001").tone == "blue"
    phone.leaves()
    expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 3")

    # The code opened by the phone's own camera program, and the driver's page.
    phone.page.goto(text)
    assert phone.says_plate("不符", "吉A30002").tone == "red"
    phone.page.goto(link)
    expect(phone.page.locator("main")).to_contain_text(ON_SCREEN[2:])

    site.web.start()
    phone.opens_the_app()
    syncs_now(phone)
    events = books_agree(site, phone)
    assert [event["body"].get("means") for event in events] == ["picture", None, "plate", "address"]
    assert all(event["body"]["offline"] for event in events if event["kind"] == "scan")


def test_a_revocation_is_red_within_a_minute_and_goes_from_phone_to_phone(
    site: Site, make_phone: Callable[..., Phone], officer: Officer
) -> None:
    with own_transaction(site.app) as session:
        issued = a_pass_today(session, body="changchun-nanguan-agriculture")
        text = text_of(issued)
    far, near = make_phone(), make_phone()
    far.enrols(name="山里的手机")
    sync_is_whole(far)
    far.switch_off()
    near.enrols(name="卡口的手机")
    sync_is_whole(near)
    assert near.scans(text).tone == "white"
    assert near.says_plate().tone == "green"
    near.leaves()
    newest = opens_sync(near)
    expect(newest).to_have_text("第 1 号")

    officer.logs_in()
    began = time.monotonic()
    officer.revokes(issued.number)
    expect(newest).to_have_text("第 2 号", timeout=MINUTE)
    back_to_the_camera(near)
    assert near.scans(text).tone == "red"
    took = time.monotonic() - began
    print(f"revoked and red on an online phone within {took:.1f} s")
    assert took < MINUTE / 1000
    near.leaves()

    # In the hills there is no network: the other phone lets the pass through, and says how old its list is.
    site.web.kill()
    near.goes_to("更多")
    near.page.get_by_role("button", name="名单传给同事").click()
    film = filmed(near.page)
    far.switch_on()
    far.opens_the_app()
    assert far.scans(text).tone == "white"
    assert far.says_plate().tone == "green"
    far.leaves()

    # Somebody turned one bit of the list round on the way.
    frames = texts_on(film)
    far.sees_film([(scene([paper(frame, module=6)]), 4) for frame in altered(frames)])
    takes_over(far)
    expect(far.page.locator("main")).to_contain_text("状态名单签名不符，没有采用")
    far.page.get_by_role("button", name="完成").click()

    far.sees_film(film)
    takes_over(far)
    expect(far.page.locator("main")).to_contain_text("状态名单已更新")
    print(f"{len(frames)} frames")
    far.page.get_by_role("button", name="完成").click()
    assert far.scans(text).tone == "red"


def test_a_pass_on_the_spot_from_a_blank_page_to_the_code(
    site: Site, make_phone: Callable[..., Phone], passer: Passer
) -> None:
    with own_transaction(site.app) as session:
        a_pass_today(session, plate=HAS_PASS, plate_colour=1)
    phone = make_phone()
    phone.enrols()

    # With a network the pass is there at once, and whoever reads the code off the screen is told that it is valid.
    fills_in(phone, "吉A60001")
    code = phone.page.get_by_role("img", name="通行证二维码")
    began = time.monotonic()
    phone.page.get_by_role("button", name="核发").click()
    code.wait_for()
    took = time.monotonic() - began
    print(f"issued on the spot: {took * 1000:.0f} ms of the machine's time")
    assert took < 1
    (text,) = read_symbol(code.screenshot())
    assert passer.opens(text) == "green"
    assert "60001" in passer.page.locator("main").inner_text()
    phone.page.get_by_role("button", name="完成").click()

    # The server dies under the officer's thumb: the same button makes a slip.
    site.web.kill()
    fills_in(phone, "吉A60002")
    phone.page.get_by_role("button", name="核发").click()
    expect(phone.page.locator("h1")).to_have_text("待核发")
    first = phone.page.locator(".slip-code strong").inner_text()
    assert read_slip_code(first) == first
    phone.page.get_by_role("button", name="完成").click()

    # And off line one for a truck that has a pass already, which nobody here can know.
    phone.goes_to("扫码")
    phone.says_of_the_network("离线")
    fills_in(phone, HAS_PASS)
    phone.page.get_by_role("button", name="开受理回执").click()
    expect(phone.page.locator("h1")).to_have_text("待核发")
    second = phone.page.locator(".slip-code strong").inner_text()
    phone.page.get_by_role("button", name="完成").click()
    phone.goes_to("扫码")
    expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 2")

    site.web.start()
    syncs_now(phone)
    phone.page.get_by_role("button", name="查看", exact=True).click()
    opens_slip(phone, first)
    expect(phone.page.locator("h1")).to_have_text("已核发")
    (text,) = read_symbol(code.screenshot())
    assert passer.opens(text) == "green"
    phone.page.get_by_role("button", name="完成").click()
    opens_slip(phone, second)
    expect(phone.page.locator("h1")).to_have_text("未能核发")
    expect(phone.page.get_by_role("alert")).to_contain_text("已有")
    with own_transaction(site.app) as session:
        assert [slip.state for slip in session.scalars(select(Slip).order_by(Slip.received_at))] == [
            "issued",
            "issued",
            "failed",
        ]


def fills_in(phone: Phone, plate: str) -> None:
    """From the camera or 更多 to the last button of 现场核发."""
    phone.goes_to("更多")
    page = phone.page
    page.get_by_role("button", name="现场核发").click()
    phone.types_plate(plate)
    page.get_by_role("button", name="下一步").click()
    for choice in ("种子种苗", "长春市", "南关区"):
        page.get_by_role("button", name=choice, exact=True).first.click()
    for key in "123X":
        page.locator(".keys-digits").get_by_role("button", name=key, exact=True).click()
    page.get_by_role("button", name="下一步").click()


def opens_slip(phone: Phone, code: str) -> None:
    """Opens one of the slips in the list."""
    phone.page.locator("button.line", has_text=code).click()


def test_an_ended_phone_hands_in_what_it_has_and_keeps_nothing(
    site: Site, make_phone: Callable[..., Phone], open_browser: Callable[..., Page]
) -> None:
    phone = make_phone()
    phone.enrols(name="丢在路边的手机")
    phone.goes_off_line()
    phone.records_no_pass("吉A70001")
    phone.acts()
    phone.leaves()

    lead = Staff(open_browser(), "lead")
    lead.logs_in()
    lead.page.goto("/devices")
    row = lead.page.locator("tr", has_text="丢在路边的手机")
    row.locator("summary", has_text="吊销").click()
    row.get_by_role("button", name="确认吊销").click()
    expect(lead.page.locator("main")).to_contain_text("设备已吊销")
    # Phone and server know each other's time to a second or so; the moment is moved to where nobody can doubt the order.
    last = datetime.fromisoformat(phone.events()[-1]["body"]["time_low"])
    with own_transaction(site.app) as session:
        lost = update(ApiToken).where(ApiToken.name == "丢在路边的手机")
        session.execute(lost.values(revoked_at=last + timedelta(milliseconds=1)))

    # It can't know yet, so an officer goes on with it: the server will not take that.
    phone.records_no_pass("吉A70002")
    phone.leaves()
    phone.comes_back()
    expect(phone.page.locator("h1")).to_have_text("本机已被吊销")
    expect(phone.page.locator("main")).to_contain_text("1 条记录服务器没有收下")
    assert flags_on(site) == {"吉A70001": [["token_revoked"], ["token_revoked"]]}
    phone.page.wait_for_function(NOTHING_KEPT)

    # Enrolled anew; this time the token expires in the hills, and nothing of that time is lost.
    lead.page.goto("/enrol")
    lead.page.get_by_label("手机名称").fill("又登记的手机")
    lead.page.get_by_role("button", name="登记另一部手机").click()
    phone.page.get_by_role("button", name="重新登记本机").click()
    phone.page.get_by_label("登记码").fill(lead.page.locator(".spoken-code").inner_text())
    phone.page.get_by_role("button", name="登记", exact=True).click()
    phone.is_ready()
    phone.has_lists()
    phone.goes_off_line()
    phone.records_no_pass("吉A70003")
    phone.leaves()
    with own_transaction(site.app) as session:
        session.execute(
            update(ApiToken).where(ApiToken.name == "又登记的手机").values(expires_at=clock.now())
        )
    phone.records_no_pass("吉A70004")
    phone.leaves()
    phone.comes_back()
    expect(phone.page.locator("h1")).to_have_text("本机的登记已到期")
    flags = flags_on(site)
    assert flags["吉A70003"] == flags["吉A70004"] == [["token_expired"]]
    phone.page.wait_for_function(NOTHING_KEPT)


def test_a_server_in_trouble_an_update_and_two_tabs(site: Site, make_phone: Callable[..., Phone]) -> None:
    phone = make_phone()
    phone.enrols()
    sync_is_whole(phone)
    with urllib.request.urlopen(f"{site.url}/.well-known/changtong/status.jws") as answer:  # noqa: S310 - our own
        older = answer.read().decode()
    answers = []

    def half(route: Route) -> None:
        whole = route.fetch()
        answers.append(whole.status)
        route.fulfill(response=whole, body=whole.body()[: len(whole.body()) // 2])

    # 500 for everything: the event waits, and the phone says why.
    site.web.kill()
    with troubled_server(site.url):
        phone.records_no_pass("吉A80001")
        phone.leaves()
        told = syncs_and_says(phone)
        expect(told).to_contain_text("服务器出错，请稍后再试。")
        expect(told).to_contain_text("1 条")
        back_to_the_camera(phone)

        # A new version of the app comes while it waits.
        phone.page.evaluate(LOOK_FOR_UPDATE)
        with phone.page.expect_navigation():
            phone.page.get_by_role("button", name="现在更新").click()
        phone.is_ready()
        expect(phone.page.locator(".strip-facts")).to_contain_text("待上传 1")
        expect(phone.page.get_by_role("button", name="现在更新")).to_have_count(0)
    site.web.start()

    # Half an answer: the server has the event, the phone can't know that.
    phone.context.route(SCANS, half)
    told = syncs_and_says(phone)
    expect(told).to_contain_text("服务器出错，请稍后再试。")
    expect(told).to_contain_text("1 条")
    assert set(answers) == {200}
    assert len(server_book(site)) == 1

    # An older list is not taken over, and that too is said; the event goes up all the same.
    phone.context.unroute(SCANS)
    phone.context.route(
        "**/status.jws*", lambda route: route.fulfill(content_type="application/jose", body=older)
    )
    phone.page.get_by_role("button", name="立即同步").click()
    expect(told).to_contain_text("0 条")
    expect(told).to_contain_text("名单比本机的旧")
    phone.context.unroute("**/status.jws*")
    phone.page.get_by_role("button", name="立即同步").click()
    expect(told).to_contain_text("上次的问题无")
    back_to_the_camera(phone)
    books_agree(site, phone)

    # Another tab: one of the two works, the other says so.
    first, second = phone.page, phone.context.new_page()
    phone.looks_at(second)
    second.goto("/scanner/")
    expect(second.locator("main")).to_contain_text("已在另一个窗口中打开")
    second.get_by_role("button", name="改在这里使用").click()
    expect(first.locator("main")).to_contain_text("已在另一个窗口中打开")
    phone.is_ready()
    phone.records_no_pass("吉A80002")
    phone.acts()
    second.close()
    phone.looks_at(first)
    phone.is_ready()
    phone.records_no_pass("吉A80003")
    phone.leaves()
    phone.has_sent_all()
    plates = [event["body"]["plate"] for event in books_agree(site, phone)]
    assert plates == ["吉A80001", "吉A80002", "吉A80002", "吉A80003"]


def syncs_and_says(phone: Phone) -> Locator:
    """Taps 立即同步 and returns where the phone says how it went."""
    phone.goes_to("更多")
    phone.page.get_by_role("button", name="同步与名单").click()
    phone.page.get_by_role("button", name="立即同步").click()
    expect(phone.page.get_by_role("button", name="立即同步")).to_be_enabled()
    return phone.page.locator("main")


def flags_on(site: Site) -> dict[str, list[list[str]]]:
    """The flags of every scan and action on the server, by plate."""
    with own_transaction(site.app) as session:
        found: dict[str, list[list[str]]] = {}
        for table in (Scan, Action):
            for plate, flags in session.execute(select(table.plate, table.flags)):
                found.setdefault(plate, []).append(flags)
        return found


def takes_over(phone: Phone) -> None:
    """Reads a colleague's screen to the end."""
    phone.page.goto("/scanner/#take")
    expect(phone.page.locator("h1")).to_have_text("接收完成", timeout=PATIENCE)


def opens_sync(phone: Phone) -> Locator:
    """Opens 同步与名单 and returns where the number of the status list stands."""
    phone.goes_to("更多")
    phone.page.get_by_role("button", name="同步与名单").click()
    return phone.page.locator("dt:text-is('状态名单') + dd .nowrap").first
