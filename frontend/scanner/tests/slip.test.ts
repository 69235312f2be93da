import { describe, expect, test } from "vitest";

import source from "../../../tests/vectors/slip.json?raw";
import { checkSlip, readSlipCode, slipCode } from "../core/slip";

const vectors = JSON.parse(source) as {
  readonly cases: readonly { device: string; counter: number; code: string }[];
  readonly bad: readonly string[];
  readonly typed: readonly { text: string; code: string }[];
};

describe("every shared vector of slips", () => {
  test.each(vectors.cases)("$code is made and read", ({ device, counter, code }) => {
    expect(slipCode(device, counter)).toBe(code);
    expect(readSlipCode(code)).toBe(code);
  });

  test.each(vectors.bad)("%j is no code of a slip", (text) => expect(checkSlip(text)).toBe(false));

  test.each(vectors.typed)("$text means $code", ({ text, code }) => expect(readSlipCode(text)).toBe(code));
});

test.each([
  ["K7Q", 1],
  ["K7UM", 1],
  ["k7qm", 1],
  ["K7QM", -1],
  ["K7QM", 10_000],
  ["K7QM", 1.5],
])("no code is made of %s and %d", (device, counter) => expect(() => slipCode(device, counter)).toThrow(RangeError));
