/**
 * The pass book of a checkpoint: the live passes whose route comes through it, to be looked up by number or plate
 * without a network. Format changtong-book/1: docs/rooms/checkpoints.md, section "Pass book".
 *
 * It is not signed: it comes from our own server over our own connection, is never handed on, and what became of its
 * passes since is told by the status list.
 */

import { DRIVER_CHECKS, passNumber, PLATE_CHARACTERS, PLATE_PREFIXES } from "./credential";
import { Trouble } from "./desk";
import { gunzip, InflateProblem } from "./inflate";
import { list, Misshapen, moment, pair, record, text, whole } from "./shape";
import type { Credential } from "./types";

/** The book says nothing of the key of a code. */
export const NO_KEY = -1;

const FORMAT = /^changtong-book\/1$/;
/** A book of 20,000 passes unpacks to about 1 MiB. */
const MOST_BYTES = 16 * 1024 * 1024;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
const RADIX = DIGITS.length;
const NONE = RADIX - 1;
const MINUTE = 60_000;
const EPOCH = Date.UTC(2020, 0, 1);
const START = [60, 60, 60, 24, 60];
const DURATION = [60, 60, 24, 60];
const DRIVER = [10, 10, 10, 11];
const PLATE_PLACES = 8;
/** With more, a number would leave 31 bits. */
const MOST_DIGITS = 5;
const CODE = /^[0-9]{6}$/;
const VALUES = new Int8Array(128).fill(-1);
[...DIGITS].forEach((digit, value) => (VALUES[digit.charCodeAt(0)] = value));

/** The columns that hold one number a row, by their names in the file. */
const PLAIN = ["revision", "kind", "sector", "goods", "colour", "origin", "destination"] as const;

type Numbers = Int32Array;
type Json = Readonly<Record<string, unknown>>;

/** Lists of all rows one after another: those of row i stand from `starts[i]` to `starts[i + 1]`. */
interface Lists {
  readonly starts: Numbers;
  readonly values: Numbers;
}

interface Columns {
  readonly checkpoint: string;
  readonly builtAt: number;
  readonly issuers: readonly string[];
  readonly areas: readonly string[];
  readonly roads: readonly string[];
  /** Place of each row's area among `issuers`. */
  readonly issuer: Numbers;
  readonly serial: Numbers;
  readonly plain: Readonly<Record<(typeof PLAIN)[number], Numbers>>;
  readonly plate: readonly string[];
  readonly start: Numbers;
  readonly duration: Numbers;
  readonly stop: Lists;
  readonly road: Lists;
  readonly driver: Lists;
}

/** A book that was opened. Rows are unpacked when they are asked for. */
export class PassBook {
  #rowsOfPlate: ReadonlyMap<string, readonly number[]> | null = null;

  constructor(private readonly columns: Columns) {}

  get checkpoint(): string {
    return this.columns.checkpoint;
  }

  /** When the book got the content it has, by the server. Milliseconds. */
  get builtAt(): number {
    return this.columns.builtAt;
  }

  /** How many passes there are. */
  get size(): number {
    return this.columns.serial.length;
  }

  /** The pass of twelve digits; null when it isn't in the book. */
  byNumber(number: string): Credential | null {
    let [first, end] = [0, this.size];
    while (first < end) {
      const middle = (first + end) >> 1;
      if (this.#number(middle) < number) first = middle + 1;
      else end = middle;
    }
    return first < this.size && this.#number(first) === number ? this.#row(first) : null;
  }

  /** The passes of a normalised plate, by their numbers. */
  byPlate(plate: string): readonly Credential[] {
    this.#rowsOfPlate ??= this.#indexPlates();
    return (this.#rowsOfPlate.get(plate) ?? []).map((row) => this.#row(row));
  }

  #number(row: number): string {
    return passNumber(this.columns.issuers[at(this.columns.issuer, row)] ?? "", at(this.columns.serial, row));
  }

  #indexPlates(): ReadonlyMap<string, readonly number[]> {
    const rows = new Map<string, number[]>();
    for (let row = 0; row < this.size; row += 1) {
      const plate = this.#plate(row);
      const known = rows.get(plate);
      if (known === undefined) rows.set(plate, [row]);
      else known.push(row);
    }
    return rows;
  }

  #plate(row: number): string {
    const [prefix = NONE, ...body] = this.columns.plate.map((places) => VALUES[places.charCodeAt(row)] ?? NONE);
    return PLATE_PREFIXES.charAt(prefix) + body.map((place) => PLATE_CHARACTERS.charAt(place)).join("");
  }

  #row(row: number): Credential {
    const { plain, areas, roads, issuers } = this.columns;
    const area = issuers[at(this.columns.issuer, row)] ?? "";
    const serial = at(this.columns.serial, row);
    const notBefore = EPOCH + at(this.columns.start, row) * MINUTE;
    return {
      version: 1,
      key: NO_KEY,
      area,
      serial,
      number: passNumber(area, serial),
      sector: at(plain.sector, row),
      kind: at(plain.kind, row),
      revision: at(plain.revision, row),
      plate: this.#plate(row),
      plateColour: at(plain.colour, row),
      origin: areas[at(plain.origin, row)] ?? "",
      destination: areas[at(plain.destination, row)] ?? "",
      stops: entries(this.columns.stop, row).map((place) => areas[place] ?? ""),
      roads: entries(this.columns.road, row).map((place) => roads[place] ?? ""),
      goods: at(plain.goods, row),
      notBefore,
      notAfter: notBefore + at(this.columns.duration, row) * MINUTE,
      drivers: entries(this.columns.driver, row).map(driverOf),
    };
  }
}

