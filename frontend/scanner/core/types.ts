/** The shapes that rooms of the scanner hand each other. Times are milliseconds since 1970 UTC, spans are milliseconds. */

export type Level = "red" | "amber" | "green" | "blue";

export type VerdictCode =
  | "malformed"
  | "not_canonical"
  | "key_revoked"
  | "bad_signature"
  | "never_issued"
  | "superseded"
  | "revoked"
  | "suspended"
  | "surrendered"
  | "not_yet_valid"
  | "expired"
  | "plate_mismatch"
  | "unknown_issuer"
  | "unknown_key"
  | "no_list"
  | "issued_after_last_sync"
  | "clock_untrusted"
  | "near_edge"
  | "list_old"
  | "list_very_old"
  | "off_route"
  | "seen_elsewhere"
  | "valid"
  | "no_pass";

export type Unreadable = "malformed" | "not_canonical";
export type SignatureState = "good" | "bad" | "not_canonical" | "not_checked";
export type KeyState = "next" | "signing" | "old" | "bad" | "unknown";
export type PlateSeen = "unknown" | "matches" | "differs";
export type RoadsideAction = "passed" | "turned_back" | "held" | "undone";

/** How a scan came about; the words of the server's column `scan.means`. */
export type Means = "camera" | "picture" | "typed" | "book" | "address" | "plate";

/** What the code of a pass says (credential format, section 2). Codes of areas, roads and goods, no words. */
export interface Credential {
  readonly version: number;
  readonly key: number;
  readonly area: string;
  readonly serial: number;
  readonly sector: number;
  readonly kind: number;
  readonly revision: number;
  readonly plate: string;
  readonly plateColour: number;
  readonly origin: string;
  readonly destination: string;
  readonly stops: readonly string[];
  readonly roads: readonly string[];
  readonly goods: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly drivers: readonly string[];
  /** Twelve digits: area and serial. */
  readonly number: string;
}

export interface Place {
  readonly road: string | null;
  readonly county: string | null;
}

/** What is known besides the code itself (`passes.rules.judge.Facts`). */
export interface Facts {
  readonly low: number;
  readonly high: number;
  readonly clockTrusted: boolean;
  readonly issuerKnown: boolean;
  readonly keyState: KeyState;
  readonly areaIsOurs: boolean;
  readonly trustAge: number | null;
  readonly listAge: number | null;
  /** The digit of the status list; null: it says nothing of this serial. */
  readonly status: number | null;
  readonly aboveHighWater: boolean;
  readonly belowBase: boolean;
  readonly currentRevision: number | null;
  readonly seenElsewhere: boolean;
  readonly checkpoint: Place | null;
  readonly plateSeen: PlateSeen;
  readonly reads: number;
}

export interface Verdict {
  readonly level: Level;
  readonly code: VerdictCode;
  readonly reasons: readonly VerdictCode[];
  readonly awaitsPlate: boolean;
  readonly keepReading: boolean;
}

/** What the decoder told of a read; kept with the scan so that the office sees print quality. */
export interface ReadQuality {
  /** Unused error correction, 0 to 1. */
  readonly uec: number | null;
  readonly symbolVersion: number | null;
  readonly frames: number | null;
  readonly readMs: number | null;
}

/** The present as far as this phone can know it. */
export interface TrustedTime {
  readonly low: number;
  readonly high: number;
  readonly trusted: boolean;
}

export interface Point {
  readonly code: string;
  readonly name: string;
  readonly county: string;
  readonly road: string;
  readonly direction: string;
  readonly stake: string;
  readonly may_issue: boolean;
}

/** A verdict with what it was given on. `credential` only when the signature is good (or the pass book says so). */
export interface Judged {
  readonly verdict: Verdict;
  readonly credential: Credential | null;
  readonly text: string | null;
  readonly means: Means;
  readonly quality: ReadQuality | null;
  readonly time: TrustedTime;
  readonly listAge: number | null;
  readonly listSeq: number | null;
  /** The same pass was here before: minutes ago and the other way (own log), for a hint on the screen. */
  readonly seenHere: { readonly minutesAgo: number } | null;
}
