import type { ShiftCounts } from "../core/desk";
import type { Level, RoadsideAction } from "../core/types";
import type { Keeping } from "./outbox";

/** A shift in which nothing has happened yet. */
export const NOTHING: ShiftCounts = {
  scans: 0,
  green: 0,
  amber: 0,
  red: 0,
  blue: 0,
  passed: 0,
  turned_back: 0,
  held: 0,
  offline: 0,
};

/** The counts after one more scan. */
export function withScan(counts: ShiftCounts, level: Level, offline: boolean): ShiftCounts {
  return {
    ...counts,
    scans: counts.scans + 1,
    [level]: counts[level] + 1,
    offline: counts.offline + (offline ? 1 : 0),
  };
}

/** The counts after an action was done (`by` 1) or undone (`by` -1). */
export function withAction(counts: ShiftCounts, action: RoadsideAction, by: 1 | -1): ShiftCounts {
  return action === "undone" ? counts : { ...counts, [action]: Math.max(0, counts[action] + by) };
}

/** Change the counts of the running shift within the transaction that writes the event. */
export async function countIn(keeping: Keeping, change: (counts: ShiftCounts) => ShiftCounts, at: number): Promise<void> {
  const shifts = keeping.objectStore("shift");
  const shift = (await shifts.get("current")) ?? { officer: null, since: at, counts: NOTHING };
  await shifts.put({ ...shift, counts: change(shift.counts) }, "current");
}
