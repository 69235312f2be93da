/** The decoder's own thread: frames in, readings out, one at a time. */

import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

import { openDecoder } from "./decoder";
import type { Decoder } from "./decoder";
import type { Frame, FromWorker, ToWorker } from "./messages";
import { lookThoroughly } from "./photo";
import { openScene } from "./pixels";
import type { OpenScene } from "./pixels";
import { FrameReader } from "./stages";
import type { Look } from "./stages";

const say = (message: FromWorker): void => self.postMessage(message);
const wordsOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));

const opened = openDecoder({ url: wasmUrl }).then((decoder) => ({ decoder, reader: new FrameReader(decoder) }));
opened.then(
  () => say({ kind: "ready" }),
  (problem: unknown) => say({ kind: "broken", why: wordsOf(problem) }),
);

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  answer(event.data).catch((problem: unknown) => say({ kind: "broken", why: wordsOf(problem) }));
};

async function answer({ kind, frame }: ToWorker): Promise<void> {
  const { decoder, reader } = await opened;
  const began = performance.now();
  const scene = sceneOf(frame);
  if (!scene) return;
  try {
    const look = await looked(kind, decoder, reader, scene);
    say({ kind: "looked", look, width: scene.width, height: scene.height, ms: performance.now() - began });
  } catch (problem) {
    say({ kind: "unusable", why: wordsOf(problem) });
  } finally {
    scene.close();
  }
}

function sceneOf(frame: Frame): OpenScene | null {
  try {
    return openScene(frame);
  } catch (problem) {
    say({ kind: "unusable", why: wordsOf(problem) });
    return null;
  }
}

function looked(kind: ToWorker["kind"], decoder: Decoder, reader: FrameReader, scene: OpenScene): Promise<Look> {
  return kind === "look" ? reader.look(scene) : lookThoroughly(decoder, scene);
}
