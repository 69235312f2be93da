import { signal } from "@preact/signals";
import { uuidv7 } from "uuidv7";

import { Trouble } from "../core/desk";
import type { SlipRequest, SlipState } from "../core/desk";
import { slipCode } from "../core/slip";
import { readSlip } from "./answers";
import { memberIn } from "./context";
import type { Context } from "./context";
import { KEPT_FOR, keepEvents } from "./outbox";
import { ServerTrouble, Unreached, jsonOf } from "./remote";
import type { Remote } from "./remote";
import type { SlipRecord } from "./schema";
import { spanOf, written } from "./stamps";

const LAST_SLIP = 9999;

/** Passes asked for at the roadside: each is a slip until the server has said what became of it. */
export class Slips {
  readonly all = signal<readonly SlipState[]>([]);

  constructor(
    private readonly context: Context,
    private readonly remote: Remote,
  ) {}

  async load(): Promise<void> {
    const { store, clock } = this.context;
    const records = await store.getAll("slips");
    const old = records.filter(({ state }) => state.state !== "waiting" && clock.now().low - state.madeAt > KEPT_FOR);
    await Promise.all(old.map(({ eventId }) => store.delete("slips", eventId)));
    await this.tell();
  }

  /** Write the slip down, then ask for the pass if there is a network. */
  async ask(request: SlipRequest): Promise<SlipState> {
    const record = await this.make(request);
    try {
      if (this.context.online.value) return await this.send(record);
    } catch (problem) {
      // It is written down and goes up with the next sync, which also finds out why it could not now.
      if (!(problem instanceof Unreached) && !(problem instanceof ServerTrouble)) throw problem;
    }
    await this.context.happened();
    return record.state;
  }

  /** Ask for every pass that waits. Throws the first `Unreached` or `ServerTrouble`, after having tried the others. */
  async sendWaiting(): Promise<void> {
    let trouble: unknown = null;
    for (const record of await this.context.store.getAll("slips")) {
      if (record.state.state !== "waiting") continue;
      try {
        await this.send(record);
      } catch (problem) {
        if (!(problem instanceof ServerTrouble) || problem.status === 401) throw problem;
        trouble ??= problem;
      }
    }
    if (trouble !== null) throw trouble;
  }

  /** The token was ended: what waits will never be issued, and all else is forgotten. */
  async end(code: string): Promise<void> {
    const { store } = this.context;
    for (const record of await store.getAll("slips")) {
      const failed = { ...record.state, state: "failed", problem: { code, title: "", next: [] } } as const;
      if (record.state.state !== "waiting") await store.delete("slips", record.eventId);
      else await this.put({ ...record, state: failed });
    }
    await this.tell();
  }

  async seen(eventId: string): Promise<void> {
    const record = await this.context.store.get("slips", eventId);
    if (record) await this.put({ ...record, state: { ...record.state, seen: true } });
  }

  private async make(request: SlipRequest): Promise<SlipRecord> {
    const { device } = memberIn(this.context);
    const { store, clock, deviceTime, online } = this.context;
    const [eventId, offline, time] = [uuidv7(), !online.value, clock.now()];
    let made: SlipRecord | null = null;
    await keepEvents(store, [], async (keeping) => {
      const count = ((await keeping.objectStore("counters").get("slip")) ?? 0) + 1;
      if (count > LAST_SLIP) throw new Trouble("slip.used_up");
      const code = slipCode(device.code, count);
      const outcome = { state: "waiting", pass: null, problem: null, seen: false } as const;
      const state: SlipState = { eventId, code, request, madeAt: time.low, ...outcome };
      const place = { checkpoint: device.point.code, made_at: written(deviceTime()), ...spanOf(time), offline };
      made = { eventId, deviceId: device.id, body: { event_id: eventId, code, ...fieldsOf(request), ...place }, state };
      await keeping.objectStore("counters").put(count, "slip");
      await keeping.objectStore("slips").put(made);
    });
    if (!made) throw new Error("the slip was not written");
    await this.tell();
    return made;
  }

  private async send(record: SlipRecord): Promise<SlipState> {
    const { token } = memberIn(this.context);
    try {
      const answer = await this.remote.ask("/api/v1/slips", { method: "POST", token, body: record.body });
      return await this.put({ ...record, state: { ...record.state, ...readSlip(jsonOf(answer)) } });
    } catch (problem) {
      // The server will never take it: officer and driver are told, rather than left to wait.
      if (!(problem instanceof ServerTrouble) || !isFinal(problem)) throw problem;
      const { code, title, next } = problem;
      return this.put({ ...record, state: { ...record.state, state: "failed", problem: { code, title, next } } });
    }
  }

  private async put(record: SlipRecord): Promise<SlipState> {
    await this.context.store.put("slips", record);
    await this.tell();
    return record.state;
  }

  private async tell(): Promise<void> {
    const records = await this.context.store.getAll("slips");
    this.all.value = records.map(({ state }) => state).reverse();
  }
}

function fieldsOf(request: SlipRequest): Readonly<Record<string, unknown>> {
  return {
    plate: request.plate,
    plate_colour: request.plateColour,
    goods: request.goods,
    goods_words: request.goodsWords,
    destination: request.destination,
    driver_last4: request.driverLast4,
    phone: request.phone,
  };
}

function isFinal({ status }: ServerTrouble): boolean {
  return [400, 403, 404, 409, 422].includes(status);
}
