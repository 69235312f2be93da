/** Handing in what waits. Page and service worker use the same code on the same database. */

import { readResults } from "./answers";
import { nextBatch, settle } from "./outbox";
import { BROKEN, ServerTrouble, jsonOf } from "./remote";
import type { Answer, Remote } from "./remote";
import type { DeviceRecord, EventRecord, Store } from "./schema";

/** Events a request; the server takes up to a thousand. */
export const LARGEST_BATCH = 200;
const SELF = "self";

/** What stands under this name is the device this phone is now. */
export function selfOf(store: Store): Promise<DeviceRecord | undefined> {
  return store.get("device", SELF);
}

/** The device that made an event: this one, or one this phone was before it was enrolled anew. */
async function makerOf(store: Store, event: EventRecord): Promise<DeviceRecord | undefined> {
  const self = await selfOf(store);
  return self?.device.id === event.deviceId ? self : store.get("device", event.deviceId);
}

/** Uploads everything that waits; remembers how large a request the server bears. */
export class Uploader {
  private size = LARGEST_BATCH;
  /** Events on which the server broke: they go last and alone, so that they hold nothing back. */
  private readonly hard = new Set<number>();

  constructor(
    private readonly store: Store,
    private readonly remote: Remote,
  ) {}

  /**
   * Hand in all that waits; returns how many were answered for. Throws `Unreached` and `ServerTrouble`; what the
   * server did answer for is settled then.
   */
  async upload(): Promise<number> {
    const easy = await this.uploadEasy();
    return easy + (await this.uploadHard());
  }

  private async uploadEasy(): Promise<number> {
    let answered = 0;
    let failing = false;
    for (;;) {
      const batch = await nextBatch(this.store, this.size, this.hard);
      const [first] = batch;
      if (!first) return answered;
      try {
        answered += await this.send(batch);
        failing = false;
        this.size = Math.min(LARGEST_BATCH, this.size * 2);
      } catch (problem) {
        this.size = Math.max(1, Math.floor(batch.length / 4));
        // Twice in a row means that the server is broken, not the event.
        if (!breaksOnContent(problem) || batch.length > 1 || failing) throw problem;
        failing = true;
        this.hard.add(first.sequence);
      }
    }
  }

  private async uploadHard(): Promise<number> {
    let answered = 0;
    let trouble: unknown = null;
    for (const sequence of [...this.hard]) {
      const event = await this.store.get("events", sequence);
      try {
        if (event?.state === "waiting") answered += await this.send([event]);
        this.hard.delete(sequence);
      } catch (problem) {
        if (!breaksOnContent(problem)) throw problem;
        trouble = problem;
      }
    }
    if (trouble !== null) throw trouble;
    return answered;
  }

  private async send(batch: readonly EventRecord[]): Promise<number> {
    const [first] = batch;
    const maker = first && (await makerOf(this.store, first));
    if (!maker) throw new ServerTrouble(401, "token.unknown");
    const body = { events: batch.map((event) => event.body) };
    const answer = await this.asMaker(maker, body);
    const answered = await settle(this.store, batch, readResults(jsonOf(answer)));
    if (answered < batch.length) throw new ServerTrouble(answer.status, BROKEN);
    return answered;
  }

  /** That an earlier device of this phone has ended says nothing of the one it is now. */
  private async asMaker({ token, device }: DeviceRecord, body: unknown): Promise<Answer> {
    try {
      return await this.remote.ask("/api/v1/scans", { method: "POST", token, body });
    } catch (problem) {
      const self = await selfOf(this.store);
      const isOther = problem instanceof ServerTrouble && problem.status === 401 && self?.device.id !== device.id;
      throw isOther ? new ServerTrouble(401, "token.unknown") : problem;
    }
  }
}

/** Whether another request might do better than this one. */
function breaksOnContent(problem: unknown): boolean {
  return problem instanceof ServerTrouble && [500, 413, 422].includes(problem.status);
}

/** Page and service worker take turns; both at once would do no harm, but send everything twice. */
export function exclusively<T>(locks: Pick<LockManager, "request"> | null, work: () => Promise<T>): Promise<T> {
  return locks ? locks.request("changtong-upload", work) : work();
}
