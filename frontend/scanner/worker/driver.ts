import { fromNetwork } from "./network";

const PREFIX = "driver-";
const MOST_PAGES = 8;
const DEEPEST = 3;
const NAMED = [
  /(?:href|src)="(\/static\/[^"]+\.(?:css|js|svg|png|woff2))"/g,
  /["'](\.{1,2}\/[^"'\s]+\.js)["']/g,
  /url\(["']?([^"')\s]+\.(?:woff2|svg|png))["']?\)/g,
];

/** Drivers' pages `/d/TOKEN` that were opened on this phone, each kept with the style and scripts it names. */
export class DriverPages {
  /** Which page a window shows, so that its style and scripts are answered too. */
  private readonly windows = new Map<string, string>();

  constructor(
    private readonly boxes: CacheStorage,
    private readonly ask: (request: Request) => Promise<Response>,
    private readonly origin: string,
  ) {}

  /**
   * The page: from the network, which is then kept; without one as it was last time. Throws when it was never seen.
   * `hold` keeps the worker alive for what goes on after the answer.
   */
  async page(
    request: Request,
    window: string,
    patience: number,
    hold: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const path = new URL(request.url).pathname;
    this.windows.set(window, path);
    const kept = await this.match(path, path);
    const answer = kept
      ? ((await fromNetwork(() => this.ask(request), patience)) ?? kept)
      : await this.ask(request);
    if (answer === kept) return kept;
    if (answer.ok) hold(this.keep(path, answer.clone()));
    // A link that was withdrawn must not live on in the phone that once opened it.
    else if (answer.status === 404 || answer.status === 410) await this.forget(path);
    return answer;
  }

  /** Whether this window shows a driver's page. */
  shows(window: string): boolean {
    return this.windows.has(window);
  }

  /** A file that a driver's page asks for: what is kept, else the network. */
  async file(request: Request, window: string): Promise<Response> {
    const page = this.windows.get(window);
    const kept = page === undefined ? undefined : await this.match(page, new URL(request.url).pathname);
    return kept ?? this.ask(request);
  }

  /** Keep a page that was open before this worker was there. */
  async keepOpen(path: string): Promise<void> {
    const answer = await this.ask(new Request(this.origin + path, { credentials: "same-origin" }));
    if (answer.ok) await this.keep(path, answer);
  }

  private async match(page: string, path: string): Promise<Response | undefined> {
    const name = PREFIX + page;
    return (await this.boxes.has(name)) ? (await this.boxes.open(name)).match(this.origin + path) : undefined;
  }

  private async forget(path: string): Promise<void> {
    await this.boxes.delete(PREFIX + path);
  }

  private async keep(path: string, answer: Response): Promise<void> {
    const box = await this.boxes.open(PREFIX + path);
    const wanted = new Set([this.origin + path]);
    await this.keepNamed(box, await answer.clone().text(), this.origin + path, wanted, 1);
    await box.put(this.origin + path, answer);
    const stale = (await box.keys()).filter((request) => !wanted.has(request.url));
    await Promise.all(stale.map((request) => box.delete(request)));
    await this.forgetOldest();
  }

  private async keepNamed(box: Cache, text: string, base: string, wanted: Set<string>, depth: number): Promise<void> {
    const addresses = NAMED.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""))
      .map((name) => new URL(name, base))
      .filter((url) => url.origin === this.origin && url.pathname.startsWith("/static/") && !wanted.has(url.href));
    for (const { href } of addresses) {
      wanted.add(href);
      const answer = (unchanging(href) ? await box.match(href) : undefined) ?? (await this.ask(new Request(href)));
      if (!answer.ok) continue;
      const inside = /\.(?:css|js)$/.test(href) && depth < DEEPEST ? await answer.clone().text() : "";
      await box.put(href, answer);
      if (inside) await this.keepNamed(box, inside, href, wanted, depth + 1);
    }
  }

  private async forgetOldest(): Promise<void> {
    const names = (await this.boxes.keys()).filter((name) => name.startsWith(PREFIX));
    await Promise.all(names.slice(0, Math.max(0, names.length - MOST_PAGES)).map((name) => this.boxes.delete(name)));
  }
}

/** Whether the content belongs to the name for good. */
function unchanging(address: string): boolean {
  return address.includes("/static/built/");
}
