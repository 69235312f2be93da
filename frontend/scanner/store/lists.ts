import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";

import { openBook } from "../core/book";
import type { PassBook } from "../core/book";
import type { TrustedClock } from "../core/clock";
import { Trouble } from "../core/desk";
import type { ListState, Names, TakenOver } from "../core/desk";
import type { KeysByKid } from "../core/jws";
import { newer, readPart, readStatus } from "../core/status";
import type { StatusList } from "../core/status";
import { newerTrust, readTrust } from "../core/trust";
import type { TrustList } from "../core/trust";
import type { Point } from "../core/types";
import { readPoints } from "./answers";
import type { Parcel } from "./frames";
import { jsonOf, ServerTrouble, textOf } from "./remote";
import type { Remote } from "./remote";
import type { ListName, ListRecord, Root, Store } from "./schema";

const STATUS = "/.well-known/changtong/status.jws";
const TRUST = "/.well-known/changtong/trust.jws";
const HOUR = 3_600_000;
/** From this size of the delta, in characters, or age of the full list, the full list is fetched again. */
const LARGEST_DELTA = 8 * 1024;
const OLDEST_FULL = 24 * HOUR;
const TRUST_EVERY = HOUR;
const OVERDUE_TRUST_EVERY = HOUR / 12;
const BOOK_EVERY = HOUR / 6;

