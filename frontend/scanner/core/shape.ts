/** Reading JSON that somebody else wrote: each function returns what it says or throws `Misshapen`. */

/** JSON of another shape than agreed. */
export class Misshapen extends Error {}

/** An object; its members are unknown until they are read. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misshapen();
  return value as Readonly<Record<string, unknown>>;
}

/** An array, each entry read by `entry`. */
export function list<Entry>(value: unknown, entry: (one: unknown) => Entry): Entry[] {
  if (!Array.isArray(value)) throw new Misshapen();
  return value.map((one) => entry(one));
}

/** An array of exactly two. */
export function pair<One, Other>(
  value: unknown,
  one: (first: unknown) => One,
  other: (second: unknown) => Other,
): [One, Other] {
  if (!Array.isArray(value) || value.length !== 2) throw new Misshapen();
  return [one(value[0]), other(value[1])];
}

/** A string that fits the pattern. */
export function text(value: unknown, pattern = /^/): string {
  if (typeof value !== "string" || !pattern.test(value)) throw new Misshapen();
  return value;
}

/** A whole number from 0 to `most`. */
export function whole(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) throw new Misshapen();
  return value;
}

/** An ISO 8601 time with its zone, as milliseconds since 1970 UTC. */
export function moment(value: unknown): number {
  const at = Date.parse(text(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/));
  if (Number.isNaN(at)) throw new Misshapen();
  return at;
}
