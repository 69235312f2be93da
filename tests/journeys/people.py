"""The people of the journeys: what each does, in the words of the pages."""

import re
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from passes.symbols import read_symbol
from seeds.demo.people import PASSWORD

LONG = 60_000
"""Milliseconds for what a worker does; a page that shows progress is left only when it is done."""


class Person:
    """Somebody with a login and a browser."""

    def __init__(self, page: Page, login: str) -> None:
        self.page = page
        self.login = login

    def logs_in(self) -> None:
        """Opens the product and logs in."""
        self.page.goto("/login")
        self.page.get_by_label("登录名").fill(self.login)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.locator("main").get_by_role("button", name="登录").click()
        expect(self.page.locator("h1")).to_have_text("今日工作")


class Applicant(Person):
    """Asks for a pass and uses it."""

    def applies(self, plate: str) -> str:
        """Fills the form in on a phone, submits it, and returns the number of the slip."""
        self.page.goto("/apply")
        self.page.get_by_label("车牌号").fill(plate)
        self.page.get_by_label("黄牌", exact=True).check()
        self.chooses("origin", "长春市", "南关区")
        self.chooses("destination", "大兴区", province="北京市")
        self.page.locator("[name='roads.0']").fill("G1")
        goods = self.page.get_by_label("货物", exact=True)
        goods.select_option(goods.locator("option", has_text="种子").first.get_attribute("value"))
        self.page.get_by_label("联系电话").fill("0431-05300001")
        self.page.get_by_role("button", name="提交申请").click()
        self.page.wait_for_url(re.compile(r"/applications/[0-9a-f-]{36}$"))
        expect(self.page.locator("main")).to_contain_text("已提交")
        found = re.search(r"\d{8}-[0-9A-Z]{6}", self.page.locator("h1").inner_text())
        assert found
        return found[0]

    def chooses(self, field: str, *names: str, province: str = "吉林省") -> None:
        """Chooses a county step by step, as the three lists offer it."""
        selects = self.page.locator(f".field:has([name='{field}']) .county-selects select")
        for place, name in enumerate((province, *names)):
            selects.nth(place).select_option(label=name)

    def opens_the_pass(self) -> str:
        """Follows the message in the inbox to the pass and returns its number."""
        self.page.goto("/inbox")
        self.page.get_by_role("link", name="查看").first.click()
        self.page.wait_for_url(re.compile(r"/passes/\d{12}$"))
        return self.page.url[-12:]

    def downloads_the_sheet(self, folder: Path) -> Path:
        """Saves the PDF."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name="下载 PDF").click()
        saved = folder / "sheet.pdf"
        waiting.value.save_as(saved)
        return saved

    def makes_a_drivers_link(self) -> str:
        """Makes the link for the driver and returns its address."""
        self.page.get_by_role("button", name="生成链接").click()
        found = re.search(r"/d/[A-Za-z0-9_-]{20,}", self.page.content())
        assert found
        return found[0]


class Dispatcher(Person):
    """Sends spreadsheets for a fleet."""

    def uploads(self, sheet: Path) -> str:
        """Sends a file and returns the address of its batch."""
        self.page.goto("/batches")
        self.page.locator("input[type=file]").set_input_files(sheet)
        self.page.get_by_role("button", name="上传并检查").click()
        self.page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}"))
        return self.page.url

    def waits_for(self, button: str) -> None:
        """Waits until the worker has read the file and the page offers what to do."""
        expect(self.page.get_by_role("button", name=button)).to_be_visible(timeout=LONG)

    def bad_rows(self) -> list[int]:
        """The rows of the file that the page names as bad."""
        self.page.get_by_role("link", name="不通过").first.click()
        rows = self.page.locator("tr[id^=row-] td:first-child")
        return [int(words) for words in rows.all_inner_texts()]

    def accepts(self, count: int) -> None:
        """Accepts the good rows and waits until they are applications."""
        self.page.get_by_role("button", name=f"接受 {count} 行").click()
        expect(self.page.locator("main")).to_contain_text("已接受", timeout=LONG)
        expect(self.page.get_by_role("progressbar")).to_have_count(0, timeout=LONG)

    def downloads_the_result(self, batch: str, folder: Path) -> Path:
        """Saves the result file."""
        self.page.goto(batch)
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name="下载结果表").click()
        saved = folder / "result.xlsx"
        waiting.value.save_as(saved)
        return saved


class Officer(Person):
    """Decides applications."""

    def takes_the_next(self) -> None:
        """Takes what has waited longest."""
        self.page.goto("/queue")
        self.page.get_by_role("button", name="领取下一件").click()
        expect(self.page.locator("h1")).to_contain_text("审核")

    def issues(self) -> None:
        """Issues the pass."""
        self.page.get_by_role("button", name="核发通行证").click()
        expect(self.page.locator("main")).to_contain_text("已核发")

    def takes_a_batch(self, count: int) -> None:
        """Takes a whole batch from the queue."""
        self.page.goto("/queue")
        expect(self.page.locator("main")).to_contain_text(f"批次 {count} 辆")
        self.page.get_by_role("button", name="领取整批").click()
        expect(self.page.locator("h1")).to_contain_text("审核批次")

    def issues_all_that_is_clean(self, count: int) -> None:
        """Issues what the rules found nothing against, and waits until the last pass is there."""
        self.page.get_by_role("button", name=f"核发无异常的 {count} 件").click()
        expect(self.page.locator("main")).to_contain_text("已办结", timeout=LONG)

    def returns(self, field: str, words: str) -> None:
        """Returns the application with a note to one field."""
        self.page.locator("summary", has_text="退回补正").click()
        self.page.locator(f"[name='notes.{field}']").fill(words)
        self.page.locator("form").get_by_role("button", name="退回补正").click()

    def revokes(self, number: str) -> None:
        """Revokes a pass for misuse."""
        self.page.goto(f"/passes/{number}")
        self.page.locator("summary", has_text="吊销").click()
        self.page.locator("#f-reason-revoke").select_option(label="违规使用")
        self.page.get_by_role("button", name="确认吊销").click()
        expect(self.page.locator("main")).to_contain_text("已吊销")


class Staff(Person):
    """Stands at the barrier."""

    def types(self, number: str) -> str:
        """Types the number of a pass and returns what the screen says."""
        self.page.goto("/checkpoints/staff")
        self.page.locator("main input:not([type=hidden]):not([type=file])").first.fill(number)
        self.page.get_by_role("button", name="查验").click()
        return self.page.locator("main").inner_text()

    def compares_the_plate(self) -> str:
        """Says that the plate on the truck is the one on the screen, and returns the verdict."""
        self.page.get_by_role("button", name="相符").click()
        return self.page.locator("main").inner_text()

    def lets_through(self) -> None:
        """Records that the vehicle passed."""
        self.page.get_by_role("button", name="放行").click()
        expect(self.page.locator("main")).to_contain_text("放行")


class Passer:
    """Anybody with a phone and no login."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def opens(self, address: str) -> str:
        """Opens an address and returns the level of the verdict the screen shows."""
        self.page.goto(address)
        classes = self.page.locator("body").get_attribute("class") or ""
        inside = self.page.locator("[class*='verdict-']").first
        found = re.search(
            r"verdict-(green|amber|red|blue|white)", f"{classes} {inside.get_attribute('class')}"
        )
        assert found
        return found[1]


def codes_on(sheet: Path) -> set[str]:
    """The texts of the codes on a printed sheet, read from its picture by a reader that is not ours."""
    picture = sheet.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", str(sheet), str(picture)], check=True)
    return set(read_symbol(picture.with_suffix(".png").read_bytes()))
