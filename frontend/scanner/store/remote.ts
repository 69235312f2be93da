import { Trouble } from "../core/desk";

/** How long an answer may take, in milliseconds, before the attempt counts as no network. */
const LONGEST = 20_000;

/** No network, or none that answers in time. */
export class Unreached extends Error {}

/** The server answered, but with a problem or with something that is no answer (HTML, half a body). */
export class ServerTrouble extends Error {
  constructor(
    /** HTTP status; 0 when the answer could not be read. */
    readonly status: number,
    readonly code: string,
    /** Milliseconds the server asks to be left alone. */
    readonly retryAfter: number | null = null,
    /** What the server says of it in words, and what to do next; "" and [] when it says nothing. */
    readonly title = "",
    readonly next: readonly string[] = [],
  ) {
    super(`${status} ${code}`);
  }
}

export const BROKEN = "server.broken";
export const BUSY = "server.busy";

export interface Ask {
  readonly method?: "GET" | "POST";
  readonly token?: string;
  readonly body?: unknown;
  readonly etag?: string | null;
}

/** An answer that came whole. `status` is 2xx or 304. */
export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly bytes: Uint8Array;
}

/** The browser's `fetch`, or a test's. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** The server as the phone sees it: whole answers, or one of two errors. */
export class Remote {
  constructor(
    private readonly fetch: Fetch,
    private readonly longest: number = LONGEST,
  ) {}

  /** Ask for a path of our own origin. Throws `Unreached` and `ServerTrouble`. */
  async ask(path: string, { method = "GET", token, body, etag }: Ask = {}): Promise<Answer> {
    const headers = new Headers({ Accept: "application/json, */*;q=0.5" });
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (etag) headers.set("If-None-Match", etag);
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.longest);
    try {
      const response = await this.send(path, {
        method,
        headers,
        // A token speaks for the phone; a cookie of the office in the same browser must not.
        credentials: "omit",
        cache: "no-store",
        // The login page of a rest area's network is no answer of ours.
        redirect: "error",
        signal: stop.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return await whole(response);
    } finally {
      clearTimeout(timer);
    }
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(path, init);
    } catch (problem) {
      throw new Unreached(String(problem));
    }
  }
}

async function whole(response: Response): Promise<Answer> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new ServerTrouble(0, BROKEN);
  }
  if (response.ok || response.status === 304) {
    return { status: response.status, etag: response.headers.get("ETag"), bytes };
  }
  throw troubleIn(response, bytes);
}

function troubleIn(response: Response, bytes: Uint8Array): ServerTrouble {
  const { status } = response;
  try {
    const told = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    const { code, title, next } = told;
    if (typeof code === "string" && !isBusy(status)) {
      const steps = Array.isArray(next) ? next.filter((step) => typeof step === "string") : [];
      return new ServerTrouble(status, code, pauseOf(response), typeof title === "string" ? title : "", steps);
    }
  } catch {
    // A proxy's page in HTML; the status has to do.
  }
  return new ServerTrouble(status, isBusy(status) ? BUSY : BROKEN, pauseOf(response));
}

function isBusy(status: number): boolean {
  return status === 429 || status === 503;
}

function pauseOf(response: Response): number | null {
  const told = response.headers.get("Retry-After");
  if (told === null) return null;
  const seconds = /^[0-9]{1,6}$/.test(told) ? Number(told) : (Date.parse(told) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
}

/** An answer's JSON. Throws `ServerTrouble` when it isn't JSON. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer.bytes));
  } catch {
    throw new ServerTrouble(answer.status, BROKEN);
  }
}

/** An answer's text. */
export function textOf(answer: Answer): string {
  return new TextDecoder().decode(answer.bytes);
}

/** What went wrong, as a code for the screen: "offline", "server.busy", "server.broken", our own or the server's. */
export function codeOf(problem: unknown): string {
  if (problem instanceof Unreached) return "offline";
  return problem instanceof ServerTrouble || problem instanceof Trouble ? problem.code : "unexpected";
}
