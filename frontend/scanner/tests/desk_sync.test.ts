import { afterEach, describe, expect, test, vi } from "vitest";

import { Trouble } from "../core/desk";
import { openStore } from "../store/schema";
import { uploadAlone } from "../store/background";
import type { BrowserDesk } from "../store/desk";
import { die, enrolledPhone, FakePhone } from "./support/browser";
import { pass, passText } from "./support/passes";

const PLATES = ["吉A00001", "吉A00002", "吉A00003", "吉A00004", "吉A00005"];
const SECOND = 1000;
const DAY = 86_400_000;

afterEach(() => vi.restoreAllMocks());

async function scanned(desk: BrowserDesk, plates: readonly string[] = PLATES): Promise<string[]> {
  const ids: string[] = [];
  for (const plate of plates) ids.push((await desk.keepScan(await desk.judgeNoPass(plate), "unknown", null)).eventId);
  return ids;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const problem: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return problem instanceof Trouble ? problem.code : String(problem);
}

describe("bad days of the server", () => {
  test.each([
    ["500", "server.unexpected"],
    ["html", "server.broken"],
    ["half", "server.broken"],
    ["busy", "server.busy"],
    ["down", "offline"],
  ] as const)("%s: nothing is lost, nothing twice, and it is said", async (mood, problem) => {
    const { desk, server, phone } = await enrolledPhone();
    await scanned(desk);
    server.mood = mood;
    await desk.syncNow();
    expect(desk.sync.value).toMatchObject({ waiting: 5, problem, online: mood !== "down" });
    server.mood = "well";
    phone.pass(90 * SECOND);
    await desk.syncNow();
    expect(desk.sync.value).toMatchObject({ waiting: 0, problem: null, lastSync: phone.device });
    expect([...server.events.values()].map((event) => event["sequence"])).toEqual([1, 2, 3, 4, 5]);
  });

  test("pauses grow, and Retry-After is kept to", async () => {
    const { desk, server, phone } = await enrolledPhone();
    server.mood = "500";
    const pauses: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      await desk.syncNow();
      pauses.push(phone.nextTimer());
      phone.pass(phone.nextTimer());
    }
    expect(pauses[0]).toBeLessThan(10 * SECOND);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
    expect(pauses.at(-1)).toBeLessThanOrEqual(300 * SECOND);
    server.mood = "busy";
    await desk.syncNow();
    const asked = server.requests.length;
    phone.pass(30 * SECOND);
    await desk.syncNow();
    expect(server.requests.length).toBe(asked);
    expect(phone.nextTimer()).toBeGreaterThanOrEqual(30 * SECOND);
  });

  test("one event on which the server breaks holds nothing back", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const ids = await scanned(desk);
    server.poison = ids[1] ?? null;
    for (let round = 0; round < 4; round += 1) {
      await desk.syncNow();
      phone.pass(300 * SECOND);
    }
    expect(server.events.size).toBe(4);
    expect(desk.sync.value).toMatchObject({ waiting: 1, problem: "server.unexpected" });
    server.poison = null;
    await desk.syncNow();
    expect(desk.sync.value).toMatchObject({ waiting: 0, problem: null });
  });

  test("what the server refuses is kept for a person to see", async () => {
    const { desk, server } = await enrolledPhone();
    const [id = ""] = await scanned(desk, ["吉A00001"]);
    server.refuse[id] = "event.too_old";
    await desk.syncNow();
    expect(desk.sync.value).toMatchObject({ waiting: 0, refused: 1, problem: null });
    expect((await desk.log(1))[0]).toMatchObject({ uploaded: true, problem: "event.too_old" });
  });

  test("the worker uploads by itself when the browser wakes it, and asks to be woken again when it can't", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    await scanned(desk);
    expect(phone.woken).toBeGreaterThan(0);
    die(phone);
    await expect(uploadAlone(phone.database, server.fetch, null)).rejects.toThrow();
    server.mood = "well";
    await uploadAlone(phone.database, server.fetch, null);
    expect(server.events.size).toBe(5);
    await uploadAlone(`${phone.database}-new`, server.fetch, null);
  });

  test("at most 200 events a request", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    await scanned(desk, Array.from({ length: 450 }, (_, index) => `吉A${String(index).padStart(5, "0")}`));
    phone.connection(true);
    server.requests.length = 0;
    await desk.syncNow();
    expect(server.requests.filter((request) => request.includes("/scans"))).toHaveLength(3);
    expect([...server.events.values()].map((event) => event["sequence"])).toEqual(
      Array.from({ length: 450 }, (_, index) => index + 1),
    );
  });
});

