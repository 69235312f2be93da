/**
 * What is tried on a frame that the decoder could not read: three pictures of the same thing, each good against
 * another damage. Sensor noise is taken out first (the mean of 3 × 3 pixels): sharpening it hides more than blur does.
 * Reaches and amounts are those that read most of 453 missed frames of the damage harness.
 */

import type { Grey } from "./grey";

const NOISE_REACH = 1;
const UNSHARP_REACH = 4;
const UNSHARP_AMOUNT = 4;
/** Before an enlargement the modules are small, and so is what blurs them. */
const SMALL_REACH = 3;
const SMALL_AMOUNT = 2.5;
/** Half the window of the local threshold, in pixels: 11 × 11 spans some modules of a symbol at reading distance. */
const THRESHOLD_REACH = 5;

/** Against blur and movement: what stands out from the mean of its surroundings stands out more. */
export function unsharp(image: Grey): Grey {
  return sharpened(boxBlurred(image, NOISE_REACH), UNSHARP_REACH, UNSHARP_AMOUNT);
}

/** Against distance and half-size prints: sharpened, then twice the pixels a module. */
export function enlarged(image: Grey): Grey {
  return doubled(sharpened(image, SMALL_REACH, SMALL_AMOUNT));
}

/** Against stains, shadow and faded ink: black is what is darker than the mean of the pixels around it. */
export function thresholded(image: Grey): Grey {
  const calm = boxBlurred(image, NOISE_REACH);
  const around = boxBlurred(calm, THRESHOLD_REACH);
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += 1) data[i] = (calm.data[i] ?? 0) < (around.data[i] ?? 0) ? 0 : 255;
  return { data, width: image.width, height: image.height };
}

/** Each pixel moved away from the mean of its surroundings by `amount` times the difference. */
export function sharpened(image: Grey, reach: number, amount: number): Grey {
  const around = boxBlurred(image, reach);
  const data = new Uint8ClampedArray(image.data.length);
  for (let i = 0; i < data.length; i += 1) {
    const here = image.data[i] ?? 0;
    data[i] = here + amount * (here - (around.data[i] ?? 0));
  }
  return { data: new Uint8Array(data.buffer), width: image.width, height: image.height };
}

/**
 * Twice as wide and high, smoothly: what bilinear doubling and a mean of 3 × 3 after it would give. Along each axis a
 * pixel becomes (before + 4 × itself + after) / 6 and the mean of itself and the next.
 */
export function doubled(image: Grey): Grey {
  const wide = widened(image);
  const { width, height, data: from } = wide;
  const data = new Uint8Array(width * height * 2);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const before = y > 0 ? row - width : row;
    const after = y + 1 < height ? row + width : row;
    for (let x = 0, to = row * 2; x < width; x += 1, to += 1) {
      const here = from[row + x] ?? 0;
      const next = from[after + x] ?? 0;
      data[to] = ((from[before + x] ?? 0) + 4 * here + next) / 6 + 0.5;
      data[to + width] = (here + next + 1) >> 1;
    }
  }
  return { data, width, height: height * 2 };
}

function widened({ data: from, width, height }: Grey): Grey {
  const data = new Uint8Array(width * 2 * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = y * width;
    const last = row + width - 1;
    let before = from[row] ?? 0;
    for (let at = row; at <= last; at += 1, to += 2) {
      const here = from[at] ?? 0;
      const next = from[at < last ? at + 1 : at] ?? 0;
      data[to] = (before + 4 * here + next) / 6 + 0.5;
      data[to + 1] = (here + next + 1) >> 1;
      before = here;
    }
  }
  return { data, width: width * 2, height };
}

/**
 * The mean of the square window that reaches `reach` pixels to every side; beyond the edge the edge goes on.
 * Sums of columns slide down, their sum slides across: the cost is the same for every reach.
 */
export function boxBlurred(image: Grey, reach: number): Grey {
  const { width, height, data: from } = image;
  const side = 2 * reach + 1;
  const data = new Uint8Array(width * height);
  // The columns go on to both sides by the reach, so that the way across needs no question about edges.
  const columns = new Int32Array(width + side);
  const row = (y: number): number => (y < 0 ? 0 : y < height ? y : height - 1) * width;
  for (let y = -reach - 1; y < reach; y += 1) addRow(columns.subarray(reach), from, row(y), width);
  for (let y = 0; y < height; y += 1) {
    slideDown(columns, from, row(y + reach), row(y - reach - 1), width, reach);
    slideAcross(columns, data, y * width, width, side);
  }
  return { data, width, height };
}

function addRow(columns: Int32Array, from: Uint8Array, row: number, width: number): void {
  for (let x = 0; x < width; x += 1) columns[x] = (columns[x] ?? 0) + (from[row + x] ?? 0);
}

function slideDown(columns: Int32Array, from: Uint8Array, add: number, take: number, width: number, reach: number): void {
  for (let x = 0; x < width; x += 1) {
    columns[x + reach] = (columns[x + reach] ?? 0) + (from[add + x] ?? 0) - (from[take + x] ?? 0);
  }
  columns.fill(columns[reach] ?? 0, 0, reach);
  columns.fill(columns[width + reach - 1] ?? 0, width + reach);
}

function slideAcross(columns: Int32Array, to: Uint8Array, row: number, width: number, side: number): void {
  const share = 1 / (side * side);
  let sum = 0;
  for (let x = 0; x < side; x += 1) sum += columns[x] ?? 0;
  for (let x = 0; x < width; x += 1) {
    to[row + x] = sum * share + 0.5;
    sum += (columns[x + side] ?? 0) - (columns[x] ?? 0);
  }
}
