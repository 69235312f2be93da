/** From the camera to texts: frame after frame to the decoder's worker, the newest one when it is free, none ever waits. */

import { Trouble } from "../core/desk";
import type { Camera } from "./camera";
import { Grabber, nextFrame } from "./frames";
import { askDecoder } from "./link";
import type { Answer } from "./link";
import { Pace } from "./pace";
import { Tally } from "./tally";
import type { CodeRead } from "./tally";

export type { CodeRead } from "./tally";

export interface Reading {
  stop(): void;
}

/** A still or hidden camera is asked again this often, in ms. */
const PATIENCE = 200;

/**
 * Read until stopped. `onRead` gets every different code of a frame at once, and again with each frame that shows it.
 * `onTrouble`: camera.decoder, when it can't be loaded or this browser gives it no pixels; reading has then ended.
 */
export function startReading(
  camera: Camera,
  onRead: (reads: CodeRead[]) => void,
  onTrouble: (trouble: Trouble) => void = () => undefined,
): Reading {
  let stopped = false;
  const run = new Run(camera, onRead, () => stopped);
  run.go().catch((problem: unknown) => {
    if (!stopped) onTrouble(problem instanceof Trouble ? problem : new Trouble("camera.decoder", { why: String(problem) }));
  });
  return {
    stop: () => {
      stopped = true;
    },
  };
}

class Run {
  readonly #grabber = new Grabber();
  readonly #tally = new Tally();
  readonly #pace = new Pace();

  constructor(
    readonly camera: Camera,
    readonly onRead: (reads: CodeRead[]) => void,
    readonly stopped: () => boolean,
  ) {}

  async go(): Promise<void> {
    while (!this.stopped()) {
      await nextFrame(this.camera.video, PATIENCE);
      if (!this.stopped() && this.camera.live && !document.hidden) await this.#one();
    }
  }

  async #one(): Promise<void> {
    const began = performance.now();
    const frame = await this.#grabber.grab(this.camera.video);
    if (!frame) return;
    const answer = await askDecoder("look", frame);
    if (this.stopped()) return;
    if (answer.kind === "looked") this.#tell(answer, began);
    else if (!this.#grabber.giveUpOnThisWay()) throw new Trouble("camera.decoder", { why: answer.why });
  }

  #tell(answer: Extract<Answer, { kind: "looked" }>, began: number): void {
    const reads = this.#tally.count(answer.look, answer, began, performance.now());
    const width = this.#pace.after(answer.ms);
    if (width !== null) void this.camera.prefer(width);
    if (reads.length > 0) this.onRead(reads);
  }
}