describe("lists", () => {
  test("a revocation is red after the next look, which is no more than 20 s away", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    expect((await desk.judgeText(text, "camera", null)).verdict.code).toBe("valid");
    server.statuses[7] = 3;
    server.seq = 11;
    phone.pass(20 * SECOND);
    expect(phone.nextTimer()).toBeLessThanOrEqual(0);
    await desk.syncNow();
    expect(server.requests.some((request) => request.includes("since=10"))).toBe(true);
    expect((await desk.judgeText(text, "camera", null)).verdict.code).toBe("revoked");
  });

  test("an older list is refused and ours stays, also over a restart", async () => {
    const { desk, server, phone } = await enrolledPhone();
    server.statuses[7] = 3;
    server.seq = 12;
    phone.pass(20 * SECOND);
    await desk.syncNow();
    server.statuses = {};
    server.seq = 11;
    phone.pass(20 * SECOND);
    await desk.syncNow();
    expect(desk.sync.value.problem).toBe("list.older");
    expect(desk.lists.value.statusSeq).toBe(12);
    die(phone);
    server.mood = "down";
    const again = phone.tab();
    await again.start();
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    expect((await again.judgeText(text, "camera", null)).verdict.code).toBe("revoked");
  });

  test("without a network the age of the list is told, a day later it is amber", async () => {
    const { desk, server, phone } = await enrolledPhone();
    const text = await passText(server.issuing, { ...pass(7, server.now), notAfter: server.now + 20 * DAY });
    phone.connection(false);
    phone.pass(6 * 3_600_000);
    expect(await desk.judgeText(text, "camera", null)).toMatchObject({ listAge: 6 * 3_600_000, verdict: { code: "valid" } });
    phone.pass(DAY);
    expect((await desk.judgeText(text, "camera", null)).verdict.code).toBe("list_old");
  });

  test("after a day the whole list is fetched again", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.pass(DAY + SECOND);
    server.requests.length = 0;
    await desk.syncNow();
    expect(server.requests).toContain("GET /.well-known/changtong/status.jws");
  });

  test("the lead hears how the phone is, at most every five minutes", async () => {
    const { desk, server, phone } = await enrolledPhone();
    expect(server.reports).toHaveLength(1);
    expect(server.reports[0]).toMatchObject({ waiting: 0, refused: 0, status_seq: 10, trust_seq: 1, health: "ok" });
    phone.pass(60 * SECOND);
    await desk.syncNow();
    expect(server.reports).toHaveLength(1);
    phone.pass(240 * SECOND);
    await desk.syncNow();
    expect(server.reports).toHaveLength(2);
  });
});

describe("a token that ends", () => {
  test.each(["revoked", "expired"] as const)("%s: what waits goes up, then nothing of use is left", async (why) => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    await scanned(desk, ["吉A00001"]);
    await desk.judgeNoPass("吉A00002");
    server.ended = why;
    phone.connection(true);
    phone.pass(70 * SECOND);
    await desk.syncNow();
    expect(desk.standing.value).toMatchObject({ state: "ended", why });
    await desk.syncNow();
    expect(desk.standing.value).toMatchObject({ state: "ended", why, waiting: 0 });
    expect(server.events.size).toBe(2);
    const store = await openStore({ blocking: () => undefined, terminated: () => undefined }, phone.database);
    expect(await store.getAll("lists")).toEqual([]);
    expect(await store.getAll("log")).toEqual([]);
    expect(await store.getAll("events")).toEqual([]);
    expect((await store.get("device", "self"))?.token).toBe("");
    store.close();
    expect(await codeOf(desk.judgeNoPass("吉A00003"))).toBe("device.ended");
    die(phone);
    const again = phone.tab();
    await again.start();
    expect(again.standing.value.state).toBe("ended");
    await again.enrol("GOOD-CODE");
    expect(again.standing.value.state).toBe("enrolled");
  });
});

