/** A desk that keeps everything in memory, for the tests of the screens and for the page on which they are drawn. */

import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { judge } from "../core/judge";
import { FRAME_PREFIX, Trouble } from "../core/desk";
import type {
  Desk,
  KeptAction,
  KeptScan,
  ListState,
  LogLine,
  Names,
  ShiftSheet,
  SlipRequest,
  SlipState,
  Standing,
  StorageState,
  SyncState,
  TakenOver,
} from "../core/desk";
import type { Credential, Facts, Judged, Means, PlateSeen, Point, ReadQuality, TrustedTime } from "../core/types";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** 2022-04-16 23:14 in Changchun. */
export const NOW = Date.UTC(2022, 3, 16, 15, 14);

/** Where the phone of the fake stands. */
export const POINT: Point = {
  code: "CP001",
  name: "京哈高速吉辽省界五里坡检查站",
  county: "220303",
  road: "G1",
  direction: "inbound",
  stake: "K785+600",
  may_issue: true,
};

/** Points near and far. */
export const POINTS: readonly Point[] = [
  POINT,
  { ...POINT, code: "CP002", name: "京哈高速吉黑省界拉林河检查站", county: "220781", stake: "K1063+200" },
  { ...POINT, code: "CP021", name: "四平市铁东区城市出口检查站", road: "G102", may_issue: false },
  { ...POINT, code: "CP022", name: "梨树县集锡线检查站", county: "220322", road: "G2515", may_issue: false },
  { ...POINT, code: "CP009", name: "鹤大高速吉黑省界小沟岭检查站", county: "222403", road: "G11", stake: "K531+400" },
];

/** A pass in order at `POINT`. */
export const PASS: Credential = {
  version: 1,
  key: 3,
  area: "220100",
  serial: 1234,
  sector: 0,
  kind: 0,
  revision: 0,
  plate: "吉A12345",
  plateColour: 1,
  origin: "210102",
  destination: "220102",
  stops: ["220303"],
  roads: ["G1", "G102"],
  goods: 7,
  notBefore: NOW - DAY,
  notAfter: NOW + 2 * DAY,
  drivers: ["123X"],
  number: "220100001234",
};

/** The longest a pass can be: a far county, three drivers, three stops, seven roads, a large new-energy plate. */
export const LONG_PASS: Credential = {
  ...PASS,
  plate: "新F12345D",
  plateColour: 3,
  origin: "654026",
  stops: ["652223", "622924", "152224"],
  destination: "222426",
  roads: ["G30", "G7", "G0102", "G1", "G12", "S1116", "X0042"],
  drivers: ["123X", "4567", "890X"],
  goods: 44,
  number: "220100999999",
};

/** Names as of a trust list. */
export const NAMES: Names = {
  issuers: new Map([
    ["220100", { area: "220100", name: { zh: "长春市", en: "Changchun" }, phone: "0431-85097301", ours: true, keys: new Map() }],
  ]),
  sectors: new Map([[0, { zh: "交通运输", en: "Transport" }]]),
  kinds: new Map([
    [0, { zh: "重点物资运输车辆通行证", en: "Pass for vehicles carrying key goods" }],
    [1, { zh: "吉林省疫情防控应急物资通行证", en: "Jilin pass for emergency epidemic-control goods" }],
  ]),
  goods: new Map([
    [0, { item: "test_reagents", category: "medical", name: { zh: "检测试剂与采样物资", en: "Test reagents and sampling kits" } }],
    [1, { item: "medicines", category: "medical", name: { zh: "药品", en: "Medicines" } }],
    [7, { item: "vegetables", category: "daily_necessities", name: { zh: "蔬菜水果", en: "Fruit and vegetables" } }],
    [8, { item: "grain_oil", category: "daily_necessities", name: { zh: "粮油", en: "Grain and cooking oil" } }],
    [20, { item: "seed_fertiliser", category: "agriculture", name: { zh: "种子、化肥、农药", en: "Seeds, fertiliser, pesticides" } }],
    [44, { item: "auto_parts", category: "key_industrial", name: { zh: "汽车零部件（一汽集团生产配套）", en: "Vehicle parts" } }],
  ]),
};

