/** Codes in a picture file: the way when the camera is barred, and for what drivers send each other. */

import { Trouble } from "../core/desk";
import type { ReadQuality } from "../core/types";
import { decodingEngine } from "./engine";

/** One code of a picture. */
export interface PictureRead {
  readonly text: string;
  readonly quality: ReadQuality;
}

/** The longest side that is looked at, in pixels: a photo of 48 megapixels would not fit into a cheap phone twice. */
const LONGEST = 3200;

/** The codes in a picture, [] when there are none. Throws Trouble `picture.unreadable` or `camera.decoder`. */
export async function readPicture(picture: Blob): Promise<readonly PictureRead[]> {
  const { seen, ms } = await decodingEngine().look("picture", await bitmapOf(picture));
  return seen.map(({ text, uec, version }) => ({
    text,
    quality: { uec, symbolVersion: version, frames: 1, readMs: Math.round(ms) },
  }));
}

async function bitmapOf(picture: Blob): Promise<ImageBitmap> {
  try {
    const whole = await createImageBitmap(picture);
    const scale = LONGEST / Math.max(whole.width, whole.height);
    if (scale >= 1) return whole;
    const size = { resizeWidth: Math.round(whole.width * scale), resizeHeight: Math.round(whole.height * scale) };
    const smaller = await createImageBitmap(whole, size);
    whole.close();
    return smaller;
  } catch {
    throw new Trouble("picture.unreadable");
  }
}
