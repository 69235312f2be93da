/** What the screens need of the camera; `camera/` sees, a test pretends to. */

import type { ReadQuality } from "../core/types";

/** One code that was read. */
export interface Read {
  readonly text: string;
  readonly quality: ReadQuality | null;
}

/** Why there is no picture. */
export type Blindness = "denied" | "none" | "busy" | "insecure" | "decoder" | "unknown";

/** There is no picture to read, and why. */
export class Blind extends Error {
  constructor(readonly why: Blindness) {
    super(why);
  }
}

/** An open camera that reads until it is closed. */
export interface Sight {
  /** Null where the phone has no light that can be switched. */
  readonly torch: ((on: boolean) => Promise<void>) | null;
  /** Steps such as 1, 2, 4; null where the camera can't zoom. */
  readonly zoom: { readonly steps: readonly number[]; set(step: number): Promise<void> } | null;
  /** Whether there is another camera to change to. */
  readonly others: boolean;
  close(): void;
}

/** The phone's camera and its picture files. */
export interface Eyes {
  /**
   * Open camera number `which` into the element and hand over every read; all codes of a frame come in one call.
   * Throws `Blind`. `onBlind`: the picture was lost later, another app took the camera or the decoder broke.
   */
  open(
    video: HTMLVideoElement,
    which: number,
    onReads: (reads: readonly Read[]) => void,
    onBlind?: (why: Blindness) => void,
  ): Promise<Sight>;
  /** The codes in a picture file, [] when there is none to read. Throws `Blind` when the decoder can't start. */
  read(picture: Blob): Promise<readonly Read[]>;
}
