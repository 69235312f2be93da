/**
 * The status list: exactly what became of every serial (credential format, section 5). A phone keeps one full list and
 * one delta since that full list, both as they were signed, so that both can be handed on.
 */

import { Trouble } from "./desk";
import { verifyJws } from "./jws";
import type { KeysByKid } from "./jws";
import { list, Misshapen, moment, pair, record, text, whole } from "./shape";

/** What the lists say of one pass number. */
export interface SerialFacts {
  /** 0 never issued, 1 good, 2 suspended, 3 revoked, 4 surrendered, 5 superseded; null: nothing is said. */
  readonly status: number | null;
  readonly aboveHighWater: boolean;
  readonly belowBase: boolean;
  /** 0 for a number that isn't among the revised; null: nothing is said. */
  readonly currentRevision: number | null;
  readonly seenElsewhere: boolean;
}

/** One signed part, full list or delta. Times in milliseconds; `baseSeq` null: a full list. */
export interface StatusPart {
  readonly seq: number;
  readonly baseSeq: number | null;
  readonly serverTime: number;
  readonly areas: ReadonlyMap<string, AreaBits>;
  readonly changes: readonly (readonly [number: string, status: number])[];
  readonly revised: ReadonlyMap<string, number>;
  readonly watch: ReadonlySet<string>;
}

/** The serials of an area from `base` to `high`, a hexadecimal digit each. */
interface AreaBits {
  readonly base: number;
  readonly high: number;
  readonly bits: string;
}

const FORMAT = "changtong-status/1";
const TYPE = "changtong-status+jws";
const NUMBER = /^[0-9]{12}$/;
const MOST_SERIAL = 999_999;
const MOST_STATUS = 15;
const SUPERSEDED = 5;
const NOTHING: SerialFacts = {
  status: null,
  aboveHighWater: false,
  belowBase: false,
  currentRevision: null,
  seenElsewhere: false,
};

/** A full list with what a delta adds to it. */
export class StatusList {
  readonly seq: number;
  /** When the newer of the two was made, by the server: a lower bound of the present; the list's age counts from it. */
  readonly serverTime: number;
  readonly #changed: ReadonlyMap<string, number>;
  readonly #high = new Map<string, number>();
  readonly #newest: StatusPart;

  constructor(
    private readonly full: StatusPart,
    private readonly delta: StatusPart | null,
  ) {
    this.#newest = delta ?? full;
    this.seq = this.#newest.seq;
    this.serverTime = this.#newest.serverTime;
    this.#changed = new Map(delta?.changes ?? []);
    for (const [area, { high }] of full.areas) this.#high.set(area, high);
    for (const number of this.#changed.keys()) {
      const [area, serial] = [number.slice(0, 6), Number(number.slice(6))];
      this.#high.set(area, Math.max(serial, this.#high.get(area) ?? 0));
    }
  }

  /** The seq of the full list, which the next delta is asked for with. */
  get fullSeq(): number {
    return this.full.seq;
  }

  /** The areas these lists speak of. */
  get areas(): readonly string[] {
    return [...this.#high.keys()].sort();
  }

  /** The pass numbers that were seen where they can't be. */
  get watch(): ReadonlySet<string> {
    return this.#newest.watch;
  }

  /** What is said of a pass, by its twelve digits. */
  of(number: string): SerialFacts {
    const [area, serial] = [number.slice(0, 6), Number(number.slice(6))];
    const seenElsewhere = this.watch.has(number);
    const high = this.#high.get(area);
    if (high === undefined) return { ...NOTHING, seenElsewhere };
    const currentRevision = this.delta?.revised.get(number) ?? this.full.revised.get(number) ?? 0;
    const known = { ...NOTHING, currentRevision, seenElsewhere };
    const { base, bits } = this.full.areas.get(area) ?? { base: 1, bits: "" };
    if (serial < base) return { ...known, belowBase: true };
    if (serial > high) return { ...known, aboveHighWater: true };
    const status = this.#changed.get(number) ?? digitAt(bits, serial - base);
    // A digit of a later version says something, and nobody here knows what: never as if it were good.
    return { ...known, status: status <= SUPERSEDED ? status : null };
  }
}

/**
 * Reads and checks a full list and, when there is one, the delta since it. Throws `JwsProblem`, or `Trouble`:
 * status.not_a_list (another shape), status.not_full (a delta where the full list should be), status.other_base (a
 * delta since another list, or one that ends before the full list).
 */
export async function readStatus(full: string, delta: string | null, keys: KeysByKid): Promise<StatusList> {
  const first = await readPart(full, keys);
  if (first.baseSeq !== null) throw new Trouble("status.not_full");
  if (delta === null) return new StatusList(first, null);
  const then = await readPart(delta, keys);
  const fits = then.baseSeq === first.seq && then.seq >= first.seq && then.serverTime >= first.serverTime;
  if (!fits) throw new Trouble("status.other_base");
  return new StatusList(first, then);
}

/** One signed part by itself: what the server answered, before it is known what it belongs to. Throws as `readStatus`. */
export async function readPart(jws: string, keys: KeysByKid): Promise<StatusPart> {
  const content = await verifyJws(jws, keys, TYPE);
  try {
    return readContent(record(content));
  } catch (error) {
    if (error instanceof Misshapen) throw new Trouble("status.not_a_list");
    throw error;
  }
}

/**
 * How an offered list compares with the held one. `older` is refused: a lower seq, or an older signed time, with which
 * somebody could bring back a list from before a revocation or set our clock back. `same`: nothing new in it.
 */
export function newer(held: StatusList | null, offered: StatusList): "newer" | "same" | "older" {
  if (held === null) return "newer";
  if (offered.seq < held.seq || offered.serverTime < held.serverTime) return "older";
  return offered.seq === held.seq && offered.serverTime === held.serverTime ? "same" : "newer";
}

/** Serials between the full list and one that a delta issued were never issued themselves. */
function digitAt(bits: string, place: number): number {
  return place < bits.length ? parseInt(bits.charAt(place), 16) : 0;
}

function readContent(raw: Readonly<Record<string, unknown>>): StatusPart {
  text(raw["format"], new RegExp(`^${FORMAT}$`));
  const number = (value: unknown): string => text(value, NUMBER);
  const status = (value: unknown): number => whole(value, MOST_STATUS);
  return {
    seq: whole(raw["seq"]),
    baseSeq: raw["base_seq"] === null ? null : whole(raw["base_seq"]),
    serverTime: moment(raw["server_time"]),
    areas: new Map(list(raw["areas"], readArea)),
    changes: raw["changes"] === undefined ? [] : list(raw["changes"], (one) => pair(one, number, status)),
    revised: new Map(list(raw["revised"], (one) => pair(one, number, status))),
    watch: new Set(list(raw["watch"], number)),
  };
}

function readArea(value: unknown): [string, AreaBits] {
  const raw = record(value);
  const [base, high] = [whole(raw["base"], MOST_SERIAL + 1), whole(raw["high"], MOST_SERIAL)];
  const bits = text(raw["bits"], /^[0-9a-f]*$/);
  if (bits.length !== Math.max(0, high - base + 1)) throw new Misshapen();
  return [text(raw["area"], /^[0-9]{6}$/), { base, high, bits }];
}
