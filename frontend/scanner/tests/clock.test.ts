import { describe, expect, test } from "vitest";

import { AGREES_WITHIN, BELIEVED_FOR, TrustedClock, UNKNOWN_SPAN } from "../core/clock";
import type { ClockState, Dials } from "../core/clock";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const T = Date.UTC(2022, 3, 10, 4);

/** A phone: the truth, what its clock is off, and what its monotonic time has missed in sleep. */
class Phone implements Dials {
  truth = T;
  off = 0;
  #monotonic = 17;

  device(): number {
    return this.truth + this.off;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  awake(span: number): void {
    this.truth += span;
    this.#monotonic += span;
  }

  asleep(span: number): void {
    this.truth += span;
  }

  /** The page is opened anew: monotonic time begins again. What was kept is JSON in a database. */
  restart(kept: ClockState | null): TrustedClock {
    this.#monotonic = 3;
    return new TrustedClock(this, JSON.parse(JSON.stringify(kept)) as ClockState | null);
  }
}

function heard(off = 0): { phone: Phone; clock: TrustedClock } {
  const phone = new Phone();
  phone.off = off;
  const clock = phone.restart(null);
  clock.heard(phone.truth);
  return { phone, clock };
}

const trusted = (at: number): unknown => ({ low: at, high: at, trusted: true });
const unknown = (low: number): unknown => ({ low, high: low + UNKNOWN_SPAN, trusted: false });

describe("while the page lives", () => {
  test.each([0, -4 * MINUTE, 4 * MINUTE, HOUR, -HOUR, YEAR, -YEAR, -50 * YEAR])(
    "a clock that is %d ms off changes nothing: signed time and monotonic time tell the present",
    (off) => {
      const { phone, clock } = heard(off);
      expect(clock.now()).toEqual(trusted(T));
      phone.awake(7 * HOUR);
      expect(clock.now()).toEqual(trusted(T + 7 * HOUR));
    },
  );

  test.each([-YEAR, -HOUR, -6 * MINUTE, YEAR, 30 * DAY])("a clock that is set by %d ms doesn't count", (by) => {
    const { phone, clock } = heard();
    phone.awake(HOUR);
    phone.off += by;
    expect(clock.now()).toEqual(trusted(T + HOUR));
    phone.awake(HOUR);
    expect(clock.now()).toEqual(trusted(T + 2 * HOUR));
    expect(clock.state().agreed).toBe(false);
  });

  test("a clock that was set back and then forward again doesn't count either", () => {
    const { phone, clock } = heard();
    phone.off = -YEAR;
    clock.now();
    phone.off = 0;
    clock.now();
    phone.awake(MINUTE);
    expect(phone.restart(clock.state()).now().trusted).toBe(false);
  });

  test("a clock that creeps by less than five minutes is let be", () => {
    const { phone, clock } = heard();
    phone.off = AGREES_WITHIN;
    phone.awake(DAY);
    expect(clock.now()).toEqual(trusted(T + DAY));
    expect(clock.state().agreed).toBe(true);
  });
});

describe("sleep, in which monotonic time stands still on most phones", () => {
  test("a clock that counts tells how long it was", () => {
    const { phone, clock } = heard(2 * MINUTE);
    phone.awake(HOUR);
    phone.asleep(8 * HOUR);
    phone.awake(MINUTE);
    expect(clock.now()).toEqual(trusted(T + 9 * HOUR + MINUTE));
    phone.awake(MINUTE);
    expect(clock.now()).toEqual(trusted(T + 9 * HOUR + 2 * MINUTE));
  });

  test("many short naps add up", () => {
    const { phone, clock } = heard();
    for (let nap = 0; nap < 100; nap += 1) {
      phone.asleep(4 * MINUTE);
      phone.awake(MINUTE);
      expect(phone.truth - clock.now().low).toBeLessThanOrEqual(AGREES_WITHIN);
      expect(clock.now().trusted).toBe(true);
    }
  });

  test("with a clock that doesn't count nobody knows how long it was", () => {
    const { phone, clock } = heard(-HOUR);
    phone.awake(HOUR);
    phone.asleep(8 * HOUR);
    expect(clock.now()).toEqual({ low: T + HOUR, high: T + 8 * HOUR + UNKNOWN_SPAN, trusted: false });
    phone.awake(HOUR);
    expect(clock.now()).toMatchObject({ low: T + 2 * HOUR, trusted: false });
    clock.heard(phone.truth);
    expect(clock.now()).toEqual(trusted(phone.truth));
  });

  test("a clock that was set back after sleep leaves what is known", () => {
    const { phone, clock } = heard();
    phone.asleep(HOUR);
    clock.now();
    phone.off = -YEAR;
    expect(clock.now()).toEqual(trusted(T + HOUR));
  });
});

describe("after a restart", () => {
  test.each([0, 4 * MINUTE, -4 * MINUTE])("a clock that was %d ms off counts, put right by that", (off) => {
    const { phone, clock } = heard(off);
    phone.awake(HOUR);
    const kept = clock.state();
    phone.asleep(DAY);
    expect(phone.restart(kept).now()).toEqual(trusted(T + HOUR + DAY));
  });

  test("a clock that is set after the restart is noticed like any other", () => {
    const { phone, clock } = heard();
    const again = phone.restart(clock.state());
    phone.awake(HOUR);
    phone.off = -YEAR;
    expect(again.now()).toEqual(trusted(T + HOUR));
  });

  test.each([HOUR, -HOUR, YEAR, -YEAR])("a clock that was %d ms off at the last contact doesn't count", (off) => {
    const { phone, clock } = heard(off);
    phone.awake(HOUR);
    const again = phone.restart(clock.state());
    expect(again.now()).toMatchObject({ low: T + HOUR, trusted: false });
    expect(again.now().high).toBeGreaterThanOrEqual(T + HOUR + UNKNOWN_SPAN);
    phone.awake(HOUR);
    expect(again.now().low).toBe(T + 2 * HOUR);
  });

  test("a clock that was set back a year meanwhile doesn't count: the present is not before what was stored", () => {
    const { phone, clock } = heard();
    phone.awake(HOUR);
    const kept = clock.state();
    phone.off = -YEAR;
    const again = phone.restart(kept);
    expect(again.now()).toEqual(unknown(T + HOUR));
    phone.off = 0;
    expect(again.now().trusted).toBe(false);
    clock.heard(phone.truth);
    expect(clock.now()).toEqual(trusted(phone.truth));
  });

  test("a clock that was set a year ahead meanwhile doesn't count, and makes no pass look over", () => {
    const { phone, clock } = heard();
    const kept = clock.state();
    phone.off = YEAR;
    const now = phone.restart(kept).now();
    expect(now).toEqual({ low: T, high: T + YEAR + UNKNOWN_SPAN, trusted: false });
  });

  test("a clock with a dead battery, at the beginning of all time", () => {
    const { phone, clock } = heard();
    const kept = clock.state();
    phone.off = -T;
    expect(phone.restart(kept).now()).toEqual(unknown(T));
  });

  test("after a fortnight without contact no clock counts", () => {
    const { phone, clock } = heard();
    const kept = clock.state();
    phone.asleep(BELIEVED_FOR);
    expect(phone.restart(kept).now()).toEqual(trusted(T + BELIEVED_FOR));
    phone.asleep(1);
    expect(phone.restart(kept).now()).toMatchObject({ low: T, trusted: false });
    expect(phone.restart(kept).now().high).toBeGreaterThan(phone.truth);
  });

  test("the present is never before an event that was stored", () => {
    const { phone, clock } = heard();
    phone.awake(HOUR);
    const stored = clock.now().low;
    const kept = clock.state();
    phone.off = -4 * MINUTE;
    expect(phone.restart(kept).now()).toEqual(trusted(stored));
  });
});

describe("contacts", () => {
  test("a phone that never heard of any server knows nothing, and calls nothing over or to come", () => {
    const phone = new Phone();
    expect(phone.restart(null).now()).toEqual({ low: 0, high: T + UNKNOWN_SPAN, trusted: false });
  });

  test("a clock set to the year 275760 makes no time that can't be written", () => {
    const phone = new Phone();
    phone.off = 8.6e15 - T - DAY;
    expect(new Date(phone.restart(null).now().high).toISOString()).toMatch(/^2/);
  });

  test("signed time that somebody carried here is a lower bound", () => {
    const phone = new Phone();
    const clock = phone.restart(null);
    clock.atLeast(T - HOUR);
    expect(clock.now()).toMatchObject({ low: T - HOUR, trusted: false });
    clock.atLeast(T - DAY);
    expect(clock.now().low).toBe(T - HOUR);
    phone.awake(MINUTE);
    expect(clock.now().low).toBe(T - HOUR + MINUTE);
  });

  test("signed time far ahead of what we believed ends our trust in it", () => {
    const { clock } = heard();
    clock.atLeast(T + MINUTE);
    expect(clock.now()).toEqual(trusted(T + MINUTE));
    clock.atLeast(T + HOUR);
    expect(clock.now()).toEqual(unknown(T + HOUR));
  });

  test("a server's time a little before our own stamps doesn't set us back, and is caught up with", () => {
    const { phone, clock } = heard();
    phone.awake(HOUR);
    const before = clock.now().low;
    clock.heard(before - MINUTE);
    expect(clock.now().low).toBe(before);
    phone.awake(30 * SECOND);
    expect(clock.now().low).toBe(before);
    phone.awake(2 * MINUTE);
    expect(clock.now().low).toBe(before + 90 * SECOND);
  });

  test("a contact outranks stamps of a clock that ran ahead", () => {
    const { phone, clock } = heard();
    phone.off = 3 * DAY;
    const again = phone.restart(clock.state());
    expect(again.now()).toEqual(trusted(T + 3 * DAY));
    again.heard(T);
    expect(again.now()).toEqual(trusted(T));
    expect(again.state()).toEqual({ signedAt: T, deviceAt: T + 3 * DAY, agreed: false, floor: T });
  });

  test("the present never goes back by itself, whatever is done to the clock", () => {
    const { phone, clock } = heard();
    let [last, seed] = [0, 42];
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 2000; step += 1) {
      const doing = random(4);
      if (doing === 0) phone.awake(random(HOUR));
      if (doing === 1) phone.asleep(random(DAY));
      if (doing === 2) phone.off = (random(3) - 1) * random(YEAR);
      if (doing === 3) clock.atLeast(phone.truth - random(DAY));
      const now = clock.now();
      expect(now.low).toBeGreaterThanOrEqual(last);
      expect(now.high).toBeGreaterThanOrEqual(now.low);
      last = now.low;
    }
  });
});
