/**
 * DEFLATE (RFC 1951) and gzip (RFC 1952) unpacked up to a limit, by pako: the browsers that field offices keep lack
 * `DecompressionStream("deflate-raw")` (Chrome before 103, Safari before 16.4), and what comes off a colleague's screen must
 * be the packed bytes and nothing behind them.
 */

import { Inflate } from "pako";

/** Bytes that can't be unpacked: `damaged`, or more than the limit (`too_large`). */
export class InflateProblem extends Error {
  constructor(readonly code: "damaged" | "too_large") {
    super(code);
  }
}

/** `windowBits` of zlib that say how the bytes are wrapped. */
const GZIP = 31;
const RAW = -15;

/** Raw DEFLATE, at most `most` bytes, with nothing behind its end. Throws `InflateProblem`. */
export function inflateRaw(data: Uint8Array, most: number): Uint8Array {
  return unpacked(data, RAW, most);
}

/** One gzip member, at most `most` bytes, with the right checksum and nothing behind it. Throws `InflateProblem`. */
export function gunzip(data: Uint8Array, most: number): Uint8Array {
  return unpacked(data, GZIP, most);
}

function unpacked(data: Uint8Array, windowBits: number, most: number): Uint8Array {
  const inflate = new Inflate({ windowBits });
  const pieces: Uint8Array[] = [];
  let length = 0;
  inflate.onData = (piece: Uint8Array): void => {
    length += piece.length;
    if (length > most) throw new InflateProblem("too_large");
    pieces.push(piece);
  };
  // The last byte goes in alone: a stream that ended before it has something behind its end.
  inflate.push(data.subarray(0, data.length - 1), false);
  if (inflate.ended) throw new InflateProblem("damaged");
  inflate.push(data.subarray(data.length - 1), false);
  if (!inflate.ended || inflate.err) throw new InflateProblem("damaged");
  return joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}
