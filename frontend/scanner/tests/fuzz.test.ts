import { beforeAll, describe, expect, test, vi } from "vitest";

import source from "../../../tests/vectors/credential.json?raw";
import { decodePayload, pack, parseText } from "../core/credential";
import { judgeReading } from "../core/facts";
import { verifyJws } from "../core/jws";
import { importKey, signatureState } from "../core/signature";
import type { SignatureState } from "../core/types";
import { jws, newKey, PASS, PREFIX, sealed, textOf } from "./signing";
import type { KeyPair } from "./signing";

// Many rounds; a busy machine may take its time.
vi.setConfig({ testTimeout: 60_000 });

/** Always the same numbers, so that a failure can be seen again. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

let key: KeyPair;
let publicKey: CryptoKey;

beforeAll(async () => {
  key = await newKey("ours");
  publicKey = await importKey(key.jwk);
});

/** What becomes of a text; null when it can't be read. */
async function stateOf(text: string): Promise<SignatureState | null> {
  const scanned = parseText(text);
  if (typeof scanned === "string" || typeof decodePayload(scanned.payload) === "string") return null;
  return signatureState(publicKey, scanned.payload, scanned.signature);
}

describe("a code that was altered is never accepted", () => {
  test("each bit of payload and signature flipped", async () => {
    const bytes = await sealed(key, PASS);
    expect(await stateOf(textOf(bytes))).toBe("good");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
      expect(await stateOf(textOf(changed)), `bit ${bit}`).not.toBe("good");
    }
  });

  test("each digit replaced, and neighbours exchanged", async () => {
    const text = textOf(await sealed(key, PASS));
    for (let place = PREFIX.length; place < text.length; place += 1) {
      const [before, after] = [text.slice(0, place), text.slice(place + 1)];
      for (const digit of "0123456789") {
        if (digit !== text[place]) expect(await stateOf(before + digit + after), `${place} ${digit}`).not.toBe("good");
      }
      const exchanged = before + after.charAt(0) + text.charAt(place) + after.slice(1);
      if (exchanged !== text) expect(await stateOf(exchanged)).not.toBe("good");
    }
  });

  test("signatures and payloads of two passes mixed", async () => {
    const [one, other] = [await sealed(key, PASS), await sealed(key, { ...PASS, plate: "吉A54321" })];
    const mixed = Uint8Array.from([...one.slice(0, -64), ...other.slice(-64)]);
    expect(await stateOf(textOf(mixed))).toBe("bad");
  });
});

describe("whatever is read, nothing breaks", () => {
  test("random digits of every length", async () => {
    const roll = dice(1);
    for (let round = 0; round < 4000; round += 1) {
      const digits = Array.from({ length: 1 + roll(460) }, () => roll(10)).join("");
      expect(await stateOf(PREFIX + digits)).not.toBe("good");
    }
  });

  test("random bytes are a canonical payload or refused", () => {
    const roll = dice(2);
    let readable = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: roll(60) }, () => roll(256));
      // Half of them begin like a pass, or hardly any would be looked into.
      if (round % 2 === 0) bytes.set(pack(PASS).subarray(0, Math.min(bytes.length, 8 + roll(30))));
      const decoded = decodePayload(bytes);
      if (typeof decoded === "string") continue;
      readable += 1;
      expect(pack(decoded)).toEqual(bytes);
    }
    expect(readable).toBeGreaterThan(0);
  });

  test("random texts", async () => {
    const roll = dice(3);
    const signs = ["https://", "/p/", "?", "#", "0", "9", "通", "\u0000", "\ud800", "😀", ":", " ", "１", "shc:/", "\n"];
    const around = { reads: 2, means: "camera", quality: null, point: null, plateSeen: "unknown", trust: null } as const;
    const time = { low: 0, high: 0, trusted: true };
    for (let round = 0; round < 4000; round += 1) {
      const text = Array.from({ length: roll(40) }, () => signs[roll(signs.length)]).join("");
      const found = await judgeReading({ ...around, text, time, status: null, seenHere: null });
      expect(found.verdict.level).toBe("red");
    }
  });

  test("the shared texts with one character changed", async () => {
    const roll = dice(4);
    const { cases } = JSON.parse(source) as { cases: readonly { text: string | null }[] };
    for (const { text } of cases) {
      if (text === null || text === "") continue;
      const place = roll(text.length);
      const changed = text.slice(0, place) + String.fromCharCode(32 + roll(96)) + text.slice(place + 1);
      expect(await stateOf(changed)).not.toBe("good");
    }
  });
});

test("no changed letter of a list is accepted, and none breaks the reading", async () => {
  const signed = await jws(key, "typ", { seq: 1, text: "通行" });
  const keys = new Map([[key.kid, key.jwk]]);
  expect(await verifyJws(signed, keys, "typ")).toEqual({ seq: 1, text: "通行" });
  for (let place = 0; place < signed.length; place += 1) {
    for (const letter of ["A", "z", "-", ".", "=", "é"]) {
      if (signed[place] === letter) continue;
      const changed = signed.slice(0, place) + letter + signed.slice(place + 1);
      await expect(verifyJws(changed, keys, "typ")).rejects.toThrow(/^jws\.(malformed|bad_signature|unknown_key)$/);
    }
  }
});

test("a list nested without end, and one that unpacks to a flood", async () => {
  const keys = new Map([[key.kid, key.jwk]]);
  const deep = Buffer.from("[".repeat(100_000)).toString("base64url");
  await expect(verifyJws(`${deep}..`, keys, "typ")).rejects.toThrow("jws.malformed");
  const flood = await jws(key, "typ", "0".repeat(16 * 1024 * 1024));
  await expect(verifyJws(flood, keys, "typ")).rejects.toThrow("jws.too_large");
});
