import type { ReadonlySignal } from "@preact/signals";

import type { TrustedClock } from "../core/clock";
import { Trouble } from "../core/desk";
import type { Lists } from "./lists";
import type { DeviceRecord, Store } from "./schema";

/** What the parts of the desk share: they read it, each changes only what is its own. */
export interface Context {
  readonly store: Store;
  readonly clock: TrustedClock;
  readonly lists: Lists;
  /** The phone's own clock, in milliseconds since 1970. */
  readonly deviceTime: () => number;
  /** Time that never goes back while the page lives, in milliseconds. */
  readonly ticks: () => number;
  readonly self: ReadonlySignal<DeviceRecord | null>;
  /** There may be a network: worth an attempt. */
  readonly online: ReadonlySignal<boolean>;
  /** The server answered lately. */
  readonly inTouch: ReadonlySignal<boolean>;
  /** Something waits to be sent; resolves once the screen knows how much. */
  readonly happened: () => Promise<void>;
  /** A write that the verdict must not wait for has failed. */
  readonly failed: (problem: unknown) => void;
}

/** The device in force. Throws Trouble not_enrolled, or device.ended when its token was revoked or has expired. */
export function memberIn(context: Pick<Context, "self">): DeviceRecord {
  const self = context.self.value;
  if (!self) throw new Trouble("not_enrolled");
  if (self.ended) throw new Trouble("device.ended", { why: self.ended });
  return self;
}
