/** The one file that touches zxing-wasm. */

import { binarizers, prepareZXingModule, textModes } from "zxing-wasm/reader";
import type { ZXingReaderModule } from "zxing-wasm/reader";

import type { Grey } from "./grey";

export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A QR symbol in an image. `text` is null when it was found but too damaged to be read. */
export interface Found {
  readonly text: string | null;
  /** Unused error correction, 0 (the next stain and it is gone) to 1 (nothing was mended); null when not read. */
  readonly uec: number | null;
  /** 1 to 40. */
  readonly version: number | null;
  /** In pixels of the image, clockwise from the symbol's own upper left. */
  readonly corners: readonly Corner[];
}

/**
 * What the decoder tries: "quick" the image as it is; "usual" also a third of its size, which reads 2 more of 100 frames
 * and takes a third longer; "utmost" also white on black, which takes nearly twice as long.
 */
export type Effort = "quick" | "usual" | "utmost";

export interface Decoder {
  /** Everything in the image that is a QR symbol or looks like one. */
  find(image: Grey, effort: Effort): Found[];
}

/** Where the decoder's code comes from: an address of our own, or its bytes. */
export type WasmSource = { readonly url: string } | { readonly bytes: ArrayBuffer };

/** Other QR codes near the two of a sheet; more than this is a wall of adverts, and only costs time. */
const MOST_SYMBOLS = 8;

/** What Emscripten gives every module and zxing-wasm's own types leave out. */
interface Memory {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(place: number): void;
}

type Zxing = ZXingReaderModule & Memory;

const FIXED = {
  // Of the QR family only the ordinary symbol: the small kinds are found where there are none (zxing-cpp #1162).
  formats: "QRCodeModel2",
  tryHarder: true,
  tryRotate: true,
  tryDenoise: false,
  binarizer: binarizers.indexOf("LocalAverage"),
  isPure: false,
  downscaleFactor: 3,
  downscaleThreshold: 500,
  minLineCount: 2,
  maxNumberOfSymbols: MOST_SYMBOLS,
  validateOptionalChecksum: false,
  // A symbol that is there and can't be read tells where the rescue is worth its time.
  returnErrors: true,
  eanAddOnSymbol: 0,
  textMode: textModes.indexOf("Plain"),
  characterSet: 0,
  tryCode39ExtendedMode: false,
} as const;

/** Load zxing from our own origin. Rejects when it can't be fetched or this browser refuses WebAssembly. */
export async function openDecoder(source: WasmSource): Promise<Decoder> {
  const overrides = "bytes" in source ? { wasmBinary: source.bytes } : { locateFile: () => source.url };
  const zxing = (await prepareZXingModule({ overrides, fireImmediately: true })) as Zxing;
  return { find: (image, effort) => find(zxing, image, effort) };
}

function find(zxing: Zxing, image: Grey, effort: Effort): Found[] {
  const place = zxing._malloc(image.data.length);
  if (!place) throw new Error("the decoder has no memory left");
  try {
    zxing.HEAPU8.set(image.data, place);
    const tries = { tryDownscale: effort !== "quick", tryInvert: effort === "utmost" };
    return listed(zxing.readBarcodesFromPixmap(place, image.width, image.height, { ...FIXED, ...tries }));
  } finally {
    zxing._free(place);
  }
}

type Results = ReturnType<Zxing["readBarcodesFromPixmap"]>;
type Result = NonNullable<ReturnType<Results["get"]>>;

function listed(results: Results): Found[] {
  try {
    const all: Found[] = [];
    for (let i = 0; i < results.size(); i += 1) {
      const result = results.get(i);
      if (result) all.push(found(result));
    }
    return all;
  } finally {
    // The list lives in the decoder's own memory; the types leave this out.
    (results as Results & { delete(): void }).delete();
  }
}

function found(result: Result): Found {
  const { topLeft, topRight, bottomRight, bottomLeft } = result.position;
  const corners = [topLeft, topRight, bottomRight, bottomLeft].map(({ x, y }) => ({ x, y }));
  if (!result.isValid) return { text: null, uec: null, version: null, corners };
  return { text: result.text, ...extras(result.extra), corners };
}

function extras(json: string): { uec: number | null; version: number | null } {
  if (json === "") return { uec: null, version: null };
  const told = JSON.parse(json) as { UEC?: unknown; Version?: unknown };
  const version = Number(told.Version);
  return {
    uec: typeof told.UEC === "number" ? Math.min(1, Math.max(0, told.UEC)) : null,
    version: Number.isInteger(version) && version >= 1 && version <= 40 ? version : null,
  };
}