describe("tabs and storage", () => {
  test("one tab has the desk; another shows so, can take it over, and gets it when the first is closed", async () => {
    const { desk, phone } = await enrolledPhone();
    const second = phone.tab();
    await second.start();
    expect(second.elsewhere.value).toBe(true);
    expect(await codeOf(second.judgeText("x", "camera", null))).toBe("desk.elsewhere");
    await second.takeOver();
    expect(second.elsewhere.value).toBe(false);
    await vi.waitFor(() => expect(desk.elsewhere.value).toBe(true));
    await scanned(second, ["吉A00001"]);
    phone.locks.close();
    await vi.waitFor(() => expect(desk.elsewhere.value).toBe(false));
    await vi.waitFor(async () => expect(await desk.log(5)).toHaveLength(1));
  });

  test("a full phone says so, shows verdicts all the same, and goes on once there is room", async () => {
    const { desk } = await enrolledPhone();
    const full = new DOMException("full", "QuotaExceededError");
    const add = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw full;
    });
    const judged = await desk.judgeNoPass("吉A00001");
    expect(await codeOf(desk.keepScan(judged, "unknown", null))).toBe("storage.full");
    expect(desk.storage.value.health).toBe("full");
    expect(desk.sync.value.waiting).toBe(0);
    add.mockRestore();
    await desk.keepScan(judged, "unknown", null);
    expect(desk.sync.value.waiting).toBe(1);
  });

  test("what is delivered gives way to what is not", async () => {
    const { desk } = await enrolledPhone();
    await scanned(desk);
    await desk.syncNow();
    const add = IDBObjectStore.prototype.add;
    let refusals = 1;
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore, value: unknown) {
      refusals -= 1;
      if (refusals >= 0) throw new DOMException("full", "QuotaExceededError");
      return add.call(this, value);
    });
    await scanned(desk, ["吉A00009"]);
    expect(desk.sync.value.waiting).toBe(1);
    expect(await desk.log(10)).toHaveLength(1);
  });

  test("a database that was emptied is told from a new phone", async () => {
    const { phone } = await enrolledPhone();
    die(phone);
    const moved = new FakePhone(phone.server);
    for (const [name, value] of phone.marked) moved.marked.set(name, value);
    const desk = moved.tab();
    await desk.start();
    expect(desk.standing.value.state).toBe("not_enrolled");
    expect(desk.storage.value.health).toBe("lost");
    await desk.enrol("GOOD-CODE");
    expect(desk.storage.value.health).toBe("ok");
  });

  test("a browser that opens no database is told to be one", async () => {
    const { phone } = await enrolledPhone();
    const desk = new FakePhone(phone.server).tab();
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("private", "InvalidStateError");
    });
    await desk.start();
    expect(desk.storage.value.health).toBe("private");
    expect(await codeOf(desk.enrol("GOOD-CODE"))).toBe("storage.private");
  });

  test("an update while events wait loses none of them", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    await scanned(desk);
    await desk.judgeNoPass("吉A00006");
    await desk.update();
    await vi.waitFor(() => expect(phone.reloads).toBe(1));
    die(phone);
    phone.connection(true);
    const next = phone.tab();
    await next.start();
    await next.syncNow();
    expect(server.events.size).toBe(6);
  });
});

