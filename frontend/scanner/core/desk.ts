/** What the screens may ask of everything behind them. `store/` implements it; `ui/` knows nothing else. */

import type { ReadonlySignal } from "@preact/signals";

import type { TrustContent } from "./trust";
import type { Judged, Means, PlateSeen, Point, ReadQuality, RoadsideAction, TrustedTime } from "./types";

/** Every QR frame of a transfer from phone to phone begins so; no pass does. */
export const FRAME_PREFIX = "CT1:";

/** A problem with a code, in the words of the server or of the phone. */
export class Trouble extends Error {
  constructor(
    readonly code: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}

export type Standing =
  | { readonly state: "starting" }
  | { readonly state: "not_enrolled" }
  | { readonly state: "enrolled"; readonly device: Device }
  /** Revoked or expired: lists and token are gone; `waiting` events still go up with the next contact. */
  | { readonly state: "ended"; readonly why: "revoked" | "expired"; readonly waiting: number };

export interface Device {
  readonly id: string;
  readonly name: string;
  /** Four characters; begins every slip. */
  readonly code: string;
  readonly point: Point;
  readonly expiresAt: number;
}

export interface SyncState {
  readonly waiting: number;
  readonly lastSync: number | null;
  readonly online: boolean;
  readonly busy: boolean;
  /** Code of what went wrong last, null when nothing did. */
  readonly problem: string | null;
  /** Events the server refused for good, kept for a person to see. */
  readonly refused: number;
}

export interface ListState {
  readonly statusSeq: number | null;
  /** When the newest status list was made, by the server. */
  readonly statusAsOf: number | null;
  readonly trustSeq: number | null;
  readonly trustAsOf: number | null;
  readonly bookPasses: number | null;
  readonly bookAsOf: number | null;
}

export interface StorageState {
  readonly persisted: boolean;
  /** "ok", or why events may not be kept: "full", "private", "lost" (the database was emptied by the browser). */
  readonly health: "ok" | "full" | "private" | "lost";
  /** The app itself is whole on this phone and starts without a network. */
  readonly appKept: boolean;
}

/** A scan that is stored; actions speak of it. */
export interface KeptScan {
  readonly eventId: string;
  readonly judged: Judged;
  readonly plate: string;
  readonly at: number;
}

export interface KeptAction {
  readonly eventId: string;
  readonly scanId: string;
  readonly action: RoadsideAction;
  readonly reason: string | null;
  readonly at: number;
}

export interface LogLine {
  readonly scan: KeptScan;
  readonly action: KeptAction | null;
  readonly uploaded: boolean;
  readonly problem: string | null;
}

export interface ShiftSheet {
  readonly officer: string;
  readonly since: number;
  readonly counts: ShiftCounts;
}

export interface ShiftCounts {
  readonly scans: number;
  readonly green: number;
  readonly amber: number;
  readonly red: number;
  readonly blue: number;
  readonly passed: number;
  readonly turned_back: number;
  readonly held: number;
  readonly offline: number;
}

export interface SlipRequest {
  readonly plate: string;
  readonly plateColour: number;
  readonly goods: number;
  readonly goodsWords: string | null;
  readonly destination: string;
  readonly driverLast4: string | null;
  readonly phone: string | null;
}

export interface SlipState {
  readonly eventId: string;
  /** Such as K7QM-0012-5. */
  readonly code: string;
  readonly request: SlipRequest;
  readonly madeAt: number;
  readonly state: "waiting" | "issued" | "failed";
  readonly pass: { readonly number: string; readonly text: string; readonly checkCode: string; readonly notAfter: number } | null;
  readonly problem: { readonly code: string; readonly title: string; readonly next: readonly string[] } | null;
  /** The officer has seen the outcome. */
  readonly seen: boolean;
}

/** What the newest trust list calls things: bodies with their duty phones, sectors, kinds, goods. */
export type Names = Pick<TrustContent, "issuers" | "sectors" | "kinds" | "goods">;

export interface Desk {
  readonly standing: ReadonlySignal<Standing>;
  readonly sync: ReadonlySignal<SyncState>;
  readonly lists: ReadonlySignal<ListState>;
  /** Null before a trust list came; the screens then show codes. */
  readonly names: ReadonlySignal<Names | null>;
  readonly storage: ReadonlySignal<StorageState>;
  readonly slips: ReadonlySignal<readonly SlipState[]>;
  /** Another tab of this browser has the desk; this one only shows so. */
  readonly elsewhere: ReadonlySignal<boolean>;
  /** A new version of the app waits for a quiet moment. */
  readonly updateReady: ReadonlySignal<boolean>;

  start(): Promise<void>;
  /** Take the desk over from another tab. */
  takeOver(): Promise<void>;
  update(): Promise<void>;

  /** The one-time code of the enrolment page. Throws Trouble (enrolment.unknown, offline, server.*, storage.private). */
  enrol(code: string): Promise<void>;
  points(): Promise<readonly Point[]>;
  /** Resolves with what the server said: moved, or kept here only ("marked"), also when off line. */
  moveTo(code: string): Promise<"moved" | "marked">;

  /** Before there is a database (starting, elsewhere): the phone's own clock, untrusted. Never throws. */
  now(): TrustedTime;
  /**
   * Judge a text; the caller draws the verdict, or goes on when `verdict.keepReading` (of a picture: asks for another).
   * Of several codes in view only the officer knows which one counts, so nothing is kept of it before `remember`.
   */
  judgeText(text: string, means: Means, quality: ReadQuality | null): Promise<Judged>;
  /**
   * This verdict is about to be drawn: without a `keepScan` (the phone dies, or another one is drawn) it becomes a scan
   * whose plate nobody compared. Again is no matter.
   */
  remember(judged: Judged): Promise<void>;
  /** Look up the pass book by number or plate; [] when nothing fits, Trouble book.none without a book. */
  lookUp(entered: string): Promise<readonly Judged[]>;
  /** A vehicle without a pass. */
  judgeNoPass(plate: string): Promise<Judged>;
  /** The same reading with the officer's comparison; pure, for the colour to come. */
  compared(judged: Judged, seen: PlateSeen): Promise<Judged>;
  /** Store the scan, then resolve; the same again is the same scan. Throws Trouble storage.full. `seenPlate`: what stands on the truck when it differs or no pass was read. */
  keepScan(judged: Judged, seen: PlateSeen, seenPlate: string | null): Promise<KeptScan>;
  keepAction(scan: KeptScan, action: "passed" | "turned_back" | "held", reason: string | null): Promise<KeptAction>;
  /** Throws Trouble action.undo_too_late after two minutes. */
  undo(action: KeptAction): Promise<void>;

  log(limit: number): Promise<readonly LogLine[]>;
  syncNow(): Promise<void>;

  shift(): Promise<ShiftSheet | null>;
  handOver(officer: string, note: string | null): Promise<void>;

  /** Ask for a provincial pass: at once with a network, as a slip without. Stored before it resolves. */
  askForPass(request: SlipRequest): Promise<SlipState>;
  slipSeen(eventId: string): Promise<void>;

  /** The bytes a colleague's phone is shown, as texts of QR frames to be drawn in a loop. */
  framesToGive(): Promise<readonly string[]>;
  /** One frame that was read; says how far the transfer is, and what was taken over at its end. */
  takeFrame(text: string): Promise<{ readonly have: number; readonly of: number; readonly taken: TakenOver | null }>;
  forgetFrames(): void;
}

export interface TakenOver {
  readonly status: "newer" | "older" | "refused";
  readonly trust: "newer" | "older" | "refused";
  readonly asOf: number | null;
}
