import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";

import { gunzip, inflateRaw, InflateProblem } from "../core/inflate";

// Many rounds; a busy machine may take its time.
vi.setConfig({ testTimeout: 60_000 });

const MOST = 4_000_000;
const json = (rows: number): string =>
  JSON.stringify(Array.from({ length: rows }, (_, row) => ({ row, plate: `吉A${(row * 7919) % 99_999}`, bits: "1111111111211" })));
const SAMPLES: readonly [string, Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["one byte", Uint8Array.of(0)],
  ["zeros", new Uint8Array(1_000_000)],
  ["text", Buffer.from(json(3))],
  ["much text", Buffer.from(json(5000))],
  ["noise", randomBytes(100_000)],
  ["every byte", Uint8Array.from({ length: 70_000 }, (_, place) => place)],
];
const WAYS: readonly [string, object][] = [
  ["best", { level: 9 }],
  ["fast", { level: 1 }],
  ["stored", { level: 0 }],
  ["fixed codes", { strategy: constants.Z_FIXED }],
  ["no repetitions", { strategy: constants.Z_HUFFMAN_ONLY }],
  ["runs", { strategy: constants.Z_RLE }],
  ["little memory", { memLevel: 1, windowBits: 9 }],
];

describe.each(SAMPLES)("%s", (_, bytes) => {
  test.each(WAYS)("%s comes back", (__, options) => {
    expect(Buffer.compare(inflateRaw(deflateRawSync(bytes, options), MOST), bytes)).toBe(0);
    expect(Buffer.compare(gunzip(gzipSync(bytes, options), MOST), bytes)).toBe(0);
  });
});

test("what unpacks to a flood is stopped at the limit", () => {
  const bomb = deflateRawSync(new Uint8Array(20_000_000), { level: 9 });
  expect(() => inflateRaw(bomb, MOST)).toThrow("too_large");
  expect(inflateRaw(deflateRawSync(new Uint8Array(MOST)), MOST)).toHaveLength(MOST);
  expect(() => inflateRaw(deflateRawSync(new Uint8Array(MOST + 1)), MOST)).toThrow("too_large");
});

test("a gzip file with a name, a comment and extra fields", () => {
  const whole = gzipSync("some text");
  const extras = [3, 0, 1, 2, 3, ...Buffer.from("name\0"), ...Buffer.from("comment\0")];
  const head = [...whole.subarray(0, 3), 4 | 8 | 16, ...whole.subarray(4, 10), ...extras];
  expect(Buffer.from(gunzip(Uint8Array.from([...head, ...whole.subarray(10)]), MOST)).toString()).toBe("some text");
});

test("what is cut, longer or changed is refused, never unpacked to something else", () => {
  const content = Buffer.from(json(8));
  const packed = gzipSync(content, { level: 9 });
  for (let length = 0; length < packed.length; length += 1) {
    expect(() => gunzip(packed.subarray(0, length), MOST)).toThrow(InflateProblem);
  }
  expect(() => gunzip(Buffer.concat([packed, Buffer.of(0)]), MOST)).toThrow(InflateProblem);
  expect(() => inflateRaw(Buffer.concat([deflateRawSync("text"), Buffer.of(0)]), MOST)).toThrow(InflateProblem);
  // Behind the magic number and the method: time, kind and system say nothing about the content.
  for (let bit = 80; bit < packed.length * 8; bit += 1) {
    const changed = Uint8Array.from(packed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // The bits that fill the last byte of the packed data mean nothing.
    expect(Buffer.compare(contentOf(changed) ?? content, content), `bit ${bit}`).toBe(0);
  }
});

function contentOf(bytes: Uint8Array): Buffer | null {
  try {
    return Buffer.from(gunzip(bytes, MOST));
  } catch (error) {
    if (error instanceof InflateProblem) return null;
    throw error;
  }
}

test("noise never breaks it otherwise", () => {
  for (let round = 0; round < 3000; round += 1) {
    try {
      inflateRaw(randomBytes(1 + (round % 300)), 100_000);
    } catch (error) {
      expect(error).toBeInstanceOf(InflateProblem);
    }
  }
});