describe("slips", () => {
  const request = {
    plate: "吉A12345",
    plateColour: 1,
    goods: 1,
    goodsWords: null,
    destination: "220203",
    driverLast4: "123X",
    phone: null,
  };

  test("with a network the pass is there at once", async () => {
    const { desk, server } = await enrolledPhone();
    const slip = await desk.askForPass(request);
    expect(slip).toMatchObject({ state: "issued", pass: { number: "220000000099" }, seen: false });
    expect(slip.code).toMatch(/^K7QM-0001-.$/);
    expect([...server.slips.values()][0]).toMatchObject({ offline: false, checkpoint: "CP001", plate: "吉A12345" });
    await desk.slipSeen(slip.eventId);
    expect(desk.slips.value[0]?.seen).toBe(true);
  });

  test("without one a slip counts on, is asked for at the next sync, and a failure is told", async () => {
    const { desk, server, phone } = await enrolledPhone();
    phone.connection(false);
    const first = await desk.askForPass(request);
    expect(first.state).toBe("waiting");
    die(phone);
    const again = phone.tab();
    await again.start();
    const second = await again.askForPass({ ...request, plate: "吉A54321" });
    expect(second.code).toMatch(/^K7QM-0002-.$/);
    expect(again.sync.value.waiting).toBe(2);
    server.failSlips = "pass.vehicle_has_one";
    phone.connection(true);
    await again.syncNow();
    expect(again.slips.value.map(({ code, state }) => [code, state])).toEqual([
      [second.code, "failed"],
      [first.code, "failed"],
    ]);
    expect(again.slips.value[0]?.problem).toMatchObject({ code: "pass.vehicle_has_one", title: "不予签发" });
    expect([...server.slips.values()][0]).toMatchObject({ offline: true });
  });
});

describe("phone to phone", () => {
  test("a phone in the hills gets revocations and time from a colleague's screen, and gives them on", async () => {
    const { desk: carrier, server, phone } = await enrolledPhone();
    const far = new FakePhone(server);
    const receiver = far.tab();
    await receiver.start();
    await receiver.enrol("GOOD-CODE");
    await receiver.syncNow();
    const before = await receiver.framesToGive();
    server.statuses[7] = 3;
    server.seq = 15;
    phone.pass(3_600_000);
    await carrier.syncNow();
    die(far);
    const alone = far.tab();
    server.mood = "down";
    await alone.start();
    const frames = await carrier.framesToGive();
    let last = null;
    for (const frame of frames) {
      last = await alone.takeFrame(frame);
      if (last.taken) break;
    }
    expect(last?.taken).toEqual({ status: "newer", trust: "older", asOf: phone.server.now });
    const text = await passText(server.issuing, pass(7, server.now - 3_600_000));
    expect((await alone.judgeText(text, "camera", null)).verdict.code).toBe("revoked");
    expect(alone.now().low).toBeGreaterThanOrEqual(server.now);
    const given = new Set(await alone.framesToGive());
    expect(given.size).toBe(new Set(frames).size);
    let old = null;
    for (const frame of before) old = (await alone.takeFrame(frame)).taken ?? old;
    expect(old).toMatchObject({ status: "older", trust: "older" });
  });

  test("a phone that never had a list takes one, by its pinned roots; a stranger's is refused", async () => {
    const { desk: carrier, server } = await enrolledPhone();
    const { desk: stranger } = await enrolledPhone();
    const bare = new FakePhone(server);
    const receiver = bare.tab();
    await receiver.start();
    const enrolling = receiver.enrol("GOOD-CODE");
    await enrolling;
    server.mood = "down";
    await receiver.syncNow();
    const taken = async (frames: readonly string[]): Promise<unknown> => {
      let found = null;
      for (const frame of frames) found = (await receiver.takeFrame(frame)).taken ?? found;
      return found;
    };
    expect(await taken(await stranger.framesToGive())).toMatchObject({ status: "refused", trust: "refused" });
    expect(await taken(await carrier.framesToGive())).not.toMatchObject({ status: "refused" });
    expect(receiver.lists.value.statusSeq).toBe(10);
    expect(await receiver.takeFrame("https://ct.example/p/1")).toEqual({ have: 0, of: 0, taken: null });
  });
});
