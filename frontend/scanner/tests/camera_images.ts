/** Pictures of codes for the tests of the camera: drawn, blurred, dirtied, without chance. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import qrcode from "qrcode-generator";

import { openDecoder } from "../camera/decoder";
import type { Decoder } from "../camera/decoder";
import { crop } from "../camera/grey";
import type { Area, Grey } from "../camera/grey";
import { boxBlurred } from "../camera/rescue";
import type { Scene } from "../camera/stages";

/** As long as the text of a pass. */
export const TEXT = `https://pass.example.gov/p/${"0123456789".repeat(24)}`;
export const OTHER_TEXT = "https://example.com/spring-sale?from=poster";

/** zxing-wasm from the installed package. */
export function decoderForTests(): Promise<Decoder> {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm"));
  return openDecoder({ bytes: new Uint8Array(wasm).buffer });
}

const QUIET = 4;

/** A grey wall. */
export function wall(width: number, height: number): Grey {
  return { data: new Uint8Array(width * height).fill(150), width, height };
}

/** Draw a code at level Q on white with its upper left corner there, `px` pixels a module; gives its side in pixels. */
export function draw(on: Grey, text: string, left: number, top: number, px: number): number {
  const code = codeOf(text);
  const size = code.getModuleCount() + 2 * QUIET;
  for (let y = 0; y < size * px; y += 1) {
    const row = Math.floor(y / px) - QUIET;
    for (let x = 0; x < size * px; x += 1) {
      const column = Math.floor(x / px) - QUIET;
      const inside = Math.min(row, column) >= 0 && Math.max(row, column) < code.getModuleCount();
      on.data[(top + y) * on.width + left + x] = inside && code.isDark(row, column) ? 40 : 220;
    }
  }
  return size * px;
}

function codeOf(text: string): QRCode {
  const code = qrcode(0, "Q");
  const prefix = text.search(/[0-9]*$/);
  code.addData(String.fromCharCode(...new TextEncoder().encode(text.slice(0, prefix))), "Byte");
  if (prefix < text.length) code.addData(text.slice(prefix), "Numeric");
  code.make();
  return code;
}

/** Blur like a lens out of focus. */
export function outOfFocus(image: Grey, reach: number): Grey {
  return boxBlurred(boxBlurred(image, reach), reach);
}

/** The same grain every time: a small generator of its own. */
export function grainy(image: Grey, depth: number): Grey {
  let state = 12345;
  const data = image.data.map((value) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.min(255, Math.max(0, value + ((state >> 16) % (2 * depth + 1)) - depth));
  });
  return { ...image, data };
}

/** The image as a frame. */
export function sceneOf(image: Grey): Scene {
  return { width: image.width, height: image.height, grey: (area: Area) => crop(image, area) };
}
