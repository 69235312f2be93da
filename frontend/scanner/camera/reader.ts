/** The loop over the frames of an open camera: the newest one is looked at, what came in between is passed over. */

import type { ReadQuality } from "../core/types";
import { LARGE, USUAL } from "./camera";
import type { Camera } from "./camera";
import type { Engine, Looked } from "./engine";

/** One code that was read in a frame. */
export interface FrameRead {
  readonly text: string;
  readonly quality: ReadQuality;
}

export interface Reading {
  stop(): void;
}

/** While a frame takes less than this, the camera may send more pixels; the mean of so many frames decides. Milliseconds. */
const QUICK_MS = 40;
/** Above this the large picture costs more than it shows. */
const SLOW_MS = 60;
const FRAMES_IN_MEAN = 15;

/** Look at frames until stopped; every different code of a frame comes in one call. `onFail` is told when decoding breaks. */
export function startReading(
  video: HTMLVideoElement,
  camera: Camera,
  engine: Engine,
  onRead: (reads: readonly FrameRead[]) => void,
  onFail: () => void,
): Reading {
  let stopped = false;
  let frames = 0;
  const pace = new Pace(camera);
  const step = async (): Promise<void> => {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const looked = await engine.look("frame", await createImageBitmap(video));
    frames += 1;
    pace.note(looked.ms);
    if (stopped || looked.seen.length === 0) return;
    onRead(readsOf(looked, frames));
    frames = 0;
  };
  const go = async (): Promise<void> => {
    while (!stopped) {
      await nextFrame(video);
      if (stopped || document.visibilityState === "hidden") continue;
      await step();
    }
  };
  go().catch(() => {
    if (!stopped) onFail();
  });
  return {
    stop: () => {
      stopped = true;
    },
  };
}

function readsOf({ seen, ms }: Looked, frames: number): FrameRead[] {
  return seen.map(({ text, uec, version }) => ({
    text,
    quality: { uec, symbolVersion: version, frames, readMs: Math.round(ms) },
  }));
}

/** Changes between the usual and the large picture by how long frames take. */
class Pace {
  readonly #camera: Camera;
  #large = false;
  #tried = false;
  #times: number[] = [];

  constructor(camera: Camera) {
    this.#camera = camera;
  }

  note(ms: number): void {
    this.#times.push(ms);
    if (this.#times.length < FRAMES_IN_MEAN) return;
    const mean = this.#times.reduce((sum, one) => sum + one, 0) / this.#times.length;
    this.#times = [];
    // Tried once: a phone that had to go back would otherwise go to and fro.
    if (!this.#large && !this.#tried && mean < QUICK_MS) this.#resize(true);
    else if (this.#large && mean > SLOW_MS) this.#resize(false);
  }

  #resize(large: boolean): void {
    this.#large = large;
    this.#tried = true;
    // A camera that can't follow goes on with the picture it has.
    this.#camera.resize(large ? LARGE : USUAL).catch(() => undefined);
  }
}

/** Resolves with the next frame of the video, or soon where the browser does not tell. */
function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    // A hidden page gets no frames; the loop must come back to see that it was stopped.
    const timer = setTimeout(resolve, 250);
    if (!("requestVideoFrameCallback" in video)) return;
    video.requestVideoFrameCallback(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
