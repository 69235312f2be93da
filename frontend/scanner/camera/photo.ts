/** How a photo is looked at: there is time, and only one. */

import type { Decoder } from "./decoder";
import { shrunk } from "./grey";
import type { Area, Grey } from "./grey";
import { enlarged, thresholded, unsharp } from "./rescue";
import { moved, readable } from "./stages";
import type { Look, Scene, Stage } from "./stages";

/** Longest sides at which a photo is looked at, in pixels: as it is, and smaller, which averages noise and grain away. */
const PHOTO_SIDES = [3000, 1600, 900] as const;
/** Photos up to this longest side go through the rescues; what is larger has pixels enough. */
const MOST_RESCUED = 1700;

/** Everything that can be read in a photo: at several sizes, plain and through every rescue, until something is read. */
export async function lookThoroughly(decoder: Decoder, scene: Scene): Promise<Look> {
  const everything: Area = { left: 0, top: 0, width: scene.width, height: scene.height };
  const original = await scene.grey(everything);
  let any = false;
  for (const [stage, image, scale] of photoAttempts(original)) {
    const found = moved(decoder.find(image, "utmost"), everything, scale);
    const seen = readable(found);
    any ||= found.length > 0;
    if (seen.length > 0) return { seen, any, stage };
  }
  return { seen: [], any, stage: null };
}

function* photoAttempts(original: Grey): Generator<[Stage, Grey, number]> {
  const sizes = PHOTO_SIDES.map((side) => shrunkTo(original, side)).filter(
    (image, at, all) => at === 0 || image.width !== all[at - 1]?.width,
  );
  for (const image of sizes) yield ["plain", image, image.width / original.width];
  for (const image of sizes.filter(({ width, height }) => Math.max(width, height) <= MOST_RESCUED)) {
    const scale = image.width / original.width;
    yield ["unsharp", unsharp(image), scale];
    yield ["thresholded", thresholded(image), scale];
    yield ["enlarged", enlarged(image), 2 * scale];
  }
}

function shrunkTo(image: Grey, side: number): Grey {
  const factor = Math.ceil(Math.max(image.width, image.height) / side);
  return factor > 1 ? shrunk(image, factor) : image;
}
