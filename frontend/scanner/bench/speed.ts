/**
 * Measures in a real browser what a frame costs. `bench/scanner_speed.py` calls what stands on `window`.
 * A worker can't be slowed down by the browser's own throttle, so its very code is timed on the main thread.
 */

import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

import { openCamera } from "../camera/camera";
import { openDecoder } from "../camera/decoder";
import type { Grey } from "../camera/grey";
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

function element(): HTMLVideoElement {
  const video = document.querySelector("video");
  if (!video) throw new Error("no video in the page");
  return video;
}

/**
 * Look at `count` frames on the main thread and judge what was read. They are made from pictures at `urls`, in turn, and
 * have the planes that a camera gives; no camera runs meanwhile, which would cost this machine what it costs no phone.
 */
async function frames(urls: string[], count: number, by: SignedBy): Promise<Span[]> {
  const reader = new FrameReader(await openDecoder({ url: wasmUrl }));
  const planes = await Promise.all(urls.map(planesOf));
  const trust = trusting(by);
  const spans: Span[] = [];
  for (let at = 0; at < count; at += 1) {
    const plane = planes[at % planes.length];
    if (plane) spans.push(await oneFrame(openScene({ kind: "video", frame: cameraFrame(plane, at) }), reader, trust));
    // A worker gets its frames one by one, too.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return spans;
}

async function planesOf(url: string): Promise<Grey> {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const scene = openScene({ kind: "bitmap", bitmap });
  return scene.grey({ left: 0, top: 0, width: scene.width, height: scene.height });
}

function cameraFrame({ data, width, height }: Grey, timestamp: number): VideoFrame {
  const planes = new Uint8Array((width * height * 3) / 2).fill(128);
  planes.set(data);
  return new VideoFrame(planes, { format: "I420", codedWidth: width, codedHeight: height, timestamp });
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
