import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, it } from "vitest";

import { openDecoder } from "../camera/decoder";
import type { Decoder, Found } from "../camera/decoder";
import { passSymbol, plainSymbol } from "../ui/symbol";
import type { Matrix } from "../ui/symbol";

const WASM = fileURLToPath(new URL("../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url));
const PREFIX = "https://tx.jl.gov.cn/p/";
const SCALE = 4;
let decoder: Decoder;

beforeAll(async () => {
  const bytes = readFileSync(WASM);
  decoder = await openDecoder({ bytes: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer });
});

function readBack(matrix: Matrix): readonly Found[] {
  const width = matrix.length * SCALE;
  const data = new Uint8Array(width * width);
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      data[y * width + x] = matrix[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === true ? 0 : 255;
    }
  }
  return decoder.find({ data, width, height: width }, "usual");
}

function digits(count: number): string {
  return Array.from({ length: count }, (_, at) => String((at * 7 + 3) % 10)).join("");
}

describe("the symbol of a pass on a screen", () => {
  it.each([12, 90, 229, 243, 283])("of %i digits reads back, with nothing to mend", (count) => {
    const text = PREFIX + digits(count);
    const [found, ...others] = readBack(passSymbol(text));
    expect(found?.text).toBe(text);
    expect(found?.uec).toBe(1);
    expect(others).toHaveLength(0);
  });

  it("is in two segments as the format asks: version 7 for 229 digits, where bytes alone take 12", () => {
    expect(readBack(passSymbol(PREFIX + digits(229)))[0]?.version).toBe(7);
  });
});

it("draws a frame of a transfer small enough for an arm's length", () => {
  const frame = `CT1:${"A1B2C3D4E5".repeat(44)}Z`;
  const [found] = readBack(plainSymbol(frame));
  expect(found?.text).toBe(frame);
  expect(found?.version).toBeLessThanOrEqual(11);
});
