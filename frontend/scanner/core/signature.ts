/** Signatures of passes: ECDSA P-256 with SHA-256 over a domain and the payload, r ‖ s, s in the lower half. */

import type { SignatureState } from "./types";

/** What of a JWK is used; other members, such as `kid`, are left aside. */
export type PublicJwk = Pick<JsonWebKey, "kty" | "crv" | "x" | "y">;

/** Order of the base point of P-256 (NIST SP 800-186, 3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF = 32;
const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;
const DOMAIN = new TextEncoder().encode("changtong-pass-v1\0");

/** The public key of a JWK. Rejects with what WebCrypto says for another kind of key or a point off the curve. */
export function importKey(jwk: PublicJwk): Promise<CryptoKey> {
  const { kty = "", crv = "", x = "", y = "" } = jwk;
  return crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"]);
}

/**
 * What the judge wants to know of a signature (64 bytes). `key` is null when no list has it: `not_checked`, unless the
 * numbers alone tell that it is `not_canonical`.
 */
export async function signatureState(
  key: CryptoKey | null,
  payload: Uint8Array,
  signature: Uint8Array,
): Promise<SignatureState> {
  if (!isCanonical(signature)) return "not_canonical";
  if (key === null) return "not_checked";
  const message = new Uint8Array(DOMAIN.length + payload.length);
  message.set(DOMAIN);
  message.set(payload, DOMAIN.length);
  return (await isSigned(key, message, signature)) ? "good" : "bad";
}

/** Whether r ‖ s (64 bytes) is a signature of the message by the key; takes n − s as well as s. */
export function isSigned(key: CryptoKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return crypto.subtle.verify(ES256, key, plain(signature), plain(message));
}

/** Whether 64 bytes are r ‖ s, 0 < r < n and 0 < s ≤ n/2: WebCrypto takes n − s too, which gives a pass two codes. */
export function isCanonical(signature: Uint8Array): boolean {
  if (signature.length !== 2 * HALF) return false;
  const [r, s] = [wholeOf(signature.subarray(0, HALF)), wholeOf(signature.subarray(HALF))];
  return r > 0n && r < ORDER && s > 0n && s <= ORDER / 2n;
}

function wholeOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** A copy in a buffer of its own, which is what the types of WebCrypto ask for. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
