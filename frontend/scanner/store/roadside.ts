import { uuidv7 } from "uuidv7";

import { isPlate, parsePlate } from "../core/plates";
import { Trouble } from "../core/desk";
import type { KeptAction, KeptScan, LogLine } from "../core/desk";
import type { Judged, Means, PlateSeen, ReadQuality } from "../core/types";
import { actionBody, scanBody } from "./bodies";
import { memberIn } from "./context";
import type { Context } from "./context";
import { keepEvents } from "./outbox";
import type { Draft } from "./outbox";
import { Readings } from "./readings";
import type { LogRecord, ProgressRecord } from "./schema";
import { countIn, withAction, withScan } from "./shifts";

/** How long an action can be undone, in milliseconds (`checkpoints.rules.UNDO_WITHIN`). */
export const UNDO_WITHIN = 120_000;
const NO_PLATE = "?";
/** Readings whose second tap is recognised as such. */
const REMEMBERED = 100;

/** What an officer does with a vehicle, from the reading to the undoing; each step is on the disk before it is told. */
export class Roadside {
  private readonly readings: Readings;
  /** The event that a reading will become, or is. */
  private readonly records = new WeakMap<Judged, ProgressRecord>();
  private readonly kept = new Map<string, { readonly seen: PlateSeen; readonly scan: Promise<KeptScan> }>();
  /** The reading on the screen that is not stored as a scan yet. */
  private open: { readonly record: ProgressRecord; readonly judged: Judged } | null = null;

  constructor(private readonly context: Context) {
    this.readings = new Readings(context);
  }

  judgeText(text: string, means: Means, quality: ReadQuality | null): Promise<Judged> {
    return this.readings.ofText(text, means, quality);
  }

  /** What is on the screen now survives whatever happens to the phone. */
  async remember(judged: Judged): Promise<void> {
    if (!this.records.has(judged)) await this.begin(judged);
  }

  async judgeNoPass(typed: string): Promise<Judged> {
    const parsed = parsePlate(typed);
    const judged = await this.readings.ofPlate(isPlate(parsed) ? parsed.text : NO_PLATE);
    await this.begin(judged);
    return judged;
  }

  /** Passes of the pass book by number, or by plate. */
  async lookUp(entered: string): Promise<readonly Judged[]> {
    await this.context.lists.bookReady;
    const { book } = this.context.lists;
    if (!book) throw new Trouble("book.none");
    const digits = entered.replace(/\s/g, "");
    const parsed = parsePlate(entered);
    const byNumber = /^[0-9]{12}$/.test(digits) ? book.byNumber(digits) : null;
    const found = byNumber ? [byNumber] : isPlate(parsed) ? book.byPlate(parsed.text) : [];
    return Promise.all(found.map((credential) => this.readings.ofListed(credential)));
  }

  async compared(judged: Judged, seen: PlateSeen): Promise<Judged> {
    const again = await this.readings.compared(judged, seen);
    const record = this.records.get(judged);
    if (record) this.records.set(again, record);
    return again;
  }

  /** Store the scan. The same reading stored twice with the same comparison is one scan. */
  async keepScan(judged: Judged, seen: PlateSeen, seenPlate: string | null): Promise<KeptScan> {
    const record = this.records.get(judged) ?? this.recordOf(judged);
    this.records.set(judged, record);
    const before = this.kept.get(record.eventId);
    if (before?.seen === seen) return before.scan;
    // What was stored is not changed: another comparison of the same reading is another scan.
    const own = before ? { ...record, eventId: uuidv7() } : record;
    const scan = this.compared(judged, seen).then((final) => this.store(own, final, seen, seenPlate));
    this.kept.set(record.eventId, { seen, scan });
    const oldest = this.kept.keys().next();
    if (this.kept.size > REMEMBERED && !oldest.done) this.kept.delete(oldest.value);
    return scan.catch((problem: unknown) => {
      this.kept.delete(record.eventId);
      throw problem;
    });
  }

  async keepAction(
    scan: KeptScan,
    action: "passed" | "turned_back" | "held",
    reason: string | null,
  ): Promise<KeptAction> {
    const { clock, deviceTime } = this.context;
    const kept: KeptAction = { eventId: uuidv7(), scanId: scan.eventId, action, reason, at: clock.now().low };
    await this.storeAction(scan, kept, deviceTime(), null);
    return kept;
  }

  async undo(action: KeptAction): Promise<void> {
    const { store, clock, deviceTime } = this.context;
    const line = await store.get("log", action.scanId);
    const elapsed = Math.max(0, clock.now().low - action.at);
    if (!line || action.action === "undone" || elapsed > UNDO_WITHIN) throw new Trouble("action.undo_too_late");
    const at = action.at + elapsed;
    const undone: KeptAction = { eventId: uuidv7(), scanId: action.scanId, action: "undone", reason: null, at };
    // The server compares the phone's own clock of both, which somebody may have set in between.
    const before = Date.parse(String((await store.getFromIndex("events", "eventId", action.eventId))?.body["acted_at"]));
    await this.storeAction(line.scan, undone, Number.isNaN(before) ? deviceTime() : before + elapsed, action);
  }

