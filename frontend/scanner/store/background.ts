/** Background sync: the browser wakes the service worker when there is a network, though no page is open. */

import { countOf } from "./outbox";
import { Remote } from "./remote";
import type { Fetch } from "./remote";
import { openStore } from "./schema";
import { Uploader, exclusively } from "./upload";

export const UPLOAD_TAG = "events";

/** Upload what waits without any page. Rejects when something still waits, so that the browser tries again. */
export async function uploadAlone(
  database: string,
  ask: Fetch,
  locks: Pick<LockManager, "request"> | null,
): Promise<void> {
  const store = await openStore({ blocking: () => undefined, terminated: () => undefined }, database);
  try {
    if ((await countOf(store, "waiting")) === 0) return;
    const uploader = new Uploader(store, new Remote(ask));
    await exclusively(locks, () => uploader.upload());
  } finally {
    store.close();
  }
}
