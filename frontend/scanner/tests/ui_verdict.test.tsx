// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeDesk, LONG_PASS, NOW, PASS } from "./fake_desk";
import type { Code } from "./fake_desk";
import { openPage, withCamera } from "./ui_page";
import type { OpenPage } from "./ui_page";

const HOUR = 3_600_000;
let desk: FakeDesk;
let page: OpenPage;

beforeEach(() => {
  desk = new FakeDesk();
});

afterEach(() => page.close());

async function seen(code: Code): Promise<void> {
  desk.codes.set("code", code);
  page = openPage(desk);
  await withCamera(page);
  await page.see("code");
}

describe("a good pass", () => {
  it("shows its content on white until the plate is compared, and stores nothing before", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.says("核对车牌");
    await page.says("123X");
    await page.says("吉林省长春市南关区");
    page.saysNot("有效期内");
    expect(document.querySelector(".verdict")?.className).toContain("tone-white");
    expect(desk.scans).toHaveLength(0);
  });

  it("turns green with the tap, and only once it is stored", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.says("签名、日期、状态、车牌和线路均相符。");
    expect(desk.scans.map(({ seen: said }) => said)).toEqual(["matches"]);
    expect(document.querySelector(".verdict")?.className).toContain("tone-green");
    await page.says("名单截至 04-16 20:14（3 小时前）");
    expect(document.querySelector("a[href^='tel:']")?.getAttribute("href")).toBe("tel:043185097301");
  });

  it("turns red when the plate differs, with the plate that was seen", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("不符");
    await page.type("黑B7K2");
    await page.type("1");
    await page.type("P");
    await page.tap("记录不符");
    await page.says("车牌与证件不符。");
    expect(desk.scans[0]?.seenPlate).toBe("黑B7K21P");
    expect(desk.scans[0]?.judged.verdict.code).toBe("plate_mismatch");
  });

  it("needs no typed plate to differ", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("不符");
    await page.tap("看不清，跳过");
    await page.says("车牌与证件不符。");
    expect(desk.scans[0]).toMatchObject({ seen: "differs", seenPlate: null });
  });

  it("passes in one tap, and the next vehicle takes one more", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.tap("放行");
    await page.says("已记录：放行");
    await page.tap("下一辆（扫码）");
    await withCamera(page);
    await page.says("上一辆 吉A12345");
  });

  it("is turned back only with a reason and a warning", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.tap("劝返");
    await page.says("劝返或暂扣这辆车将立即报告省级专班，并自动生成热线工单。");
    expect(page.button("请先选择原因").disabled).toBe(true);
    const reasons = [...document.querySelectorAll<HTMLInputElement>("input[type=radio]")];
    expect(reasons.map(({ value }) => value).slice(-3)).toEqual(["local_order", "lacks_pass", "other"]);
    expect(document.querySelectorAll(".reason-mark")).toHaveLength(3);
    reasons.find(({ value }) => value === "local_order")?.click();
    await page.tap("记录并上报：劝返");
    await page.says("已记录：劝返");
    expect(desk.calls).toContain("keepAction turned_back local_order");
  });
});

describe("undo", () => {
  it("takes the action back within two minutes and says how long there is", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.tap("放行");
    await page.says("还剩 2:00");
    await page.tap("撤销（");
    await page.says("已撤销，请重新选择处置。");
    await page.tap("放行");
    await page.says("已记录：放行");
  });

  it("is gone after two minutes", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.tap("放行");
    await page.says("还剩 2:00");
    desk.time = NOW + 121_000;
    await vi.waitFor(() => page.saysNot("撤销（"), { timeout: 3000 });
  });

  it("reaches the vehicle before from the camera", async () => {
    await seen({ pass: PASS, facts: {} });
    await page.tap("相符");
    await page.tap("放行");
    await page.tap("下一辆（扫码）");
    await page.tap("上一辆 吉A12345");
    await page.tap("撤销（");
    await page.says("已撤销");
  });
});

