import { describe, expect, test } from "vitest";

import source from "../../../tests/vectors/lists.json?raw";
import { Trouble } from "../core/desk";
import type { PublicJwk } from "../core/signature";
import { newer, readStatus } from "../core/status";
import type { StatusList } from "../core/status";
import { newerTrust, readTrust } from "../core/trust";

interface Key {
  readonly kid: string;
  readonly jwk: PublicJwk;
}
interface Problem {
  readonly problem: string;
}
interface TrustCase {
  readonly name: string;
  readonly jws: string;
  readonly held: string | null;
  readonly expect: Problem | { readonly keys: Readonly<Record<string, unknown>> };
}
interface Pair {
  readonly full: string;
  readonly delta: string | null;
}
interface StatusCase extends Pair {
  readonly name: string;
  readonly held: Pair | null;
  readonly expect: Problem | { readonly serials: Readonly<Record<string, unknown>> };
}
interface Vectors {
  readonly roots: readonly Key[];
  readonly status_keys: readonly Key[];
  readonly trust: readonly TrustCase[];
  readonly status: readonly StatusCase[];
}

const vectors = JSON.parse(source) as Vectors;
const byKid = (keys: readonly Key[]): ReadonlyMap<string, PublicJwk> => new Map(keys.map(({ kid, jwk }) => [kid, jwk]));
const roots = byKid(vectors.roots);
const statusKeys = byKid(vectors.status_keys);
const stamp = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
const titled = <Case extends { name: string }>(cases: readonly Case[]): (Case & { title: string })[] =>
  cases.map((one, place) => ({ ...one, title: `${place}: ${one.name}` }));

/** What a reading comes to: what it found, or the code of what is wrong. */
async function outcome(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Trouble) return { problem: error.code };
    throw error;
  }
}

async function readTrustCase(one: TrustCase): Promise<unknown> {
  const trust = await readTrust(one.jws, roots);
  const held = one.held === null ? null : await readTrust(one.held, roots);
  const asked = "keys" in one.expect ? Object.keys(one.expect.keys) : [];
  const keys = asked.map((name) => {
    const [area = "", key = ""] = name.split("/");
    return [name, { state: trust.keyState(area, Number(key)), ours: trust.isOurs(area) }];
  });
  const compared = newerTrust(held, trust);
  return { compared, seq: trust.seq, issued_at: stamp(trust.issuedAt), keys: Object.fromEntries(keys) };
}

async function readStatusCase(one: StatusCase): Promise<unknown> {
  const status = await readStatus(one.full, one.delta, statusKeys);
  const held = one.held === null ? null : await readStatus(one.held.full, one.held.delta, statusKeys);
  const asked = "serials" in one.expect ? Object.keys(one.expect.serials) : [];
  const serials = Object.fromEntries(asked.map((number) => [number, saidOf(status, number)]));
  return { compared: newer(held, status), seq: status.seq, server_time: stamp(status.serverTime), serials };
}

function saidOf(status: StatusList, number: string): unknown {
  const said = status.of(number);
  return {
    status: said.status,
    above_high_water: said.aboveHighWater,
    below_base: said.belowBase,
    current_revision: said.currentRevision,
    seen_elsewhere: said.seenElsewhere,
  };
}

describe("every trust list is read as its vector says", () => {
  test.each(titled(vectors.trust))("$title", async (one) => {
    expect(await outcome(readTrustCase(one))).toEqual(one.expect);
  });
});

describe("every status list is read as its vector says", () => {
  test.each(titled(vectors.status))("$title", async (one) => {
    expect(await outcome(readStatusCase(one))).toEqual(one.expect);
  });
});

test("the vectors are many", () => {
  expect(vectors.trust.length + vectors.status.length).toBeGreaterThanOrEqual(120);
});

test("a trust list tells names and phones, and gives its keys", async () => {
  const [first] = vectors.trust;
  if (first === undefined) throw new Error("no vectors");
  const trust = await readTrust(first.jws, roots);
  expect(trust.issuer("220000")).toMatchObject({ phone: "0431-12345678", name: { zh: "某地" }, ours: true });
  expect(trust.issuer("370100")).toBeNull();
  expect(trust.content.goods.get(3)).toEqual({ item: "grain", category: "food", name: { zh: "粮食", en: "Grain" } });
  expect(trust.content.kinds.get(0)?.en).toBe("National");
  expect(trust.content.sectors.get(0)?.zh).toBe("交通运输");
  expect([...trust.statusKeys.keys()]).toEqual(["status-one"]);
  const key = await trust.key("220000", 0);
  expect(key).toBeInstanceOf(CryptoKey);
  expect(await trust.key("220000", 0)).toBe(key);
  expect(await trust.key("220000", 200)).toBeNull();
});
