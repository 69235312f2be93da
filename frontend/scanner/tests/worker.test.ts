import { describe, expect, test } from "vitest";

import { DriverPages } from "../worker/driver";
import { fromNetwork } from "../worker/network";
import { placeOf, runsApp, wantsShell } from "../worker/places";
import { Shell } from "../worker/shell";
import type { ShellFile } from "../worker/shell";
import { FakeCaches } from "./support/caches";

const ORIGIN = "https://ct.example";
const ASSETS = "/static/built/scanner/assets/";

/** A site of files by path; null: the network is gone. */
class Site {
  files: Record<string, string> | null;
  readonly asked: string[] = [];

  constructor(files: Record<string, string>) {
    this.files = files;
  }

  readonly ask = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    this.asked.push(path);
    if (this.files === null) throw new TypeError("Failed to fetch");
    const content = this.files[path];
    return content === undefined ? new Response("", { status: 404 }) : new Response(content);
  };
}

function version(tag: string): { files: ShellFile[]; site: Site } {
  const script = `${ASSETS}index-${tag}.js`;
  const wasm = `${ASSETS}reader-SAME.wasm`;
  const files = [
    { url: "/scanner/", revision: tag },
    { url: script, revision: null },
    { url: wasm, revision: null },
  ];
  const page = `<script type="module" src="${script}"></script>`;
  return { files, site: new Site({ "/scanner/": page, [script]: `// ${tag}`, [wasm]: "wasm" }) };
}

function shellOf(files: readonly ShellFile[], caches: FakeCaches, site: Site): Shell {
  return new Shell(files, caches as unknown as CacheStorage, site.ask, ORIGIN);
}

describe("places", () => {
  test("exactly four kinds of address are ours", () => {
    expect(placeOf("/scanner/")).toBe("scanner");
    expect(placeOf("/inspect/")).toBe("inspect");
    expect(placeOf("/p/0123")).toBe("pass");
    expect(placeOf("/d/abcDEF-_9")).toBe("driver");
    const others = ["/", "/scanner", "/scanner/x", "/p/", "/p/12a", "/d/", "/d/a/b", "/check", "/api/v1/scans", "/passes/1"];
    for (const path of others) expect(placeOf(path), path).toBe("elsewhere");
  });

  test("a driver's page never asks for the app", () => {
    expect(wantsShell(`${ORIGIN}/scanner/#scan`)).toBe(true);
    expect(wantsShell(`${ORIGIN}/d/abc`)).toBe(false);
    expect(wantsShell(`${ORIGIN}/p/123`)).toBe(false);
    expect(runsApp(`${ORIGIN}/p/123`)).toBe(true);
  });
});

describe("the app", () => {
  test("is kept whole and answers without a network", async () => {
    const { files, site } = version("one");
    const shell = shellOf(files, new FakeCaches(), site);
    expect(await shell.match("/scanner/")).toBeUndefined();
    expect(await shell.keptBefore()).toBe(false);
    await shell.keep();
    site.files = null;
    expect(await (await shell.match("/scanner/"))?.text()).toContain("index-one.js");
    expect(await (await shell.match(`${ASSETS}index-one.js`))?.text()).toBe("// one");
    expect(await shell.match("/check")).toBeUndefined();
  });

  test("half of it doesn't count; the next attempt takes up where the network broke", async () => {
    const { files, site } = version("one");
    const caches = new FakeCaches();
    const whole = { ...site.files };
    delete site.files?.[`${ASSETS}index-one.js`];
    const shell = shellOf(files, caches, site);
    await expect(shell.keep()).rejects.toThrow("not kept");
    expect(await shell.match("/scanner/")).toBeUndefined();
    expect(await shell.keptBefore()).toBe(false);
    site.files = whole;
    site.asked.length = 0;
    await shell.keep();
    expect(site.asked).not.toContain(`${ASSETS}reader-SAME.wasm`);
    expect(await shell.match("/scanner/")).toBeDefined();
  });

  test("an update takes over what is the same, leaves the old version until it is active, then clears up", async () => {
    const caches = new FakeCaches();
    const one = version("one");
    const old = shellOf(one.files, caches, one.site);
    await old.keep();
    const two = version("two");
    const next = shellOf(two.files, caches, two.site);
    expect(await next.keptBefore()).toBe(true);
    await next.keep();
    expect(two.site.asked).not.toContain(`${ASSETS}reader-SAME.wasm`);
    expect(await old.match(`${ASSETS}index-one.js`)).toBeDefined();
    await next.forgetOthers();
    expect(await old.match("/scanner/")).toBeUndefined();
    expect(await next.match("/scanner/")).toBeDefined();
  });

  test("a page that names another version's scripts is not kept", async () => {
    const { files, site } = version("one");
    if (site.files) site.files["/scanner/"] = `<script src="${ASSETS}index-two.js"></script>`;
    const shell = shellOf(files, new FakeCaches(), site);
    await expect(shell.keep()).rejects.toThrow("another version");
    expect(await shell.keptBefore()).toBe(false);
  });
});