/** Facts under which everything is in order. */
export const IN_ORDER: Facts = {
  low: NOW,
  high: NOW,
  clockTrusted: true,
  issuerKnown: true,
  keyState: "signing",
  areaIsOurs: true,
  trustAge: HOUR,
  listAge: 3 * HOUR,
  status: 1,
  aboveHighWater: false,
  belowBase: false,
  currentRevision: 0,
  seenElsewhere: false,
  checkpoint: { road: POINT.road, county: POINT.county },
  plateSeen: "unknown",
  reads: 2,
};

/** What a text means to the fake: a pass and its facts, or nothing that can be read. */
export interface Code {
  readonly pass: Credential | null;
  readonly facts: Partial<Facts>;
  readonly forged?: boolean;
  readonly seenHere?: number;
}

/** What tests and pictures turn. */
export class FakeDesk implements Desk {
  readonly standing: Signal<Standing>;
  readonly sync = signal<SyncState>({ waiting: 0, lastSync: NOW - 60_000, online: true, busy: false, problem: null, refused: 0 });
  readonly lists = signal<ListState>({
    statusSeq: 812,
    statusAsOf: NOW - 3 * HOUR,
    trustSeq: 4,
    trustAsOf: NOW - DAY,
    bookPasses: 18_204,
    bookAsOf: NOW - 5 * HOUR,
  });
  readonly names = signal<Names | null>(NAMES);
  readonly storage = signal<StorageState>({ persisted: true, health: "ok", appKept: true });
  readonly slips = signal<readonly SlipState[]>([]);
  readonly elsewhere = signal(false);
  readonly updateReady = signal(false);

  time = NOW;
  trusted = true;
  readonly codes = new Map<string, Code>();
  readonly scans: { judged: Judged; seen: PlateSeen; seenPlate: string | null }[] = [];
  readonly lines: LogLine[] = [];
  book: readonly Judged[] | null = [];
  frames: readonly string[] = [];
  transfer: readonly { have: number; of: number; taken: TakenOver | null }[] = [];
  /** Codes of troubles by the name of the method that throws them. */
  readonly troubles = new Map<string, string>();
  readonly calls: string[] = [];
  sheet: ShiftSheet | null = null;

  constructor(point: Point = POINT) {
    const device = { id: "d", name: "五里坡 2 号机", code: "K7QM", point, expiresAt: NOW + 60 * DAY };
    this.standing = signal<Standing>({ state: "enrolled", device });
  }

  async start(): Promise<void> {}

  async takeOver(): Promise<void> {
    this.elsewhere.value = false;
  }

  async update(): Promise<void> {
    this.#called("update");
  }

  async enrol(code: string): Promise<void> {
    this.#called(`enrol ${code}`);
    const device = { id: "d", name: "五里坡 2 号机", code: "K7QM", point: POINT, expiresAt: NOW + 60 * DAY };
    this.standing.value = { state: "enrolled", device };
  }

  async points(): Promise<readonly Point[]> {
    this.#called("points");
    return POINTS;
  }

  async moveTo(code: string): Promise<"moved" | "marked"> {
    this.#called(`moveTo ${code}`);
    return code === "CP009" ? "marked" : "moved";
  }

  now(): TrustedTime {
    return { low: this.time, high: this.time, trusted: this.trusted };
  }

  async judgeText(text: string, means: Means, quality: ReadQuality | null): Promise<Judged> {
    this.#called("judgeText");
    return this.judged(text, means, "unknown", quality);
  }

  /** The verdict of the real judge on what the fake was told a text means. */
  judged(text: string, means: Means, seen: PlateSeen, quality: ReadQuality | null = null): Judged {
    const code = this.codes.get(text) ?? { pass: null, facts: {} };
    const facts = { ...IN_ORDER, ...code.facts, plateSeen: seen };
    const verdict = judge(code.pass ?? "malformed", code.forged ? "bad" : "good", facts);
    return {
      verdict,
      credential: code.forged ? null : code.pass,
      text,
      means,
      quality,
      time: this.now(),
      listAge: facts.listAge,
      listSeq: 812,
      seenHere: code.seenHere === undefined ? null : { minutesAgo: code.seenHere },
    };
  }

  async remember(): Promise<void> {
    this.#called("remember");
  }

