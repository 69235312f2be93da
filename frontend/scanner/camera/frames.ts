/** Frames out of a video, in the quickest way that this browser knows. */

import type { Frame } from "./messages";

/** From the quickest on: the camera's own planes, a bitmap drawn by the worker, pixels read by the page. */
const WAYS = ["video", "bitmap", "pixels"] as const;
type Way = (typeof WAYS)[number];

function offered(way: Way): boolean {
  if (way === "video") return typeof VideoFrame !== "undefined" && typeof OffscreenCanvas !== "undefined";
  return way === "pixels" || (typeof createImageBitmap !== "undefined" && typeof OffscreenCanvas !== "undefined");
}

/** Takes frames, and another way of taking them when one has failed. */
export class Grabber {
  readonly #ways = WAYS.filter(offered);

  /** False when no other way is left. */
  giveUpOnThisWay(): boolean {
    this.#ways.shift();
    return this.#ways.length > 0;
  }

  /** The frame that is shown now; null while there is none. */
  async grab(video: HTMLVideoElement): Promise<Frame | null> {
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const [way] = this.#ways;
    try {
      if (way === "video") return { kind: "video", frame: new VideoFrame(video) };
      if (way === "bitmap") return { kind: "bitmap", bitmap: await createImageBitmap(video) };
      return pixelsOf(video, width, height);
    } catch (problem) {
      if (!this.giveUpOnThisWay()) throw problem;
      return null;
    }
  }
}

let canvas: HTMLCanvasElement | null = null;

/** What is drawn, as pixels; for browsers whose workers can't draw. */
export function pixelsOf(source: CanvasImageSource, width: number, height: number): Frame {
  canvas ??= document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas to draw a frame on");
  context.drawImage(source, 0, 0, width, height);
  return { kind: "pixels", width, height, rgba: context.getImageData(0, 0, width, height).data.buffer };
}

/** Resolves with the next frame of the video, or after `patience` ms: a covered video shows none. */
export function nextFrame(video: HTMLVideoElement, patience: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, patience);
    const done = (): void => {
      clearTimeout(late);
      resolve();
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(done);
    else requestAnimationFrame(done);
  });
}
