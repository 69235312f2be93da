// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { FakeDesk, NOW, PASS, POINT, slipOf } from "./fake_desk";
import { openPage, withCamera } from "./ui_page";
import type { OpenPage } from "./ui_page";

let desk: FakeDesk;
let page: OpenPage;

beforeEach(() => {
  desk = new FakeDesk();
});

afterEach(() => page.close());

describe("no pass", () => {
  it("says the rule, takes a plate and asks for a reason only to refuse", async () => {
    page = openPage(desk, { address: "/scanner/#nopass" });
    await page.says("任何地方不得仅因没有通行证劝返");
    await page.type("辽B7K21P");
    await page.tap("登记为无证");
    await page.says("没有通行证。符合防疫要求的车辆不得仅因无证劝返。");
    expect(desk.scans[0]).toMatchObject({ seen: "unknown", seenPlate: "辽B7K21P" });
    expect(document.querySelector(".verdict")?.className).toContain("tone-blue");
    await page.tap("劝返");
    await page.says("没有通行证（不属于全国统一规定的理由）");
  });

  it("has no key for I and O, and none for a digit in the second place", async () => {
    page = openPage(desk, { address: "/scanner/#nopass" });
    await page.type("吉");
    expect(() => page.button("O")).toThrow();
    expect(() => page.button("I")).toThrow();
    expect(page.button("7").disabled).toBe(true);
  });

  it("shows the pass that the book has for the plate", async () => {
    desk.codes.set("book", { pass: { ...PASS, plate: "辽B7K21P" }, facts: {} });
    desk.book = [{ ...desk.judged("book", "book", "unknown"), means: "book" }];
    page = openPage(desk, { address: "/scanner/#nopass" });
    await page.type("辽B7K21P");
    await page.tap("登记为无证");
    await page.says("通行证册里有这辆车的证");
    await page.tap("仍按无证登记");
    await page.says("没有通行证。");
  });

  it("works on a phone without a book", async () => {
    desk.book = null;
    page = openPage(desk, { address: "/scanner/#nopass" });
    await page.type("辽B7K21P");
    await page.tap("登记为无证");
    await page.says("没有通行证。");
  });
});

describe("look-up", () => {
  it("finds by plate, says that no code was read, and has the plate compared", async () => {
    desk.codes.set("book", { pass: PASS, facts: {} });
    desk.book = [desk.judged("book", "book", "unknown")];
    page = openPage(desk, { address: "/scanner/#lookup" });
    await page.type("吉A12345");
    await page.tap("查找");
    await page.says("结论不是从二维码读出的");
    await page.tap("待核对");
    await page.tap("相符");
    await page.says("没有读到二维码");
    expect(desk.scans[0]?.judged.means).toBe("book");
  });

  it("says what it means when nothing is found", async () => {
    page = openPage(desk, { address: "/scanner/#lookup" });
    await page.type("吉A12345");
    await page.tap("查找");
    await page.says("查不到不等于没有证");
  });
});

describe("a slip shown at another checkpoint", () => {
  const ask = async (code: string): Promise<void> => {
    page = openPage(desk, { address: "/scanner/#lookup" });
    await page.tap("按回执");
    await page.fill("受理回执编号", code);
    await page.tap("查找");
  };

  it("counts as no pass", async () => {
    await ask("k7qm 0012 t");
    await page.says("这是受理回执，不是通行证");
    await page.says("不得仅因没有通行证劝返");
  });

  it("is told from a mistyped one", async () => {
    await ask("K7QM-0013-T");
    await page.says("受理回执的编号不对");
  });
});

