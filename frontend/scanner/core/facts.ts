/** From a text, or a line of the pass book, to a verdict: decode, look up, check the signature, ask the judge. */

import { decodePayload, parseText } from "./credential";
import { judge } from "./judge";
import { signatureState } from "./signature";
import type { StatusList } from "./status";
import type { TrustList } from "./trust";
import type {
  Credential,
  Facts,
  Judged,
  KeyState,
  Means,
  Place,
  PlateSeen,
  Point,
  ReadQuality,
  SignatureState,
  TrustedTime,
  Unreadable,
} from "./types";

/** Everything that is known around a reading. */
export interface Surroundings {
  readonly means: Means;
  readonly quality: ReadQuality | null;
  /** Where the phone stands; null: nowhere to compare a route with, such as on the public address. */
  readonly point: Pick<Point, "road" | "county"> | null;
  readonly plateSeen: PlateSeen;
  readonly time: TrustedTime;
  readonly trust: TrustList | null;
  /** When the server itself last gave this trust list, in trusted time; null: only a colleague's phone did. */
  readonly trustConfirmedAt?: number | null;
  readonly status: StatusList | null;
  readonly seenHere: Judged["seenHere"];
}

/** A text that was read `reads` times alike. */
export interface Reading extends Surroundings {
  readonly text: string;
  readonly reads: number;
}

/** Judges a text. Never rejects for bad text: that is a verdict too. */
export async function judgeReading(reading: Reading): Promise<Judged> {
  const scanned = parseText(reading.text);
  const decoded = typeof scanned === "string" ? scanned : decodePayload(scanned.payload);
  if (typeof scanned === "string" || typeof decoded === "string") return answer(reading, decoded, "not_checked", 0);
  const key = (await reading.trust?.key(decoded.area, decoded.key)) ?? null;
  const signature = await signatureState(key, scanned.payload, scanned.signature);
  return answer(reading, decoded, signature, reading.reads);
}

/**
 * Judges a pass of the pass book as if its newest code had been read. The book comes from our own server and holds no
 * key: that the pass is genuine is the server's word, what became of it since is the status list's.
 */
export function judgeListed(credential: Credential, around: Surroundings): Judged {
  const facts = { ...factsOf(around, credential, 1), keyState: "signing", issuerKnown: true, areaIsOurs: true } as const;
  return judged(around, credential, "good", facts, null);
}

/** Judges a vehicle that shows no code. */
export function judgeNothing(around: Surroundings): Judged {
  return answer({ ...around, text: null }, null, "not_checked", 0);
}

/** Facts of a credential whose signature is, or is to be, checked by the trust list. Ages and times in milliseconds. */
export function factsOf(around: Surroundings, credential: Credential, reads: number): Facts {
  const { time, trust, status, point, plateSeen } = around;
  const areaIsOurs = trust?.isOurs(credential.area) ?? false;
  return {
    low: time.low,
    high: time.high,
    clockTrusted: time.trusted,
    issuerKnown: (trust?.issuer(credential.area) ?? null) !== null,
    keyState: trust?.keyState(credential.area, credential.key) ?? "unknown",
    areaIsOurs,
    trustAge: trustAge(around),
    ...statusFacts(areaIsOurs ? status : null, credential, time),
    checkpoint: point === null ? null : placeOf(point),
    plateSeen,
    reads,
  };
}

/**
 * How old the knowledge of keys may be at most: a list is signed only when something changes, so its age counts from
 * when the server last gave it, or else from its signature. At most, because a young list makes an unlisted key red.
 */
function trustAge({ trust, time, trustConfirmedAt = null }: Surroundings): number | null {
  return trust === null ? null : Math.max(0, time.high - Math.max(trust.issuedAt, trustConfirmedAt ?? 0));
}

type FromStatus = Pick<Facts, "listAge" | "status" | "aboveHighWater" | "belowBase" | "currentRevision" | "seenElsewhere">;

/** What the status list says; `status` is null where there is none, and for other provinces, of which it doesn't speak. */
function statusFacts(status: StatusList | null, credential: Credential, time: TrustedTime): FromStatus {
  const silent = { status: null, aboveHighWater: false, belowBase: false, currentRevision: null, seenElsewhere: false };
  if (status === null) return { listAge: null, ...silent };
  // With an untrusted clock this is the least age there can be; that it may be more is what `clock_untrusted` says.
  const listAge = Math.max(0, time.low - status.serverTime);
  const said = status.of(credential.number);
  // The list is whole: an area of ours that isn't in it had issued nothing when it was made.
  if (!status.areas.includes(credential.area)) return { listAge, ...said, aboveHighWater: true };
  // Of a pass that was over when the list was made it no longer tells the revision.
  const isTold = said.currentRevision !== 0 || credential.notAfter > status.serverTime;
  return { listAge, ...said, currentRevision: isTold ? said.currentRevision : null };
}

/** What the judge compares with the route. */
function placeOf(point: Pick<Point, "road" | "county">): Place {
  return { road: point.road || null, county: point.county || null };
}

type Source = Surroundings & { readonly text: string | null };

function answer(
  source: Source,
  decoded: Credential | Unreadable | null,
  signature: SignatureState,
  reads: number,
): Judged {
  const isContent = decoded !== null && typeof decoded !== "string";
  const facts = isContent ? factsOf(source, decoded, reads) : factsOfNothing(source);
  return judged(source, decoded, signature, facts, source.text);
}

function judged(
  around: Surroundings,
  decoded: Credential | Unreadable | null,
  signature: SignatureState,
  facts: Facts,
  text: string | null,
): Judged {
  const isGenuine = decoded !== null && typeof decoded !== "string" && signature === "good";
  return {
    verdict: judge(decoded, signature, facts),
    credential: isGenuine ? decoded : null,
    text,
    means: around.means,
    quality: around.quality,
    time: around.time,
    listAge: facts.listAge,
    listSeq: around.status?.seq ?? null,
    seenHere: around.seenHere,
  };
}

/** Where there is nothing to look up, the judge asks for nothing. */
function factsOfNothing({ time, status, plateSeen }: Surroundings): Facts {
  const unknown: KeyState = "unknown";
  return {
    low: time.low,
    high: time.high,
    clockTrusted: time.trusted,
    issuerKnown: false,
    keyState: unknown,
    areaIsOurs: false,
    trustAge: null,
    listAge: status === null ? null : Math.max(0, time.low - status.serverTime),
    status: null,
    aboveHighWater: false,
    belowBase: false,
    currentRevision: null,
    seenElsewhere: false,
    checkpoint: null,
    plateSeen,
    reads: 0,
  };
}
