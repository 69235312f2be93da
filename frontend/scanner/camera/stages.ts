/** How one frame is looked at: a part of it by the decoder, and after a miss one rescue. The same in worker, tests and bench. */

import type { Corner, Decoder, Found } from "./decoder";
import { centreSquare, crop, grown } from "./grey";
import type { Area, Grey } from "./grey";
import { enlarged, thresholded, unsharp } from "./rescue";

/** A frame whose pixels are fetched only where they are looked at. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  grey(area: Area): Grey | Promise<Grey>;
}

/** A code that was read in a frame. */
export interface Seen {
  readonly text: string;
  readonly uec: number | null;
  readonly version: number | null;
  /** In pixels of the frame, clockwise from the symbol's own upper left. */
  readonly corners: readonly Corner[];
}

export type Stage = "plain" | "unsharp" | "enlarged" | "thresholded";

export interface Look {
  /** Every different text once. */
  readonly seen: readonly Seen[];
  /** Something like a QR code was in the frame, read or not. */
  readonly any: boolean;
  /** What led to the reading; null when nothing was read. */
  readonly stage: Stage | null;
}

interface Rescue {
  readonly stage: Stage;
  readonly apply: (image: Grey) => Grey;
  /** Pixels of the picture for each pixel of the frame, along one side. */
  readonly scale: number;
  /** The largest square it is given, in pixels of the frame: a slow phone has 60 ms for all of a frame. */
  readonly side: number;
}

/** Aimed at in the middle of the picture, a symbol at arm's length is 150 to 400 pixels wide. */
const RESCUES: readonly Rescue[] = [
  { stage: "unsharp", apply: unsharp, scale: 1, side: 480 },
  { stage: "enlarged", apply: enlarged, scale: 2, side: 340 },
  { stage: "thresholded", apply: thresholded, scale: 1, side: 480 },
];

/** Every third frame is looked at as a whole: the code may be at its edge. */
const WHOLE_EVERY = 3;
/** One frame of twelve is tried for white on black, which is rare and takes the decoder nearly twice as long. */
const ROUND = 12;
const INVERTED_TURN = 5;
/** White around a symbol that the rescue needs, as a share of its side. */
const MARGIN = 0.2;

const NOTHING: Look = { seen: [], any: false, stage: null };

/** Looks at frame after frame; remembers only whose turn it is. */
export class FrameReader {
  readonly #decoder: Decoder;
  #frames = 0;
  #misses = 0;
  #last: ReadonlySet<string> = new Set();

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
  }

  async look(scene: Scene): Promise<Look> {
    const everything: Area = { left: 0, top: 0, width: scene.width, height: scene.height };
    this.#frames += 1;
    const whole = this.#frames % WHOLE_EVERY === 0;
    const inverted = this.#frames % ROUND === INVERTED_TURN;
    const area = whole ? everything : centreSquare(scene.width, scene.height);
    const image = await scene.grey(area);
    const found = moved(this.#decoder.find(image, inverted ? "utmost" : whole ? "usual" : "quick"), area, 1);
    const read = readable(found);
    if (read.length === 0) {
      // A dearer look took the time of a rescue, unless it is known where one is worth it.
      return (whole || inverted) && found.length === 0 ? NOTHING : this.#rescue(image, area, found);
    }
    // A code that was not there a frame ago: what else is in view decides whether the officer is asked which.
    const fresh = read.some(({ text }) => !this.#last.has(text));
    const all = whole || !fresh ? read : await this.#alsoAround(scene, everything, read);
    this.#last = new Set(all.map(({ text }) => text));
    return { seen: all, any: true, stage: "plain" };
  }

  async #alsoAround(scene: Scene, everything: Area, read: readonly Seen[]): Promise<readonly Seen[]> {
    const around = this.#decoder.find(await scene.grey(everything), "quick");
    return different([...read, ...readable(around)]);
  }

  #rescue(image: Grey, area: Area, found: readonly Found[]): Look {
    const rescue = RESCUES[this.#misses % RESCUES.length];
    this.#misses += 1;
    if (!rescue) return NOTHING;
    const part = worthWhile(image, area, found, rescue.side);
    const mended = rescue.apply(crop(image, part));
    const inFrame = { ...part, left: part.left + area.left, top: part.top + area.top };
    const after = moved(this.#decoder.find(mended, "quick"), inFrame, rescue.scale);
    const seen = readable(after);
    if (seen.length > 0) this.#last = new Set(seen.map(({ text }) => text));
    return { seen, any: found.length + after.length > 0, stage: seen.length > 0 ? rescue.stage : null };
  }
}

/** The part of the image that a rescue is given: around a symbol that was found and not read, else the middle. */
function worthWhile(image: Grey, area: Area, found: readonly Found[], side: number): Area {
  const [first] = found;
  if (first) {
    const box = boxOf(first.corners);
    const inImage = { ...box, left: box.left - area.left, top: box.top - area.top };
    const part = grown(inImage, Math.max(box.width, box.height) * MARGIN, image.width, image.height);
    if (part.width > 0 && part.height > 0 && Math.max(part.width, part.height) <= side) return part;
  }
  return centreSquare(image.width, image.height, side);
}

function boxOf(corners: readonly Corner[]): Area {
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** Corners of an area that was shown `scale` times as large, in pixels of what it was cut from. */
export function moved(found: readonly Found[], area: Area, scale: number): Found[] {
  return found.map((one) => ({
    ...one,
    corners: one.corners.map(({ x, y }) => ({ x: area.left + x / scale, y: area.top + y / scale })),
  }));
}

/** What was read, each text once. */
export function readable(found: readonly Found[]): Seen[] {
  return different(found.flatMap((one) => (one.text === null ? [] : [{ ...one, text: one.text }])));
}

/** Each text once; of two copies the one in better order, whose symbol tells of the print. */
function different(seen: readonly Seen[]): Seen[] {
  const best = new Map<string, Seen>();
  for (const one of seen) {
    const other = best.get(one.text);
    if (!other || (one.uec ?? 0) > (other.uec ?? 0)) best.set(one.text, one);
  }
  return [...best.values()];
}