describe("the standing of the phone", () => {
  it("enrols by the code of the address, which is gone at once", async () => {
    desk.standing.value = { state: "not_enrolled" };
    page = openPage(desk, { address: "/scanner/#enrol=ABCD-EFGH" });
    expect(location.href).not.toContain("ABCD");
    await withCamera(page);
    expect(desk.calls).toContain("enrol ABCD-EFGH");
  });

  it("says where a code comes from, and that a wrong one is wrong", async () => {
    desk.standing.value = { state: "not_enrolled" };
    desk.troubles.set("enrol", "enrolment.unknown");
    page = openPage(desk, { address: "/scanner/#enrol=WRONG" });
    await page.says("登记码不对、已用过或已过期。");
    await page.says("/enrol");
  });

  it("asks before an enrolled phone is enrolled again", async () => {
    page = openPage(desk, { address: "/scanner/#enrol=NEW" });
    await page.says("本机已登记为「五里坡 2 号机」");
    expect(desk.calls).not.toContain("enrol NEW");
    await page.tap("重新登记");
    await withCamera(page);
    expect(desk.calls).toContain("enrol NEW");
  });

  it("a revoked phone says so and how much still waits", async () => {
    desk.standing.value = { state: "ended", why: "revoked", waiting: 12 };
    page = openPage(desk);
    await page.says("本机已被吊销");
    await page.says("还有 12 条记录待上传");
    expect(document.querySelector("nav")).toBeNull();
  });

  it("tells of the other window, and takes over", async () => {
    desk.elsewhere.value = true;
    page = openPage(desk);
    await page.says("已在另一个窗口中打开");
    await page.tap("改在这里使用");
    await withCamera(page);
  });

  it("shows what waits, the age of the list, and that there is no network", async () => {
    desk.sync.value = { ...desk.sync.value, waiting: 12, online: false };
    desk.storage.value = { ...desk.storage.value, health: "full" };
    desk.trusted = false;
    page = openPage(desk);
    await page.says(POINT.name);
    await page.says("待上传 12");
    await page.says("名单 3 小时前");
    await page.says("离线");
    await page.says("手机存储已满");
    await page.says("本机时间不可信");
  });
});

describe("duty", () => {
  it("hands over to a name, which is remembered", async () => {
    page = openPage(desk, { address: "/scanner/#duty" });
    await page.says("交班给");
    const name = document.querySelector<HTMLInputElement>("input");
    if (name) name.value = "李静";
    name?.dispatchEvent(new Event("input", { bubbles: true }));
    await page.tap("交班");
    await page.says("已交班给李静");
    expect(desk.calls).toContain("handOver 李静 -");
    await page.tap("李静");
    expect(desk.calls.filter((call) => call.startsWith("handOver"))).toHaveLength(2);
  });

  it("lists checkpoints of the same road first, and says when the server has not agreed", async () => {
    page = openPage(desk, { address: "/scanner/#points" });
    await page.says("小沟岭");
    const text = page.text();
    expect(text.indexOf("拉林河")).toBeLessThan(text.indexOf("梨树"));
    expect(text.indexOf("梨树")).toBeLessThan(text.indexOf("小沟岭"));
    await page.tap("小沟岭");
    await page.says("服务器尚未同意");
  });

  it("issues on the spot: plate, goods, destination, driver, and a code", async () => {
    page = openPage(desk, { address: "/scanner/#issue" });
    await page.type("吉C88888");
    await page.tap("下一步");
    await page.tap("蔬菜水果");
    await page.tap("延边");
    await page.tap("安图县");
    await page.type("123X");
    await page.tap("下一步");
    await page.tap("核发");
    await page.says("已核发");
    await page.says("7KQ2MX");
    const asked = desk.calls.find((call) => call.startsWith("askForPass"));
    expect(JSON.parse(asked?.slice("askForPass ".length) ?? "null")).toEqual({
      plate: "吉C88888",
      plateColour: 1,
      goods: 7,
      goodsWords: null,
      destination: "222426",
      driverLast4: "123X",
      phone: null,
    });
  });

  it("shows slips whose outcome nobody has seen, and what a slip means", async () => {
    const request = { plate: "吉C88888", plateColour: 1, goods: 7, goodsWords: null, destination: "222426", driverLast4: "123X", phone: null };
    desk.slips.value = [slipOf(request, "failed"), { ...slipOf(request, "waiting"), madeAt: NOW - 1 }];
    page = openPage(desk, { address: "/scanner/#slips" });
    await page.tap("未能核发");
    await page.says("没有通行证不是劝返的理由");
    await page.tap("完成");
    expect(desk.slips.value.find(({ state }) => state === "failed")?.seen).toBe(true);
    await page.tap("待核发");
    await page.says("K7QM-0012-5");
    await page.says("这是受理回执，不是通行证");
  });

  it("takes a colleague's lists and says what came of it", async () => {
    desk.transfer = [
      { have: 1, of: 2, taken: null },
      { have: 2, of: 2, taken: { status: "newer", trust: "older", asOf: NOW } },
    ];
    page = openPage(desk, { address: "/scanner/#take" });
    await page.says("还没有读到传输码");
    await page.see("CT1:0");
    await page.says("已收");
    await page.see("CT1:1");
    await page.says("状态名单已更新");
    await page.says("信任列表本机已是最新");
  });
});
