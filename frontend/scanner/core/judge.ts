/**
 * The verdict 查验结论: one pure function, the same as `passes/rules/judge.py`; both are held together by
 * `tests/vectors/credential.json`. Source of the table, its order and its limits: credential format, section 6.
 */

import type { Credential, Facts, Level, SignatureState, Unreadable, Verdict, VerdictCode } from "./types";

const HOUR = 3_600_000;

/** How near a limit of the validity a pass is `near_edge` instead of valid or refused, either side. Milliseconds. */
export const NEAR_EDGE = HOUR / 4;
/** From this age on a status list is `list_old`; before, its age is only shown. */
export const LIST_OLD = 24 * HOUR;
/** Above this age a status list is `list_very_old`: a warning, never a block. */
export const LIST_VERY_OLD = 72 * HOUR;
/** Below this age a trust list holds every key of the areas it lists: each is announced 24 h before it signs. */
export const TRUST_FRESH = 24 * HOUR;
/** How often the same bytes must be read before a wrong signature is shown: a camera hardly ever misreads twice alike. */
export const FORGED_READS = 2;

/** The digits of the status list. */
const NEVER_ISSUED = 0;
const SUSPENDED = 2;
const REVOKED = 3;
const SURRENDERED = 4;
const SUPERSEDED = 5;

/** Everything a row of the table may look at. */
interface Case {
  readonly content: Credential;
  readonly signature: SignatureState;
  readonly facts: Facts;
}

/** One line of the table. */
type Row = readonly [level: Level, code: VerdictCode, matches: (one: Case) => boolean];

/**
 * The verdict on what was read; `decoded` is null when there is no code at all. A text without content has that one
 * reason, for nothing else can be said of it. Never green unless the signature is good and made by a listed key.
 */
export function judge(decoded: Credential | Unreadable | null, signature: SignatureState, facts: Facts): Verdict {
  if (decoded === null) return alone("blue", "no_pass");
  if (typeof decoded === "string") return alone("red", decoded);
  const one: Case = { content: decoded, signature, facts };
  const rows = TABLE.filter(([, , matches]) => matches(one));
  const [level, code] = rows[0] ?? VALID;
  return {
    level,
    code,
    reasons: rows.length === 0 ? [code] : rows.map(([, reason]) => reason),
    awaitsPlate: facts.plateSeen === "unknown" && level !== "red",
    keepReading: signature === "bad" && facts.reads < FORGED_READS,
  };
}

/** Whether a red verdict counts as having no pass, which is no reason to turn a vehicle back. */
export function countsAsNoPass(code: VerdictCode): boolean {
  return code === "expired" || code === "superseded" || code === "surrendered";
}

/** Whether turning back or holding the vehicle needs a reason code and opens a case at the hotline. */
export function needsReason(verdict: Verdict): boolean {
  return verdict.level === "green" || verdict.level === "blue" || countsAsNoPass(verdict.code);
}

function alone(level: Level, code: VerdictCode): Verdict {
  return { level, code, reasons: [code], awaitsPlate: false, keepReading: false };
}

/** Status 0, or a serial below the base, where every pass is over, that by its dates isn't. */
function isNeverIssued({ content, facts }: Case): boolean {
  return facts.belowBase ? facts.high < content.notAfter : facts.status === NEVER_ISSUED;
}

function isSuperseded({ content, facts }: Case): boolean {
  const older = facts.currentRevision !== null && content.revision < facts.currentRevision;
  return older || facts.status === SUPERSEDED;
}

function isAfterLastSync({ content, facts }: Case): boolean {
  const newer = facts.currentRevision !== null && content.revision > facts.currentRevision;
  return newer || facts.aboveHighWater;
}

/** No listed key; a signature that nobody checked is the same, so that it can never be green. */
function hasNoKey({ signature, facts }: Case): boolean {
  return facts.keyState === "unknown" || signature === "not_checked";
}

function hasUnknownIssuer(one: Case): boolean {
  return hasNoKey(one) && !one.facts.issuerKnown && !one.facts.areaIsOurs;
}

/** An area of ours without any listed key is no unknown issuer: we know all of ours. */
function hasUnknownKey(one: Case): boolean {
  return hasNoKey(one) && (one.facts.issuerKnown || one.facts.areaIsOurs);
}

/** A key of ours that a fresh trust list doesn't hold doesn't exist. */
function isMadeUpKey(one: Case): boolean {
  const { areaIsOurs, trustAge } = one.facts;
  return hasUnknownKey(one) && areaIsOurs && trustAge !== null && trustAge < TRUST_FRESH;
}

/** No list received, or one that is silent about the serial. */
function hasNoList({ facts }: Case): boolean {
  return facts.listAge === null || (facts.status === null && !facts.aboveHighWater && !facts.belowBase);
}

/** Whether the present, a span when the clock isn't trusted, touches [limit − 15 min, limit + 15 min). */
function isNearEdge({ content, facts }: Case): boolean {
  const touches = (limit: number): boolean => facts.high >= limit - NEAR_EDGE && facts.low < limit + NEAR_EDGE;
  return touches(content.notBefore) || touches(content.notAfter);
}

function isListOld({ facts }: Case): boolean {
  const age = facts.listAge ?? 0;
  return age >= LIST_OLD && age <= LIST_VERY_OLD;
}

/** The checkpoint's road is none of the pass's, nor its county origin, destination or a stop. */
function isOffRoute({ content, facts }: Case): boolean {
  const { road = null, county = null } = facts.checkpoint ?? {};
  if (road === null && county === null) return false;
  const counties = [content.origin, content.destination, ...content.stops];
  return !(road !== null && content.roads.includes(road)) && !(county !== null && counties.includes(county));
}

const VALID: Row = ["green", "valid", () => true];

/**
 * Every row is tried; as a red row with an amber one before it can't match together with that one (unknown_issuer and
 * unknown_key exclude each other), the first match is always the worst.
 */
const TABLE: readonly Row[] = [
  ["red", "not_canonical", ({ signature }) => signature === "not_canonical"],
  ["red", "key_revoked", ({ facts }) => facts.keyState === "bad"],
  ["red", "bad_signature", ({ signature }) => signature === "bad"],
  ["red", "never_issued", isNeverIssued],
  ["red", "superseded", isSuperseded],
  ["red", "revoked", ({ facts }) => facts.status === REVOKED],
  ["red", "suspended", ({ facts }) => facts.status === SUSPENDED],
  ["red", "surrendered", ({ facts }) => facts.status === SURRENDERED],
  ["red", "not_yet_valid", ({ content, facts }) => facts.high < content.notBefore - NEAR_EDGE],
  ["red", "expired", ({ content, facts }) => facts.low >= content.notAfter + NEAR_EDGE],
  ["red", "plate_mismatch", ({ facts }) => facts.plateSeen === "differs"],
  ["amber", "unknown_issuer", hasUnknownIssuer],
  ["red", "unknown_key", isMadeUpKey],
  ["amber", "unknown_key", (one) => hasUnknownKey(one) && !isMadeUpKey(one)],
  ["amber", "no_list", hasNoList],
  ["amber", "issued_after_last_sync", isAfterLastSync],
  ["amber", "clock_untrusted", ({ facts }) => !facts.clockTrusted || facts.low < facts.high],
  ["amber", "near_edge", isNearEdge],
  ["amber", "list_old", isListOld],
  ["amber", "list_very_old", ({ facts }) => (facts.listAge ?? 0) > LIST_VERY_OLD],
  ["amber", "off_route", isOffRoute],
  ["amber", "seen_elsewhere", ({ facts }) => facts.seenElsewhere],
];