describe("other verdicts", () => {
  it("an expired pass counts as having no pass: no reason by itself, and turning back asks for one", async () => {
    await seen({ pass: PASS, facts: { low: NOW + 90 * HOUR, high: NOW + 90 * HOUR } });
    await page.says("按无证车辆处理：符合防疫要求的应当放行，不得以证件为由劝返。");
    expect(document.querySelector(".may-loud")).not.toBeNull();
    await page.tap("暂扣等候");
    await page.says("暂扣等候：选择原因");
  });

  it("a revoked pass is red at once, stored, and can be held without a reason", async () => {
    await seen({ pass: PASS, facts: { status: 3 } });
    await page.says("该证已被吊销。");
    expect(desk.scans[0]?.seen).toBe("unknown");
    await page.tap("暂扣等候");
    await page.says("已记录：暂扣等候");
    expect(desk.calls).toContain("keepAction held -");
  });

  it("a forged code shows nothing of its content and offers to record the plate", async () => {
    await seen({ pass: PASS, forged: true, facts: {} });
    await page.says("签名不符，疑为伪造。");
    page.saysNot("12345");
    await page.tap("登记车牌（按无证）");
    await page.says("无证车辆");
  });

  it("every further reason is told below the first", async () => {
    const facts = { listAge: 80 * HOUR, seenElsewhere: true, checkpoint: { road: "G9", county: "110101" } };
    await seen({ pass: LONG_PASS, facts, seenHere: 4 });
    await page.tap("相符");
    await page.says("状态名单已超过 72 小时未更新。");
    await page.says("本站不在该证线路上");
    await page.says("该证同时在别处出现过");
    await page.says("4 分钟前在本站查过这张证");
    await page.says("890X");
    await page.says("X0042");
  });

  it("a verdict that can't be stored is shown all the same, and says that nothing was recorded", async () => {
    desk.troubles.set("keepScan", "storage.full");
    await seen({ pass: PASS, facts: { status: 3 } });
    await page.says("该证已被吊销。");
    await page.says("这次查验没有存下");
    page.saysNot("放行劝返");
    expect(() => page.button("劝返")).toThrow();
  });
});

describe("the camera", () => {
  it("shows nothing of a wrong signature that was read once", async () => {
    await seen({ pass: PASS, forged: true, facts: { reads: 1 } });
    await page.says("再读一次");
    expect(desk.scans).toHaveLength(0);
  });

  it("asks which of two passes is meant", async () => {
    desk.codes.set("one", { pass: PASS, facts: {} });
    desk.codes.set("two", { pass: LONG_PASS, facts: { status: 3 } });
    page = openPage(desk);
    await withCamera(page);
    await page.see("one", "two");
    await page.says("读到多张证");
    expect(desk.scans).toHaveLength(0);
    await page.tap("新F");
    await page.says("该证已被吊销。");
  });

  it("takes the pass beside an advertisement", async () => {
    desk.codes.set("one", { pass: PASS, facts: {} });
    page = openPage(desk);
    await withCamera(page);
    await page.see("https://example.com/sale", "one");
    await page.says("核对车牌");
  });

  it("calls an advertisement no pass only after some reads", async () => {
    page = openPage(desk);
    await withCamera(page);
    await page.see("https://example.com/sale");
    await page.says("这不是通行证的码");
    for (let nth = 0; nth < 3; nth += 1) {
      await page.see("https://example.com/sale");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await page.says("二维码内容不是通行证。");
  });

  it("does not open the same paper again while it is still in view", async () => {
    await seen({ pass: PASS, facts: { status: 3 } });
    await page.tap("放行");
    await page.tap("下一辆（扫码）");
    await withCamera(page);
    await page.see("code");
    await page.says("这张码刚查过");
    expect(desk.scans).toHaveLength(1);
  });

  it("says why there is no picture and what goes without", async () => {
    page = openPage(desk, { blind: "denied" });
    await page.says("没有摄像头权限");
    await page.says("选照片或拍照");
  });

  it("leads frames of a colleague's lists to where they are taken", async () => {
    page = openPage(desk);
    await withCamera(page);
    await page.see("CT1:ABC");
    await page.tap("去接收");
    await page.says("从同事接收");
  });
});

it("judges the address of a pass that was opened off line", async () => {
  desk.codes.set(`${location.origin}/p/0123`, { pass: PASS, facts: {} });
  page = openPage(desk, { address: "/p/0123" });
  await page.says("核对车牌");
  expect(location.pathname).toBe("/scanner/");
});

it("speaks English where that is set", async () => {
  desk.codes.set("code", { pass: PASS, facts: { status: 3 } });
  page = openPage(desk, { language: "en" });
  await page.says("Hold the code inside the frame");
  await page.see("code");
  await page.says("Invalid");
  await page.tap("Turned back");
  await page.says("Recorded: Turned back");
});
