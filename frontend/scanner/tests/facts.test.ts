import { beforeAll, describe, expect, test } from "vitest";

import { judgeListed, judgeNothing, judgeReading } from "../core/facts";
import type { Reading } from "../core/facts";
import { readStatus } from "../core/status";
import type { StatusList } from "../core/status";
import { readTrust } from "../core/trust";
import type { TrustList } from "../core/trust";
import type { Credential, Judged } from "../core/types";
import { DAY, jws, newKey, PASS, sealed, START, statusContent, textOf, trustContent, withHalf } from "./signing";
import type { KeyPair } from "./signing";

const NOON = START + DAY + DAY / 2;
const HOUR = DAY / 24;
const THEIR_PASS: Credential = { ...PASS, area: "210100", number: "210100000005" };

let keys: { root: KeyPair; status: KeyPair; ours: KeyPair; bad: KeyPair; theirs: KeyPair; nobody: KeyPair };
let trust: TrustList;
let status: StatusList;

beforeAll(async () => {
  const [root, statusKey, ours, bad, theirs, nobody] = await Promise.all(
    ["root", "status", "ours", "bad", "theirs", "nobody"].map(newKey),
  );
  if (!root || !statusKey || !ours || !bad || !theirs || !nobody) throw new Error("no keys");
  keys = { root, status: statusKey, ours, bad, theirs, nobody };
  trust = await trusted();
  status = await listed({ revised: [["220100000006", 2]], watch: ["220100000007"] });
});

async function trusted(change: Readonly<Record<string, unknown>> = {}): Promise<TrustList> {
  const issuers = [
    { area: "220100", keys: [[0, "signing", keys.ours], [1, "bad", keys.bad]] as [number, string, KeyPair][] },
    { area: "220300", keys: [[0, "signing", keys.ours]] as [number, string, KeyPair][] },
    { area: "210100", keys: [[0, "old", keys.theirs]] as [number, string, KeyPair][], root: "liaoning" },
  ];
  const signed = await jws(keys.root, "changtong-trust+jws", trustContent(keys.status, issuers, change), false);
  return readTrust(signed, new Map([["root", keys.root.jwk]]));
}

async function listed(change: Readonly<Record<string, unknown>> = {}): Promise<StatusList> {
  const signed = await jws(keys.status, "changtong-status+jws", statusContent(change));
  return readStatus(signed, null, trust.statusKeys);
}

function around(change: Partial<Reading> = {}): Reading {
  return {
    text: "",
    reads: 2,
    means: "camera",
    quality: null,
    point: { road: "G1", county: "220300" },
    plateSeen: "matches",
    time: { low: NOON, high: NOON, trusted: true },
    trust,
    trustConfirmedAt: NOON,
    status,
    seenHere: null,
    ...change,
  };
}

async function judged(credential: Partial<Credential> = {}, change: Partial<Reading> = {}, by = keys.ours): Promise<Judged> {
  const serial = credential.serial ?? PASS.serial;
  const whole = { ...PASS, ...credential };
  const number = whole.area + String(serial).padStart(6, "0");
  return judgeReading(around({ text: textOf(await sealed(by, { ...whole, number })), ...change }));
}

const reasons = async (found: Promise<Judged>): Promise<string> => {
  const { verdict } = await found;
  return `${verdict.level}: ${verdict.reasons.join(" ")}`;
};

test("a good pass is valid, and its content is told", async () => {
  const found = await judged();
  expect(found.verdict).toEqual({ level: "green", code: "valid", reasons: ["valid"], awaitsPlate: false, keepReading: false });
  expect(found.credential).toEqual(PASS);
  expect([found.listSeq, found.listAge]).toEqual([10, NOON - Date.parse("2022-04-10T04:00:00Z")]);
});

test("the colour comes with the plate", async () => {
  expect((await judged({}, { plateSeen: "unknown" })).verdict.awaitsPlate).toBe(true);
  expect(await reasons(judged({}, { plateSeen: "differs" }))).toBe("red: plate_mismatch");
});

