/** Compact JWS with ES256 (RFC 7515, RFC 7518 section 3.4), plain or deflated; refused as `passes/signing.py` refuses. */

import { Trouble } from "./desk";
import { InflateProblem, inflateRaw } from "./inflate";
import { importKey, isSigned } from "./signature";
import type { PublicJwk } from "./signature";

/** Codes: jws.malformed, jws.unknown_key (fact `kid`), jws.bad_signature, jws.too_large. */
export class JwsProblem extends Trouble {}

/** Public keys by their kid. */
export type KeysByKid = ReadonlyMap<string, PublicJwk>;

/** Bytes that the content may unpack to; a status list of a million passes is below 2 MiB. */
const MOST_CONTENT = 16 * 1024 * 1024;
const SIGNATURE_BYTES = 64;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SIX_BITS: ReadonlyMap<string, number> = new Map([...BASE64URL].map((character, value) => [character, value]));

interface Header {
  readonly kid: string;
  readonly deflated: boolean;
}

/**
 * The content of a JWS as JSON, once its signature is checked. `typ`: a JWS of another type is refused, such as a trust
 * list in the place of a status list. Throws `JwsProblem`.
 */
export async function verifyJws(jws: string, keys: KeysByKid, typ: string): Promise<unknown> {
  const parts = jws.split(".");
  const [head, body, mark] = parts.map(fromBase64url);
  if (parts.length !== 3 || !head || !body || !mark) throw new JwsProblem("jws.malformed");
  const { kid, deflated } = readHeader(head, typ);
  const jwk = keys.get(kid);
  if (jwk === undefined) throw new JwsProblem("jws.unknown_key", { kid });
  const signed = new TextEncoder().encode(jws.slice(0, jws.lastIndexOf(".")));
  const key = await importKey(jwk).catch(() => null);
  if (key === null) throw new JwsProblem("jws.unknown_key", { kid });
  if (mark.length !== SIGNATURE_BYTES || !(await isSigned(key, signed, mark))) throw new JwsProblem("jws.bad_signature");
  return parseJson(deflated ? inflate(body) : body);
}

/** Anything but ES256 with a kid, plain or deflated and of the wanted type, asks for what is not done here. */
function readHeader(bytes: Uint8Array, typ: string): Header {
  const header = parseJson(bytes);
  if (typeof header !== "object" || header === null) throw new JwsProblem("jws.malformed");
  const { alg, kid, typ: own, zip } = header as Record<string, unknown>;
  const isOurs = alg === "ES256" && own === typ && (zip === undefined || zip === "DEF") && !("crit" in header);
  if (!isOurs || typeof kid !== "string") throw new JwsProblem("jws.malformed");
  return { kid, deflated: zip === "DEF" };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    // Not UTF-8, not JSON, or nested deeper than the browser can follow.
    const isContent = error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
    if (isContent) throw new JwsProblem("jws.malformed");
    throw error;
  }
}

function inflate(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRaw(bytes, MOST_CONTENT);
  } catch (error) {
    if (!(error instanceof InflateProblem)) throw error;
    throw new JwsProblem(error.code === "too_large" ? "jws.too_large" : "jws.malformed");
  }
}

/** The bytes of unpadded base64url; null unless the text is the only one for them. */
function fromBase64url(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let [held, count, place] = [0, 0, 0];
  for (const character of text) {
    const value = SIX_BITS.get(character);
    if (value === undefined) return null;
    held = ((held << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[place] = held >> count;
    place += 1;
  }
  const isWhole = count < 6 && (held & ((1 << count) - 1)) === 0;
  return isWhole ? bytes : null;
}