  /** The newest lines of the own log first. */
  async log(limit: number): Promise<readonly LogLine[]> {
    const lines: LogRecord[] = [];
    const transaction = this.context.store.transaction(["log", "events"]);
    for await (const cursor of transaction.objectStore("log").index("at").iterate(null, "prev")) {
      if (lines.push(cursor.value) >= limit) break;
    }
    const events = transaction.objectStore("events").index("eventId");
    return Promise.all(
      lines.map(async ({ scan, action }) => {
        const own = await Promise.all([events.get(scan.eventId), action ? events.get(action.eventId) : undefined]);
        const problem = own.find((event) => event?.problem)?.problem ?? null;
        return { scan, action, uploaded: own.every((event) => event?.state !== "waiting"), problem };
      }),
    );
  }

  /** At the start: what was on the screen when the phone died becomes a scan whose plate nobody compared. */
  async recover(): Promise<void> {
    const record = await this.context.store.get("progress", "current");
    if (record) await this.store(record, record.judged, "unknown", null);
  }

  /** Store what is on the screen and not stored yet. */
  async finish(): Promise<void> {
    if (this.open) await this.keepScan(this.open.judged, "unknown", null);
  }

  private recordOf(judged: Judged): ProgressRecord {
    const { device } = memberIn(this.context);
    return {
      eventId: uuidv7(),
      deviceId: device.id,
      checkpoint: device.point.code,
      judged,
      plate: this.readings.plateOf(judged),
      at: judged.time.low,
      deviceAt: this.context.deviceTime(),
      offline: !this.context.inTouch.value,
    };
  }

  private async begin(judged: Judged): Promise<void> {
    const { open } = this;
    const isSame = open !== null && open.judged.text !== null && open.judged.text === judged.text;
    const fresh = this.recordOf(judged);
    const record = isSame ? { ...fresh, eventId: open.record.eventId } : fresh;
    this.records.set(judged, record);
    this.open = { record, judged };
    try {
      if (open && !isSame) await this.keepScan(open.judged, "unknown", null);
      await this.context.store.put("progress", record, "current");
    } catch (problem) {
      // A full phone must not keep the verdict from the officer; storing the scan itself will say so.
      this.context.failed(problem);
    }
  }

  private async store(
    record: ProgressRecord,
    judged: Judged,
    seen: PlateSeen,
    seenPlate: string | null,
  ): Promise<KeptScan> {
    const scan: KeptScan = { eventId: record.eventId, judged, plate: record.plate, at: record.at };
    const line: LogRecord = {
      eventId: record.eventId,
      at: record.at,
      number: judged.credential?.number ?? "",
      scan,
      action: null,
    };
    const draft = this.draft("scan", record, scanBody(record, judged, seen, seenPlate));
    await keepEvents(this.context.store, [draft], async (keeping) => {
      await keeping.objectStore("log").put(line);
      await countIn(keeping, (counts) => withScan(counts, judged.verdict.level, record.offline), record.at);
      const current = await keeping.objectStore("progress").get("current");
      if (current?.eventId === record.eventId) await keeping.objectStore("progress").delete("current");
      await keeping.objectStore("clock").put(this.context.clock.state(), "state");
    });
    if (this.open?.record.eventId === record.eventId) this.open = null;
    await this.context.happened();
    return scan;
  }

  private async storeAction(
    scan: KeptScan,
    action: KeptAction,
    deviceAt: number,
    undoes: KeptAction | null,
  ): Promise<void> {
    const { device } = memberIn(this.context);
    const { store, clock } = this.context;
    const where = { checkpoint: device.point.code, time: clock.now(), deviceAt, undoes: undoes?.eventId ?? null };
    const body = actionBody(scan, action, where);
    const draft = this.draft("action", { eventId: action.eventId, deviceId: device.id, at: action.at }, body);
    await keepEvents(store, [draft], async (keeping) => {
      const line = await keeping.objectStore("log").get(scan.eventId);
      if (line) await keeping.objectStore("log").put({ ...line, action });
      await countIn(keeping, (counts) => withAction(counts, (undoes ?? action).action, undoes ? -1 : 1), action.at);
      await keeping.objectStore("clock").put(clock.state(), "state");
    });
    await this.context.happened();
  }

  private draft(
    kind: Draft["kind"],
    { eventId, deviceId, at }: Pick<ProgressRecord, "eventId" | "deviceId" | "at">,
    body: Draft["body"],
  ): Draft {
    return { eventId, deviceId, kind, body, at };
  }
}