describe("keys and issuers", () => {
  test("forged: told at the second read, and nothing of its content", async () => {
    expect((await judged({}, { reads: 1 }, keys.nobody)).verdict.keepReading).toBe(true);
    const found = await judged({}, {}, keys.nobody);
    expect([found.verdict.code, found.verdict.keepReading, found.credential]).toEqual(["bad_signature", false, null]);
  });

  test("a key that is lost", async () => {
    expect(await reasons(judged({ key: 1 }, {}, keys.bad))).toBe("red: key_revoked");
  });

  test("a made-up key of ours is red while the server has confirmed the trust list within a day", async () => {
    const made = { key: 9 };
    expect(await reasons(judged(made))).toBe("red: unknown_key");
    expect(await reasons(judged(made, { trustConfirmedAt: NOON - DAY + 1 }))).toBe("red: unknown_key");
    expect(await reasons(judged(made, { trustConfirmedAt: NOON - DAY }))).toBe("amber: unknown_key");
  });

  test("from a colleague's phone only the signature tells how old the trust list is", async () => {
    expect(await reasons(judged({ key: 9 }, { trustConfirmedAt: null }))).toBe("amber: unknown_key");
    const fresh = await trusted({ issued_at: "2022-04-10T06:00:00+00:00" });
    expect(await reasons(judged({ key: 9 }, { trustConfirmedAt: null, trust: fresh }))).toBe("red: unknown_key");
  });

  test("with an untrusted clock no list is surely young", async () => {
    const time = { low: NOON, high: NOON + 366 * DAY, trusted: false };
    expect(await reasons(judged({ key: 9 }, { time }))).toBe("amber: unknown_key clock_untrusted near_edge");
  });

  test("an issuer nobody listed, of another province or of ours", async () => {
    for (const area of ["370100", "220999"]) {
      expect(await reasons(judged({ area }))).toBe("amber: unknown_issuer no_list");
    }
  });

  test("another province's pass after its list was taken over: good signature, no status", async () => {
    const found = judged(THEIR_PASS, {}, keys.theirs);
    expect(await reasons(found)).toBe("amber: no_list");
    expect((await found).credential?.area).toBe("210100");
    expect((await found).listAge).toBeNull();
    expect(await reasons(judged(THEIR_PASS))).toBe("red: bad_signature no_list");
    expect(await reasons(judged({ ...THEIR_PASS, key: 3 }, {}, keys.theirs))).toBe("amber: unknown_key no_list");
  });

  test("without a trust list", async () => {
    expect(await reasons(judged({}, { trust: null, status: null }))).toBe("amber: unknown_issuer no_list");
  });

  test("n − s in the place of s", async () => {
    const bytes = await sealed(keys.ours, PASS);
    const mark = bytes.slice(-64);
    const s = BigInt(`0x${Buffer.from(mark.slice(32)).toString("hex")}`);
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const other = Uint8Array.from([...bytes.slice(0, -64), ...withHalf(mark, n - s)]);
    expect(await reasons(judgeReading(around({ text: textOf(other) })))).toBe("red: not_canonical");
  });
});

