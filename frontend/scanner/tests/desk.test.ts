import { describe, expect, test } from "vitest";

import { Trouble } from "../core/desk";
import { newKey } from "./signing";
import { die, enrolledPhone, FakePhone } from "./support/browser";
import { pass, passText } from "./support/passes";
import { FakeServer } from "./support/server";

async function codeOf(work: Promise<unknown>): Promise<string> {
  const problem: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return problem instanceof Trouble ? problem.code : String(problem);
}

describe("enrolment", () => {
  test("a code makes the phone a device with lists", async () => {
    const { desk, phone } = await enrolledPhone();
    expect(desk.standing.value).toMatchObject({ state: "enrolled", device: { code: "K7QM", point: { code: "CP001" } } });
    expect(desk.lists.value).toMatchObject({ statusSeq: 10, trustSeq: 1 });
    expect(desk.names.value?.issuers.get("220000")?.phone).toBe("0431-1");
    expect(desk.now()).toEqual({ low: phone.device, high: phone.device, trusted: true });
  });

  test("an unknown code and a missing network are told apart", async () => {
    const phone = new FakePhone(await FakeServer.open());
    const desk = phone.tab();
    await desk.start();
    expect(desk.standing.value.state).toBe("not_enrolled");
    expect(await codeOf(desk.enrol("BAD"))).toBe("enrolment.unknown");
    phone.server.mood = "down";
    expect(await codeOf(desk.enrol("GOOD-CODE"))).toBe("offline");
    phone.server.mood = "html";
    expect(await codeOf(desk.enrol("GOOD-CODE"))).toBe("server.broken");
    expect(await codeOf(desk.judgeText("x", "camera", null))).toBe("not_enrolled");
  });

  test("another point: by the server's leave, else on this phone, also without a network", async () => {
    const { desk, server, phone } = await enrolledPhone();
    expect((await desk.points()).map((point) => point.code)).toEqual(["CP001", "CP002"]);
    expect(await desk.moveTo("CP002")).toBe("marked");
    expect(desk.standing.value).toMatchObject({ device: { point: { code: "CP002" } } });
    phone.connection(false);
    expect(await desk.moveTo("CP001")).toBe("marked");
    expect(await codeOf(desk.moveTo("CP999"))).toBe("checkpoint.unknown");
    phone.connection(true);
    phone.pass(120_000);
    await desk.syncNow();
    const asked = (): number => server.requests.filter((request) => request.includes("/device/checkpoint")).length;
    expect(asked()).toBe(3);
    expect(await desk.moveTo("CP002")).toBe("marked");
    phone.pass(120_000);
    await desk.syncNow();
    expect(asked()).toBe(4);
    expect(await desk.moveTo("CP001")).toBe("moved");
    expect(desk.standing.value).toMatchObject({ device: { point: { code: "CP001" } } });
  });
});

