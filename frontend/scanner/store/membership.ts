import { computed, signal } from "@preact/signals";

import type { TrustedClock } from "../core/clock";
import { Trouble } from "../core/desk";
import type { Standing } from "../core/desk";
import type { Point } from "../core/types";
import { readDevice, readEnrolment } from "./answers";
import { memberIn } from "./context";
import type { Memory } from "./health";
import type { Lists } from "./lists";
import { countOf, forgetOld } from "./outbox";
import { ServerTrouble, Unreached, codeOf, jsonOf } from "./remote";
import type { Remote } from "./remote";
import type { DeviceRecord, Store } from "./schema";
import { selfOf } from "./upload";

/** How this app is called towards the server. */
declare const __APP_VERSION__: string;
export const APP_VERSION = typeof __APP_VERSION__ === "string" ? __APP_VERSION__ : "test";

const ENDINGS: Readonly<Record<string, "revoked" | "expired">> = {
  "token.revoked": "revoked",
  "token.expired": "expired",
};
/** Until its events are handed in an ended device keeps its token, which opens nothing else any more. */
const NO_TOKEN = "";

/** Why the server ended our token; null for every other problem. */
export function endingIn(problem: unknown): "revoked" | "expired" | null {
  return problem instanceof ServerTrouble && problem.status === 401 ? (ENDINGS[problem.code] ?? null) : null;
}

/** Whether and as what this phone is enrolled. */
export class Membership {
  readonly self = signal<DeviceRecord | null>(null);
  /** Events that wait, told by the sync. */
  readonly waiting = signal(0);
  private readonly started = signal(false);
  readonly standing = computed<Standing>(() => {
    const self = this.self.value;
    if (!this.started.value) return { state: "starting" };
    if (!self) return { state: "not_enrolled" };
    if (self.ended) return { state: "ended", why: self.ended, waiting: this.waiting.value };
    return { state: "enrolled", device: self.device };
  });

  constructor(
    private readonly store: Store,
    private readonly remote: Remote,
    private readonly lists: Lists,
    private readonly clock: TrustedClock,
    private readonly memory: Memory,
  ) {}

  /** Read what is kept; returns "lost" when this phone was enrolled and the database knows nothing of it. */
  async load(): Promise<"ok" | "lost"> {
    this.self.value = (await selfOf(this.store)) ?? null;
    return !this.self.value && this.memory.enrolled ? "lost" : "ok";
  }

  /** From here on the standing is told. */
  begin(): void {
    this.started.value = true;
  }

  /** Throws Trouble with the server's code, or offline. */
  async enrol(code: string): Promise<void> {
    const body = { code: code.trim(), app_version: APP_VERSION };
    const { device, token, roots, serverTime } = await this.asked(async () =>
      readEnrolment(jsonOf(await this.remote.ask("/api/v1/devices", { method: "POST", body }))),
    );
    await this.lists.wipe();
    // Unsigned, so it tells no more than that it is not earlier; the status list tells the rest.
    this.clock.atLeast(serverTime);
    const transaction = this.store.transaction("device", "readwrite", { durability: "strict" });
    const before = await transaction.store.get("self");
    const record: DeviceRecord = { device, token, roots, ended: null, marked: null };
    // Events of the device this phone was before go up with that device's token.
    if (before?.token) await transaction.store.put(before, before.device.id);
    await Promise.all([transaction.store.put(record, "self"), transaction.done]);
    this.memory.enrolled = true;
    this.self.value = record;
  }

  /** Stand at another point: by the server's leave, else on this phone alone. */
  async moveTo(point: Point): Promise<"moved" | "marked"> {
    const { device } = memberIn(this);
    const marked = await this.askToMove(point.code);
    await this.put({ device: { ...device, point }, marked });
    if (marked === null) await this.lists.forgetBook();
    return marked === null ? "moved" : "marked";
  }

  /** What the server knows of this device now; a move that it was not asked about yet is asked for. */
  async confirm(): Promise<void> {
    const { token, device, marked } = memberIn(this);
    if (marked === "later") {
      const answer = await this.askToMove(device.point.code);
      await this.put({ marked: answer });
      if (answer === null) await this.lists.forgetBook();
    }
    const told = readDevice(jsonOf(await this.remote.ask("/api/v1/device", { token })));
    const point = memberIn(this).marked ? memberIn(this).device.point : told.point;
    if (JSON.stringify({ ...told, point }) !== JSON.stringify(memberIn(this).device)) {
      await this.put({ device: { ...told, point } });
    }
  }

  /** The token was ended: nothing of use stays, and only what waits may still go up. */
  async end(why: "revoked" | "expired"): Promise<void> {
    await this.lists.wipe();
    await Promise.all((["progress", "log", "shift"] as const).map((name) => this.store.clear(name)));
    await this.put({ ended: why, roots: [] });
  }

  /** Once nothing waits any more the tokens of ended devices go too. */
  async forgetTokens(): Promise<void> {
    if ((await countOf(this.store, "waiting")) > 0) return;
    for (const key of await this.store.getAllKeys("device")) {
      if (key !== "self") await this.store.delete("device", key);
    }
    if (this.self.value?.ended && this.self.value.token !== NO_TOKEN) {
      // Plates of other people's vehicles are nothing for a phone that is no device any more.
      await forgetOld(this.store, Number.POSITIVE_INFINITY);
      this.memory.enrolled = false;
      await this.put({ token: NO_TOKEN });
    }
  }

  private async put(change: Partial<DeviceRecord>): Promise<void> {
    const { value } = this.self;
    if (!value) return;
    const record = { ...value, ...change };
    await this.store.put("device", record, "self");
    this.self.value = record;
  }

  private async askToMove(checkpoint: string): Promise<DeviceRecord["marked"]> {
    const { token } = memberIn(this);
    try {
      await this.remote.ask("/api/v1/device/checkpoint", { method: "POST", token, body: { checkpoint } });
      return null;
    } catch (problem) {
      if (problem instanceof Unreached) return "later";
      if (!(problem instanceof ServerTrouble)) throw problem;
      if (problem.code === "checkpoint.foreign") return "foreign";
      if (problem.status >= 429 || problem.status === 0) return "later";
      throw problem;
    }
  }

  private async asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (problem) {
      if (problem instanceof Unreached || problem instanceof ServerTrouble) throw new Trouble(codeOf(problem));
      throw problem;
    }
  }
}
