"""An officer's phone: a browser of its own with a profile that stays, a camera that sees what is held before it, a clock."""

import os
import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

from seeds.demo.people import PASSWORD
from seeds.scenes import Frames, put
from tests.journeys.scenes import paper, save_film, save_moving, scene

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAITS = 15_000
"""Milliseconds a state of the screen may take on a busy machine; nothing waits that long when all is well."""

CLOCK = """() => {
  const RealDate = Date;
  const now = () => RealDate.now() + %d;
  class SetDate extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(now());
      else super(...given);
    }
    static now() { return now(); }
  }
  globalThis.Date = SetDate;
}"""
STORED = """async () => {
  const opening = indexedDB.open('scanner');
  const database = await new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const asking = database.transaction('events').objectStore('events').getAll();
  const all = await new Promise((resolve, reject) => {
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
  database.close();
  return all;
}"""


@dataclass(frozen=True)
class Screen:
    """What the screen says of a vehicle: `tone` is its colour (white while the plate is to be compared)."""

    tone: str
    heading: str
    why: str
    words: str


class Phone:
    """A phone with the scanner. Everything it does is done on its screen, in the words of the screen."""

    def __init__(self, playwright: Playwright, url: str, folder: Path, size: tuple[int, int]) -> None:
        self._playwright = playwright
        self._size = size
        self._profile = folder / "profile"
        self._film = folder / "camera.mjpeg"
        self._wrong_by = timedelta(0)
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self.url = url
        folder.mkdir(parents=True)
        save_film(scene([]), self._film)

    # Power and surroundings

    @property
    def page(self) -> Page:
        """The tab of the scanner."""
        assert self._page is not None, "the phone is off"
        return self._page

    @property
    def context(self) -> BrowserContext:
        """The browser."""
        assert self._context is not None, "the phone is off"
        return self._context

    def switch_on(self) -> None:
        """Start the browser on the profile as it was left; no page is open yet."""
        self._context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=CHROMIUM,
            headless=True,
            args=[
                *FLAGS,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={self._film}",
            ],
            viewport={"width": self._size[0], "height": self._size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self.url,
        )
        if self._wrong_by:
            wrong = round(self._wrong_by.total_seconds() * 1000)
            self._context.add_init_script(f"({CLOCK % wrong})()")
        self._page = self._context.pages[0]
        self._page.set_default_timeout(WAITS)

    def switch_off(self) -> None:
        """Close the browser in order; again is no matter."""
        if self._context is not None:
            self._context.close()
        self._context = self._page = None

    def battery_dies(self) -> None:
        """The browser ends from one moment to the next, in the middle of whatever it did."""
        with self.context.expect_event("close"):
            for process in Path("/proc").glob("[0-9]*"):
                if f"--user-data-dir={self._profile}" in _command_of(process):
                    with suppress(ProcessLookupError):
                        os.kill(int(process.name), signal.SIGKILL)
        self._context = self._page = None

    def restarts(self, *, clock_wrong_by: timedelta | None = None) -> None:
        """Off and on again, then the app; the phone's clock may have been set meanwhile."""
        self.switch_off()
        if clock_wrong_by is not None:
            self._wrong_by = clock_wrong_by
        self.switch_on()
        self.opens_the_app()

    def looks_at(self, tab: Page) -> None:
        """From now on the person uses another tab of the browser."""
        tab.set_default_timeout(WAITS)
        self._page = tab

    def goes_off_line(self) -> None:
        """Airplane mode; returns when the screen says so."""
        self.context.set_offline(True)
        self.says_of_the_network("离线")

    def comes_back(self) -> None:
        """The network is there again."""
        self.context.set_offline(False)

    def says_of_the_network(self, words: str) -> None:
        """Waits until the strip on top says 在线 or 离线."""
        expect(self.page.locator(".strip-network")).to_have_text(words)

    def sees(self, *texts: str) -> None:
        """Papers with the codes of these texts lie before the camera; none: an empty table."""
        self.sees_picture(scene([paper(text) for text in texts]))

    def sees_picture(self, picture: Image.Image) -> None:
        """Anything lies before the camera, when it is next opened."""
        save_film(picture, self._film)

    def sees_film(self, pictures: Sequence[tuple[Image.Image, int]]) -> None:
        """Pictures follow one another before the camera, each so many thirtieths of a second, over and over."""
        save_moving(pictures, self._film)

    # The app

    def enrols(self, login: str = "staff", name: str = "3 号机") -> None:
        """An officer logs in on /enrol and makes this phone a device; then the camera screen is there and lists are held."""
        page = self.page
        page.goto("/enrol")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="登录").click()
        page.get_by_label("手机名称").fill(name)
        page.get_by_role("button", name="登记这部手机").click()
        page.get_by_role("button", name="开始扫码").click()
        self.is_ready()
        self.has_lists()

    def opens_the_app(self, hash_: str = "") -> None:
        """Opens the scanner by its address, from the network or the phone itself, and waits for the camera screen."""
        self.page.goto(f"/scanner/{hash_}")
        self.is_ready()

    def is_ready(self) -> None:
        """Waits until the camera screen is there."""
        expect(self.page.locator("main.scan")).to_be_visible()

    def has_lists(self) -> None:
        """Waits until there are lists, nothing waits, and the app can start without a network."""
        strip = self.page.locator(".strip-facts")
        expect(strip).to_contain_text("已全部上传")
        expect(strip).to_contain_text("名单最新")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")

    def sees_frames(self, frames: Frames) -> None:
        """The camera sees a scene of `seeds.scenes`, when it is next opened."""
        put(frames, self._film)

    def scans(self, *texts: str) -> Screen:
        """Holds papers before the camera, and returns what the screen says once it says anything of a vehicle."""
        self._closes_the_camera()
        self.sees(*texts)
        return self.scans_what_is_there()

    def scans_frames(self, frames: Frames) -> Screen:
        """The same with a scene of `seeds.scenes`."""
        self._closes_the_camera()
        self.sees_frames(frames)
        return self.scans_what_is_there()

    def scans_what_is_there(self) -> Screen:
        """Opens the camera anew and waits for a vehicle on the screen."""
        self.reopens_the_camera()
        self.page.locator("main.page").wait_for()
        return self.says()

    def reopens_the_camera(self) -> None:
        """To 更多 and back, which closes the camera and opens it."""
        self._closes_the_camera()
        self.goes_to("扫码")

    def reads_picture(self, file: Path) -> None:
        """Chooses a picture file on the camera screen."""
        self.page.get_by_label("从照片识读二维码").set_input_files(file)

    def says(self) -> Screen:
        """What the screen says now of a vehicle."""
        outside = self.page.locator(".verdict")
        classes = (outside.first.get_attribute("class") or "") if outside.count() else ""
        tone = re.search(r"tone-(\w+)", classes)
        why = self.page.locator(".verdict-why")
        return Screen(
            tone[1] if tone else "none",
            self.page.locator("h1").inner_text(),
            why.inner_text() if why.count() else "",
            self.page.locator("main").inner_text(),
        )

    def says_plate(self, answer: str = "相符", typed: str | None = None) -> Screen:
        """Compares the plate, 相符 or 不符, and returns the verdict. `typed`: what stands on the truck when it differs."""
        self.page.get_by_role("button", name=answer).click()
        if answer == "不符":
            if typed:
                self.types_plate(typed)
            self.page.get_by_role("button", name="记录不符" if typed else "看不清，跳过").click()
        self._verdict().wait_for()
        return self.says()

    def types_plate(self, plate: str) -> None:
        """Taps a plate on the keys of the screen."""
        for key in plate:
            self.page.locator(".keys").get_by_role("button", name=key, exact=True).click()

    def acts(self, action: str = "放行", reason: str | None = None) -> None:
        """Records 放行, 劝返 or 暂扣等候, with the words of a reason where the screen asks for one."""
        self.page.locator(".choices").get_by_role("button", name=action, exact=True).click()
        if reason is not None:
            self.page.get_by_label(reason).check()
            self.page.get_by_role("button", name=f"记录并上报：{action}").click()
        expect(self.page.locator(".foot-words")).to_contain_text(f"已记录：{action}")

    def next_car(self) -> None:
        """On to the next vehicle. The camera sees an empty table meanwhile."""
        self.sees()
        self.page.get_by_role("button", name="下一辆（扫码）").click()
        self.is_ready()

    def leaves(self) -> None:
        """Back to the camera without an action. The camera sees an empty table meanwhile."""
        self.sees()
        self.page.locator(".page-head button").first.click()
        self.is_ready()

    def goes_to(self, tab: str) -> None:
        """Taps 扫码, 无证, 查找 or 更多."""
        self.page.get_by_role("navigation", name="主要功能").get_by_role("button", name=tab).click()

    def records_no_pass(self, plate: str) -> Screen:
        """Records a vehicle without a pass by its plate."""
        self.goes_to("无证")
        self.types_plate(plate)
        self.page.get_by_role("button", name="登记为无证").click()
        self._verdict().wait_for()
        return self.says()

    def looks_up(self, plate: str) -> Screen:
        """Looks a plate up in the pass book, and opens the one pass that is found."""
        self.goes_to("查找")
        self.types_plate(plate)
        self.page.locator(".page-foot").get_by_role("button", name="查找").click()
        self.page.locator(".card").click()
        self.page.locator(".verdict").wait_for()
        return self.says()

    def has_book(self) -> None:
        """Waits until the pass book is on the phone."""
        self.goes_to("查找")
        expect(self.page.locator("main")).to_contain_text("离线通行证册：")
        self.page.get_by_role("button", name="返回").click()

    def syncs_now(self) -> None:
        """Taps 立即同步, and waits until nothing waits any more."""
        self._opens_sync()
        self.page.get_by_role("button", name="立即同步").click()
        expect(self.page.locator(".facts").first).to_contain_text("0 条")
        self.page.get_by_role("button", name="返回").click()
        self.goes_to("扫码")

    def list_number(self) -> str:
        """Which status list is held; the screen stays on 同步与名单."""
        self._opens_sync()
        return self._list().inner_text()

    def has_another_list_than(self, held: str) -> None:
        """Waits, on 同步与名单, until the phone has fetched a newer list by itself."""
        expect(self._list()).not_to_have_text(held, timeout=60_000)
        self.page.get_by_role("button", name="返回").click()
        self.goes_to("扫码")

    def waiting(self) -> str:
        """What the strip says of records that wait, such as 待上传 2 or 已全部上传."""
        return self.page.locator(".strip-facts > span").nth(1).inner_text()

    def has_sent_all(self) -> None:
        """Waits, on a screen with the strip, until every record is with the server."""
        expect(self.page.locator(".strip-facts")).to_contain_text("已全部上传")

    def events(self) -> Sequence[dict[str, Any]]:
        """The events in the phone's own database: sequence, eventId, kind, body, state (waiting, accepted, refused)."""
        found: list[dict[str, Any]] = self.page.evaluate(STORED)
        return found

    def _closes_the_camera(self) -> None:
        """To 更多. The fake camera shows a new film only when it is opened, and one that is just opening might do so."""
        self.goes_to("更多")
        self.page.get_by_role("heading", name="更多").wait_for()

    def _opens_sync(self) -> None:
        self.goes_to("更多")
        self.page.get_by_role("button", name="同步与名单").click()

    def _list(self) -> Locator:
        return self.page.locator(".facts").nth(1).locator("dd").first.locator("span").first

    def _verdict(self) -> Locator:
        return self.page.locator(".verdict:not(.tone-white)")


def _command_of(process: Path) -> Sequence[str]:
    """The command line of a process of this machine, empty once it is gone."""
    try:
        return (process / "cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ()
