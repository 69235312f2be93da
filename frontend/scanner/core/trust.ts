/**
 * The trust list: which keys sign for which area, and what the numbers of a credential are called (credential format,
 * section 4). Signed by a root that was pinned at enrolment; who carried it here does not matter.
 */

import { Trouble } from "./desk";
import { verifyJws } from "./jws";
import type { KeysByKid } from "./jws";
import { list, Misshapen, moment, record, text, whole } from "./shape";
import { importKey } from "./signature";
import type { PublicJwk } from "./signature";
import type { KeyState } from "./types";

/** A name in both languages. */
export interface Named {
  readonly zh: string;
  readonly en: string;
}

/** What a code of goods stands for; `item` and `category` are codes of the catalogue. */
export interface Goods {
  readonly item: string;
  readonly category: string;
  readonly name: Named;
}

/** A body that issues. `ours`: our status list speaks of its passes; else it was taken over from another province. */
export interface Issuer {
  readonly area: string;
  readonly name: Named;
  readonly phone: string;
  readonly ours: boolean;
  readonly keys: ReadonlyMap<number, TrustedKey>;
}

/** A public key by which an issuer's passes are checked. */
export interface TrustedKey {
  readonly alg: string;
  readonly jwk: PublicJwk;
  readonly state: Exclude<KeyState, "unknown">;
}

/** A list whose signature was checked. Times in milliseconds. */
export interface TrustContent {
  readonly seq: number;
  readonly issuedAt: number;
  readonly nextUpdate: number;
  readonly statusKeys: KeysByKid;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly sectors: ReadonlyMap<number, Named>;
  readonly kinds: ReadonlyMap<number, Named>;
  readonly goods: ReadonlyMap<number, Goods>;
}

const FORMAT = "changtong-trust/1";
const TYPE = "changtong-trust+jws";
const STATES: readonly TrustedKey["state"][] = ["next", "signing", "old", "bad"];
const AREA = /^[0-9]{6}$/;

/** A checked trust list with its keys at hand. */
export class TrustList {
  readonly #imported = new Map<TrustedKey, Promise<CryptoKey | null>>();

  constructor(readonly content: TrustContent) {}

  get seq(): number {
    return this.content.seq;
  }

  get issuedAt(): number {
    return this.content.issuedAt;
  }

  /** Keys by which a status list is checked. */
  get statusKeys(): KeysByKid {
    return this.content.statusKeys;
  }

  /** The body of an area; its names and its duty phone. */
  issuer(area: string): Issuer | null {
    return this.content.issuers.get(area) ?? null;
  }

  /** Whether the passes of an area are those of this deployment. */
  isOurs(area: string): boolean {
    return this.issuer(area)?.ours ?? false;
  }

  /** The state of a key of an area; `unknown` when it isn't listed, or is of a kind this version can't check. */
  keyState(area: string, key: number): KeyState {
    return this.#entry(area, key)?.state ?? "unknown";
  }

  /** The key of an area, imported once; null when it isn't listed or can't be used. */
  key(area: string, key: number): Promise<CryptoKey | null> {
    const entry = this.#entry(area, key);
    if (entry === null) return Promise.resolve(null);
    const held = this.#imported.get(entry) ?? importKey(entry.jwk).catch(() => null);
    this.#imported.set(entry, held);
    return held;
  }

  #entry(area: string, key: number): TrustedKey | null {
    const entry = this.issuer(area)?.keys.get(key);
    return entry?.alg === "ES256" ? entry : null;
  }
}

/**
 * Reads and checks a trust list. `roots`: the pinned keys, the active one and the spare. Throws `JwsProblem`, or
 * `Trouble` trust.not_a_list for properly signed content of another shape.
 */
export async function readTrust(jws: string, roots: KeysByKid): Promise<TrustList> {
  const content = await verifyJws(jws, roots, TYPE);
  try {
    return new TrustList(readContent(record(content)));
  } catch (error) {
    if (error instanceof Misshapen) throw new Trouble("trust.not_a_list");
    throw error;
  }
}

/** How an offered list compares with the held one: only a higher seq is taken, so nobody can bring back a lost key. */
export function newerTrust(held: TrustList | null, offered: TrustList): "newer" | "same" | "older" {
  if (held === null || offered.seq > held.seq) return "newer";
  return offered.seq === held.seq ? "same" : "older";
}

function readContent(raw: Readonly<Record<string, unknown>>): TrustContent {
  text(raw["format"], new RegExp(`^${FORMAT}$`));
  const issuers = list(raw["issuers"], readIssuer).filter((issuer) => issuer !== null);
  return {
    seq: whole(raw["seq"]),
    issuedAt: moment(raw["issued_at"]),
    nextUpdate: moment(raw["next_update"]),
    statusKeys: new Map(list(raw["status_keys"], readStatusKey)),
    // Ours come last and win: nobody's imported list may speak for an area that signs here.
    issuers: new Map([...issuers].sort((one, other) => Number(one.ours) - Number(other.ours)).map((one) => [one.area, one])),
    sectors: new Map(list(raw["sectors"], readNamed)),
    kinds: new Map(list(raw["kinds"], readNamed)),
    goods: new Map(list(raw["goods"], readGoods)),
  };
}

/** One of another province that is not as agreed is left out: its fault must not keep our own keys from the phones. */
function readIssuer(value: unknown): Issuer | null {
  const raw = record(value);
  try {
    return issuerOf(raw);
  } catch (error) {
    if (raw["root"] !== undefined && error instanceof Misshapen) return null;
    throw error;
  }
}

function issuerOf(raw: Readonly<Record<string, unknown>>): Issuer {
  return {
    area: text(raw["area"], AREA),
    name: named(raw["name"]),
    phone: text(raw["phone"]),
    // The root of the province that vouches for it; ours need none beside the one that signed this list.
    ours: raw["root"] === undefined,
    keys: new Map(list(raw["keys"], readKey)),
  };
}

function readKey(value: unknown): [number, TrustedKey] {
  const raw = record(value);
  const state = STATES.find((known) => known === raw["state"]);
  if (state === undefined) throw new Misshapen();
  return [whole(raw["key"], 255), { alg: text(raw["alg"]), jwk: readJwk(raw["jwk"]), state }];
}

function readStatusKey(value: unknown): [string, PublicJwk] {
  const raw = record(value);
  return [text(raw["kid"]), readJwk(raw["jwk"])];
}

function readJwk(value: unknown): PublicJwk {
  const { kty, crv, x, y } = record(value);
  return { kty: text(kty), crv: text(crv), x: text(x), y: text(y) };
}

function readNamed(value: unknown): [number, Named] {
  const raw = record(value);
  return [whole(raw["code"]), named(raw["name"])];
}

function readGoods(value: unknown): [number, Goods] {
  const raw = record(value);
  const goods = { item: text(raw["item"]), category: text(raw["category"]), name: named(raw["name"]) };
  return [whole(raw["code"]), goods];
}

function named(value: unknown): Named {
  const raw = record(value);
  return { zh: text(raw["zh"]), en: text(raw["en"]) };
}