  async lookUp(entered: string): Promise<readonly Judged[]> {
    this.#called(`lookUp ${entered}`);
    if (this.book === null) throw new Trouble("book.none");
    return this.book.filter(({ credential }) => credential?.plate === entered || credential?.number === entered);
  }

  async judgeNoPass(plate: string): Promise<Judged> {
    this.#called(`judgeNoPass ${plate}`);
    return this.noPass();
  }

  noPass(): Judged {
    return {
      verdict: judge(null, "not_checked", IN_ORDER),
      credential: null,
      text: null,
      means: "plate",
      quality: null,
      time: this.now(),
      listAge: null,
      listSeq: 812,
      seenHere: null,
    };
  }

  async compared(judged: Judged, seen: PlateSeen): Promise<Judged> {
    const again = this.judged(judged.text ?? "", judged.means, seen, judged.quality);
    return { ...again, means: judged.means };
  }

  async keepScan(judged: Judged, seen: PlateSeen, seenPlate: string | null): Promise<KeptScan> {
    this.#called("keepScan");
    this.scans.push({ judged, seen, seenPlate });
    const plate = judged.credential?.plate ?? seenPlate ?? "?";
    const scan = { eventId: `scan-${this.scans.length}`, judged, plate, at: this.time };
    this.lines.unshift({ scan, action: null, uploaded: false, problem: null });
    return scan;
  }

  async keepAction(scan: KeptScan, action: KeptAction["action"], reason: string | null): Promise<KeptAction> {
    this.#called(`keepAction ${action} ${reason ?? "-"}`);
    return { eventId: `action-${this.calls.length}`, scanId: scan.eventId, action, reason, at: this.time };
  }

  async undo(action: KeptAction): Promise<void> {
    this.#called(`undo ${action.eventId}`);
    if (this.time - action.at > 120_000) throw new Trouble("action.undo_too_late");
  }

  async log(limit: number): Promise<readonly LogLine[]> {
    return this.lines.slice(0, limit);
  }

  async syncNow(): Promise<void> {
    this.#called("syncNow");
  }

  async shift(): Promise<ShiftSheet | null> {
    return this.sheet;
  }

  async handOver(officer: string, note: string | null): Promise<void> {
    this.#called(`handOver ${officer} ${note ?? "-"}`);
  }

  async askForPass(request: SlipRequest): Promise<SlipState> {
    this.#called(`askForPass ${JSON.stringify(request)}`);
    const slip = slipOf(request, this.sync.value.online ? "issued" : "waiting");
    this.slips.value = [slip, ...this.slips.value];
    return slip;
  }

  async slipSeen(eventId: string): Promise<void> {
    this.slips.value = this.slips.value.map((slip) => (slip.eventId === eventId ? { ...slip, seen: true } : slip));
  }

  async framesToGive(): Promise<readonly string[]> {
    this.#called("framesToGive");
    return this.frames;
  }

  async takeFrame(text: string): Promise<{ have: number; of: number; taken: TakenOver | null }> {
    this.#called("takeFrame");
    const at = Number(text.slice(FRAME_PREFIX.length));
    return this.transfer[at] ?? { have: 0, of: 1, taken: null };
  }

  forgetFrames(): void {}

  #called(what: string): void {
    this.calls.push(what);
    const name = what.split(" ")[0] ?? what;
    const code = this.troubles.get(name);
    if (code !== undefined) throw new Trouble(code);
  }
}

/** A pass's text with as many digits as a real one of three roads and one driver. */
export const PASS_TEXT = `https://tongxing.jl.gov.cn/p/${"0123456789".repeat(24)}0123`;

/** A slip in one of its states. */
export function slipOf(request: SlipRequest, state: SlipState["state"]): SlipState {
  return {
    eventId: `slip-${state}-${request.plate}`,
    code: "K7QM-0012-5",
    request,
    madeAt: NOW,
    state,
    pass: state === "issued" ? { number: "220000000042", text: PASS_TEXT, checkCode: "7KQ2MX", notAfter: NOW + 3 * DAY } : null,
    problem:
      state === "failed"
        ? { code: "slip.no_number", title: "本地区的通行证编号已用完，没有核发。", next: ["请致电省交通管控组。", "车辆符合防疫要求的，应当放行。"] }
        : null,
    seen: false,
  };
}
