/** One decoding worker for the whole app: opened at the first need, and asked one thing at a time. */

import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

import { Trouble } from "../core/desk";
import type { Answer, Question } from "./messages";
import type { Seen } from "./stages";

/** What was read in a frame or picture. */
export interface Looked {
  readonly seen: readonly Seen[];
  /** Milliseconds in the worker. */
  readonly ms: number;
}

type Waiting = { readonly resolve: (looked: Looked) => void; readonly reject: (problem: Error) => void };

/** The worker, and what it still owes. */
export class Engine {
  readonly #worker: Worker;
  readonly #opened: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#opened = new Promise((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<Answer>): void => {
        const answer = event.data;
        if (answer.kind !== "opened") this.#settle(answer);
        else if (answer.problem === null) resolve();
        else reject(new Trouble("camera.decoder"));
      };
      worker.onerror = (): void => {
        reject(new Trouble("camera.decoder"));
        for (const one of this.#waiting.values()) one.reject(new Trouble("camera.decoder"));
        this.#waiting.clear();
      };
    });
    this.#send({ kind: "open", wasmUrl: new URL(wasmUrl, location.href).href });
  }

  /** Resolves when the decoder has started. Rejects with Trouble `camera.decoder` when it can't be loaded here. */
  ready(): Promise<void> {
    return this.#opened;
  }

  /** Look at an image, which is the worker's from then on. Rejects with Trouble `camera.decoder`. */
  async look(kind: "frame" | "picture", bitmap: ImageBitmap): Promise<Looked> {
    await this.#opened;
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind, id, bitmap }, [bitmap]);
    });
  }

  #send(question: Question, transfer: Transferable[] = []): void {
    this.#worker.postMessage(question, transfer);
  }

  #settle(answer: Exclude<Answer, { kind: "opened" }>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === "looked") waiting?.resolve({ seen: answer.seen, ms: answer.ms });
    else waiting?.reject(new Trouble("camera.decoder", { problem: answer.problem }));
  }
}

let engine: Engine | null = null;

/** The engine of this app; begins to load when it is first asked for. */
export function decodingEngine(): Engine {
  engine ??= new Engine(new Worker(new URL("./decoder.worker.ts", import.meta.url), { type: "module" }));
  // One that could not start is not kept: the next try may have a network.
  engine.ready().catch(() => (engine = null));
  return engine;
}
