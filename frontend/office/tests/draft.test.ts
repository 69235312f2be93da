import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Draft, QUIET_MS, RETRY_MS } from "../modules/draft";
import { find, open, type } from "./page";

const FORM = `<form data-draft-url="/apply/draft"><input name="csrf_token" value="t"><input name="version" value="0">
  <input name="plate"><input type="file" name="photo"><p data-draft-state></p></form>`;

const fetcher = vi.fn<typeof fetch>();
const state = (): HTMLElement => find("[data-draft-state]");
const plate = (): HTMLInputElement => find<HTMLInputElement>("[name=plate]");
const bodyOf = (call: number): string => String(fetcher.mock.calls[call]?.[1]?.body);

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2022-04-16T04:03:00Z") });
  fetcher.mockReset().mockImplementation(async () => new Response(null, { status: 204 }));
  open(FORM);
  new Draft(find<HTMLFormElement>("form"), fetcher);
});
afterEach(() => vi.useRealTimers());

test("a draft is saved once the typing has paused, without files, and the time is shown", async () => {
  type(plate(), "吉A1");
  await vi.advanceTimersByTimeAsync(QUIET_MS - 100);
  type(plate(), "吉A12345");
  await vi.advanceTimersByTimeAsync(QUIET_MS - 100);
  expect(fetcher).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  expect(fetcher).toHaveBeenCalledTimes(1);
  expect(fetcher.mock.calls[0]?.[0]).toBe("/apply/draft");
  expect(new URLSearchParams(bodyOf(0)).get("plate")).toBe("吉A12345");
  expect(new URLSearchParams(bodyOf(0)).has("photo")).toBe(false);
  expect(state().textContent).toBe("已保存 12:03");
});

test("the server's answer says when, where to save next, and which version this is", async () => {
  fetcher.mockImplementation(async () =>
    Response.json({ saved_at: "12:04", draft_url: "/apply/7/draft", fields: { version: "1" } }),
  );
  type(plate(), "吉A1");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(state().textContent).toBe("已保存 12:04");
  type(plate(), "吉A2");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(fetcher.mock.calls[1]?.[0]).toBe("/apply/7/draft");
  expect(new URLSearchParams(bodyOf(1)).get("version")).toBe("1");
});

test("nothing is sent while nothing has changed", async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  window.dispatchEvent(new Event("online"));
  expect(fetcher).not.toHaveBeenCalled();
});

test("what changes during a save is saved after it, never beside it", async () => {
  let answer = (_: Response): void => undefined;
  fetcher.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  type(plate(), "吉A1");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  type(plate(), "吉A2");
  await vi.advanceTimersByTimeAsync(QUIET_MS * 3);
  expect(fetcher).toHaveBeenCalledTimes(1);
  answer(new Response(null, { status: 204 }));
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(fetcher).toHaveBeenCalledTimes(2);
  expect(new URLSearchParams(bodyOf(1)).get("plate")).toBe("吉A2");
});

test.each([
  ["the server refuses", async () => new Response("", { status: 500 })],
  ["the network is gone", async () => Promise.reject(new TypeError("failed"))],
])("when %s the person is told, and it is tried again", async (_, answer) => {
  fetcher.mockImplementationOnce(answer as typeof fetch);
  type(plate(), "吉A1");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(state().textContent).toBe("没有保存");
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(fetcher).toHaveBeenCalledTimes(2);
  expect(state().textContent).toBe("已保存 12:03");
});

test("back on the network it does not wait for its turn", async () => {
  fetcher.mockImplementationOnce(async () => Promise.reject(new TypeError("failed")));
  type(plate(), "吉A1");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(fetcher).toHaveBeenCalledTimes(2);
});

test("once the form itself is sent no draft follows it", async () => {
  type(plate(), "吉A1");
  find("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetcher).not.toHaveBeenCalled();
});
