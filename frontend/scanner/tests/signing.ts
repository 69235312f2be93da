/** Keys, codes and lists of a world of its own, for tests: the other side of what the scanner reads. */

import { deflateRawSync } from "node:zlib";

import { pack } from "../core/credential";
import type { PublicJwk } from "../core/signature";
import type { Credential } from "../core/types";

export interface KeyPair {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly privateKey: CryptoKey;
}

export const PREFIX = "https://tx.jl.example/p/";
export const START = Date.UTC(2022, 3, 9);
export const DAY = 86_400_000;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;

export const PASS: Credential = {
  version: 1,
  key: 0,
  area: "220100",
  serial: 5,
  number: "220100000005",
  sector: 0,
  kind: 0,
  revision: 0,
  plate: "吉A12345",
  plateColour: 1,
  origin: "220102",
  destination: "110115",
  stops: ["220221"],
  roads: ["G1", "G102"],
  goods: 3,
  notBefore: START,
  notAfter: START + 3 * DAY,
  drivers: ["123X"],
};

export async function newKey(kid: string): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty = "", crv = "", x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kid, jwk: { kty, crv, x, y }, privateKey: pair.privateKey };
}

/** r ‖ s with the lower of s and n − s. */
export async function sign(key: KeyPair, message: Uint8Array): Promise<Uint8Array> {
  const mark = new Uint8Array(await crypto.subtle.sign(ES256, key.privateKey, new Uint8Array(message)));
  const s = wholeOf(mark.subarray(32));
  return s > ORDER / 2n ? withHalf(mark, ORDER - s) : mark;
}

/** Another s behind the same r. */
export function withHalf(mark: Uint8Array, s: bigint): Uint8Array {
  const hex = s.toString(16).padStart(64, "0");
  return Uint8Array.from(mark, (byte, place) => (place < 32 ? byte : parseInt(hex.slice(2 * place - 64, 2 * place - 62), 16)));
}

/** The text of a code. */
export function textOf(bytes: Uint8Array): string {
  const width = (256n ** BigInt(bytes.length) - 1n).toString().length;
  return PREFIX + wholeOf(bytes).toString().padStart(width, "0");
}

/** Payload and signature of a pass. */
export async function sealed(key: KeyPair, credential: Credential): Promise<Uint8Array> {
  const payload = pack(credential);
  const domain = new TextEncoder().encode("changtong-pass-v1\0");
  return Uint8Array.from([...payload, ...(await sign(key, Uint8Array.from([...domain, ...payload])))]);
}

/** A compact JWS, deflated as the server does. */
export async function jws(key: KeyPair, typ: string, content: unknown, zip = true): Promise<string> {
  const body = Buffer.from(JSON.stringify(content));
  const header = { alg: "ES256", kid: key.kid, typ, ...(zip ? { zip: "DEF" } : {}) };
  const parts = [Buffer.from(JSON.stringify(header)), zip ? deflateRawSync(body, { level: 9 }) : body];
  const signed = parts.map((part) => part.toString("base64url")).join(".");
  return `${signed}.${Buffer.from(await sign(key, Buffer.from(signed))).toString("base64url")}`;
}

/** A trust list; keys of issuers by area, number and state. */
export function trustContent(
  statusKey: KeyPair,
  issuers: readonly { area: string; keys: readonly [number, string, KeyPair][]; root?: string }[],
  change: Readonly<Record<string, unknown>> = {},
): unknown {
  const entries = issuers.map(({ area, keys, ...root }) => ({
    area,
    name: { zh: area, en: area },
    phone: "",
    status_url: "",
    ...root,
    keys: keys.map(([key, state, { jwk }]) => ({ key, alg: "ES256", jwk, state, not_before: "", not_after: null })),
  }));
  const times = { issued_at: "2022-04-09T00:00:00+00:00", next_update: "2022-04-16T00:00:00+00:00" };
  const named = { sectors: [], kinds: [], goods: [], ages: {} };
  const status_keys = [{ kid: statusKey.kid, jwk: statusKey.jwk }];
  return { format: "changtong-trust/1", seq: 1, ...times, status_keys, issuers: entries, ...named, ...change };
}

/** A full list that says good of serials 1 to 9 of 220100. */
export function statusContent(change: Readonly<Record<string, unknown>> = {}): unknown {
  const areas = [{ area: "220100", base: 1, high: 9, bits: "111111111" }];
  const same = { format: "changtong-status/1", seq: 10, base_seq: null, server_time: "2022-04-10T04:00:00+00:00" };
  return { ...same, areas, revised: [], watch: [], ...change };
}

function wholeOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
