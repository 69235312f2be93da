/** How long a code took to be read: counted from the frame in which something like a code came into view. */

import type { ReadQuality } from "../core/types";
import type { Corner } from "./decoder";
import type { Look } from "./stages";

/** A code that was read. `corners`: where, as shares of the picture's width and height, clockwise. */
export interface CodeRead {
  readonly text: string;
  readonly quality: ReadQuality;
  readonly corners: readonly Corner[];
}

/** A view without anything like a code for this long ends a sighting, in ms. */
const OUT_OF_VIEW = 1500;

interface FirstRead {
  readonly frames: number;
  readonly readMs: number;
}

/** Turns looks into reads; times in ms of a clock that never goes back. */
export class Tally {
  /** Since when something unread is in view; null: not now. */
  #since: number | null = null;
  #frames = 0;
  #last = -Infinity;
  #read = new Map<string, FirstRead>();

  /** What was read in this look. `began`: when its frame was taken; `now`: when the look was done. */
  count(look: Look, size: { width: number; height: number }, began: number, now: number): CodeRead[] {
    if (!look.any) return [];
    if (now - this.#last > OUT_OF_VIEW) this.#forget();
    this.#last = now;
    this.#since ??= began;
    this.#frames += 1;
    const first = { frames: this.#frames, readMs: Math.max(1, Math.round(now - this.#since)) };
    if (look.seen.length > 0) {
      // What comes into view from now on is counted from then on.
      this.#since = null;
      this.#frames = 0;
    }
    return look.seen.map(({ text, uec, version, corners }) => ({
      text,
      quality: { uec, symbolVersion: version, ...this.#firstOf(text, first) },
      corners: corners.map(({ x, y }) => ({ x: x / size.width, y: y / size.height })),
    }));
  }

  /** The figures of the first reading stay: a code held before the camera does not get harder to read. */
  #firstOf(text: string, now: FirstRead): FirstRead {
    const known = this.#read.get(text);
    if (!known) this.#read.set(text, now);
    return known ?? now;
  }

  #forget(): void {
    this.#since = null;
    this.#frames = 0;
    this.#read.clear();
  }
}
