import { beforeAll, describe, expect, test } from "vitest";

import source from "../../../tests/vectors/credential.json?raw";
import { decodePayload, pack, parseText } from "../core/credential";
import { judge } from "../core/judge";
import { importKey, signatureState } from "../core/signature";
import type { PublicJwk } from "../core/signature";
import type { Credential, Facts, KeyState, Level, PlateSeen, SignatureState, Unreadable, VerdictCode } from "../core/types";

interface PlainFacts {
  readonly time: readonly [string, string];
  readonly clock_trusted: boolean;
  readonly area_is_ours: boolean;
  readonly trust_age: number | null;
  readonly list_age: number | null;
  readonly status: number | null;
  readonly above_high_water: boolean;
  readonly below_base: boolean;
  readonly current_revision: number | null;
  readonly seen_elsewhere: boolean;
  readonly checkpoint: { readonly road: string | null; readonly county: string | null } | null;
  readonly plate_seen: PlateSeen;
  readonly reads: number;
}

interface Expected {
  readonly decoded?: Readonly<Record<string, unknown>>;
  readonly signature?: SignatureState;
  readonly level: Level;
  readonly code: VerdictCode;
  readonly reasons: readonly VerdictCode[];
  readonly awaits_plate: boolean;
  readonly keep_reading: boolean;
}

interface Vectors {
  readonly facts: PlainFacts;
  readonly keys: readonly { area: string; key: number; jwk: PublicJwk; state: KeyState }[];
  readonly cases: readonly { name: string; text: string | null; facts: Partial<PlainFacts>; expect: Expected }[];
}

const vectors = JSON.parse(source) as Vectors;
const keys = new Map<string, { key: CryptoKey; state: KeyState }>();
const seconds = (count: number | null): number | null => (count === null ? null : count * 1000);
const stamp = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
const keyOf = ({ area, key }: { area: string; key: number }): string => `${area}/${key}`;

beforeAll(async () => {
  for (const row of vectors.keys) keys.set(keyOf(row), { key: await importKey(row.jwk), state: row.state });
});

/** What a scanner that lists the keys of the vectors makes of a text. */
async function read(text: string | null): Promise<[Credential | Unreadable | null, SignatureState]> {
  if (text === null) return [null, "not_checked"];
  const scanned = parseText(text);
  const decoded = typeof scanned === "string" ? scanned : decodePayload(scanned.payload);
  if (typeof scanned === "string" || typeof decoded === "string") return [decoded as Unreadable, "not_checked"];
  expect(pack(decoded)).toEqual(scanned.payload);
  const key = keys.get(keyOf(decoded))?.key ?? null;
  return [decoded, await signatureState(key, scanned.payload, scanned.signature)];
}

function factsOf(plain: PlainFacts, decoded: Credential | Unreadable | null): Facts {
  const credential = decoded === null || typeof decoded === "string" ? { area: "", key: 0 } : decoded;
  return {
    low: Date.parse(plain.time[0]),
    high: Date.parse(plain.time[1]),
    clockTrusted: plain.clock_trusted,
    issuerKnown: vectors.keys.some(({ area }) => area === credential.area),
    keyState: keys.get(keyOf(credential))?.state ?? "unknown",
    areaIsOurs: plain.area_is_ours,
    trustAge: seconds(plain.trust_age),
    listAge: seconds(plain.list_age),
    status: plain.status,
    aboveHighWater: plain.above_high_water,
    belowBase: plain.below_base,
    currentRevision: plain.current_revision,
    seenElsewhere: plain.seen_elsewhere,
    checkpoint: plain.checkpoint,
    plateSeen: plain.plate_seen,
    reads: plain.reads,
  };
}

/** A credential as the vectors write it. */
function asJson(decoded: Credential): Record<string, unknown> {
  const { plateColour, notBefore, notAfter, ...same } = decoded;
  const times = { not_before: stamp(notBefore), not_after: stamp(notAfter) };
  return { ...same, ...times, plate_colour: plateColour, duration_minutes: (notAfter - notBefore) / 60_000 };
}

describe("every shared vector is judged as it says", () => {
  test.each(vectors.cases.map((one, place) => ({ ...one, title: `${place}: ${one.name}` })))("$title", async (one) => {
    const [decoded, signature] = await read(one.text);
    const verdict = judge(decoded, signature, factsOf({ ...vectors.facts, ...one.facts }, decoded));
    const found = {
      level: verdict.level,
      code: verdict.code,
      reasons: verdict.reasons,
      awaits_plate: verdict.awaitsPlate,
      keep_reading: verdict.keepReading,
    };
    const isContent = decoded !== null && typeof decoded !== "string";
    expect(isContent ? { ...found, decoded: asJson(decoded), signature } : found).toEqual(one.expect);
  });
});

test("the vectors are many, differently named, and reach every code", () => {
  expect(vectors.cases.length).toBeGreaterThanOrEqual(300);
  expect(new Set(vectors.cases.map(({ name }) => name)).size).toBe(vectors.cases.length);
  expect(new Set(vectors.cases.flatMap((one) => one.expect.reasons)).size).toBe(24);
});