/** Opens a book from the bytes the server gave. Throws `Trouble` book.damaged for anything that is none. */
export async function openBook(bytes: Uint8Array): Promise<PassBook> {
  try {
    const content: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(gunzip(bytes, MOST_BYTES)));
    return new PassBook(readColumns(record(content)));
  } catch (error) {
    const isDamaged = [InflateProblem, Misshapen, SyntaxError, TypeError].some((kind) => error instanceof kind);
    if (isDamaged) throw new Trouble("book.damaged");
    throw error;
  }
}

function readColumns(raw: Json): Columns {
  text(raw["format"], FORMAT);
  const n = whole(raw["n"]);
  const issuers = list(raw["issuers"], (one) => pair(one, (area) => text(area, CODE), whole));
  const areas = list(raw["areas"], (one) => text(one, CODE));
  const roads = list(raw["roads"], (one) => text(one, /^[GSXYC][0-9]{1,4}$/));
  // A row more than there are is enough to be refused for.
  const issuer = Int32Array.from(
    issuers.flatMap(([, count], place) => new Array<number>(Math.min(count, n + 1)).fill(place)),
  );
  const plain = Object.fromEntries(PLAIN.map((name) => [name, column(raw[name], n)])) as Columns["plain"];
  const columns: Columns = {
    checkpoint: text(raw["checkpoint"]),
    builtAt: moment(raw["built_at"]),
    issuers: issuers.map(([area]) => area),
    areas,
    roads,
    issuer,
    serial: serials(column(raw["serial"], n), issuer),
    plain,
    plate: digitTexts(raw["plate"], n),
    start: column(raw["start"], n, START),
    duration: column(raw["duration"], n, DURATION),
    stop: lists(raw, "stop", n),
    road: lists(raw, "road", n),
    driver: lists(raw, "driver", n, DRIVER),
  };
  check(issuer.length === n && columns.plate.length === PLATE_PLACES);
  check([plain.origin, plain.destination, columns.stop.values].every((places) => allBelow(places, areas.length)));
  check(allBelow(columns.road.values, roads.length));
  return columns;
}

/** The numbers of a column of `n` rows, by its radices; 60 each where none are given. */
function column(value: unknown, n: number, radices?: readonly number[]): Numbers {
  const digits = digitTexts(value, n);
  check(digits.length === (radices?.length ?? digits.length) && digits.length <= MOST_DIGITS);
  const numbers = new Int32Array(n);
  digits.forEach((places, index) => {
    const radix = radices?.[index] ?? RADIX;
    for (let row = 0; row < n; row += 1) {
      const digit = VALUES[places.charCodeAt(row)] ?? -1;
      if (digit < 0 || digit >= radix) throw new Misshapen();
      numbers[row] = at(numbers, row) * radix + digit;
    }
  });
  return numbers;
}

function digitTexts(value: unknown, n: number): readonly string[] {
  const digits = list(value, (one) => text(one, /^[0-9A-Za-x]*$/));
  check(digits.length > 0 && digits.every((places) => places.length === n));
  return digits;
}

function lists(raw: Json, name: string, n: number, radices?: readonly number[]): Lists {
  const counts = column(raw[`${name}_count`], n);
  const starts = new Int32Array(n + 1);
  counts.forEach((count, row) => (starts[row + 1] = at(starts, row) + count));
  return { starts, values: column(raw[name], at(starts, n), radices) };
}

/** The serials of rows: the first of an issuer as it is, then the distance to the row before. */
function serials(distances: Numbers, issuer: Numbers): Numbers {
  const all = new Int32Array(distances.length);
  for (let row = 0; row < all.length; row += 1) {
    const isFirst = row === 0 || at(issuer, row) !== at(issuer, row - 1);
    all[row] = at(distances, row) + (isFirst ? 0 : at(all, row - 1));
  }
  return all;
}

function entries({ starts, values }: Lists, row: number): number[] {
  return [...values.subarray(at(starts, row), at(starts, row + 1))];
}

function driverOf(index: number): string {
  const first = Math.floor(index / DRIVER_CHECKS.length);
  return String(first).padStart(3, "0") + DRIVER_CHECKS.charAt(index % DRIVER_CHECKS.length);
}

function allBelow(places: Numbers, end: number): boolean {
  return places.every((place) => place < end);
}

function at(numbers: Numbers, place: number): number {
  return numbers[place] ?? 0;
}

function check(condition: boolean): void {
  if (!condition) throw new Misshapen();
}
