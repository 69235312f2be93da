/**
 * The credential: what the QR of a pass holds, bit by bit (format version 1), as `passes/credential.py`.
 *
 * TEXT = PREFIX DIGITS; DIGITS = (PAYLOAD ‖ SIGNATURE) as one big-endian integer in decimal, zero-padded. The tables of
 * this file are part of the format and never change while version 1 is read anywhere.
 */

import { DamagedBits, numberOf, Reader, Writer } from "./bits";
import type { Credential, Unreadable } from "./types";

/** The two parts of a text that was read: at least one byte of payload, and r ‖ s (64 bytes). */
export interface Scanned {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const VERSION = 1;
const SIGNATURE_BYTES = 64;
const MINUTE = 60_000;
const EPOCH = Date.UTC(2020, 0, 1);
/** Bytes that the most digits (434) stand for. */
const LARGEST = 180;

/** The prefixes of plates by their place; the last is that of embassies. */
export const PLATE_PREFIXES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使";
/** The characters of plates after the prefix by their place. */
export const PLATE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ挂学警港澳使领应急";
const PLATE_BASE = 48;
const PLATE_BODY = 7;
const BLACK = 5;
const ROAD_CLASSES = "GSXYC";
const ROADS_IN_CLASS = 11_110;
/** The last character of an identity number by its place. */
export const DRIVER_CHECKS = "0123456789X";
const DRIVERS = 11_000;
const CODES = 1_000_000;

const TEXT = /^https?:\/\/[^/]+\/p\/([0-9]{1,434})$/;
const ASCII = /^[\0-\x7f]*$/;

/** How many bytes a number of digits stands for; 8·n·log10(2) is never whole, so this is its ceiling. */
const BYTES_OF_DIGITS: ReadonlyMap<number, number> = new Map(
  Array.from({ length: LARGEST }, (_, index) => [String(256n ** BigInt(index + 1) - 1n).length, index + 1]),
);

/**
 * Payload and signature of a text, whatever its host: issuer and key decide, not the address. A query or a fragment,
 * which chat programs add, is cut first.
 */
export function parseText(text: string): Scanned | Unreadable {
  const address = text.split(/[?#]/, 1)[0] ?? "";
  const digits = ASCII.test(address) ? TEXT.exec(address)?.[1] : undefined;
  const data = digits === undefined ? null : bytesOf(digits);
  if (data === null || data.length <= SIGNATURE_BYTES) return "malformed";
  const cut = data.length - SIGNATURE_BYTES;
  return { payload: data.slice(0, cut), signature: data.slice(cut) };
}

/**
 * The credential in a payload: `malformed` (too short, another version, a value outside its table) or `not_canonical`
 * (filled with other bits than zero, or longer than its content). What was read is packed again, so that one meaning
 * has exactly one payload.
 */
export function decodePayload(payload: Uint8Array): Credential | Unreadable {
  try {
    const credential = read(new Reader(payload));
    return isSame(pack(credential), payload) ? credential : "not_canonical";
  } catch (error) {
    if (error instanceof DamagedBits) return "malformed";
    throw error;
  }
}

/** The one payload of a credential, at most 53 bytes. Throws `DamagedBits` for a value the format has no place for. */
export function pack(credential: Credential): Uint8Array {
  const writer = new Writer();
  writer.put(credential.version, 4);
  writer.put(credential.key, 8);
  writer.put(numberOf(credential.area), 20);
  writer.put(credential.serial, 20);
  writer.put(credential.sector, 5);
  writer.put(credential.kind, 3);
  writer.put(credential.revision, 4);
  packPlate(writer, credential);
  writer.put(numberOf(credential.origin), 20);
  writer.put(numberOf(credential.destination), 20);
  writer.putList(credential.stops.map(numberOf), 2, 20);
  writer.putList(credential.roads.map(indexOfRoad), 3, 16);
  writer.put(credential.goods, 6);
  writer.put((credential.notBefore - EPOCH) / MINUTE, 24);
  writer.put((credential.notAfter - credential.notBefore) / MINUTE, 17);
  writer.putList(credential.drivers.map(indexOfDriver), 2, 14);
  return writer.finish();
}

/** The pass number: six digits of the area, six of the serial. */
export function passNumber(area: string, serial: number): string {
  return area + sixDigits(serial);
}

/** The bytes behind 1 to 434 ASCII digits; null for a count that no number of bytes gives, or a value too large. */
function bytesOf(digits: string): Uint8Array | null {
  const size = BYTES_OF_DIGITS.get(digits.length);
  if (size === undefined) return null;
  const hex = BigInt(digits).toString(16).padStart(2 * size, "0");
  if (hex.length > 2 * size) return null;
  return Uint8Array.from({ length: size }, (_, place) => parseInt(hex.slice(2 * place, 2 * place + 2), 16));
}

/** The fields in the order of the format. */
function read(reader: Reader): Credential {
  const version = below(reader.take(4), VERSION + 1);
  if (version !== VERSION) throw new DamagedBits();
  const key = reader.take(8);
  const area = code(reader);
  const serial = below(reader.take(20), CODES);
  const head = { version, key, area, serial, number: passNumber(area, serial) };
  const kind = { sector: reader.take(5), kind: reader.take(3), revision: reader.take(4) };
  const plate = readPlate(reader);
  const route = {
    origin: code(reader),
    destination: code(reader),
    stops: reader.takeList(2, () => code(reader)),
    roads: reader.takeList(3, () => roadAt(reader.take(16))),
  };
  const goods = reader.take(6);
  const notBefore = EPOCH + reader.take(24) * MINUTE;
  const notAfter = notBefore + reader.take(17) * MINUTE;
  const drivers = reader.takeList(2, () => driverAt(reader.take(14)));
  return { ...head, ...kind, ...plate, ...route, goods, notBefore, notAfter, drivers };
}

function readPlate(reader: Reader): { plate: string; plateColour: number } {
  const prefix = PLATE_PREFIXES.charAt(below(reader.take(6), PLATE_PREFIXES.length));
  const plateColour = below(reader.take(3), BLACK + 1);
  const length = PLATE_BODY - 1 + reader.take(1);
  let rest = below(reader.take(40), PLATE_BASE ** PLATE_BODY);
  let body = "";
  for (let place = 0; place < PLATE_BODY; place += 1) {
    body = PLATE_CHARACTERS.charAt(below(rest % PLATE_BASE, PLATE_CHARACTERS.length)) + body;
    rest = Math.floor(rest / PLATE_BASE);
  }
  // What fills up a body of six characters is judged by packing again.
  return { plate: prefix + body.slice(0, length), plateColour };
}

function packPlate(writer: Writer, credential: Credential): void {
  const [prefix, body] = [credential.plate.charAt(0), credential.plate.slice(1)];
  const digits = [...body.padEnd(PLATE_BODY, "0")].map((character) => indexIn(PLATE_CHARACTERS, character));
  if (digits.length !== PLATE_BODY) throw new DamagedBits();
  writer.put(indexIn(PLATE_PREFIXES, prefix), 6);
  writer.put(below(credential.plateColour, BLACK + 1), 3);
  writer.put(body.length - (PLATE_BODY - 1), 1);
  writer.put(digits.reduce((sum, digit) => sum * PLATE_BASE + digit, 0), 40);
}

/** The road at an index, such as G102: class × 11110 + position among 0–9, 00–99, 000–999, 0000–9999. */
function roadAt(index: number): string {
  const kind = below(Math.floor(index / ROADS_IN_CLASS), ROAD_CLASSES.length);
  let place = index % ROADS_IN_CLASS;
  let width = 1;
  while (place >= 10 ** width) {
    place -= 10 ** width;
    width += 1;
  }
  return ROAD_CLASSES.charAt(kind) + String(place).padStart(width, "0");
}

function indexOfRoad(road: string): number {
  const found = /^([GSXYC])([0-9]{1,4})$/.exec(road);
  if (found === null) throw new DamagedBits();
  const [, kind = "", digits = ""] = found;
  const shorter = Number("1".repeat(digits.length)) - 1;
  return indexIn(ROAD_CLASSES, kind) * ROADS_IN_CLASS + shorter + Number(digits);
}

/** The last four characters of a driver's identity number: first three digits × 11 + the last, X being 10. */
function driverAt(index: number): string {
  const first = Math.floor(below(index, DRIVERS) / DRIVER_CHECKS.length);
  return String(first).padStart(3, "0") + DRIVER_CHECKS.charAt(index % DRIVER_CHECKS.length);
}

function indexOfDriver(driver: string): number {
  if (!/^[0-9]{3}[0-9X]$/.test(driver)) throw new DamagedBits();
  return Number(driver.slice(0, 3)) * DRIVER_CHECKS.length + indexIn(DRIVER_CHECKS, driver.charAt(3));
}

function code(reader: Reader): string {
  return sixDigits(below(reader.take(20), CODES));
}

function sixDigits(value: number): string {
  return String(value).padStart(6, "0");
}

function indexIn(table: string, character: string): number {
  const index = character === "" ? -1 : table.indexOf(character);
  if (index < 0) throw new DamagedBits();
  return index;
}

function below(value: number, end: number): number {
  if (!(value >= 0 && value < end)) throw new DamagedBits();
  return value;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
