/**
 * Measures in a real browser what a frame costs. `bench/scanner_speed.py` calls what stands on `window`.
 * A worker can't be slowed down by the browser's own throttle, so its very code is timed on the main thread.
 */

import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

import { openCamera } from "../camera/camera";
import { openDecoder } from "../camera/decoder";
import { Grabber, nextFrame } from "../camera/frames";
import { prepareDecoder } from "../camera/link";
import { openScene } from "../camera/pixels";
import { startReading } from "../camera/reader";
import type { CodeRead } from "../camera/reader";
import { FrameReader } from "../camera/stages";
import type { Stage } from "../camera/stages";
import { judgeReading } from "../core/facts";
import type { PublicJwk } from "../core/signature";
import { TrustList } from "../core/trust";
import type { Issuer } from "../core/trust";

/** Milliseconds of one frame. */
interface Span {
  /** Grey pixels, decoder, rescue. */
  readonly look: number;
  /** Unpack, verify, judge; null when nothing was read. */
  readonly judge: number | null;
  readonly stage: Stage | null;
  readonly text: string | null;
}

/** Whose key signed the pass in view. */
interface SignedBy {
  readonly area: string;
  readonly key: number;
  readonly jwk: PublicJwk;
}

const PATIENCE = 200;

function element(): HTMLVideoElement {
  const video = document.querySelector("video");
  if (!video) throw new Error("no video in the page");
  return video;
}

/** Look at `count` frames of the camera on the main thread, and judge what was read. */
async function frames(count: number, by: SignedBy): Promise<Span[]> {
  const decoder = await openDecoder({ url: wasmUrl });
  const camera = await openCamera(element());
  const trust = trusting(by);
  const spans: Span[] = [];
  const grabber = new Grabber();
  const reader = new FrameReader(decoder);
  while (spans.length < count) {
    await nextFrame(camera.video, PATIENCE);
    const frame = await grabber.grab(camera.video);
    if (frame) spans.push(await oneFrame(openScene(frame), reader, trust));
  }
  camera.close();
  return spans;
}

async function oneFrame(scene: ReturnType<typeof openScene>, reader: FrameReader, trust: TrustList): Promise<Span> {
  const began = performance.now();
  const { seen, stage } = await reader.look(scene);
  const looked = performance.now();
  scene.close();
  const text = seen[0]?.text ?? null;
  if (text !== null) await judged(text, trust);
  return { look: looked - began, judge: text === null ? null : performance.now() - looked, stage, text };
}

/** The whole judgement, but for a status list: looking one digit up in it takes no time. */
async function judged(text: string, trust: TrustList): Promise<void> {
  const time = { low: 0, high: 0, trusted: true };
  const around = { means: "camera", quality: null, point: null, plateSeen: "unknown", seenHere: null } as const;
  await judgeReading({ ...around, text, reads: 2, time, trust, status: null });
}

/** A trust list that knows one key. */
function trusting({ area, key, jwk }: SignedBy): TrustList {
  const none = new Map<never, never>();
  const issuer: Issuer = {
    area,
    name: { zh: "", en: "" },
    phone: "",
    ours: true,
    keys: new Map([[key, { alg: "ES256", jwk, state: "signing" }]]),
  };
  const content = { seq: 1, issuedAt: 0, nextUpdate: 0, statusKeys: none, sectors: none, kinds: none, goods: none };
  return new TrustList({ ...content, issuers: new Map([[area, issuer]]) });
}

/** The app's own way through the worker: what is read within `ms`, and when first. */
async function live(ms: number): Promise<{ reads: CodeRead[][]; first: number | null; size: { width: number } }> {
  const began = performance.now();
  await prepareDecoder();
  const camera = await openCamera(element());
  const reads: CodeRead[][] = [];
  let first: number | null = null;
  const reading = startReading(
    camera,
    (codes) => {
      first ??= performance.now() - began;
      reads.push(codes);
    },
    (trouble) => {
      throw trouble;
    },
  );
  await new Promise((resolve) => setTimeout(resolve, ms));
  reading.stop();
  const { size } = camera;
  camera.close();
  return { reads, first, size };
}

Object.assign(window, { frames, live });
