import { UPLOAD_TAG } from "./background";
import type { Marker } from "./health";
import type { Fetch } from "./remote";

/** Everything of a browser that the desk leans on, so that a test can be one. */
export interface Browser {
  readonly fetch: Fetch;
  readonly deviceTime: () => number;
  readonly ticks: () => number;
  readonly random: () => number;
  readonly later: (work: () => void, delay: number) => () => void;
  readonly visible: () => boolean;
  readonly connected: () => boolean;
  /** Null where a browser lacks them. */
  readonly locks: Pick<LockManager, "request"> | null;
  readonly storage: StorageManager | null;
  readonly marker: Marker | null;
  readonly workers: ServiceWorkerContainer | null;
  readonly reload: () => void;
  /** Ask to be woken when there is a network, though no page is open. */
  readonly wakeMe: () => void;
  readonly listen: (heard: Heard) => void;
  readonly database: string;
}

/** What a browser tells by itself. */
export interface Heard {
  readonly connection: () => void;
  readonly visibility: () => void;
}

/** A registration where background sync exists; the standard library doesn't know it. */
interface WithSync {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** The browser this page runs in. */
export function thisBrowser(database: string): Browser {
  const workers = "serviceWorker" in navigator ? navigator.serviceWorker : null;
  return {
    fetch: (input, init) => fetch(input, init),
    deviceTime: () => Date.now(),
    ticks: () => performance.now(),
    random: () => Math.random(),
    later: (work, delay) => {
      const timer = setTimeout(work, delay);
      return () => clearTimeout(timer);
    },
    visible: () => document.visibilityState === "visible",
    connected: () => navigator.onLine,
    locks: "locks" in navigator ? navigator.locks : null,
    storage: "storage" in navigator ? navigator.storage : null,
    marker: markerOf(),
    workers,
    reload: () => location.reload(),
    wakeMe: () => {
      void wake(workers);
    },
    listen: (heard) => {
      addEventListener("online", heard.connection);
      addEventListener("offline", heard.connection);
      document.addEventListener("visibilitychange", heard.visibility);
    },
    database,
  };
}

/** Reading the property alone throws where a browser forbids storage. */
function markerOf(): Marker | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

async function wake(workers: ServiceWorkerContainer | null): Promise<void> {
  const registration = (await workers?.getRegistration("/")) as WithSync | undefined;
  try {
    await registration?.sync?.register(UPLOAD_TAG);
  } catch (problem) {
    // A browser may know background sync and forbid it; the page itself then uploads once it is opened.
    console.info("no background sync", problem);
  }
}
