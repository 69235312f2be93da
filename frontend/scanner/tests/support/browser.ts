import "fake-indexeddb/auto";

import type { Browser, Heard } from "../../store/browser";
import { BrowserDesk } from "../../store/desk";
import { FakeServer } from "./server";

type Held = { readonly name: string; readonly lose: () => void };

/** `navigator.locks` as far as one name at a time needs it. */
export class FakeLocks {
  private held: Held | null = null;
  private readonly queue: (() => void)[] = [];

  readonly request = async (name: string, ...rest: unknown[]): Promise<unknown> => {
    const work = rest.at(-1) as (lock: Lock | null) => unknown;
    const options = (rest.length > 1 ? rest[0] : {}) as LockOptions;
    if (name !== "changtong-desk") return work({ name, mode: "exclusive" });
    if (this.held && options.ifAvailable) return work(null);
    if (this.held && options.steal) this.held.lose();
    else if (this.held) await this.turn(options.signal);
    return this.hold(name, work);
  };

  /** The tab that has the lock is closed. */
  close(): void {
    this.held = null;
    this.queue.shift()?.();
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push(resolve);
      signal?.addEventListener("abort", () => {
        this.queue.splice(this.queue.indexOf(resolve), 1);
        reject(new DOMException("aborted", "AbortError"));
      });
    });
  }

  private hold(name: string, work: (lock: Lock | null) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const own: Held = { name, lose: () => reject(new DOMException("stolen", "AbortError")) };
      this.held = own;
      void Promise.resolve(work({ name, mode: "exclusive" })).then((value) => {
        if (this.held === own) this.close();
        resolve(value);
      });
    });
  }
}

/** A phone: its clocks, its timers, its storage. Several tabs of it can be opened, one after the other dies. */
export class FakePhone {
  device: number;
  ticks = 1000;
  visible = true;
  connected = true;
  readonly marked = new Map<string, string>();
  readonly locks = new FakeLocks();
  readonly timers: { work: () => void; at: number }[] = [];
  reloads = 0;
  woken = 0;
  private readonly heard: Heard[] = [];
  readonly database = `scanner-${Math.random()}`;

  constructor(readonly server: FakeServer) {
    this.device = server.now;
  }

  /** Time goes by, for the server too. */
  pass(span: number): void {
    this.device += span;
    this.ticks += span;
    this.server.now += span;
  }

  connection(connected: boolean): void {
    this.connected = connected;
    this.server.mood = connected ? "well" : "down";
    for (const heard of this.heard) heard.connection();
  }

  /** How long until the next timer of any tab fires. */
  nextTimer(): number {
    return Math.min(...this.timers.map((timer) => timer.at)) - this.ticks;
  }

  tab(): BrowserDesk {
    return new BrowserDesk(this.browser());
  }

  browser(): Browser {
    return {
      fetch: this.server.fetch,
      deviceTime: () => this.device,
      ticks: () => this.ticks,
      random: () => 0.5,
      later: (work, delay) => {
        const timer = { work, at: this.ticks + delay };
        this.timers.push(timer);
        return () => {
          const at = this.timers.indexOf(timer);
          if (at >= 0) this.timers.splice(at, 1);
        };
      },
      visible: () => this.visible,
      connected: () => this.connected,
      locks: this.locks as unknown as Pick<LockManager, "request">,
      storage: null,
      marker: {
        getItem: (name) => this.marked.get(name) ?? null,
        setItem: (name, value) => void this.marked.set(name, value),
        removeItem: (name) => void this.marked.delete(name),
      },
      workers: null,
      reload: () => (this.reloads += 1),
      wakeMe: () => (this.woken += 1),
      listen: (heard) => void this.heard.push(heard),
      database: this.database,
    };
  }
}

/** A phone that is enrolled and has its lists. */
export async function enrolledPhone(): Promise<{ server: FakeServer; phone: FakePhone; desk: BrowserDesk }> {
  const server = await FakeServer.open();
  const phone = new FakePhone(server);
  const desk = phone.tab();
  await desk.start();
  await desk.enrol("GOOD-CODE");
  await desk.syncNow();
  return { server, phone, desk };
}

/** The battery dies: nothing is closed, nothing is said goodbye to. */
export function die(phone: FakePhone): void {
  phone.locks.close();
  phone.timers.length = 0;
}