/** Everything signed or fetched that the judge looks at: checked before it is taken over, the old copy kept until then. */
export class Lists {
  trust: TrustList | null = null;
  /** When the server itself last gave the trust list, in trusted time. */
  trustConfirmedAt: number | null = null;
  status: StatusList | null = null;
  book: PassBook | null = null;
  /** Resolves once the kept book is in memory. */
  bookReady: Promise<void> = Promise.resolve();
  /** When the server last gave the book or said that it is still the same, in trusted time. */
  private bookSeenAt: number | null = null;
  private readonly told = signal<ListState>(NOTHING);
  private readonly named = signal<Names | null>(null);
  private bookAskedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly remote: Remote,
    private readonly clock: TrustedClock,
  ) {}

  get state(): ReadonlySignal<ListState> {
    return this.told;
  }

  get names(): ReadonlySignal<Names | null> {
    return this.named;
  }

  /** Take what was kept into memory, each list checked again. `roots`: as pinned at enrolment. */
  async load(roots: readonly Root[]): Promise<void> {
    const [trust, status, delta, book] = await Promise.all(
      (["trust", "status", "delta", "book"] as const).map((name) => this.store.get("lists", name)),
    );
    this.trust = trust ? await orNothing(() => readTrust(trust.text, byKid(roots))) : null;
    this.trustConfirmedAt = trust?.confirmedAt ?? null;
    const keys = this.trust?.statusKeys ?? new Map();
    if (status) {
      this.status =
        (await orNothing(() => readStatus(status.text, delta?.text ?? null, keys))) ??
        (await orNothing(() => readStatus(status.text, null, keys)));
    }
    this.tell();
    this.bookReady = this.loadBook(book?.bytes ?? null);
  }

  /** The book is large and only for looking up: nobody waits for it before the first verdict. */
  private async loadBook(bytes: Uint8Array | null): Promise<void> {
    this.book = bytes ? await orNothing(() => openBook(bytes)) : null;
    this.bookSeenAt = (await this.store.get("lists", "bookSeen"))?.confirmedAt ?? null;
    this.tell();
  }

  /** Bring trust and status up to date. Throws `Unreached`, `ServerTrouble`, Trouble list.refused for a list that isn't
   * signed as it must be, and list.older for one that is older than ours; ours stays. */
  async refresh(roots: readonly Root[]): Promise<void> {
    const { low } = this.clock.now();
    const overdue = this.trust !== null && low > this.trust.content.nextUpdate;
    const age = low - (this.trustConfirmedAt ?? Number.NEGATIVE_INFINITY);
    if (!this.trust || age >= (overdue ? OVERDUE_TRUST_EVERY : TRUST_EVERY)) await this.refreshTrust(roots);
    try {
      await this.refreshStatus();
    } catch (problem) {
      // A status key that was announced since: the trust list names it.
      if (!(problem instanceof Trouble) || problem.code !== "jws.unknown_key") throw refused(problem);
      await this.refreshTrust(roots);
      await this.refreshStatus().catch((again: unknown) => Promise.reject(refused(again)));
    }
  }

  private async refreshTrust(roots: readonly Root[]): Promise<void> {
    const text = textOf(await this.remote.ask(TRUST));
    const offered = await readTrust(text, byKid(roots)).catch((problem: unknown) => Promise.reject(refused(problem)));
    if (newerTrust(this.trust, offered) === "older") throw new Trouble("list.older");
    const confirmedAt = this.clock.now().low;
    await this.keep({ trust: { ...PLAIN, text, confirmedAt } });
    this.trust = offered;
    this.trustConfirmedAt = confirmedAt;
    this.tell();
  }

  private async refreshStatus(): Promise<void> {
    const keys = this.trust?.statusKeys;
    if (!keys) throw new Trouble("trust.none");
    const held = await this.heldFull();
    const text = textOf(await this.remote.ask(held ? `${STATUS}?since=${held.seq}` : STATUS));
    const isDelta = held !== null && (await readPart(text, keys)).baseSeq !== null;
    const offered = await readStatus(isDelta ? held.text : text, isDelta ? text : null, keys);
    if (newer(this.status, offered) === "older") throw new Trouble("list.older");
    this.clock.heard(offered.serverTime);
    const record = { ...PLAIN, text, confirmedAt: this.clock.now().low };
    await this.keep(isDelta ? { delta: record } : { status: record, delta: null });
    this.status = offered;
    this.tell();
  }

  /** The full list to ask a delta for; null when it is time for a whole one. */
  private async heldFull(): Promise<{ seq: number; text: string } | null> {
    if (!this.status) return null;
    const [full, delta] = await Promise.all([this.store.get("lists", "status"), this.store.get("lists", "delta")]);
    if (!full || (delta?.text.length ?? 0) > LARGEST_DELTA) return null;
    const age = this.clock.now().low - (full.confirmedAt ?? 0);
    return age > OLDEST_FULL ? null : { seq: this.status.fullSeq, text: full.text };
  }

  /** The pass book of this device's own checkpoint, when it is time to look (`now`: monotonic milliseconds). */
  async refreshBook(token: string, now: number): Promise<void> {
    if (now - this.bookAskedAt < BOOK_EVERY) return;
    const held = await this.store.get("lists", "book");
    try {
      const answer = await this.remote.ask("/api/v1/pass-book", { token, etag: this.book ? (held?.etag ?? null) : null });
      if (answer.status !== 304) {
        const book = await openBook(answer.bytes);
        await this.keep({ book: { ...PLAIN, bytes: answer.bytes, etag: answer.etag } });
        this.book = book;
      }
      this.bookSeenAt = this.clock.now().low;
      await this.keep({ bookSeen: { ...PLAIN, confirmedAt: this.bookSeenAt } });
    } catch (problem) {
      if (!(problem instanceof ServerTrouble) || problem.code !== "pass_book.not_yet") throw refused(problem);
    }
    this.bookAskedAt = now;
    this.tell();
  }

  /** Which book is held, for the report; null without one. */
  async bookTag(): Promise<string | null> {
    return this.book ? ((await this.store.get("lists", "book"))?.etag ?? null) : null;
  }

  /** The book of another checkpoint is not ours any more. */
  async forgetBook(): Promise<void> {
    this.book = null;
    this.bookAskedAt = Number.NEGATIVE_INFINITY;
    await this.store.delete("lists", "book");
    this.tell();
  }

  /** The points a device can move to: from the server, else as it last told them. */
  async points(token: string): Promise<readonly Point[]> {
    const held = await this.store.get("lists", "points");
    try {
      const answer = await this.remote.ask("/api/v1/checkpoints", { token, etag: held?.etag ?? null });
      if (answer.status !== 304) {
        const points = readPoints(jsonOf(answer));
        await this.keep({ points: { ...PLAIN, text: JSON.stringify({ checkpoints: points }), etag: answer.etag } });
        return points;
      }
    } catch (problem) {
      if (!held) throw problem;
    }
    return held ? readPoints(JSON.parse(held.text)) : [];
  }

  /** What can be handed to a colleague's phone; null without a status list. */
  async parcel(): Promise<Parcel | null> {
    const [status, delta, trust] = await Promise.all(
      (["status", "delta", "trust"] as const).map((name) => this.store.get("lists", name)),
    );
    return status && trust ? { status: status.text, delta: delta?.text ?? "", trust: trust.text } : null;
  }

  /** Take over what a colleague's phone showed, as far as it is newer and signed by whom it must be. */
  async takeOver({ trust, status, delta }: Parcel, roots: readonly Root[]): Promise<TakenOver> {
    const trustTaken = await verdictOn(() => this.takeTrust(trust, roots));
    const statusTaken = await verdictOn(() => this.takeStatus(status, delta));
    this.tell();
    return { trust: trustTaken, status: statusTaken, asOf: this.status?.serverTime ?? null };
  }

  private async takeTrust(text: string, roots: readonly Root[]): Promise<"newer" | "older"> {
    const offered = await readTrust(text, byKid(roots));
    if (newerTrust(this.trust, offered) !== "newer") return "older";
    await this.keep({ trust: { ...PLAIN, text } });
    this.trust = offered;
    this.trustConfirmedAt = null;
    return "newer";
  }

  private async takeStatus(text: string, delta: string): Promise<"newer" | "older"> {
    const offered = await readStatus(text, delta || null, this.trust?.statusKeys ?? new Map());
    // It was made by then, so now is later; how much later nobody here can say.
    this.clock.atLeast(offered.serverTime);
    if (newer(this.status, offered) !== "newer") return "older";
    await this.keep({ status: { ...PLAIN, text }, delta: delta ? { ...PLAIN, text: delta } : null });
    this.status = offered;
    return "newer";
  }

  /** Nothing of use stays on a phone whose token was ended. */
  async wipe(): Promise<void> {
    await this.store.clear("lists");
    this.trust = this.status = this.book = null;
    this.trustConfirmedAt = null;
    this.tell();
  }

  private async keep(lists: Partial<Record<ListName, ListRecord | null>>): Promise<void> {
    const transaction = this.store.transaction(["lists", "clock"], "readwrite");
    const kept = transaction.objectStore("lists");
    const writes = (Object.entries(lists) as [ListName, ListRecord | null][]).map(([name, record]) =>
      record ? kept.put(record, name) : kept.delete(name),
    );
    const time = transaction.objectStore("clock").put(this.clock.state(), "state");
    await Promise.all([...writes, time, transaction.done]);
  }

  private tell(): void {
    this.named.value = this.trust?.content ?? null;
    this.told.value = {
      statusSeq: this.status?.seq ?? null,
      statusAsOf: this.status?.serverTime ?? null,
      trustSeq: this.trust?.seq ?? null,
      trustAsOf: this.trust?.issuedAt ?? null,
      bookPasses: this.book?.size ?? null,
      bookAsOf: this.book ? (this.bookSeenAt ?? this.book.builtAt) : null,
    };
  }
}

const NOTHING: ListState = {
  statusSeq: null,
  statusAsOf: null,
  trustSeq: null,
  trustAsOf: null,
  bookPasses: null,
  bookAsOf: null,
};
const PLAIN: ListRecord = { text: "", bytes: null, etag: null, confirmedAt: null };

function byKid(roots: readonly Root[]): KeysByKid {
  return new Map(roots.map(({ kid, jwk }) => [kid, jwk]));
}

/** A kept list that isn't what it was is as good as none: the next sync brings another. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (problem) {
    console.warn("a kept list could not be read", problem);
    return null;
  }
}

/** A list that is not what it must be, whatever it was, is refused; other errors stay what they are. */
function refused(problem: unknown): unknown {
  const isOurs = problem instanceof Trouble && !["list.refused", "list.older", "trust.none"].includes(problem.code);
  return isOurs ? new Trouble("list.refused", { why: problem.code }) : problem;
}

async function verdictOn(take: () => Promise<"newer" | "older">): Promise<"newer" | "older" | "refused"> {
  try {
    return await take();
  } catch (problem) {
    if (problem instanceof Trouble) return "refused";
    throw problem;
  }
}
