import { computed } from "@preact/signals";
import { uuidv7 } from "uuidv7";

import { TrustedClock } from "../core/clock";
import { Trouble } from "../core/desk";
import type { ShiftSheet, StorageState } from "../core/desk";
import { shiftBody } from "./bodies";
import type { Browser } from "./browser";
import { memberIn } from "./context";
import type { Context } from "./context";
import { Memory } from "./health";
import { Lists } from "./lists";
import { APP_VERSION, Membership, endingIn } from "./membership";
import { countOf, forgetOld, keepEvents } from "./outbox";
import { Remote } from "./remote";
import { Roadside } from "./roadside";
import type { Store } from "./schema";
import { NOTHING } from "./shifts";
import { Slips } from "./slips";
import { Sync } from "./sync";
import type { Step } from "./sync";
import { Uploader, exclusively } from "./upload";

const MINUTE = 60_000;
/** How often the phone asks whether its token is still good, and how often it says how it is. */
const CONFIRM_EVERY = MINUTE;
const REPORT_EVERY = 5 * MINUTE;

/** What the desk around an engine is told and tells. */
export interface Outside {
  readonly storage: () => StorageState;
  readonly failed: (problem: unknown) => void;
}

/** Everything behind the screens for as long as this tab has the database. */
export class Engine {
  readonly clock: TrustedClock;
  readonly lists: Lists;
  readonly membership: Membership;
  readonly roadside: Roadside;
  readonly slips: Slips;
  readonly sync: Sync;
  /** Resolves once the kept lists are in memory. */
  readonly loaded: Promise<void>;
  readonly context: Context;
  private readonly remote: Remote;
  private readonly uploader: Uploader;
  private loadedNow: () => void = () => undefined;
  private confirmedAt = Number.NEGATIVE_INFINITY;
  private reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly browser: Browser,
    private readonly outside: Outside,
    kept: ConstructorParameters<typeof TrustedClock>[1],
  ) {
    this.remote = new Remote(browser.fetch);
    this.clock = new TrustedClock({ device: browser.deviceTime, monotonic: browser.ticks }, kept);
    this.lists = new Lists(store, this.remote, this.clock);
    this.membership = new Membership(store, this.remote, this.lists, this.clock, new Memory(browser.marker));
    this.uploader = new Uploader(store, this.remote);
    this.sync = new Sync(
      { ...browser, now: browser.ticks, stamp: () => this.clock.now().low },
      () => this.steps(),
      () => this.count(),
      (problem) => this.endedBy(problem),
    );
    this.context = {
      store,
      clock: this.clock,
      lists: this.lists,
      deviceTime: browser.deviceTime,
      ticks: browser.ticks,
      self: this.membership.self,
      online: computed(() => this.sync.state.value.online),
      inTouch: this.sync.inTouch,
      happened: () => this.happened(),
      failed: outside.failed,
    };
    this.roadside = new Roadside(this.context);
    this.slips = new Slips(this.context, this.remote);
    this.loaded = new Promise((resolve) => (this.loadedNow = resolve));
  }

  /** Read what is kept, finish what a dead battery interrupted, and begin to talk to the server. */
  async start(): Promise<"ok" | "lost"> {
    const found = await this.membership.load();
    this.membership.begin();
    await this.lists.load(this.membership.self.value?.roots ?? []);
    this.loadedNow();
    await this.roadside.recover();
    await this.slips.load();
    await forgetOld(this.store, this.clock.now().low);
    await this.count();
    const kept = await this.store.get("clock", "state");
    this.sync.start(kept?.signedAt ?? null);
    return found;
  }

  stop(): void {
    this.sync.stop();
    this.store.close();
  }

  async enrol(code: string): Promise<void> {
    await this.membership.enrol(code);
    this.confirmedAt = this.reportedAt = Number.NEGATIVE_INFINITY;
    void this.sync.now();
  }

  async moveTo(code: string): Promise<"moved" | "marked"> {
    const point = (await this.lists.points(memberIn(this.context).token)).find((known) => known.code === code);
    if (!point) throw new Trouble("checkpoint.unknown");
    const moved = await this.membership.moveTo(point);
    await this.sync.happened();
    return moved;
  }

  /** The shift that runs, its officer empty until somebody takes it over; null before anything was checked. */
  async shift(): Promise<ShiftSheet | null> {
    const shift = await this.store.get("shift", "current");
    return shift ? { ...shift, officer: shift.officer ?? "" } : null;
  }

  async handOver(officer: string, note: string | null): Promise<void> {
    const { device } = memberIn(this.context);
    const time = this.clock.now();
    const at = time.low;
    const running = await this.store.get("shift", "current");
    const handed = { eventId: uuidv7(), officer, note };
    const where = { checkpoint: device.point.code, time, deviceAt: this.browser.deviceTime() };
    const body = shiftBody(handed, running?.counts ?? NOTHING, where);
    const draft = { eventId: handed.eventId, deviceId: device.id, kind: "shift", body, at } as const;
    await keepEvents(this.store, [draft], async (keeping) => {
      await keeping.objectStore("shift").put({ officer, since: at, counts: NOTHING }, "current");
      await keeping.objectStore("clock").put(this.clock.state(), "state");
    });
    await this.happened();
  }

  private async happened(): Promise<void> {
    await this.sync.happened();
    if (!this.context.online.value) this.browser.wakeMe();
  }

  private steps(): readonly Step[] {
    const { self } = this.membership;
    const upload = (): Promise<void> => this.upload();
    if (!self.value) return [];
    if (self.value.ended) return [upload];
    return [
      upload,
      () => this.lists.refresh(self.value?.roots ?? []),
      () => this.confirm(),
      () => this.slips.sendWaiting(),
      () => this.lists.refreshBook(memberIn(this.context).token, this.browser.ticks()),
      () => this.report(),
    ];
  }

  private async upload(): Promise<void> {
    await exclusively(this.browser.locks, () => this.uploader.upload());
    await this.membership.forgetTokens();
  }

  private async confirm(): Promise<void> {
    // The first contact after a time without one comes first: a phone that was ended meanwhile must not go on.
    if (this.sync.inTouch.value && this.browser.ticks() - this.confirmedAt < CONFIRM_EVERY) return;
    await this.membership.confirm();
    this.confirmedAt = this.browser.ticks();
  }

  private async report(): Promise<void> {
    if (this.browser.ticks() - this.reportedAt < REPORT_EVERY) return;
    await this.count();
    const { persisted, health } = this.outside.storage();
    const { statusSeq, trustSeq } = this.lists.state.value;
    const body = {
      app_version: APP_VERSION,
      waiting: this.sync.waiting.value,
      refused: this.sync.refused.value,
      status_seq: statusSeq,
      trust_seq: trustSeq,
      book_etag: await this.lists.bookTag(),
      persisted,
      health,
    };
    await this.remote.ask("/api/v1/device/report", { method: "POST", token: memberIn(this.context).token, body });
    this.reportedAt = this.browser.ticks();
  }

  /** A token that was ended: what is on the screen is stored, all of use is wiped, what waits is handed in. */
  private async endedBy(problem: unknown): Promise<boolean> {
    const why = endingIn(problem);
    if (why === null || this.membership.self.value?.ended) return false;
    await this.roadside.finish();
    await this.membership.end(why);
    await this.membership.forgetTokens();
    await this.slips.end(`token.${why}`);
    await this.sync.happened();
    return true;
  }

  private async count(): Promise<void> {
    const [waiting, refused] = await Promise.all([countOf(this.store, "waiting"), countOf(this.store, "refused")]);
    const slips = this.slips.all.value.filter(({ state }) => state === "waiting").length;
    this.sync.waiting.value = waiting + slips;
    this.sync.refused.value = refused;
    this.membership.waiting.value = waiting;
  }
}
