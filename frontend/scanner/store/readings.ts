import { judgeListed, judgeNothing, judgeReading } from "../core/facts";
import type { Reading, Surroundings } from "../core/facts";
import type { Credential, Judged, Means, PlateSeen, ReadQuality } from "../core/types";
import { memberIn } from "./context";
import type { Context } from "./context";
import { ReadCounter } from "./reads";

/** How long the own log is looked back for the same pass. */
const SEEN_WITHIN = 12 * 3_600_000;

/** What a verdict was made of, to make it again with the officer's comparison. */
type Source =
  | { readonly kind: "text"; readonly reading: Reading }
  | { readonly kind: "listed"; readonly credential: Credential; readonly around: Surroundings }
  | { readonly kind: "none"; readonly around: Surroundings; readonly plate: string };

/** Turns texts, lines of the book and plates into verdicts, and remembers what each was made of. */
export class Readings {
  private readonly sources = new WeakMap<Judged, Source>();
  private readonly counter = new ReadCounter();

  constructor(private readonly context: Context) {}

  /** The verdict on a text that was read. */
  async ofText(text: string, means: Means, quality: ReadQuality | null): Promise<Judged> {
    const reads = this.counter.count(text, means, this.context.ticks());
    const around = this.around(means, quality);
    const first = await this.judged({ kind: "text", reading: { ...around, text, reads } });
    const number = first.credential?.number;
    const seenHere = number === undefined ? null : await this.seenHere(number);
    return seenHere ? this.judged({ kind: "text", reading: { ...around, text, reads, seenHere } }) : first;
  }

  /** The verdict on a pass of the pass book. */
  async ofListed(credential: Credential): Promise<Judged> {
    const around = { ...this.around("book", null), seenHere: await this.seenHere(credential.number) };
    return this.judged({ kind: "listed", credential, around });
  }

  /** The verdict on a vehicle without a pass. */
  ofPlate(plate: string): Promise<Judged> {
    return this.judged({ kind: "none", around: this.around("plate", null), plate });
  }

  /** The same reading with the officer's comparison. */
  async compared(judged: Judged, plateSeen: PlateSeen): Promise<Judged> {
    const source = this.sourceOf(judged);
    if (source.kind === "text") return this.judged({ ...source, reading: { ...source.reading, plateSeen } });
    return this.judged({ ...source, around: { ...source.around, plateSeen } });
  }

  /** The plate that a reading speaks of; "?" when nothing tells it. */
  plateOf(judged: Judged): string {
    const source = this.sourceOf(judged);
    return source.kind === "none" ? source.plate : (judged.credential?.plate ?? "?");
  }

  private sourceOf(judged: Judged): Source {
    const source = this.sources.get(judged);
    if (!source) throw new Error("a verdict that this desk did not give");
    return source;
  }

  private around(means: Means, quality: ReadQuality | null): Surroundings {
    const { clock, lists } = this.context;
    return {
      means,
      quality,
      point: memberIn(this.context).device.point,
      plateSeen: "unknown",
      time: clock.now(),
      trust: lists.trust,
      trustConfirmedAt: lists.trustConfirmedAt,
      status: lists.status,
      seenHere: null,
    };
  }

  private async judged(source: Source): Promise<Judged> {
    const judged = await verdictOn(source);
    this.sources.set(judged, source);
    return judged;
  }

  private async seenHere(number: string): Promise<Judged["seenHere"]> {
    const { store, clock } = this.context;
    const now = clock.now().low;
    const lines = await store.getAllFromIndex("log", "number", number);
    const ages = lines.map(({ at }) => Math.max(0, now - at)).filter((age) => age < SEEN_WITHIN);
    return ages.length === 0 ? null : { minutesAgo: Math.floor(Math.min(...ages) / 60_000) };
  }
}

async function verdictOn(source: Source): Promise<Judged> {
  if (source.kind === "text") return judgeReading(source.reading);
  return source.kind === "listed" ? judgeListed(source.credential, source.around) : judgeNothing(source.around);
}
