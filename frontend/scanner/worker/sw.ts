/// <reference lib="webworker" />
import { DriverPages } from "./driver";
import { PATIENCE, fromNetwork } from "./network";
import { placeOf, runsApp, wantsShell } from "./places";
import { SHELL_PAGE, Shell } from "./shell";
import type { ShellFile } from "./shell";
import { UPLOAD_TAG, uploadAlone } from "../store/background";
import { DATABASE } from "../store/schema";

/** What a browser with background sync tells; the standard library doesn't know it. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly ShellFile[] };

const ask = (request: Request): Promise<Response> => fetch(request);
const shell = new Shell(self.__WB_MANIFEST, caches, ask, self.location.origin);
const drivers = new DriverPages(caches, ask, self.location.origin);

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const answer = answerTo(event);
  if (answer) event.respondWith(answer);
});
self.addEventListener("message", (event) => {
  const from = event.source instanceof WindowClient ? event.source : null;
  if (!from || !runsApp(from.url)) return;
  if (event.data === "keep") event.waitUntil(keepFor(from));
  // The app asks for the new version at a quiet moment; nobody else may.
  if (event.data === "now") event.waitUntil(self.skipWaiting());
});
self.addEventListener("sync", (event) => {
  const { tag } = event as SyncEvent;
  if (tag === UPLOAD_TAG) (event as SyncEvent).waitUntil(upload());
});

function upload(): Promise<void> {
  const locks = "locks" in self.navigator ? self.navigator.locks : null;
  return uploadAlone(DATABASE, (path, init) => fetch(path, init), locks);
}

async function windows(): Promise<readonly WindowClient[]> {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}

async function install(): Promise<void> {
  const open = (await windows()).map((window) => window.url);
  if (open.some(wantsShell) || (await shell.keptBefore())) await shell.keep();
  // With nobody at the scanner there is no moment to wait for: an office page may stay open for days.
  if (!open.some(runsApp)) await self.skipWaiting();
}

async function activate(): Promise<void> {
  await shell.forgetOthers();
  await self.clients.claim();
  const open = (await windows()).map((window) => new URL(window.url).pathname);
  // A page that can't be kept now is kept when it is opened again; that must not hold the worker back.
  await Promise.allSettled(open.filter((path) => placeOf(path) === "driver").map((path) => drivers.keepOpen(path)));
}

async function keepFor(window: WindowClient): Promise<void> {
  try {
    await shell.keep();
    window.postMessage({ kept: true });
  } catch (problem) {
    window.postMessage({ kept: false, problem: String(problem) });
  }
}

function answerTo(event: FetchEvent): Promise<Response> | null {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return null;
  if (request.mode === "navigate") return answerToWindow(event, url.pathname);
  if (shell.has(url.pathname)) return keptFile(url.pathname, request);
  const styled = url.pathname.startsWith("/static/") && drivers.shows(event.clientId);
  return styled ? drivers.file(request, event.clientId) : null;
}

function answerToWindow(event: FetchEvent, path: string): Promise<Response> | null {
  const place = placeOf(path);
  if (place === "scanner") return keptFile(SHELL_PAGE, event.request);
  if (place === "pass") return publicPass(event.request);
  return place === "driver" ? driverPage(event) : null;
}

async function keptFile(path: string, request: Request): Promise<Response> {
  return (await shell.match(path)) ?? fetch(request);
}

/** The public page of a pass; without a network the scanner judges the address itself, where there is one. */
async function publicPass(request: Request): Promise<Response> {
  const page = await shell.match(SHELL_PAGE);
  if (!page) return fetch(request);
  return (await fromNetwork(() => fetch(request), PATIENCE)) ?? page;
}

function driverPage(event: FetchEvent): Promise<Response> {
  const hold = (work: Promise<unknown>): void => event.waitUntil(work);
  return drivers.page(event.request, event.resultingClientId, PATIENCE, hold);
}