describe("from reading to action", () => {
  test("a good pass: white until the plate is compared, then green; stored and handed in with all its facts", async () => {
    const { desk, server } = await enrolledPhone();
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    const quality = { uec: 0.62, symbolVersion: 9, frames: 3, readMs: 41.6 };
    const judged = await desk.judgeText(text, "camera", quality);
    expect(judged.verdict).toMatchObject({ code: "valid", awaitsPlate: true });
    expect((await desk.compared(judged, "matches")).verdict).toMatchObject({ level: "green", awaitsPlate: false });
    const scan = await desk.keepScan(judged, "matches", null);
    await desk.keepAction(scan, "passed", null);
    expect(desk.sync.value.waiting).toBe(2);
    await desk.syncNow();
    const [first, second] = [...server.events.values()];
    expect(first).toMatchObject({
      kind: "scan",
      plate: "吉A12345",
      checkpoint: "CP001",
      number: "220000000007",
      text,
      level: "green",
      verdict: "valid",
      reasons: ["valid"],
      plate_seen: "matches",
      offline: false,
      list_seq: 10,
      sequence: 1,
      means: "camera",
      seen_plate: null,
      uec: 0.62,
      symbol_version: 9,
      frames: 3,
      read_ms: 42,
    });
    expect(first?.["event_id"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(first?.["time_low"]).toBe(first?.["time_high"]);
    expect(second).toMatchObject({ kind: "action", action: "passed", scan_id: scan.eventId, sequence: 2, undoes: null });
    expect(desk.sync.value).toMatchObject({ waiting: 0, problem: null, busy: false });
    const [line] = await desk.log(5);
    expect(line).toMatchObject({ uploaded: true, problem: null, action: { action: "passed" } });
  });

  test("a plate that differs is red, and what stands on the truck is told", async () => {
    const { desk, server } = await enrolledPhone();
    const judged = await desk.judgeText(await passText(server.issuing, pass(7, server.now - 3_600_000)), "camera", null);
    const scan = await desk.keepScan(judged, "differs", "吉B99999");
    expect(scan.judged.verdict).toMatchObject({ level: "red", code: "plate_mismatch" });
    await desk.syncNow();
    expect([...server.events.values()][0]).toMatchObject({ plate_seen: "differs", seen_plate: "吉B99999", level: "red" });
  });

  test("a forged pass is told from the second look on", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const text = await passText(await newKey("forger"), pass(7, server.now - 3_600_000));
    expect((await desk.judgeText(text, "camera", null)).verdict.keepReading).toBe(true);
    phone.pass(10_000);
    expect((await desk.judgeText(text, "camera", null)).verdict.keepReading).toBe(true);
    phone.pass(200);
    const { verdict, credential } = await desk.judgeText(text, "camera", null);
    expect(verdict).toMatchObject({ code: "bad_signature", keepReading: false });
    expect(credential).toBeNull();
    expect((await desk.judgeText(text, "typed", null)).verdict.keepReading).toBe(false);
  });

  test("two taps store one scan; another comparison is another scan", async () => {
    const { desk, server } = await enrolledPhone();
    const judged = await desk.judgeText(await passText(server.issuing, pass(7, server.now - 3_600_000)), "camera", null);
    const [one, two] = await Promise.all([desk.keepScan(judged, "matches", null), desk.keepScan(judged, "matches", null)]);
    expect(one.eventId).toBe(two.eventId);
    expect((await desk.keepScan(judged, "differs", null)).eventId).not.toBe(one.eventId);
    await desk.syncNow();
    expect(server.events.size).toBe(2);
  });

  test("a vehicle without a pass, an advertisement, a plate that can't be read", async () => {
    const { desk, server } = await enrolledPhone();
    const none = await desk.judgeNoPass("吉A 12345");
    expect(none.verdict).toMatchObject({ level: "blue", code: "no_pass" });
    await desk.keepScan(none, "unknown", null);
    await desk.keepScan(await desk.judgeText(`https://x.cn/${"广".repeat(2000)}`, "camera", null), "unknown", null);
    await desk.keepScan(await desk.judgeNoPass("外国车"), "unknown", "外国车 88");
    await desk.syncNow();
    const [first, second, third] = [...server.events.values()];
    expect(first).toMatchObject({ plate: "吉A12345", text: null, means: "plate", number: null });
    expect(second).toMatchObject({ plate: "?", verdict: "malformed" });
    expect(String(second?.["text"])).toHaveLength(600);
    expect(third).toMatchObject({ plate: "?", seen_plate: "外国车 88" });
  });

  test("the same pass again is told in minutes", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    const first = await desk.judgeText(text, "camera", null);
    expect(first.seenHere).toBeNull();
    await desk.keepScan(first, "matches", null);
    phone.pass(7 * 60_000);
    expect((await desk.judgeText(text, "camera", null)).seenHere).toEqual({ minutesAgo: 7 });
  });

  test("undone within two minutes, not later, not twice", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const scan = await desk.keepScan(await desk.judgeNoPass("吉A12345"), "unknown", null);
    const held = await desk.keepAction(scan, "held", "no_test");
    phone.pass(119_000);
    await desk.undo(held);
    const [line] = await desk.log(1);
    expect(line?.action?.action).toBe("undone");
    const passed = await desk.keepAction(scan, "passed", null);
    phone.pass(121_000);
    expect(await codeOf(desk.undo(passed))).toBe("action.undo_too_late");
    await desk.syncNow();
    expect([...server.events.values()].map((event) => event["action"])).toEqual([undefined, "held", "undone", "passed"]);
    expect([...server.events.values()][2]).toMatchObject({ undoes: held.eventId, reason: null });
  });

  test("a clock set back a year between two taps: time goes on, the event says both, and undoing works", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const scan = await desk.keepScan(await desk.judgeNoPass("吉A12345"), "unknown", null);
    const passed = await desk.keepAction(scan, "passed", null);
    phone.pass(30_000);
    phone.device -= 365 * 86_400_000;
    await desk.undo(passed);
    await desk.keepScan(await desk.judgeNoPass("吉A54321"), "unknown", null);
    await desk.syncNow();
    const [, done, undone, later] = [...server.events.values()];
    const seconds = Date.parse(String(undone?.["acted_at"])) - Date.parse(String(done?.["acted_at"]));
    expect(seconds).toBe(30_000);
    expect(later?.["time_low"]).toBe(new Date(server.now).toISOString());
    expect(later?.["scanned_at"]).toBe(new Date(phone.device).toISOString());
  });

  test("a shift counts what happened in it, and is handed over with its counts", async () => {
    const { desk, server, phone } = await enrolledPhone();
    expect(await desk.shift()).toBeNull();
    await desk.handOver("老王", null);
    const judged = await desk.judgeText(await passText(server.issuing, pass(7, server.now - 3_600_000)), "camera", null);
    const scan = await desk.keepScan(judged, "matches", null);
    await desk.undo(await desk.keepAction(scan, "held", "other"));
    await desk.keepAction(scan, "passed", null);
    phone.connection(false);
    await desk.syncNow();
    await desk.keepScan(await desk.judgeNoPass("吉A12345"), "unknown", null);
    const counts = { scans: 2, green: 1, amber: 0, red: 0, blue: 1, passed: 1, turned_back: 0, held: 0, offline: 1 };
    expect(await desk.shift()).toEqual({ officer: "老王", since: phone.device, counts });
    await desk.handOver("小李", "桥头结冰");
    expect((await desk.shift())?.counts.scans).toBe(0);
    phone.connection(true);
    await desk.syncNow();
    const last = [...server.events.values()].at(-1);
    expect(last).toMatchObject({ kind: "shift", officer: "小李", note: "桥头结冰", counts });
    expect(last).not.toHaveProperty("plate");
  });
});

