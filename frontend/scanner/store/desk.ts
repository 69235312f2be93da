import { computed, signal } from "@preact/signals";

import { Trouble } from "../core/desk";
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
import type { Judged, Means, PlateSeen, Point, ReadQuality, TrustedTime } from "../core/types";
import { thisBrowser } from "./browser";
import type { Browser } from "./browser";
import { memberIn } from "./context";
import { Engine } from "./engine";
import { FrameCollector, framesOf } from "./frames";
import { askToPersist, roomLeft } from "./health";
import { isFull } from "./outbox";
import { ServerTrouble, Unreached, codeOf } from "./remote";
import { DATABASE, openStore } from "./schema";
import type { Store } from "./schema";
import { OneTab } from "./tabs";
import { AppUpdates } from "./updates";

const NO_LISTS: ListState = {
  statusSeq: null,
  statusAsOf: null,
  trustSeq: null,
  trustAsOf: null,
  bookPasses: null,
  bookAsOf: null,
};
const NO_SYNC: SyncState = { waiting: 0, lastSync: null, online: true, busy: false, problem: null, refused: 0 };

/** The desk over this browser's own database and network. */
export function openDesk(): Desk {
  return new BrowserDesk(thisBrowser(DATABASE));
}

/** The desk: whichever tab has it runs an engine; the others show that it is elsewhere. */
export class BrowserDesk implements Desk {
  private readonly engine = signal<Engine | null>(null);
  /** A browser that opens no database can be no device. */
  private readonly homeless = signal(false);
  readonly standing = computed<Standing>(() => {
    if (this.homeless.value) return { state: "not_enrolled" };
    return this.engine.value?.membership.standing.value ?? { state: "starting" };
  });
  readonly sync = computed<SyncState>(() => this.engine.value?.sync.state.value ?? NO_SYNC);
  readonly lists = computed<ListState>(() => this.engine.value?.lists.state.value ?? NO_LISTS);
  readonly names = computed<Names | null>(() => this.engine.value?.lists.names.value ?? null);
  readonly slips = computed<readonly SlipState[]>(() => this.engine.value?.slips.all.value ?? []);
  readonly storage = signal<StorageState>({ persisted: false, health: "ok", appKept: false });
  readonly elsewhere = signal(false);
  readonly updateReady = signal(false);
  private readonly tab: OneTab;
  private readonly updates: AppUpdates;
  private readonly collector = new FrameCollector();
  private waiting: AbortController | null = null;

  constructor(private readonly browser: Browser) {
    this.tab = new OneTab(browser.locks, () => this.lose());
    const told = {
      ready: () => (this.updateReady.value = true),
      kept: (appKept: boolean) => this.note({ appKept }),
    };
    this.updates = new AppUpdates(browser.workers, told, browser.reload);
  }

  async start(): Promise<void> {
    this.browser.listen({
      connection: () => this.engine.value?.sync.connection(),
      visibility: () => this.woke(),
    });
    // Without a worker the app works as long as there is a network; that must not keep it from starting.
    this.updates.start().catch((problem: unknown) => console.warn("no service worker", problem));
    if (await this.tab.have()) return this.begin();
    this.elsewhere.value = true;
    this.waitForTab();
  }

  async takeOver(): Promise<void> {
    this.waiting?.abort();
    if (await this.tab.take()) await this.begin();
  }

  async update(): Promise<void> {
    await this.engine.value?.roadside.finish();
    this.engine.value?.stop();
    this.updates.apply();
  }

  async enrol(code: string): Promise<void> {
    await this.running().enrol(code);
    this.note({ health: "ok" });
    await this.lookAtStorage();
  }

  async points(): Promise<readonly Point[]> {
    const engine = this.running();
    const { token } = memberIn(engine.context);
    return told(() => engine.lists.points(token));
  }

  moveTo(code: string): Promise<"moved" | "marked"> {
    return told(() => this.running().moveTo(code));
  }

  now(): TrustedTime {
    const device = this.browser.deviceTime();
    return this.engine.value?.clock.now() ?? { low: device, high: device, trusted: false };
  }

  async judgeText(text: string, means: Means, quality: ReadQuality | null): Promise<Judged> {
    const engine = await this.ready();
    return engine.roadside.judgeText(text, means, quality);
  }

  remember(judged: Judged): Promise<void> {
    return this.running().roadside.remember(judged);
  }

  async lookUp(entered: string): Promise<readonly Judged[]> {
    const engine = await this.ready();
    return engine.roadside.lookUp(entered);
  }

  async judgeNoPass(plate: string): Promise<Judged> {
    const engine = await this.ready();
    return engine.roadside.judgeNoPass(plate);
  }

  compared(judged: Judged, seen: PlateSeen): Promise<Judged> {
    return this.running().roadside.compared(judged, seen);
  }

