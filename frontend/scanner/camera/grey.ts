/** Grey images and the few plain things done to them. Nothing here knows a browser. */

/** One byte a pixel, rows from the top without gaps, 0 is black. */
export interface Grey {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A rectangle of whole pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest square in the middle of an image, at most `side` pixels wide. */
export function centreSquare(width: number, height: number, side: number = Infinity): Area {
  const edge = Math.min(width, height, side);
  return { left: (width - edge) >> 1, top: (height - edge) >> 1, width: edge, height: edge };
}

/** The area grown by `margin` on each side and cut to an image of that size. */
export function grown(area: Area, margin: number, width: number, height: number): Area {
  const left = Math.max(0, Math.floor(area.left - margin));
  const top = Math.max(0, Math.floor(area.top - margin));
  const right = Math.min(width, Math.ceil(area.left + area.width + margin));
  const bottom = Math.min(height, Math.ceil(area.top + area.height + margin));
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** A copy of that part of the image; the area lies inside it. */
export function crop(image: Grey, area: Area): Grey {
  if (area.width === image.width && area.height === image.height) return image;
  const data = new Uint8Array(area.width * area.height);
  for (let y = 0; y < area.height; y += 1) {
    const from = (area.top + y) * image.width + area.left;
    data.set(image.data.subarray(from, from + area.width), y * area.width);
  }
  return { data, width: area.width, height: area.height };
}

/** Red, green, blue, opacity (four bytes a pixel) to grey, by the weights of BT.601. */
export function greyOf(rgba: Uint8ClampedArray, width: number, height: number): Grey {
  const data = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < data.length; i += 1, from += 4) {
    data[i] = ((rgba[from] ?? 0) * 77 + (rgba[from + 1] ?? 0) * 150 + (rgba[from + 2] ?? 0) * 29) >> 8;
  }
  return { data, width, height };
}

/** The image at a whole fraction of its size, each pixel the mean of `factor` × `factor`. */
export function shrunk(image: Grey, factor: number): Grey {
  const width = Math.floor(image.width / factor);
  const height = Math.floor(image.height / factor);
  const data = new Uint8Array(width * height);
  const share = 1 / (factor * factor);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data[y * width + x] = blockSum(image, x * factor, y * factor, factor) * share;
  }
  return { data, width, height };
}

function blockSum(image: Grey, left: number, top: number, side: number): number {
  let sum = 0;
  for (let y = top; y < top + side; y += 1) {
    const row = y * image.width;
    for (let x = left; x < left + side; x += 1) sum += image.data[row + x] ?? 0;
  }
  return sum;
}
