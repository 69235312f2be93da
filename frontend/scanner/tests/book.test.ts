import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import source from "../../../tests/vectors/pass_book.json?raw";
import { NO_KEY, openBook } from "../core/book";
import { Trouble } from "../core/desk";
import type { Credential } from "../core/types";

interface Listed {
  readonly number: string;
  readonly plate: string;
  readonly colour: number;
  readonly not_before: string;
  readonly duration_minutes: number;
}

const told = JSON.parse(source) as { checkpoint: string; built_at: string; passes: readonly Listed[] };
const bytes = new Uint8Array(readFileSync(new URL("../../../tests/vectors/pass_book.json.gz", import.meta.url)));

/** A pass as the vectors write it. */
function asJson(credential: Credential | null): unknown {
  if (credential === null) return null;
  const { plateColour, notBefore, notAfter, version, key, area, serial, ...same } = credential;
  expect([version, key, `${area}${String(serial).padStart(6, "0")}`]).toEqual([1, NO_KEY, same.number]);
  const start = new Date(notBefore).toISOString().replace(".000Z", "+00:00");
  return { ...same, colour: plateColour, not_before: start, duration_minutes: (notAfter - notBefore) / 60_000 };
}

describe("every pass of the shared book", () => {
  test.each(told.passes)("$number is found by its number and by its plate", async (listed) => {
    const book = await openBook(bytes);
    expect(asJson(book.byNumber(listed.number))).toEqual(listed);
    expect(book.byPlate(listed.plate).map(asJson)).toContainEqual(listed);
  });
});

test("a book tells whose it is, of when, and how many there are", async () => {
  const book = await openBook(bytes);
  expect([book.checkpoint, book.builtAt, book.size]).toEqual(["CP001", Date.parse(told.built_at), told.passes.length]);
});

test("two passes of one plate are both found", async () => {
  const plates = told.passes.map(({ plate }) => plate);
  const twice = plates.find((plate, place) => plates.indexOf(plate) < place) ?? "";
  expect((await openBook(bytes)).byPlate(twice).map(({ number }) => number)).toEqual(
    told.passes.filter(({ plate }) => plate === twice).map(({ number }) => number),
  );
});

test.each(["", "000000000000", "999999999999", "220000000003", "22000000000", "2200000000010", "吉A00001"])(
  "%j is the number of none",
  async (number) => expect((await openBook(bytes)).byNumber(number)).toBeNull(),
);

test.each(["", "吉A99999", "吉A0000", "京AD1234", "吉a00001"])("%j is the plate of none", async (plate) => {
  expect((await openBook(bytes)).byPlate(plate)).toEqual([]);
});

test("a book of nothing is a book", async () => {
  const content = JSON.parse(gunzipSync(bytes).toString()) as Record<string, unknown>;
  const columns = Object.entries(content).filter(([, value]) => Array.isArray(value) && typeof value[0] === "string");
  const empty = columns.map(([name, value]) => [name, name === "areas" || name === "roads" ? [] : (value as string[]).map(() => "")]);
  const book = await opened({ ...content, ...Object.fromEntries(empty), n: 0, issuers: [] });
  expect([book.size, book.byNumber("220000000001"), book.byPlate("吉A00001")]).toEqual([0, null, []]);
});

const DAMAGE: readonly [string, (content: Record<string, unknown>) => unknown][] = [
  ["another format", (content) => ({ ...content, format: "changtong-book/2" })],
  ["more rows than there are", (content) => ({ ...content, n: 21 })],
  ["fewer rows than there are", (content) => ({ ...content, n: 19 })],
  ["issuers of fewer rows", (content) => ({ ...content, issuers: [["220000", 3]] })],
  ["issuers of a billion rows", (content) => ({ ...content, issuers: [["220000", 1e9]] })],
  ["no areas", (content) => ({ ...content, areas: [] })],
  ["no roads", (content) => ({ ...content, roads: ["G1"] })],
  ["a road that is none", (content) => ({ ...content, roads: ["<b>"] })],
  ["a plate of seven places", (content) => ({ ...content, plate: (content["plate"] as string[]).slice(1) })],
  ["a column of nothing", (content) => ({ ...content, goods: [] })],
  ["a digit that is none", (content) => ({ ...content, goods: ["yyyyyyyyyyyyyyyyyyyy"] })],
  ["an hour over 23", (content) => ({ ...content, duration: ["0", "0", "O", "0"].map((digit) => digit.repeat(20)) })],
  ["stops that are not there", (content) => ({ ...content, stop_count: ["3".repeat(20)] })],
  ["an array", () => []],
  ["null", () => null],
];

describe("what is no book is refused whole", () => {
  test.each(DAMAGE)("%s", async (_, damage) => {
    const content = JSON.parse(gunzipSync(bytes).toString()) as Record<string, unknown>;
    await expect(opened(damage(content))).rejects.toEqual(new Trouble("book.damaged"));
  });

  test("half of it, none of it, an error page, one bit changed", async () => {
    const changed = bytes.slice();
    changed[100] = (changed[100] ?? 0) ^ 4;
    const page = new TextEncoder().encode("<html>500</html>");
    for (const wrong of [bytes.slice(0, 300), new Uint8Array(), page, changed]) {
      await expect(openBook(wrong)).rejects.toThrow("book.damaged");
    }
  });
});

function opened(content: unknown): ReturnType<typeof openBook> {
  return openBook(new Uint8Array(gzipSync(JSON.stringify(content))));
}
