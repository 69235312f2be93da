/**
 * Reads raw grey frames from standard input with the very stages of the app, and answers each with a line of JSON.
 * A frame: three 32-bit little-endian numbers (1 begins a new paper, 0 goes on with it; width; height), then its bytes.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { stdin, stdout } from "node:process";

import { openDecoder } from "../camera/decoder";
import { crop } from "../camera/grey";
import type { Area, Grey } from "../camera/grey";
import { FrameReader } from "../camera/stages";

const HEADER_BYTES = 12;

/** Hands out exactly as many bytes as are asked for, however they arrive. */
class Intake {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Null at the end of the input. */
  async take(count: number): Promise<Buffer | null> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < count) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      parts.push(next.value);
      have += next.value.length;
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }
}

async function answerFrames(): Promise<void> {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm"));
  const decoder = await openDecoder({ bytes: new Uint8Array(wasm).buffer });
  const intake = new Intake(stdin as AsyncIterable<Buffer>);
  let reader = new FrameReader(decoder);
  for (;;) {
    const header = await intake.take(HEADER_BYTES);
    if (!header) return;
    const [begins, width, height] = [header.readUInt32LE(0), header.readUInt32LE(4), header.readUInt32LE(8)];
    const pixels = await intake.take(width * height);
    if (!pixels) return;
    if (begins === 1) reader = new FrameReader(decoder);
    stdout.write(`${JSON.stringify(await looked(reader, { data: pixels, width, height }))}\n`);
  }
}

async function looked(reader: FrameReader, image: Grey): Promise<object> {
  const began = performance.now();
  const grey = (area: Area): Grey => crop(image, area);
  const { seen, stage } = await reader.look({ width: image.width, height: image.height, grey });
  const ms = performance.now() - began;
  return { texts: seen.map(({ text }) => text), uec: seen.map(({ uec }) => uec), stage, ms };
}

await answerFrames();
