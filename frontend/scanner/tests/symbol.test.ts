import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { passSymbol, plainSymbol } from "../ui/symbol";
import type { Matrix } from "../ui/symbol";

const vectors = JSON.parse(readFileSync(new URL("../../../tests/vectors/credential.json", import.meta.url), "utf8")) as {
  cases: { text: string }[];
};
const QUIET = 4;
const modules = (matrix: Matrix): number => matrix.length - 2 * QUIET;

describe("a pass on the screen", () => {
  test("is of version 8 at most: its digits are written as digits", () => {
    const text = vectors.cases[0]?.text ?? "";
    expect(modules(passSymbol(text))).toBeLessThanOrEqual(49);
    expect(modules(passSymbol(text))).toBeLessThan(modules(plainSymbol(text)));
  });

  test("has four white modules all around", () => {
    const matrix = passSymbol("https://tx.jl.example/p/0123456789");
    const edge = [...matrix.slice(0, QUIET), ...matrix.slice(-QUIET)].flat();
    expect(edge.some((dark) => dark)).toBe(false);
    expect(matrix.every((row) => [...row.slice(0, QUIET), ...row.slice(-QUIET)].every((dark) => !dark))).toBe(true);
  });
});
