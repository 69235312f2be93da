/** One vehicle at the barrier: read, compared, told, acted on, undone. Everything is stored before the screen shows it. */

import { batch, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";

import { FRAME_PREFIX, Trouble } from "../core/desk";
import type { Desk, KeptAction, KeptScan, LogLine } from "../core/desk";
import type { Judged, Means, PlateSeen } from "../core/types";
import type { Read } from "./eyes";
import type { Cue } from "./sounds";
import { UNDO_WITHIN } from "./standing";
import type { Choice } from "./standing";

/** A verdict on the screen. `scan` null: it could not be stored, and the screen says so. */
export interface Told {
  readonly name: "told";
  readonly judged: Judged;
  readonly seen: PlateSeen;
  readonly seenPlate: string | null;
  readonly scan: KeptScan | null;
  readonly action: KeptAction | null;
  /** The action that counted was taken back. */
  readonly undone: boolean;
}

/** Where the vehicle at the barrier is. */
export type Stage =
  | { readonly name: "none" }
  /** Several codes in one frame, or several passes of one look-up. */
  | { readonly name: "choosing"; readonly among: readonly Judged[] }
  | { readonly name: "comparing"; readonly judged: Judged }
  | Told;

/** What the camera's last reads gave. */
export type Reading = "nothing" | "misread" | "foreign" | "frame" | "same" | "opened";

/** A text that is no pass is told only after so many reads: the pass beside an advertisement gets its chance. */
const FOREIGN_READS = 4;
/** The paper is still in the officer's hand after "next"; it counts anew once it was out of view for so long. */
const OUT_OF_VIEW = 2_500;

/** What an encounter has the shell do. */
export interface Stagehand {
  readonly cue: (cue: Cue) => void;
  /** Show the vehicle's screen. */
  readonly show: () => void;
  /** A monotonic clock, milliseconds. */
  readonly ticks: () => number;
}

/** The vehicle at the barrier; `stage` says what the screen shows. */
export class Encounter {
  readonly #stage = signal<Stage>({ name: "none" });
  readonly #busy = signal(false);
  readonly #problem = signal<Trouble | null>(null);
  readonly #last = signal<Told | null>(null);
  #foreign = 0;
  #shown: { texts: ReadonlySet<string>; at: number } = { texts: new Set(), at: 0 };

  constructor(
    private readonly desk: Desk,
    private readonly hand: Stagehand,
  ) {}

  get stage(): ReadonlySignal<Stage> {
    return this.#stage;
  }

  /** Something is being judged or stored. */
  get busy(): ReadonlySignal<boolean> {
    return this.#busy;
  }

  get problem(): ReadonlySignal<Trouble | null> {
    return this.#problem;
  }

  /** The vehicle before, whose action can perhaps still be undone. */
  get last(): ReadonlySignal<Told | null> {
    return this.#last;
  }

  /** All codes of one frame or picture. */
  async read(reads: readonly Read[], means: Means): Promise<Reading> {
    const texts = new Map(reads.map((read) => [read.text, read]));
    const passes = [...texts.values()].filter(({ text }) => !text.startsWith(FRAME_PREFIX));
    if (passes.length === 0) return texts.size > 0 ? "frame" : "nothing";
    if (means === "camera" && this.#isStillInView(passes)) return "same";
    if (this.#busy.value) return "nothing";
    return this.#whileBusy(() => this.#judge(passes, means));
  }

  /** The address bar of this phone: somebody opened a pass's address off line. */
  async readAddress(address: string): Promise<Reading> {
    return this.read([{ text: address, quality: null }], "address");
  }

  /** Take one judged thing to the screen, out of several codes, a look-up or a plate without pass. */
  async open(judged: Judged, seenPlate: string | null = null): Promise<void> {
    await this.#whileBusy(() => this.#open(judged, seenPlate));
  }

  /** Several passes to choose one of. */
  choose(among: readonly Judged[]): void {
    this.#to({ name: "choosing", among });
    this.hand.cue("compare");
    this.hand.show();
  }

  /** A vehicle whose plate was typed because nothing else is to be had. */
  async withoutPass(plate: string): Promise<void> {
    await this.#whileBusy(async () => this.#open(await this.desk.judgeNoPass(plate), plate));
  }

  /** What the officer says of the plate; `seenPlate` when it differs and was typed. */
  async compare(seen: Exclude<PlateSeen, "unknown">, seenPlate: string | null = null): Promise<void> {
    const stage = this.#stage.value;
    if (stage.name !== "comparing") return;
    await this.#whileBusy(async () => {
      await this.#tell(await this.desk.compared(stage.judged, seen), seen, seenPlate);
    });
  }

  async act(choice: Choice, reason: string | null): Promise<void> {
    const stage = this.#stage.value;
    if (stage.name !== "told" || stage.scan === null || stage.action !== null) return;
    const { scan } = stage;
    await this.#whileBusy(async () => {
      const action = await this.desk.keepAction(scan, choice, reason);
      this.#to({ ...stage, action, undone: false });
      this.hand.cue("done");
    });
  }

  async undo(): Promise<void> {
    const stage = this.#stage.value;
    if (stage.name !== "told" || stage.action === null) return;
    const { action } = stage;
    await this.#whileBusy(async () => {
      await this.desk.undo(action);
      this.#to({ ...stage, action: null, undone: true });
      this.hand.cue("done");
    });
  }

  /** Milliseconds in which the action can still be undone, 0 when it is too late. */
  undoLeft(action: KeptAction): number {
    const since = this.desk.now().low - action.at;
    return Math.max(0, Math.min(UNDO_WITHIN, UNDO_WITHIN - since));
  }

  /** Ready for the next vehicle. */
  next(): void {
    const stage = this.#stage.value;
    batch(() => {
      if (stage.name === "told") this.#last.value = stage;
      this.#to({ name: "none" });
    });
    this.#foreign = 0;
    this.#shown = { texts: this.#shown.texts, at: this.hand.ticks() };
  }

  /** Back to the vehicle before. */
  reopen(): void {
    const last = this.#last.value;
    if (last === null) return;
    this.#to(last);
    this.hand.show();
  }

  /** A line of the own log, to act on it or look at it again. */
  reopenLine({ scan, action }: LogLine): void {
    const standing = action?.action === "undone" ? null : action;
    const { judged } = scan;
    const seen = seenOf(judged);
    this.#to({ name: "told", judged, seen, seenPlate: null, scan, action: standing, undone: standing !== action });
    this.hand.show();
  }

  async #judge(reads: readonly Read[], means: Means): Promise<Reading> {
    const judged = await Promise.all(reads.map(({ text, quality }) => this.desk.judgeText(text, means, quality)));
    const sure = judged.filter(({ verdict }) => !verdict.keepReading);
    if (sure.length === 0) return "misread";
    const passes = sure.filter(({ verdict }) => verdict.code !== "malformed");
    if (passes.length === 0 && means === "camera" && (this.#foreign += 1) < FOREIGN_READS) return "foreign";
    const among = passes.length > 0 ? passes : sure;
    this.#shown = { texts: new Set(reads.map(({ text }) => text)), at: this.hand.ticks() };
    const [only] = among;
    if (only !== undefined && among.length === 1) await this.#open(only, null);
    else this.choose(among);
    return "opened";
  }

  #isStillInView(reads: readonly Read[]): boolean {
    const now = this.hand.ticks();
    const { texts, at } = this.#shown;
    const same = reads.every(({ text }) => texts.has(text)) && now - at < OUT_OF_VIEW;
    if (same) this.#shown = { texts, at: now };
    return same;
  }

  async #open(judged: Judged, seenPlate: string | null): Promise<void> {
    await this.desk.remember(judged);
    // Nothing is known of a pass whose signature could not be checked, so there is no plate to compare with.
    if (!judged.verdict.awaitsPlate || judged.credential === null) return this.#tell(judged, "unknown", seenPlate);
    this.#to({ name: "comparing", judged });
    this.hand.cue("compare");
    this.hand.show();
  }

  async #tell(judged: Judged, seen: PlateSeen, seenPlate: string | null): Promise<void> {
    const scan = await this.desk.keepScan(judged, seen, seenPlate).catch((problem: unknown) => {
      // The officer needs the verdict all the same; the screen says that nothing was recorded.
      this.#problem.value = troubleOf(problem);
      return null;
    });
    const problem = this.#problem.value;
    this.#to({ name: "told", judged, seen, seenPlate, scan, action: null, undone: false });
    if (scan === null) this.#problem.value = problem;
    this.hand.cue(judged.verdict.level);
    this.hand.show();
  }

  #to(stage: Stage): void {
    batch(() => {
      this.#problem.value = null;
      this.#stage.value = stage;
    });
  }

  async #whileBusy<T>(work: () => Promise<T>): Promise<T | "nothing"> {
    if (this.#busy.value) return "nothing";
    this.#busy.value = true;
    try {
      return await work();
    } catch (problem) {
      this.#problem.value = troubleOf(problem);
      return "nothing";
    } finally {
      this.#busy.value = false;
    }
  }
}

function seenOf({ verdict }: Judged): PlateSeen {
  if (verdict.reasons.includes("plate_mismatch")) return "differs";
  return verdict.level === "red" || verdict.level === "blue" ? "unknown" : "matches";
}

/** What a screen can say of anything that went wrong. */
export function troubleOf(problem: unknown): Trouble {
  return problem instanceof Trouble ? problem : new Trouble("unexpected", { detail: String(problem) });
}