describe("several codes in view", () => {
  test("of those only judged nothing is kept; the chosen one is a scan, remembered twice or not", async () => {
    const { desk, server } = await enrolledPhone();
    const texts = await Promise.all([7, 8].map((serial) => passText(server.issuing, pass(serial, server.now - 3_600_000))));
    const [, mine] = await Promise.all(texts.map((text) => desk.judgeText(text, "camera", null)));
    if (!mine) throw new Error("nothing was judged");
    await desk.remember(mine);
    await desk.remember(mine);
    await desk.keepScan(await desk.compared(mine, "matches"), "matches", null);
    await desk.remember(await desk.judgeNoPass("吉A12345"));
    await desk.syncNow();
    expect([...server.events.values()].map((event) => event["number"])).toEqual(["220000000008"]);
  });
});

describe("a battery that dies", () => {
  test("between verdict and comparison: the scan is there at the next start, its plate unknown", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const judged = await desk.judgeText(await passText(server.issuing, pass(7, server.now - 3_600_000)), "camera", null);
    await desk.remember(judged);
    die(phone);
    const again = phone.tab();
    await again.start();
    await again.syncNow();
    const [event] = [...server.events.values()];
    expect(event).toMatchObject({ kind: "scan", plate_seen: "unknown", number: judged.credential?.number });
    die(phone);
    await phone.tab().start();
    expect(server.events.size).toBe(1);
  });

  test("between storing and upload, and again between upload and answer: each event once, in order", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    const scan = await desk.keepScan(await desk.judgeNoPass("吉A12345"), "unknown", null);
    await desk.keepAction(scan, "passed", null);
    die(phone);
    phone.connection(true);
    server.swallowAnswers = 1;
    const second = phone.tab();
    await second.start();
    await second.syncNow();
    expect(server.events.size).toBe(2);
    expect(second.sync.value).toMatchObject({ waiting: 2, problem: "offline" });
    die(phone);
    const third = phone.tab();
    await third.start();
    await third.keepScan(await third.judgeNoPass("吉A54321"), "unknown", null);
    await third.syncNow();
    expect(third.sync.value).toMatchObject({ waiting: 0, problem: null });
    expect([...server.events.values()].map((event) => event["sequence"])).toEqual([1, 2, 3]);
  });

  test("a reading that another one follows is kept as well, the same one read again is one", async () => {
    const { desk, server } = await enrolledPhone();
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    await desk.remember(await desk.judgeText(text, "camera", null));
    await desk.remember(await desk.judgeText(text, "camera", null));
    const second = await desk.judgeText(await passText(server.issuing, pass(8, server.now - 3_600_000)), "camera", null);
    await desk.remember(second);
    await desk.keepScan(second, "matches", null);
    await desk.syncNow();
    expect([...server.events.values()].map((event) => [event["number"], event["plate_seen"]])).toEqual([
      ["220000000007", "unknown"],
      ["220000000008", "matches"],
    ]);
  });
});
