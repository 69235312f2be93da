/** What the build says belongs to the app. `revision` is null when the name itself changes with the content. */
export interface ShellFile {
  readonly url: string;
  readonly revision: string | null;
}

export const SHELL_PAGE = "/scanner/";
const PREFIX = "scanner-";

/** The files of one version of the app, kept whole or not at all: its page is put last and vouches for the rest. */
export class Shell {
  readonly name: string;
  private readonly paths: ReadonlySet<string>;
  private keeping: Promise<void> | null = null;

  /** `files`: everything of this version; `boxes`: the browser's caches. */
  constructor(
    private readonly files: readonly ShellFile[],
    private readonly boxes: CacheStorage,
    private readonly ask: (request: Request) => Promise<Response>,
    private readonly origin: string,
  ) {
    this.name = PREFIX + fingerprint(JSON.stringify(files));
    this.paths = new Set(files.map((file) => file.url));
  }

  has(path: string): boolean {
    return this.paths.has(path);
  }

  /** The kept answer; undefined when this version isn't kept. */
  async match(path: string): Promise<Response | undefined> {
    if (!this.has(path) || !(await this.boxes.has(this.name))) return undefined;
    return (await this.boxes.open(this.name)).match(this.origin + path);
  }

  /** Whether some version of the app is whole in this browser. */
  async keptBefore(): Promise<boolean> {
    for (const name of await this.names()) {
      if (await (await this.boxes.open(name)).match(this.origin + SHELL_PAGE)) return true;
    }
    return false;
  }

  /** Keep every file. Throws when one can't be had; what came so far stays for the next attempt. */
  keep(): Promise<void> {
    this.keeping ??= this.keepAll().finally(() => {
      this.keeping = null;
    });
    return this.keeping;
  }

  /** Forget other versions. Only an active worker may: until then the pages of the old one still need theirs. */
  async forgetOthers(): Promise<void> {
    const others = (await this.names()).filter((name) => name !== this.name);
    await Promise.all(others.map((name) => this.boxes.delete(name)));
  }

  private async names(): Promise<string[]> {
    return (await this.boxes.keys()).filter((name) => name.startsWith(PREFIX));
  }

  private async keepAll(): Promise<void> {
    const box = await this.boxes.open(this.name);
    const rest = this.files.filter((file) => file.url !== SHELL_PAGE);
    const page = this.files.filter((file) => file.url === SHELL_PAGE);
    await Promise.all(rest.map((file) => this.keepOne(box, file)));
    for (const file of page) await this.keepOne(box, file);
  }

  private async keepOne(box: Cache, file: ShellFile): Promise<void> {
    const address = this.origin + file.url;
    if (await box.match(address)) return;
    const answer = (await this.fromOlder(file)) ?? (await this.download(address, file));
    await box.put(address, answer);
  }

  /** The wasm rarely changes: a new version takes it over from the last one. */
  private async fromOlder(file: ShellFile): Promise<Response | undefined> {
    if (file.revision !== null) return undefined;
    for (const name of await this.names()) {
      const found = await (await this.boxes.open(name)).match(this.origin + file.url);
      if (found) return found;
    }
    return undefined;
  }

  private async download(address: string, file: ShellFile): Promise<Response> {
    const cache = file.revision === null ? "default" : "reload";
    const answer = await this.ask(new Request(address, { cache, credentials: "same-origin" }));
    if (!answer.ok || answer.redirected) throw new Error(`not kept: ${file.url} (${answer.status})`);
    if (file.url === SHELL_PAGE) await this.mustNameOurs(answer.clone());
    return answer;
  }

  /** While a server is being updated its page may already be the next one's, whose scripts we don't have. */
  private async mustNameOurs(page: Response): Promise<void> {
    const named = (await page.text()).match(/\/static\/built\/scanner\/assets\/[^"]+/g) ?? [];
    const foreign = named.filter((path) => !this.has(path));
    if (foreign.length > 0) throw new Error(`a page of another version: ${foreign.join(" ")}`);
  }
}

/** 32-bit FNV-1a as hexadecimal digits: tells versions apart, protects nothing. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
