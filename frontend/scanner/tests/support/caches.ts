/** The browser's caches, as far as the worker uses them: answers by full address. */
class FakeCache {
  private readonly kept = new Map<string, Response>();

  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    return this.kept.get(addressOf(request))?.clone();
  }

  async put(request: RequestInfo | URL, answer: Response): Promise<void> {
    this.kept.set(addressOf(request), new Response(await answer.arrayBuffer(), { headers: answer.headers }));
  }

  async delete(request: RequestInfo | URL): Promise<boolean> {
    return this.kept.delete(addressOf(request));
  }

  async keys(): Promise<readonly Request[]> {
    return [...this.kept.keys()].map((address) => new Request(address));
  }
}

function addressOf(request: RequestInfo | URL): string {
  return request instanceof Request ? request.url : String(request);
}

/** A `CacheStorage` in memory. */
export class FakeCaches {
  readonly boxes = new Map<string, FakeCache>();

  async open(name: string): Promise<FakeCache> {
    const box = this.boxes.get(name) ?? new FakeCache();
    this.boxes.set(name, box);
    return box;
  }

  async has(name: string): Promise<boolean> {
    return this.boxes.has(name);
  }

  async delete(name: string): Promise<boolean> {
    return this.boxes.delete(name);
  }

  async keys(): Promise<string[]> {
    return [...this.boxes.keys()];
  }
}
