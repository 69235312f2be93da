/** What the pages and the decoder's worker say to each other. */

import type { Look } from "./stages";

/** A frame: moved, not copied, to the worker, which closes it. */
export type Frame =
  | { readonly kind: "video"; readonly frame: VideoFrame }
  | { readonly kind: "bitmap"; readonly bitmap: ImageBitmap }
  | { readonly kind: "pixels"; readonly width: number; readonly height: number; readonly rgba: ArrayBuffer };

export type ToWorker = { readonly kind: "look"; readonly frame: Frame } | { readonly kind: "picture"; readonly frame: Frame };

export type FromWorker =
  /** The decoder is loaded. */
  | { readonly kind: "ready" }
  /** The decoder can't be loaded in this browser; nothing else will come. */
  | { readonly kind: "broken"; readonly why: string }
  /** The pixels of such a frame can't be had here; another kind of frame is asked for. */
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "looked"; readonly look: Look; readonly width: number; readonly height: number; readonly ms: number };

/** What must be given away with a frame. */
export function transferOf(frame: Frame): Transferable[] {
  if (frame.kind === "video") return [frame.frame];
  return [frame.kind === "bitmap" ? frame.bitmap : frame.rgba];
}