  keepScan(judged: Judged, seen: PlateSeen, seenPlate: string | null): Promise<KeptScan> {
    return this.kept((engine) => engine.roadside.keepScan(judged, seen, seenPlate));
  }

  keepAction(
    scan: KeptScan,
    action: "passed" | "turned_back" | "held",
    reason: string | null,
  ): Promise<KeptAction> {
    return this.kept((engine) => engine.roadside.keepAction(scan, action, reason));
  }

  undo(action: KeptAction): Promise<void> {
    return this.kept((engine) => engine.roadside.undo(action));
  }

  log(limit: number): Promise<readonly LogLine[]> {
    return this.running().roadside.log(limit);
  }

  syncNow(): Promise<void> {
    return this.running().sync.now();
  }

  shift(): Promise<ShiftSheet | null> {
    return this.running().shift();
  }

  handOver(officer: string, note: string | null): Promise<void> {
    return this.kept((engine) => engine.handOver(officer, note));
  }

  askForPass(request: SlipRequest): Promise<SlipState> {
    return this.kept((engine) => engine.slips.ask(request));
  }

  slipSeen(eventId: string): Promise<void> {
    return this.running().slips.seen(eventId);
  }

  async framesToGive(): Promise<readonly string[]> {
    const parcel = await this.running().lists.parcel();
    if (!parcel) throw new Trouble("lists.none");
    return framesOf(parcel);
  }

  async takeFrame(text: string): Promise<{ readonly have: number; readonly of: number; readonly taken: TakenOver | null }> {
    const engine = this.running();
    const { roots } = memberIn(engine.context);
    const { have, of, parcel } = (await this.collector.take(text)) ?? { have: 0, of: 0, parcel: null };
    return { have, of, taken: parcel && (await engine.lists.takeOver(parcel, roots)) };
  }

  forgetFrames(): void {
    this.collector.forget();
  }

  private async begin(): Promise<void> {
    this.elsewhere.value = false;
    this.engine.value?.stop();
    const store = await this.open();
    if (!store) return;
    const outside = { storage: () => this.storage.value, failed: (problem: unknown) => this.noteFailure(problem) };
    const engine = new Engine(store, this.browser, outside, (await store.get("clock", "state")) ?? null);
    this.engine.value = engine;
    if ((await engine.start()) === "lost") this.note({ health: "lost" });
    await this.lookAtStorage();
  }

  /** The database; null in a private window, or where storage is forbidden: no event could be kept there. */
  private async open(): Promise<Store | null> {
    try {
      return await openStore({ blocking: () => this.lose(), terminated: () => this.reopen() }, this.browser.database);
    } catch (problem) {
      console.warn("no database", problem);
      this.homeless.value = true;
      this.note({ health: "private" });
      return null;
    }
  }

  /** The browser closed the database, as it does when somebody clears its data: what is left is looked at anew. */
  private reopen(): void {
    this.note({ health: "lost" });
    void this.begin();
  }

  private lose(): void {
    this.engine.value?.stop();
    this.engine.value = null;
    this.elsewhere.value = true;
    this.tab.letGo();
    this.waitForTab();
  }

  private waitForTab(): void {
    if (!this.browser.locks) return;
    const waiting = new AbortController();
    this.waiting = waiting;
    void this.tab.wait(waiting.signal).then((free) => (free ? this.begin() : undefined));
  }

  private woke(): void {
    this.engine.value?.sync.woke();
    if (this.browser.visible()) {
      this.updates.look().catch((problem: unknown) => console.info("no update", problem));
    }
  }

  private running(): Engine {
    const { value } = this.engine;
    if (value) return value;
    if (this.homeless.value) throw new Trouble("storage.private");
    throw new Trouble(this.elsewhere.value ? "desk.elsewhere" : "desk.starting");
  }

  private async ready(): Promise<Engine> {
    const engine = this.running();
    await engine.loaded;
    return engine;
  }

  private async kept<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    try {
      return await work(this.running());
    } catch (problem) {
      this.noteFailure(problem);
      throw problem;
    }
  }

  private noteFailure(problem: unknown): void {
    const isFullNow = isFull(problem) || (problem instanceof Trouble && problem.code === "storage.full");
    if (isFullNow) this.note({ health: "full" });
    else if (!(problem instanceof Trouble)) console.error("not kept", problem);
  }

  private async lookAtStorage(): Promise<void> {
    const enrolled = this.standing.value.state === "enrolled";
    const persisted = enrolled && (await askToPersist(this.browser.storage));
    const room = await roomLeft(this.browser.storage);
    const { health } = this.storage.value;
    this.note({ persisted, health: health === "ok" || health === "full" ? room : health });
  }

  private note(change: Partial<StorageState>): void {
    this.storage.value = { ...this.storage.value, ...change };
  }
}

/** Problems of the network and the server as the screens know them. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if (problem instanceof Unreached || problem instanceof ServerTrouble) throw new Trouble(codeOf(problem));
    throw problem;
  }
}