describe("a driver's page", () => {
  const PAGE = "/d/tokenA";
  const built = "/static/built/office/assets/";
  const html = `<link rel="stylesheet" href="${built}plain-1.css"><script type="module" src="${built}plain-1.js"></script>`;
  const site = (): Site =>
    new Site({
      [PAGE]: html,
      [`${built}plain-1.css`]: "body{}",
      [`${built}plain-1.js`]: 'import"./plate-2.js";',
      [`${built}plate-2.js`]: "export{}",
    });

  async function opened(pages: DriverPages, window: string, path = PAGE): Promise<Response> {
    const work: Promise<unknown>[] = [];
    const answer = await pages.page(new Request(ORIGIN + path), window, 20, (more) => work.push(more));
    await Promise.all(work);
    return answer;
  }

  function pagesOf(caches: FakeCaches, from: Site): DriverPages {
    return new DriverPages(caches as unknown as CacheStorage, from.ask, ORIGIN);
  }

  test("is kept with the style and scripts it names, and theirs", async () => {
    const [from, caches] = [site(), new FakeCaches()];
    await opened(pagesOf(caches, from), "w1");
    from.files = null;
    const later = pagesOf(caches, from);
    expect(await (await opened(later, "w2")).text()).toBe(html);
    expect(later.shows("w2")).toBe(true);
    expect(later.shows("w1")).toBe(false);
    for (const name of ["plain-1.css", "plain-1.js", "plate-2.js"]) {
      expect((await later.file(new Request(ORIGIN + built + name), "w2")).ok).toBe(true);
    }
    await expect(opened(later, "w3", "/d/other")).rejects.toThrow("Failed to fetch");
  });

  test("is fresh with a network; what a slow or broken one can't give is as it was", async () => {
    const [from, caches] = [site(), new FakeCaches()];
    const pages = pagesOf(caches, from);
    await opened(pages, "w1");
    if (from.files) from.files[PAGE] = `${html}<!-- new -->`;
    expect(await (await opened(pages, "w1")).text()).toContain("new");
    const slow = new DriverPages(caches as unknown as CacheStorage, () => new Promise(() => undefined), ORIGIN);
    expect(await (await opened(slow, "w1")).text()).toContain("new");
  });

  test("a withdrawn link is forgotten", async () => {
    const [from, caches] = [site(), new FakeCaches()];
    const pages = pagesOf(caches, from);
    await opened(pages, "w1");
    delete from.files?.[PAGE];
    expect((await opened(pages, "w1")).status).toBe(404);
    from.files = null;
    await expect(opened(pages, "w1")).rejects.toThrow();
  });

  test("a page that was open before the worker came is kept too, and eight are enough", async () => {
    const [from, caches] = [site(), new FakeCaches()];
    const pages = pagesOf(caches, from);
    for (let page = 0; page < 10; page += 1) {
      if (from.files) from.files[`/d/t${page}`] = html;
      await pages.keepOpen(`/d/t${page}`);
    }
    expect(caches.boxes.size).toBe(8);
    from.files = null;
    expect((await opened(pages, "w1", "/d/t9")).ok).toBe(true);
  });
});

test("the network has its time, and a server in trouble is no answer", async () => {
  const later = (status: number, delay: number) => () =>
    new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("", { status })), delay));
  expect((await fromNetwork(later(200, 1), 50))?.status).toBe(200);
  expect((await fromNetwork(later(404, 1), 50))?.status).toBe(404);
  expect(await fromNetwork(later(500, 1), 50)).toBeNull();
  expect(await fromNetwork(later(200, 80), 10)).toBeNull();
  expect(await fromNetwork(() => Promise.reject(new TypeError()), 10)).toBeNull();
});
