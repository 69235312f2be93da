import { describe, expect, test } from "vitest";

import { troubleOf } from "../camera/camera";
import { Pace } from "../camera/pace";
import type { Look } from "../camera/stages";
import { Tally } from "../camera/tally";

const SIZE = { width: 1280, height: 720 };
const nothing: Look = { seen: [], any: false, stage: null };
const damaged: Look = { seen: [], any: true, stage: null };
const read = (...texts: string[]): Look => ({
  seen: texts.map((text) => ({ text, uec: 0.5, version: 9, corners: [{ x: 640, y: 180 }] })),
  any: true,
  stage: "plain",
});

describe("how long a code took", () => {
  test("counts from the frame in which something came into view", () => {
    const tally = new Tally();
    for (let at = 0; at < 5000; at += 100) expect(tally.count(nothing, SIZE, at, at + 30)).toEqual([]);
    tally.count(damaged, SIZE, 5000, 5030);
    tally.count(damaged, SIZE, 5100, 5130);
    const [one] = tally.count(read("A"), SIZE, 5200, 5230);
    expect(one).toEqual({
      text: "A",
      quality: { uec: 0.5, symbolVersion: 9, frames: 3, readMs: 230 },
      corners: [{ x: 0.5, y: 0.25 }],
    });
  });

  test("keeps the first figures while a code stays, and counts anew for the next", () => {
    const tally = new Tally();
    tally.count(damaged, SIZE, 0, 40);
    tally.count(read("A"), SIZE, 100, 140);
    expect(tally.count(read("A"), SIZE, 200, 240)[0]?.quality).toMatchObject({ frames: 2, readMs: 140 });
    tally.count(damaged, SIZE, 300, 340);
    expect(tally.count(read("B"), SIZE, 400, 440)[0]?.quality).toMatchObject({ frames: 2, readMs: 140 });
  });

  test("a code that was away is a new sighting", () => {
    const tally = new Tally();
    tally.count(damaged, SIZE, 0, 40);
    tally.count(read("A"), SIZE, 100, 140);
    expect(tally.count(read("A"), SIZE, 9000, 9020)[0]?.quality).toMatchObject({ frames: 1, readMs: 20 });
  });
});

describe("the size of the pictures", () => {
  const after = (pace: Pace, ms: number): (number | null)[] =>
    Array.from({ length: 30 }, () => pace.after(ms)).filter((width) => width !== null);

  test("grows on a quick phone, goes back on a slow one and then stays", () => {
    const pace = new Pace();
    expect(after(pace, 10)).toEqual([1920]);
    expect(after(pace, 35)).toEqual([]);
    expect(after(pace, 50)).toEqual([1280]);
    expect(after(pace, 5)).toEqual([]);
  });

  test("does not grow where the larger picture would be too slow", () => {
    expect(after(new Pace(), 25)).toEqual([]);
  });
});

test("every refusal of a browser has a code that the officer is told in words", () => {
  const named = (name: string): string => troubleOf(new DOMException("", name));
  expect(named("NotAllowedError")).toBe("camera.denied");
  expect(named("SecurityError")).toBe("camera.denied");
  expect(named("NotFoundError")).toBe("camera.none");
  expect(named("OverconstrainedError")).toBe("camera.none");
  expect(named("NotReadableError")).toBe("camera.busy");
  expect(troubleOf("odd")).toBe("camera.busy");
});
