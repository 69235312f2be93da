import { openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";

import type { ClockState } from "../core/clock";
import type { Device, KeptAction, KeptScan, ShiftCounts, SlipState } from "../core/desk";
import type { PublicJwk } from "../core/signature";
import type { Judged } from "../core/types";

export const DATABASE = "scanner";
const VERSION = 1;

export interface Root {
  readonly kid: string;
  readonly jwk: PublicJwk;
}

/** This phone as a device. `ended`: the token serves only to hand in what still waits. */
export interface DeviceRecord {
  readonly device: Device;
  readonly token: string;
  readonly roots: readonly Root[];
  readonly ended: "revoked" | "expired" | null;
  /** The officer chose another point: the server was not asked yet ("later"), or would not have it ("foreign"). */
  readonly marked: "later" | "foreign" | null;
}

/**
 * A list as it came: `text` of the JWS or of JSON, `bytes` and `etag` of the book. `confirmedAt`: when the server
 * itself last gave it, in trusted time; null: a colleague's phone did.
 */
export interface ListRecord {
  readonly text: string;
  readonly bytes: Uint8Array | null;
  readonly etag: string | null;
  readonly confirmedAt: number | null;
}

export type ListName = "status" | "delta" | "trust" | "book" | "bookSeen" | "points";
export type EventKind = "scan" | "action" | "shift";
export type EventStanding = "waiting" | "accepted" | "refused";

/** An event of the outbox. `body` goes to the server as it is, the same at every attempt. */
export interface EventRecord {
  readonly sequence: number;
  readonly eventId: string;
  readonly deviceId: string;
  readonly kind: EventKind;
  readonly body: Readonly<Record<string, unknown>>;
  readonly state: EventStanding;
  readonly problem: string | null;
  readonly at: number;
}

/**
 * A verdict that was shown and not yet compared: stored as a scan with the plate unknown if nothing follows.
 * `plate`: of the pass, or of the vehicle that has none; "?" when it isn't known. `at`: the earliest it can have
 * been, as everywhere but in `deviceAt`, which is what the phone's own clock said.
 */
export interface ProgressRecord {
  readonly eventId: string;
  readonly deviceId: string;
  readonly checkpoint: string;
  readonly judged: Judged;
  readonly plate: string;
  readonly at: number;
  readonly deviceAt: number;
  readonly offline: boolean;
}

/** A line of the own log; `number`: of the pass, "" without one. */
export interface LogRecord {
  readonly eventId: string;
  readonly at: number;
  readonly number: string;
  readonly scan: KeptScan;
  readonly action: KeptAction | null;
}

export interface ShiftRecord {
  readonly officer: string | null;
  readonly since: number;
  readonly counts: ShiftCounts;
}

/** A slip with the request exactly as it is sent, at every attempt the same. */
export interface SlipRecord {
  readonly eventId: string;
  readonly deviceId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly state: SlipState;
}

export interface ScannerSchema extends DBSchema {
  device: { key: string; value: DeviceRecord };
  lists: { key: ListName; value: ListRecord };
  events: { key: number; value: EventRecord; indexes: { state: EventStanding; eventId: string } };
  progress: { key: "current"; value: ProgressRecord };
  log: { key: string; value: LogRecord; indexes: { at: number; number: string } };
  shift: { key: "current"; value: ShiftRecord };
  slips: { key: string; value: SlipRecord };
  counters: { key: "sequence" | "slip"; value: number };
  clock: { key: "state"; value: ClockState };
}

export type Store = IDBPDatabase<ScannerSchema>;

/** What happens when the browser takes the database away. */
export interface StoreEvents {
  /** A newer version of the app, in another tab, wants to change it. */
  readonly blocking: () => void;
  /** It was closed under us (data cleared). */
  readonly terminated: () => void;
}

/** Open the database, making it when it isn't there. Rejects where a browser keeps nothing (private windows). */
export function openStore(events: StoreEvents, name: string = DATABASE): Promise<Store> {
  return openDB<ScannerSchema>(name, VERSION, {
    upgrade(store) {
      for (const plain of ["device", "lists", "progress", "shift", "counters", "clock"] as const) {
        store.createObjectStore(plain);
      }
      const happened = store.createObjectStore("events", { keyPath: "sequence" });
      happened.createIndex("state", "state");
      happened.createIndex("eventId", "eventId", { unique: true });
      const log = store.createObjectStore("log", { keyPath: "eventId" });
      log.createIndex("at", "at");
      log.createIndex("number", "number");
      store.createObjectStore("slips", { keyPath: "eventId" });
    },
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      events.blocking();
    },
    terminated: events.terminated,
  });
}
