import { describe, expect, test } from "vitest";

import { centreSquare, crop, greyOf, grown, shrunk } from "../camera/grey";
import type { Grey } from "../camera/grey";
import { boxBlurred, doubled, enlarged, sharpened, thresholded, unsharp } from "../camera/rescue";

const grey = (width: number, ...data: number[]): Grey => ({ data: Uint8Array.from(data), width, height: data.length / width });
const flat = (value: number): Grey => ({ data: new Uint8Array(40 * 30).fill(value), width: 40, height: 30 });

/** The mean of a window, slowly: outside, the edge goes on. */
function slowMean(image: Grey, x: number, y: number, reach: number): number {
  let sum = 0;
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const row = Math.min(image.height - 1, Math.max(0, y + dy));
      sum += image.data[row * image.width + Math.min(image.width - 1, Math.max(0, x + dx))] ?? NaN;
    }
  }
  return Math.floor(sum / (2 * reach + 1) ** 2 + 0.5);
}

describe("grey images", () => {
  test("the middle square, and areas that stay inside", () => {
    expect(centreSquare(1280, 720)).toEqual({ left: 280, top: 0, width: 720, height: 720 });
    expect(centreSquare(720, 1280, 360)).toEqual({ left: 180, top: 460, width: 360, height: 360 });
    expect(grown({ left: 5, top: 90, width: 20, height: 20 }, 10, 100, 100)).toEqual({ left: 0, top: 80, width: 35, height: 20 });
    expect(grown({ left: 200, top: 200, width: 9, height: 9 }, 1, 100, 100)).toMatchObject({ width: 0, height: 0 });
  });

  test("cutting, shrinking, and colours to grey", () => {
    const image = grey(4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    expect([...crop(image, { left: 1, top: 2, width: 2, height: 2 }).data]).toEqual([10, 11, 14, 15]);
    expect([...shrunk(image, 2).data]).toEqual([3, 5, 11, 13]);
    expect([...greyOf(Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255), 3, 1).data]).toEqual([255, 0, 76]);
  });
});

describe("rescue stages", () => {
  test("the sliding mean is the mean of every window, at the edges too", () => {
    const data = Array.from({ length: 23 * 17 }, (_, i) => (i * 7919) % 256);
    const image = grey(23, ...data);
    for (const reach of [1, 4, 8]) {
      const soft = boxBlurred(image, reach);
      for (let i = 0; i < data.length; i += 1) {
        expect(soft.data[i]).toBe(slowMean(image, i % 23, Math.floor(i / 23), reach));
      }
    }
  });

  test("an image smaller than the window is its own mean", () => {
    expect([...boxBlurred(grey(2, 10, 20), 8).data].every((value) => value >= 10 && value <= 20)).toBe(true);
  });

  test("what is flat stays flat, and sizes are kept or doubled", () => {
    for (const stage of [unsharp, (image: Grey) => sharpened(image, 3, 2)]) {
      expect(stage(flat(90)).data.every((value) => value === 90)).toBe(true);
    }
    expect(thresholded(flat(90)).data.every((value) => value === 255)).toBe(true);
    const large = enlarged(flat(90));
    expect([large.width, large.height]).toEqual([80, 60]);
    expect(large.data.every((value) => value === 90)).toBe(true);
  });

  test("doubling is a bilinear one and a mean of nine after it", () => {
    expect([...doubled(grey(3, 0, 60, 120)).data]).toEqual([
      10, 30, 60, 90, 110, 120, 10, 30, 60, 90, 110, 120,
    ]);
    expect([...doubled(grey(1, 0, 60, 120)).data]).toEqual([10, 10, 30, 30, 60, 60, 90, 90, 110, 110, 120, 120]);
  });

  test("sharpening never leaves black and white", () => {
    const edge = grey(6, 0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255);
    const { data } = sharpened(edge, 1, 10);
    expect([data[2], data[3]]).toEqual([0, 255]);
  });
});
