/**
 * Phone to phone: signed lists as a loop of QR frames.
 *
 * The three lists are taken apart into the bytes under their base64url (so that nothing is coded twice), packed,
 * deflated and cut. A frame is "CT1:" and base45 of: six bytes of the SHA-256 of the whole, index, total, piece.
 * 288 bytes of piece make 445 characters: a version 11 symbol at level L, 61 modules, which a phone reads off a
 * colleague's screen at arm's length; 30 KB are 107 frames.
 */

import { FRAME_PREFIX } from "../core/desk";
import { InflateProblem, gunzip } from "../core/inflate";
import { fromBase45, toBase45 } from "./base45";

const PIECE = 288;
const ID = 6;
const HEADER = ID + 2;
const MOST_FRAMES = 255;
const MOST_TRANSFERS = 3;
const LARGEST = 4_000_000;
/** A length that none of these primes divides is out of step with every rhythm up to ten. */
const RHYTHMS = [2, 3, 5, 7];
const PLAIN = 0;
const DEFLATED = 1;

/** What one phone hands to another: compact JWS, "" for a list it doesn't have. */
export interface Parcel {
  readonly status: string;
  readonly delta: string;
  readonly trust: string;
}

/** How far a transfer is. `damaged`: all pieces were there and didn't make the whole, so it starts again. */
export interface Progress {
  readonly have: number;
  readonly of: number;
  readonly parcel: Parcel | null;
  readonly damaged: boolean;
}

/** A parcel larger than `MOST_FRAMES` frames can carry. */
export class ParcelTooLarge extends Error {}

/** The texts to draw in a loop, for ever. */
export async function framesOf(parcel: Parcel): Promise<readonly string[]> {
  const whole = await deflated(packed(parcel));
  const total = Math.ceil(whole.length / PIECE);
  if (total > MOST_FRAMES) throw new ParcelTooLarge(`${whole.length} bytes`);
  const id = (await digest(whole)).slice(0, ID);
  const frames = Array.from({ length: total }, (_, index) => {
    const piece = whole.subarray(index * PIECE, (index + 1) * PIECE);
    return FRAME_PREFIX + toBase45(Uint8Array.from([...id, index, total, ...piece]));
  });
  return outOfStep(frames);
}

/**
 * A camera misses frames in a rhythm, say every third. A loop whose length shares no divisor with the rhythm meets it
 * elsewhere in each round, so a few frames are shown twice to get such a length.
 */
function outOfStep(frames: readonly string[]): readonly string[] {
  let length = frames.length;
  while (RHYTHMS.some((rhythm) => length % rhythm === 0)) length += 1;
  return Array.from({ length }, (_, index) => frames[index % frames.length] ?? "");
}

interface Transfer {
  readonly total: number;
  readonly pieces: Map<number, Uint8Array>;
}

/** Collects frames in any order, of a few transfers at once, until one is whole. */
export class FrameCollector {
  private readonly transfers = new Map<string, Transfer>();

  /** Take a text that was read; null when it is no frame. */
  async take(text: string): Promise<Progress | null> {
    const frame = frameIn(text);
    if (!frame) return null;
    const transfer = this.transferOf(frame.id, frame.total);
    if (!transfer) return null;
    transfer.pieces.set(frame.index, frame.piece);
    const have = transfer.pieces.size;
    if (have < transfer.total) return { have, of: transfer.total, parcel: null, damaged: false };
    this.transfers.delete(frame.id);
    const parcel = await parcelOf(transfer, frame.id);
    return { have: parcel ? have : 0, of: transfer.total, parcel, damaged: parcel === null };
  }

  forget(): void {
    this.transfers.clear();
  }

  private transferOf(id: string, total: number): Transfer | null {
    const known = this.transfers.get(id);
    if (known) return known.total === total ? known : null;
    const fresh: Transfer = { total, pieces: new Map() };
    const oldest = this.transfers.keys().next();
    if (this.transfers.size >= MOST_TRANSFERS && !oldest.done) this.transfers.delete(oldest.value);
    this.transfers.set(id, fresh);
    return fresh;
  }
}

interface Frame {
  readonly id: string;
  readonly index: number;
  readonly total: number;
  readonly piece: Uint8Array;
}

function frameIn(text: string): Frame | null {
  const bytes = text.startsWith(FRAME_PREFIX) ? fromBase45(text.slice(FRAME_PREFIX.length)) : null;
  if (!bytes || bytes.length <= HEADER || bytes.length > HEADER + PIECE) return null;
  const [index = 0, total = 0] = bytes.subarray(ID, HEADER);
  if (index >= total) return null;
  return { id: bytes.subarray(0, ID).join("."), index, total, piece: bytes.slice(HEADER) };
}

async function parcelOf(transfer: Transfer, id: string): Promise<Parcel | null> {
  const pieces = Array.from({ length: transfer.total }, (_, index) => transfer.pieces.get(index) ?? new Uint8Array());
  const whole = joined(pieces);
  if ((await digest(whole)).subarray(0, ID).join(".") !== id) return null;
  const content = inflated(whole);
  return content && unpacked(content);
}

async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Each list is three parts (header, payload, signature), each part four bytes of length and its bytes. */
function packed({ status, delta, trust }: Parcel): Uint8Array {
  const parts = [status, delta, trust].flatMap((jws) => {
    const [header = "", payload = "", signature = ""] = jws.split(".");
    return [header, payload, signature].map(fromBase64Url);
  });
  return joined(parts.flatMap((part) => [lengthBytes(part.length), part]));
}

function unpacked(bytes: Uint8Array): Parcel | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = view.getUint32(at);
    if (at + 4 + length > bytes.length) return null;
    parts.push(toBase64Url(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  const jws = (from: number): string => {
    const text = parts.slice(from, from + 3).join(".");
    return text === ".." ? "" : text;
  };
  return at === bytes.length && parts.length === 9 ? { status: jws(0), delta: jws(3), trust: jws(6) } : null;
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** One byte that says how, then the content; a browser without compression hands it on as it is. */
async function deflated(content: Uint8Array): Promise<Uint8Array> {
  if (typeof CompressionStream === "undefined") return joined([Uint8Array.of(PLAIN), content]);
  const squeezed = new Blob([content.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  return joined([Uint8Array.of(DEFLATED), new Uint8Array(await new Response(squeezed).arrayBuffer())]);
}

function inflated(whole: Uint8Array): Uint8Array | null {
  if (whole[0] !== DEFLATED) return whole[0] === PLAIN ? whole.subarray(1) : null;
  try {
    return gunzip(whole.subarray(1), LARGEST);
  } catch (problem) {
    if (problem instanceof InflateProblem) return null;
    throw problem;
  }
}