describe("the status list", () => {
  test.each([
    ["bits", { areas: [{ area: "220100", base: 1, high: 9, bits: "111131111" }] }, "red: revoked"],
    ["suspended", { areas: [{ area: "220100", base: 1, high: 9, bits: "111121111" }] }, "red: suspended"],
    ["surrendered", { areas: [{ area: "220100", base: 1, high: 9, bits: "111141111" }] }, "red: surrendered"],
    ["superseded", { areas: [{ area: "220100", base: 1, high: 9, bits: "111151111" }] }, "red: superseded"],
    ["never issued", { areas: [{ area: "220100", base: 1, high: 9, bits: "111101111" }] }, "red: never_issued"],
    ["a state to come", { areas: [{ area: "220100", base: 1, high: 9, bits: "1111f1111" }] }, "amber: no_list"],
    ["below the base", { areas: [{ area: "220100", base: 6, high: 9, bits: "1111" }] }, "red: never_issued"],
    ["above high water", { areas: [{ area: "220100", base: 1, high: 4, bits: "1111" }] }, "amber: issued_after_last_sync"],
    ["an area that had issued nothing", { areas: [] }, "amber: issued_after_last_sync"],
    ["a newer revision", { revised: [["220100000005", 1]] }, "red: superseded"],
    ["seen elsewhere", { watch: ["220100000005"] }, "amber: seen_elsewhere"],
  ])("%s", async (_, change, expected) => {
    expect(await reasons(judged({}, { status: await listed(change) }))).toBe(expected);
  });

  test("a revision the list doesn't know yet", async () => {
    expect(await reasons(judged({ revision: 1 }))).toBe("amber: issued_after_last_sync");
    expect(await reasons(judged({ serial: 6, revision: 2 }))).toBe("green: valid");
  });

  test("of a pass that was over when the list was made it tells no revision any more", async () => {
    const over = { revision: 1, notBefore: START, notAfter: Date.parse("2022-04-10T03:00:00Z") };
    expect(await reasons(judged(over))).toBe("red: expired");
  });

  test.each([
    [0, "green: valid"],
    [24 * HOUR - 1, "green: valid"],
    [24 * HOUR, "amber: list_old"],
    [72 * HOUR, "amber: list_old"],
    [72 * HOUR + 1, "amber: list_very_old"],
  ])("%d ms old", async (age, expected) => {
    const low = Date.parse("2022-04-10T04:00:00Z") + age;
    const long = { notAfter: START + 30 * DAY };
    expect(await reasons(judged(long, { time: { low, high: low, trusted: true } }))).toBe(expected);
  });

  test("none received yet", async () => {
    expect(await reasons(judged({}, { status: null }))).toBe("amber: no_list");
  });
});

describe("where and when", () => {
  test.each([
    [{ road: "G102", county: "" }, "green: valid"],
    [{ road: "", county: "110115" }, "green: valid"],
    [{ road: "S1", county: "220221" }, "green: valid"],
    [{ road: "S1", county: "220300" }, "amber: off_route"],
    [{ road: "", county: "" }, "green: valid"],
    [null, "green: valid"],
  ])("at %j", async (point, expected) => expect(await reasons(judged({}, { point }))).toBe(expected));

  test("an untrusted clock is told and never refuses by itself", async () => {
    const time = { low: START - 400 * DAY, high: START - 400 * DAY + 800 * DAY, trusted: false };
    expect(await reasons(judged({}, { time }))).toBe("amber: clock_untrusted near_edge");
  });

  test("a clock that is behind for certain still calls an over pass over", async () => {
    const low = PASS.notAfter + HOUR;
    const time = { low, high: low + 366 * DAY, trusted: false };
    expect(await reasons(judged({}, { time }))).toBe("red: expired clock_untrusted list_old");
  });
});

test("what is no pass", async () => {
  for (const text of ["", "https://example.com/win", "220100000005", "K7QM-0012-T", "WIFI:S:free;;", "\0\ufffd"]) {
    const found = await judgeReading(around({ text, reads: 1 }));
    expect([found.verdict.code, found.credential, found.text]).toEqual(["malformed", null, text]);
  }
});

test("a vehicle without a code", () => {
  const found = judgeNothing(around({ means: "plate" }));
  expect([found.verdict.level, found.verdict.code, found.text, found.means]).toEqual(["blue", "no_pass", null, "plate"]);
});

test("a pass of the book is judged by the status list as if its code had been read", async () => {
  const inBook = { ...PASS, key: -1 };
  const found = judgeListed(inBook, around({ means: "book" }));
  expect([found.verdict.code, found.credential, found.text]).toEqual(["valid", inBook, null]);
  const revoked = await listed({ areas: [{ area: "220100", base: 1, high: 9, bits: "111131111" }] });
  expect(judgeListed(inBook, around({ status: revoked })).verdict.code).toBe("revoked");
  expect(judgeListed(inBook, around({ status: null })).verdict.code).toBe("no_list");
  expect(judgeListed(inBook, around({ plateSeen: "unknown" })).verdict.awaitsPlate).toBe(true);
});
