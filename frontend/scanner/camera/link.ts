/** The page's end of the decoder's worker: one for the whole app, asked one thing at a time. */

import { Trouble } from "../core/desk";
import { transferOf } from "./messages";
import type { Frame, FromWorker, ToWorker } from "./messages";

export type Answer = Extract<FromWorker, { kind: "looked" | "unusable" }>;

/** A worker that was started; it is asked again and again, since loading the decoder takes a phone up to a second. */
class Link {
  readonly #worker = new Worker(new URL("./decoder.worker.ts", import.meta.url), { type: "module" });
  #turn: Promise<unknown> = Promise.resolve();
  #answered: ((answer: Answer) => void) | null = null;
  #failed: ((problem: Trouble) => void) | null = null;
  #broken: Trouble | null = null;
  #loaded: (() => void) | null = null;
  #notLoaded: ((problem: Trouble) => void) | null = null;
  readonly ready: Promise<void>;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#loaded = resolve;
      this.#notLoaded = reject;
    });
    // Who never asks whether it is ready is told by the first frame.
    this.ready.catch(() => undefined);
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => this.#hear(event.data);
    this.#worker.onerror = (event) => this.#break(event.message);
  }

  get broken(): boolean {
    return this.#broken !== null;
  }

  ask(kind: ToWorker["kind"], frame: Frame): Promise<Answer> {
    const answer = this.#turn.then(() => this.#put({ kind, frame }));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  #put(message: ToWorker): Promise<Answer> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#worker.postMessage(message, transferOf(message.frame));
    });
  }

  #hear(message: FromWorker): void {
    if (message.kind === "broken") this.#break(message.why);
    else if (message.kind === "ready") this.#loaded?.();
    else this.#answered?.(message);
  }

  #break(why: string): void {
    this.#broken = new Trouble("camera.decoder", { why });
    this.#notLoaded?.(this.#broken);
    this.#failed?.(this.#broken);
    this.#worker.terminate();
  }
}

let shared: Link | null = null;

function link(): Link {
  if (!shared || shared.broken) shared = new Link();
  return shared;
}

/** Load the decoder, so that the first frame need not wait for it. Rejects with Trouble camera.decoder. */
export function prepareDecoder(): Promise<void> {
  return link().ready;
}

/** Have a frame looked at. Rejects with Trouble camera.decoder when the decoder can't be loaded; the next call tries anew. */
export function askDecoder(kind: ToWorker["kind"], frame: Frame): Promise<Answer> {
  return link().ask(kind, frame);
}
