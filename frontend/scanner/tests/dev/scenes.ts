import type { KeptScan } from "../../core/desk";
import type { Read } from "../../ui/eyes";
import { FakeDesk, LONG_PASS, NOW, PASS, slipOf } from "../fake_desk";
import type { Code } from "../fake_desk";

/** A moment to look at. */
export interface Scene {
  readonly hash?: string;
  readonly reads?: readonly Read[];
  readonly prepare?: (desk: FakeDesk) => void;
}

const read = (text: string): Read => ({ text, quality: null });
const HOUR = 3_600_000;

function scanned(code: Code, more: (desk: FakeDesk) => void = () => undefined): Scene {
  return {
    reads: [read("code")],
    prepare: (desk) => {
      desk.codes.set("code", code);
      more(desk);
    },
  };
}

const offline = (desk: FakeDesk): void => {
  desk.sync.value = { ...desk.sync.value, online: false, waiting: 12, lastSync: NOW - 7 * HOUR, problem: "offline" };
};

function withLog(desk: FakeDesk): void {
  const codes: [string, Code][] = [
    ["a", { pass: PASS, facts: {} }],
    ["b", { pass: LONG_PASS, facts: { checkpoint: { road: "G9", county: "110101" } } }],
    ["c", { pass: { ...PASS, plate: "辽B7K21P", plateColour: 0 }, facts: { status: 3 } }],
    ["d", { pass: PASS, forged: true, facts: {} }],
  ];
  for (const [text, code] of codes) desk.codes.set(text, code);
  const line = (text: string, nth: number): KeptScan => {
    const judged = desk.judged(text, "camera", "matches");
    return { eventId: `e${nth}`, judged, plate: judged.credential?.plate ?? "?", at: NOW - nth * 240_000 };
  };
  const act = (scan: KeptScan, action: "passed" | "held" | "undone") => ({ eventId: "x", scanId: scan.eventId, action, reason: null, at: scan.at });
  codes.forEach(([text], nth) => {
    const scan = line(text, nth);
    const action = nth === 3 ? null : act(scan, nth === 2 ? "held" : "passed");
    desk.lines.push({ scan, action, uploaded: nth === 1, problem: nth === 2 ? "event.ahead" : null });
  });
}

const REQUEST = { plate: "吉C88888", plateColour: 1, goods: 7, goodsWords: null, destination: "222426", driverLast4: "123X", phone: null };

/** By name. */
export const SCENES: Readonly<Record<string, Scene>> = {
  scan: { hash: "scan" },
  scan_offline: { hash: "scan", prepare: offline },
  banners: {
    hash: "scan",
    prepare: (desk) => {
      offline(desk);
      desk.trusted = false;
      desk.storage.value = { ...desk.storage.value, health: "full" };
      desk.updateReady.value = true;
    },
  },
  frame: { reads: [read("CT1:abc")] },
  green: scanned({ pass: PASS, facts: {} }),
  long: scanned({ pass: LONG_PASS, facts: { checkpoint: { road: "G9", county: "110101" }, listAge: 80 * HOUR, seenElsewhere: true }, seenHere: 4 }, offline),
  expired: scanned({ pass: PASS, facts: { low: NOW + 90 * HOUR, high: NOW + 90 * HOUR } }),
  revoked: scanned({ pass: PASS, facts: { status: 3 } }),
  forged: scanned({ pass: PASS, forged: true, facts: {} }),
  notkept: scanned({ pass: PASS, facts: { status: 3 } }, (desk) => desk.troubles.set("keepScan", "storage.full")),
  choose: {
    reads: [read("one"), read("two")],
    prepare: (desk) => {
      desk.codes.set("one", { pass: PASS, facts: {} });
      desk.codes.set("two", { pass: LONG_PASS, facts: { status: 3 } });
    },
  },
  nopass: { hash: "nopass" },
  lookup: { hash: "lookup" },
  more: { hash: "more", prepare: (desk) => (desk.slips.value = [slipOf(REQUEST, "issued")]) },
  log: { hash: "log", prepare: withLog },
  sync: {
    hash: "sync",
    prepare: (desk) => {
      withLog(desk);
      offline(desk);
      desk.sync.value = { ...desk.sync.value, refused: 1 };
    },
  },
  duty: {
    hash: "duty",
    prepare: (desk) => {
      const counts = { scans: 128, green: 96, amber: 14, red: 7, blue: 11, passed: 121, turned_back: 3, held: 2, offline: 40 };
      desk.sheet = { officer: "王海涛", since: NOW - 6 * HOUR, counts };
    },
  },
  points: { hash: "points" },
  settings: { hash: "settings" },
  give: {
    hash: "give",
    prepare: (desk) => {
      desk.frames = Array.from({ length: 9 }, (_, nth) => `CT1:${String(nth).repeat(8)}${"A1B2C3D4E5".repeat(43)}`);
    },
  },
  take: { hash: "take" },
  issue: { hash: "issue" },
  issue_offline: { hash: "issue", prepare: offline },
  slips: {
    hash: "slips",
    prepare: (desk) => {
      desk.slips.value = [slipOf(REQUEST, "waiting"), slipOf({ ...REQUEST, plate: "黑A0001D" }, "issued"), slipOf({ ...REQUEST, plate: "蒙E00012" }, "failed")];
    },
  },
  intro: {},
  enrol: { hash: "enrol", prepare: (desk) => (desk.standing.value = { state: "not_enrolled" }) },
  ended: { prepare: (desk) => (desk.standing.value = { state: "ended", why: "revoked", waiting: 12 }) },
  elsewhere: { prepare: (desk) => (desk.elsewhere.value = true) },
};
