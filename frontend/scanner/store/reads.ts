import type { Means } from "../core/types";

/** How long reads of the same bytes count together, in milliseconds, by how they came about. */
const TOGETHER: Readonly<Record<Means, number>> = {
  camera: 8_000,
  // A second photograph takes a person a while.
  picture: 180_000,
  typed: 0,
  book: 0,
  address: 0,
  plate: 0,
};
/** Where nothing was decoded here, or the phone's own camera program vouches for the bytes. */
const SURE = 2;
const MOST = 32;

/**
 * How often the same bytes were read. A camera misreads now and then, but hardly ever twice alike: a wrong signature
 * is told from the second read on.
 */
export class ReadCounter {
  private readonly seen = new Map<string, { count: number; at: number }>();

  /** Count a read at `now` (milliseconds of a clock that never goes back); returns how many there are together. */
  count(text: string, means: Means, now: number): number {
    const window = TOGETHER[means];
    if (window === 0) return SURE;
    const before = this.seen.get(text);
    const count = before && now - before.at <= window ? before.count + 1 : 1;
    this.seen.delete(text);
    this.seen.set(text, { count, at: now });
    const oldest = this.seen.keys().next();
    if (this.seen.size > MOST && !oldest.done) this.seen.delete(oldest.value);
    return count;
  }
}
