import { computed, signal } from "@preact/signals";

import { Trouble } from "../core/desk";
import type { SyncState } from "../core/desk";
import { Unreached, ServerTrouble, codeOf } from "./remote";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How often a phone in somebody's hand looks for news: a revocation has to be red within a minute. */
const POLL = 20 * SECOND;
/** How soon after an event it is sent; a few taps of an officer go together. */
const SOON = 0.3 * SECOND;
const FIRST_PAUSE = 5 * SECOND;
/** A network comes back without a word, a server in trouble wants to be left alone. */
const LONGEST_OFFLINE = MINUTE;
const LONGEST_TROUBLE = 5 * MINUTE;
/** After an outage a thousand phones come back at once: each waits a little, by chance. */
const SPREAD = 3 * SECOND;

/** The timers and chances of a browser. */
export interface Surroundings {
  /** Milliseconds that never go back, whatever the phone's clock says. */
  readonly now: () => number;
  /** The present, for the screen. */
  readonly stamp: () => number;
  readonly random: () => number;
  readonly later: (work: () => void, delay: number) => () => void;
  readonly visible: () => boolean;
  readonly connected: () => boolean;
}

/** One thing to bring up to date with the server; each is tried though another failed, unless there is no network. */
export type Step = () => Promise<void>;

/** When to talk to the server, and what the screen is told of it. */
export class Sync {
  private readonly last = signal<number | null>(null);
  private readonly reached = signal(true);
  /** The server was asked since the browser last said anything of the network, and was there. */
  private readonly heard = signal(false);
  private readonly busy = signal(false);
  private readonly problem = signal<string | null>(null);
  readonly waiting = signal(0);
  readonly refused = signal(0);
  /** Whether what is judged now is judged in touch with the server: an app just started does not know yet. */
  readonly inTouch = computed(() => this.reached.value && this.heard.value);
  readonly state = computed<SyncState>(() => ({
    waiting: this.waiting.value,
    lastSync: this.last.value,
    online: this.reached.value,
    busy: this.busy.value,
    problem: this.problem.value,
    refused: this.refused.value,
  }));
  private running: Promise<void> | null = null;
  private failures = 0;
  private notBefore = 0;
  private leaveAloneUntil = 0;
  /** Something happened while a sync was under way, perhaps too late for it. */
  private again = false;
  /** How often the browser has said something of the network: what was asked before that proves nothing of now. */
  private turns = 0;
  private cancel: (() => void) | null = null;
  private stopped = true;

  /** `ended`: looks at every problem first; true when it has dealt with it and the other steps make no sense. */
  constructor(
    private readonly around: Surroundings,
    private readonly steps: () => readonly Step[],
    private readonly count: () => Promise<void>,
    private readonly ended: (problem: unknown) => Promise<boolean>,
  ) {}

  /** Begin, `last`: when a sync last succeeded, from before the restart. */
  start(last: number | null): void {
    this.last.value ??= last;
    this.reached.value = this.around.connected();
    this.stopped = false;
    this.plan(0);
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  /** Something waits: send it soon, unless the server was in trouble just now. */
  async happened(): Promise<void> {
    this.again = this.running !== null;
    this.plan(Math.max(SOON, this.notBefore - this.around.now()));
    await this.count();
  }

  /** The browser says that there is a network, or that there is none. */
  connection(): void {
    this.reached.value = this.around.connected();
    this.heard.value = false;
    this.turns += 1;
    if (!this.around.connected()) return;
    this.notBefore = this.leaveAloneUntil;
    this.plan(Math.max(this.around.random() * SPREAD, this.leaveAloneUntil - this.around.now()));
  }

  /** The app is in somebody's hand again: it must know what there is to know. */
  woke(): void {
    if (this.around.visible()) this.plan(Math.max(0, this.leaveAloneUntil - this.around.now()));
  }

  /** Now, because a person asks. Only a server that asked to be left alone is left alone. */
  async now(): Promise<void> {
    if (this.around.now() < this.leaveAloneUntil) return;
    await this.running;
    await this.run();
  }

  private plan(delay: number): void {
    if (this.stopped) return;
    this.cancel?.();
    this.cancel = this.around.later(() => void this.run(), delay);
  }

  private run(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.once().finally(() => {
      this.running = null;
      if (this.again && this.failures === 0) this.plan(SOON);
      this.again = false;
    });
    return this.running;
  }

  private async once(): Promise<void> {
    const steps = this.steps();
    if (this.stopped || steps.length === 0) return;
    this.cancel?.();
    this.busy.value = true;
    const { turns } = this;
    const trouble = await this.tryAll(steps);
    // The database may be closed by now: another tab has it, or the next version of the app.
    if (this.stopped) return;
    await this.count();
    this.busy.value = false;
    if (turns === this.turns) this.reached.value = this.heard.value = !(trouble instanceof Unreached);
    this.learn(trouble);
    const hidden = !this.around.visible() && this.waiting.value === 0;
    if (trouble !== null) this.plan(this.notBefore - this.around.now());
    else if (!hidden) this.plan(POLL);
  }

  /** The first problem; null when all went well. */
  private async tryAll(steps: readonly Step[]): Promise<unknown> {
    let first: unknown = null;
    for (const step of steps) {
      try {
        if (!this.stopped) await step();
      } catch (problem) {
        if (this.stopped || (await this.ended(problem))) return null;
        first ??= problem;
        if (problem instanceof Unreached) return first;
        if (!(problem instanceof ServerTrouble) && !(problem instanceof Trouble)) console.error("sync", problem);
      }
    }
    return first;
  }

  private learn(trouble: unknown): void {
    const now = this.around.now();
    this.problem.value = trouble === null ? null : codeOf(trouble);
    if (trouble === null) {
      this.last.value = this.around.stamp();
      this.failures = this.notBefore = this.leaveAloneUntil = 0;
      return;
    }
    const isOffline = trouble instanceof Unreached;
    if (!isOffline && !(trouble instanceof ServerTrouble)) {
      // A list that was refused says nothing against asking again at the usual time.
      this.notBefore = now + POLL;
      return;
    }
    const longest = isOffline ? LONGEST_OFFLINE : LONGEST_TROUBLE;
    const pause = Math.min(longest, FIRST_PAUSE * 2 ** this.failures) * (0.5 + this.around.random() / 2);
    this.failures += 1;
    const asked = trouble instanceof ServerTrouble ? (trouble.retryAfter ?? 0) : 0;
    this.leaveAloneUntil = asked > 0 ? now + asked * (1 + this.around.random() / 4) : 0;
    this.notBefore = Math.max(now + pause, this.leaveAloneUntil);
  }
}
