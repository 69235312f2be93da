/** The outbox: events as they will be sent, kept until the server has answered for each. */

import type { IDBPTransaction } from "idb";

import { Trouble } from "../core/desk";
import type { EventResult } from "./answers";
import type { EventKind, EventRecord, EventStanding, ScannerSchema, Store } from "./schema";

type KeptWith = ("counters" | "events" | "log" | "shift" | "progress" | "slips" | "clock")[];
const KEPT_WITH: KeptWith = ["counters", "events", "log", "shift", "progress", "slips", "clock"];
/** Own log and delivered events: as far back as the shift before yesterday's, and never more than this many. */
export const KEPT_FOR = 72 * 3_600_000;
export const MOST_KEPT = 2000;

/** The one transaction in which an event and everything that hangs on it is written. */
export type Keeping = IDBPTransaction<ScannerSchema, KeptWith, "readwrite">;

/** An event that isn't numbered yet. `body` lacks only `sequence`. */
export interface Draft {
  readonly eventId: string;
  readonly deviceId: string;
  readonly kind: EventKind;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/**
 * Number events and write them, on the disk before this resolves; `more` writes what hangs on them.
 * Without room for it, what is already delivered gives way. Throws Trouble storage.full when that isn't enough.
 */
export async function keepEvents(
  store: Store,
  drafts: readonly Draft[],
  more: (keeping: Keeping) => Promise<unknown>,
): Promise<void> {
  try {
    await written(store, drafts, more);
  } catch (problem) {
    if (!isFull(problem)) throw problem;
    await makeRoom(store);
    await written(store, drafts, more).catch((again: unknown) => {
      throw isFull(again) ? new Trouble("storage.full") : again;
    });
  }
}

async function written(
  store: Store,
  drafts: readonly Draft[],
  more: (keeping: Keeping) => Promise<unknown>,
): Promise<void> {
  const keeping: Keeping = store.transaction(KEPT_WITH, "readwrite", { durability: "strict" });
  await Promise.all([writtenIn(keeping, drafts, more), keeping.done]);
}

async function writtenIn(
  keeping: Keeping,
  drafts: readonly Draft[],
  more: (keeping: Keeping) => Promise<unknown>,
): Promise<void> {
  const counters = keeping.objectStore("counters");
  let sequence = (await counters.get("sequence")) ?? 0;
  for (const { body, ...draft } of drafts) {
    sequence += 1;
    const record: EventRecord = { ...draft, sequence, body: { ...body, sequence }, state: "waiting", problem: null };
    await keeping.objectStore("events").add(record);
  }
  await counters.put(sequence, "sequence");
  await more(keeping);
}

/** Whether a write failed for want of room. */
export function isFull(problem: unknown): boolean {
  return problem instanceof Error && problem.name === "QuotaExceededError";
}

/** Give up what can be had again or has been delivered: the pass book, the log and the delivered events. */
async function makeRoom(store: Store): Promise<void> {
  await store.delete("lists", "book");
  await forgetOld(store, Number.POSITIVE_INFINITY);
}

/** The first events that wait, in the order in which they happened, all of one device, without those of `except`. */
export async function nextBatch(
  store: Store,
  most: number,
  except: ReadonlySet<number>,
): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = [];
  const waiting = store.transaction("events").store.index("state");
  for await (const cursor of waiting.iterate("waiting")) {
    if (except.has(cursor.value.sequence)) continue;
    if (found.length >= most || (found[0] && found[0].deviceId !== cursor.value.deviceId)) break;
    found.push(cursor.value);
  }
  return found;
}

/** Write down what the server said. An id it recognised counts as delivered. Returns how many it answered for. */
export async function settle(
  store: Store,
  batch: readonly EventRecord[],
  results: readonly EventResult[],
): Promise<number> {
  const answers = new Map(results.map((result) => [result.eventId, result]));
  const transaction = store.transaction("events", "readwrite", { durability: "strict" });
  const answered = batch.filter((event) => answers.has(event.eventId));
  const writes = answered.map((event) => {
    const result = answers.get(event.eventId);
    const refused = result?.status === "refused";
    const state: EventStanding = refused ? "refused" : "accepted";
    return transaction.store.put({ ...event, state, problem: refused ? (result.code ?? "refused") : null });
  });
  await Promise.all([...writes, transaction.done]);
  return answered.length;
}

/** How many events are in a state. */
export function countOf(store: Store, state: EventStanding): Promise<number> {
  return store.countFromIndex("events", "state", state);
}

/** Forget delivered events and log lines older than `KEPT_FOR`, or all that may go when `now` is infinite. */
export async function forgetOld(store: Store, now: number): Promise<void> {
  const before = now - KEPT_FOR;
  const transaction = store.transaction(["events", "log"], "readwrite");
  const events = transaction.objectStore("events");
  const open = new Set<unknown>();
  for await (const cursor of events.index("state").iterate("accepted")) {
    if (cursor.value.at < before) await cursor.delete();
  }
  for (const { body } of await events.index("state").getAll("waiting")) {
    open.add(body["event_id"]).add(body["scan_id"]);
  }
  const log = transaction.objectStore("log");
  let surplus = (await log.count()) - MOST_KEPT;
  for await (const cursor of log.index("at").iterate()) {
    if (cursor.value.at >= before && surplus <= 0) break;
    if (!open.has(cursor.value.eventId)) await cursor.delete();
    surplus -= 1;
  }
  await transaction.done;
}
