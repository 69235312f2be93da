import type { StorageState } from "../core/desk";

/** A small store besides the database, such as `localStorage`: it tells a lost database from a new phone. */
export type Marker = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const NAME = "changtong.scanner";

/** Remembers, outside the database, that this phone is a device. Nothing but that word is kept there. */
export class Memory {
  constructor(private readonly marker: Marker | null) {}

  get enrolled(): boolean {
    return this.quietly(() => this.marker?.getItem(NAME) === "enrolled") ?? false;
  }

  set enrolled(is: boolean) {
    this.quietly(() => (is ? this.marker?.setItem(NAME, "enrolled") : this.marker?.removeItem(NAME)));
  }

  /** A browser that forbids even this store forbids the database too, and that is told there. */
  private quietly<T>(work: () => T): T | null {
    try {
      return work();
    } catch {
      return null;
    }
  }
}

/** Whether the browser has promised not to throw the database away; asks for the promise when it hasn't. */
export async function askToPersist(storage: StorageManager | null): Promise<boolean> {
  if (!storage?.persist) return false;
  return (await storage.persisted()) || storage.persist();
}

/** Below this many bytes of room a phone is as good as full: a shift of scans needs about two million. */
const LEAST_ROOM = 5_000_000;

/** "full" while the browser would soon refuse to write, else "ok". */
export async function roomLeft(storage: StorageManager | null): Promise<Extract<StorageState["health"], "ok" | "full">> {
  if (!storage?.estimate) return "ok";
  const { quota, usage } = await storage.estimate();
  return quota !== undefined && usage !== undefined && quota - usage < LEAST_ROOM ? "full" : "ok";
}
