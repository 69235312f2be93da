/** Grey pixels out of the frames that browsers hand over; runs in the worker and, for measurements, in a page. */

import { crop, greyOf } from "./grey";
import type { Area, Grey } from "./grey";
import type { Frame } from "./messages";
import type { Scene } from "./stages";

/** A scene whose frame is let go of by `close`. */
export interface OpenScene extends Scene {
  close(): void;
}

/** Formats whose first plane is the grey image itself. */
const PLANAR = /^(I4|NV)/;

/** Open a frame for looking at. Throws when this browser can't give its pixels here. */
export function openScene(frame: Frame): OpenScene {
  if (frame.kind === "video") return ofVideo(frame.frame);
  if (frame.kind === "bitmap") return drawn(frame.bitmap, frame.bitmap.width, frame.bitmap.height, () => frame.bitmap.close());
  const { width, height } = frame;
  const whole = greyOf(new Uint8ClampedArray(frame.rgba), width, height);
  return { width, height, grey: (area) => crop(whole, area), close: () => undefined };
}

function ofVideo(frame: VideoFrame): OpenScene {
  const { displayWidth: width, displayHeight: height } = frame;
  const upright = frame.visibleRect?.width === width && frame.visibleRect.height === height;
  if (!upright || !PLANAR.test(frame.format ?? "")) return drawn(frame, width, height, () => frame.close());
  let kept: Promise<Grey> | null = null;
  const whole = (): Promise<Grey> => (kept ??= firstPlane(frame, width, height));
  return { width, height, grey: async (area) => crop(await whole(), area), close: () => frame.close() };
}

/** The brightness plane is copied as it is: no colour is ever computed. */
async function firstPlane(frame: VideoFrame, width: number, height: number): Promise<Grey> {
  const bytes = new Uint8Array(frame.allocationSize());
  const [plane] = await frame.copyTo(bytes);
  if (!plane) throw new Error("a frame without planes");
  if (plane.stride === width) return { data: bytes.subarray(plane.offset, plane.offset + width * height), width, height };
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = plane.offset + y * plane.stride;
    data.set(bytes.subarray(from, from + width), y * width);
  }
  return { data, width, height };
}

let canvas: OffscreenCanvas | null = null;

function drawn(source: CanvasImageSource, width: number, height: number, close: () => void): OpenScene {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas to draw a frame on");
  context.drawImage(source, 0, 0, width, height);
  const grey = (area: Area): Grey => {
    const { data } = context.getImageData(area.left, area.top, area.width, area.height);
    return greyOf(data, area.width, area.height);
  };
  return { width, height, grey, close };
}
