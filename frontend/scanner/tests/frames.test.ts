import { describe, expect, test } from "vitest";

import { FRAME_PREFIX } from "../core/desk";
import { fromBase45, toBase45 } from "../store/base45";
import { FrameCollector, ParcelTooLarge, framesOf } from "../store/frames";
import type { Parcel } from "../store/frames";

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function jws(payload: Uint8Array): string {
  const header = btoa('{"alg":"ES256","typ":"changtong-status+jws"}').replace(/=+$/, "");
  const coded = (bytes: Uint8Array): string =>
    Buffer.from(bytes).toString("base64url");
  return `${header}.${coded(payload)}.${coded(noise(64, 7))}`;
}

const SMALL: Parcel = { status: jws(noise(900, 1)), delta: jws(noise(90, 2)), trust: jws(noise(700, 3)) };

function round(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

async function takeAll(collector: FrameCollector, texts: readonly string[]): Promise<Parcel | null> {
  for (const text of texts) {
    const progress = await collector.take(text);
    if (progress?.parcel) return progress.parcel;
  }
  return null;
}

describe("base45", () => {
  test("is RFC 9285", () => {
    const bytes = new TextEncoder().encode("base-45");
    expect(toBase45(bytes)).toBe("UJCLQE7W581");
    expect(fromBase45("UJCLQE7W581")).toEqual(bytes);
  });

  test("refuses what no bytes give", () => {
    for (const text of ["A", "ZZ", ":::", "GGX", "é00", "ab0"]) expect(fromBase45(text)).toBeNull();
  });
});

describe("a transfer", () => {
  test("arrives whole, in any order, to the byte", async () => {
    const texts = await framesOf(SMALL);
    expect(texts.length % 2).toBe(1);
    expect(await takeAll(new FrameCollector(), texts)).toEqual(SMALL);
    expect(await takeAll(new FrameCollector(), [...texts].reverse())).toEqual(SMALL);
  });

  test("fits a version 11 symbol: alphanumeric, at most 468 characters", async () => {
    for (const text of await framesOf(SMALL)) expect(text).toMatch(/^[0-9A-Z $%*+\-./:]{12,468}$/);
  });

  test("30 KB that can't be squeezed go in 120 frames", async () => {
    const parcel = { ...SMALL, status: jws(noise(30 * 1024 - 2000, 4)) };
    const texts = await framesOf(parcel);
    expect(round(texts).length).toBeLessThanOrEqual(120);
    expect(await takeAll(new FrameCollector(), round(texts))).toEqual(parcel);
  });

  test("a JSON trust list is squeezed", async () => {
    const trust = jws(new TextEncoder().encode(JSON.stringify(Array.from({ length: 900 }, () => ({ state: "signing" })))));
    expect(round(await framesOf({ ...SMALL, trust })).length).toBeLessThan(9);
  });

  test("frames lost in a rhythm come in the next round", async () => {
    const texts = await framesOf({ ...SMALL, status: jws(noise(12_000, 5)) });
    for (const rhythm of [2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      const collector = new FrameCollector();
      const seen = [...texts, ...texts].filter((_, index) => index % rhythm !== 0);
      expect(await takeAll(collector, seen), `every ${rhythm}th lost`).not.toBeNull();
    }
  });

  test("tells how far it is and counts no frame twice", async () => {
    const [first = "", second = ""] = await framesOf(SMALL);
    const collector = new FrameCollector();
    await collector.take(first);
    expect(await collector.take(first)).toMatchObject({ have: 1, parcel: null });
    expect(await collector.take(second)).toMatchObject({ have: 2, parcel: null });
    collector.forget();
    expect(await collector.take(second)).toMatchObject({ have: 1 });
  });

  test("another phone's frames in between harm nothing", async () => {
    const mine = round(await framesOf(SMALL));
    const other = round(await framesOf({ ...SMALL, delta: jws(noise(100, 9)) }));
    const mixed = mine.flatMap((text, index) => [text, other[index] ?? ""]).slice(0, -1);
    expect(await takeAll(new FrameCollector(), mixed)).toEqual(SMALL);
  });

  test("an altered frame spoils the round, not the next one", async () => {
    const texts = round(await framesOf(SMALL));
    const bytes = fromBase45((texts[2] ?? "").slice(FRAME_PREFIX.length)) ?? new Uint8Array();
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const spoilt = texts.map((text, index) => (index === 2 ? FRAME_PREFIX + toBase45(bytes) : text));
    const collector = new FrameCollector();
    let last = null;
    for (const text of spoilt) last = await collector.take(text);
    expect(last).toMatchObject({ have: 0, damaged: true, parcel: null });
    expect(await takeAll(collector, texts)).toEqual(SMALL);
  });

  test("what is no frame is none", async () => {
    const collector = new FrameCollector();
    for (const text of ["", "https://a.cn/p/1", FRAME_PREFIX, `${FRAME_PREFIX}A`, `${FRAME_PREFIX}000000000000000`]) {
      expect(await collector.take(text)).toBeNull();
    }
  });

  test("a list that is missing stays missing; one too large is refused", async () => {
    const parcel = { ...SMALL, delta: "" };
    expect(await takeAll(new FrameCollector(), await framesOf(parcel))).toEqual(parcel);
    await expect(framesOf({ ...SMALL, status: jws(noise(90_000, 6)) })).rejects.toThrow(ParcelTooLarge);
  });
});
