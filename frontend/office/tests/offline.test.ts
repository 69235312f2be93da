import { afterEach, expect, test, vi } from "vitest";
import { keepOffline } from "../modules/offline";
import { open } from "./page";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function withWorkers(register: (address: string) => Promise<unknown>): void {
  vi.stubGlobal("navigator", { serviceWorker: { register } });
}

test("a page that names a worker registers it", async () => {
  const register = vi.fn().mockResolvedValue({});
  withWorkers(register);
  await keepOffline(open('<svg data-worker="/sw.js"></svg>'));
  expect(register).toHaveBeenCalledWith("/sw.js");
});

test("any other page registers none", async () => {
  const register = vi.fn();
  withWorkers(register);
  await keepOffline(open("<p></p>"));
  expect(register).not.toHaveBeenCalled();
});

test("a browser without service workers is left alone", async () => {
  vi.stubGlobal("navigator", {});
  await expect(keepOffline(open('<svg data-worker="/sw.js"></svg>'))).resolves.toBeUndefined();
});

test("a worker that cannot be registered spoils nothing and is told in the console", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  withWorkers(() => Promise.reject(new Error("503")));
  await keepOffline(open('<svg data-worker="/sw.js"></svg>'));
  expect(warned).toHaveBeenCalledOnce();
});
