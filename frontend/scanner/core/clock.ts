/**
 * The present as far as this phone can know it (credential format, section 6).
 *
 * Three things tell time, none of them alone:
 * - the signed `server_time` of a status list that has just come from the server: true, but only at that moment;
 * - the browser's monotonic time since: nobody can set it, but it stands still while most phones sleep and ends with the
 *   page, so it never runs ahead of the truth;
 * - the phone's own clock: it goes on through sleep and restarts, but anybody can set it. It counts only when it agreed
 *   within five minutes at the last contact, is not before what we know to be past, and is no more than a fortnight
 *   after that contact: a phone that heard nothing for so long can't tell a set clock from time gone by.
 *
 * While the page lives, trusted time is signed time plus monotonic time. When the phone's clock has run more than five
 * minutes ahead of that, the phone slept, and a clock that counts says how long; a jump back, or one beyond a fortnight,
 * is a clock that was set and doesn't count until the next contact. After a restart only the phone's clock is left.
 * Where nothing counts the present is a span: from what is certainly past to a year and a day after it.
 */

import type { TrustedTime } from "./types";

/** What is kept over a restart. Milliseconds since 1970 UTC. */
export interface ClockState {
  /** The signed time of the last contact with the server; null: never any. */
  readonly signedAt: number | null;
  /** What the phone's clock said at that moment. */
  readonly deviceAt: number;
  /** Whether the phone's clock counts: it agreed then and has not been set since, as far as one can see. */
  readonly agreed: boolean;
  /** The present is not before this. */
  readonly floor: number;
}

/** The two clocks of a browser: `device` is `Date.now()`, `monotonic` is `performance.now()`, both in milliseconds. */
export interface Dials {
  device(): number;
  monotonic(): number;
}

/** How far the phone's clock may be off. */
export const AGREES_WITHIN = 5 * 60_000;
/** How long a clock that agreed is believed without another contact. */
export const BELIEVED_FOR = 14 * 86_400_000;
/** Width of the present when nothing tells it: longer than any pass lives, so nothing is called over or to come for sure. */
export const UNKNOWN_SPAN = 366 * 86_400_000;
/** A clock set beyond the years that are written with four digits would make events that no server can read. */
const LATEST = Date.UTC(2100, 0, 1);

/** A moment of this page's life from which time is counted on. */
interface Anchor {
  readonly at: number;
  readonly device: number;
  readonly monotonic: number;
  readonly trusted: boolean;
}

const NEVER: ClockState = { signedAt: null, deviceAt: 0, agreed: false, floor: 0 };

/** Tells the present and learns from every contact; the owner keeps `state()` with each contact and each event. */
export class TrustedClock {
  #kept: ClockState;
  #anchor: Anchor;

  /** `kept`: what `state()` said before the restart, null on a phone that was never enrolled. */
  constructor(
    private readonly dials: Dials,
    kept: ClockState | null,
  ) {
    this.#kept = kept ?? NEVER;
    this.#anchor = this.#afterRestart();
  }

  /** The present: low = high when it is trusted. */
  now(): TrustedTime {
    const low = this.#least();
    if (this.#anchor.trusted) return { low, high: low, trusted: true };
    const device = Math.min(this.dials.device(), LATEST);
    return { low, high: Math.max(low, device) + UNKNOWN_SPAN, trusted: false };
  }

  /**
   * A signed time that has just come from the server itself. It outranks all before: also our own stamps, where they
   * were made by a clock that ran ahead, or one wrong night would make passes look over for as long.
   */
  heard(serverTime: number): void {
    const [device, before] = [this.dials.device(), this.#least()];
    const floor = before - serverTime > AGREES_WITHIN ? serverTime : Math.max(serverTime, before);
    const agreed = Math.abs(device - serverTime) <= AGREES_WITHIN;
    this.#kept = { signedAt: serverTime, deviceAt: device, agreed, floor };
    this.#anchor = this.#from(serverTime, true);
  }

  /** A signed time that somebody carried here: it is past, who knows how long. */
  atLeast(signedTime: number): void {
    const ahead = signedTime - this.#least();
    if (ahead <= 0) return;
    // We believed in an earlier present than there can be.
    const trusted = this.#anchor.trusted && ahead <= AGREES_WITHIN;
    this.#kept = { ...this.#kept, agreed: this.#kept.agreed && trusted, floor: signedTime };
    this.#anchor = this.#from(signedTime, trusted);
  }

  /** To be kept: with it a phone whose battery died goes on without believing in an earlier present. */
  state(): ClockState {
    const floor = this.#least();
    return { ...this.#kept, floor };
  }

  /** What the present is at least; it never goes back but for what a contact has put right. */
  #least(): number {
    this.#lookAtDevice();
    return Math.max(this.#kept.floor, this.#running());
  }

  #from(at: number, trusted: boolean): Anchor {
    return { at, trusted, device: this.dials.device(), monotonic: this.dials.monotonic() };
  }

  #running(): number {
    return Math.floor(this.#anchor.at + (this.dials.monotonic() - this.#anchor.monotonic));
  }

  /** The phone's clock, put right by the little it was off at the last contact, if it counts. */
  #afterRestart(): Anchor {
    const { signedAt, deviceAt, agreed, floor } = this.#kept;
    const at = (signedAt ?? 0) + (this.dials.device() - deviceAt);
    const counts = signedAt !== null && agreed && at >= floor - AGREES_WITHIN && at - signedAt <= BELIEVED_FOR;
    if (!counts) this.#kept = { ...this.#kept, agreed: false };
    return this.#from(counts ? at : floor, counts);
  }

  /** Did the phone sleep, or did somebody set its clock? */
  #lookAtDevice(): void {
    const running = this.#running();
    const jump = this.dials.device() - this.#anchor.device - (running - this.#anchor.at);
    if (Math.abs(jump) <= AGREES_WITHIN) return;
    const { agreed, signedAt } = this.#kept;
    const isPlausible = jump > 0 && running + jump - (signedAt ?? running) <= BELIEVED_FOR;
    if (isPlausible && agreed) {
      this.#anchor = this.#from(running + jump, this.#anchor.trusted);
      return;
    }
    this.#kept = { ...this.#kept, agreed: false };
    // A clock that doesn't count may still tell the truth about sleep, and then monotonic time has stood still.
    this.#anchor = this.#from(running, this.#anchor.trusted && !isPlausible);
  }
}
