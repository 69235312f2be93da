import { beforeAll, describe, expect, test } from "vitest";

import type { Decoder } from "../camera/decoder";
import type { Grey } from "../camera/grey";
import { lookThoroughly } from "../camera/photo";
import { FrameReader } from "../camera/stages";
import { decoderForTests, draw, grainy, OTHER_TEXT, outOfFocus, sceneOf, TEXT, wall } from "./camera_images";

let decoder: Decoder;
beforeAll(async () => {
  decoder = await decoderForTests();
});

const aimedAt = (px: number): Grey => {
  const image = wall(1280, 720);
  draw(image, TEXT, 640 - 30 * px, 360 - 30 * px, px);
  return image;
};

describe("looking at frames", () => {
  test("a clear code is read at once, with its version, its margin of error and its place", async () => {
    const { seen, any, stage } = await new FrameReader(decoder).look(sceneOf(aimedAt(4)));
    expect(stage).toBe("plain");
    expect(any).toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ text: TEXT, version: 9, uec: 1 });
    const [corner] = seen[0]?.corners ?? [];
    expect(Math.hypot((corner?.x ?? 0) - (640 - 26 * 4), (corner?.y ?? 0) - (360 - 26 * 4))).toBeLessThan(4);
  });

  test("an empty frame is empty in every stage", async () => {
    const reader = new FrameReader(decoder);
    for (let frame = 0; frame < 6; frame += 1) {
      expect(await reader.look(sceneOf(grainy(wall(1280, 720), 20)))).toEqual({ seen: [], any: false, stage: null });
    }
  });

  test("a code at the edge is read in the third frame, which is looked at as a whole", async () => {
    const image = wall(1280, 720);
    draw(image, TEXT, 10, 10, 4);
    const reader = new FrameReader(decoder);
    const read = [];
    for (let frame = 0; frame < 3; frame += 1) read.push((await reader.look(sceneOf(image))).seen.length);
    expect(read).toEqual([0, 0, 1]);
  });

  test("all different codes in view come together, of two copies one", async () => {
    const image = wall(1280, 720);
    draw(image, TEXT, 400, 200, 4);
    draw(image, OTHER_TEXT, 20, 20, 5);
    draw(image, TEXT, 1000, 100, 4);
    const { seen } = await new FrameReader(decoder).look(sceneOf(image));
    expect(seen.map(({ text }) => text).sort()).toEqual([OTHER_TEXT, TEXT].sort());
  });

  test("blur that the decoder alone can't read is rescued within four frames", async () => {
    const image = grainy(outOfFocus(aimedAt(5), 3), 5);
    expect(decoder.find(image, "usual").some(({ text }) => text !== null)).toBe(false);
    const reader = new FrameReader(decoder);
    const stages = [];
    for (let frame = 0; frame < 4; frame += 1) stages.push((await reader.look(sceneOf(image))).stage);
    expect(stages.some((stage) => stage !== null && stage !== "plain")).toBe(true);
  });

  test("white on black is read in the fifth frame", async () => {
    const image = aimedAt(4);
    const inverted = { ...image, data: image.data.map((value) => 255 - value) };
    const reader = new FrameReader(decoder);
    for (let frame = 0; frame < 4; frame += 1) await reader.look(sceneOf(inverted));
    expect((await reader.look(sceneOf(inverted))).seen[0]?.text).toBe(TEXT);
  });

  test("a code that is found and too damaged says so without a text", async () => {
    const image = aimedAt(4);
    for (let y = 300; y < 440; y += 1) image.data.fill(60, y * 1280 + 590, y * 1280 + 690);
    const { seen, any } = await new FrameReader(decoder).look(sceneOf(image));
    expect(seen).toEqual([]);
    expect(any).toBe(true);
  });

  test("a text that is not ASCII comes through as it is", async () => {
    const image = wall(600, 600);
    draw(image, "微信支付 满100减20", 100, 100, 6);
    expect((await new FrameReader(decoder).look(sceneOf(image))).seen[0]?.text).toBe("微信支付 满100减20");
  });
});

describe("looking at photos", () => {
  test("a large grainy photo is read", async () => {
    const photo = wall(2400, 1800);
    draw(photo, TEXT, 500, 400, 14);
    const { seen } = await lookThoroughly(decoder, sceneOf(grainy(photo, 60)));
    expect(seen.map(({ text }) => text)).toEqual([TEXT]);
  });

  test("a small one out of focus is rescued, and its corners are those of the photo", async () => {
    const photo = wall(500, 500);
    draw(photo, TEXT, 90, 90, 5);
    const { seen, stage } = await lookThoroughly(decoder, sceneOf(outOfFocus(photo, 3)));
    expect(stage).not.toBe("plain");
    expect(seen[0]?.text).toBe(TEXT);
    expect(Math.abs((seen[0]?.corners[0]?.x ?? 0) - 110)).toBeLessThan(8);
  });

  test("a photo of nothing gives nothing", async () => {
    expect(await lookThoroughly(decoder, sceneOf(wall(700, 500)))).toEqual({ seen: [], any: false, stage: null });
  });
});
