/** Codes out of a picture file, for a phone whose camera is barred. */

import { Trouble } from "../core/desk";
import { pixelsOf } from "./frames";
import { askDecoder } from "./link";
import type { Frame } from "./messages";
import { Tally } from "./tally";
import type { CodeRead } from "./tally";

/** The longest side that is looked at, in pixels: larger pictures are all noise, and too large for a phone's canvas. */
const LARGEST_SIDE = 3000;

/**
 * Every different code in the picture; [] when none can be read. Trouble picture.unreadable: no picture this browser
 * knows; camera.decoder as in `startReading`.
 */
export async function readPicture(file: Blob): Promise<CodeRead[]> {
  const began = performance.now();
  const bitmap = await opened(file);
  const answer = await askDecoder("picture", frameOf(bitmap));
  if (answer.kind === "unusable") throw new Trouble("camera.decoder", { why: answer.why });
  return new Tally().count(answer.look, answer, began, performance.now());
}

function frameOf(bitmap: ImageBitmap): Frame {
  if (typeof OffscreenCanvas !== "undefined") return { kind: "bitmap", bitmap };
  const frame = pixelsOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return frame;
}

async function opened(file: Blob): Promise<ImageBitmap> {
  const bitmap = await decoded(file);
  const scale = LARGEST_SIDE / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const [resizeWidth, resizeHeight] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
  const smaller = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  bitmap.close();
  return smaller;
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Trouble("picture.unreadable");
  }
}
