import { beforeEach, expect, test, vi } from "vitest";
import { watchLiveRegions } from "../modules/live";
import { find, open } from "./page";

const reload = vi.fn();
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
watchLiveRegions(document, reload);

beforeEach(() => {
  hidden = false;
  reload.mockReset();
  open('<div id="queue" data-live><p data-live-state></p></div><button id="other"></button>');
});

/** True when htmx may go on. */
function htmxSays(name: string, selector: string, response: object = {}): boolean {
  const source = find(selector);
  const detail = { ctx: { sourceElement: source, response: { raw: response } } };
  return source.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

test("a region rests while its tab is hidden, a click does not", () => {
  hidden = true;
  expect(htmxSays("htmx:before:request", "#queue")).toBe(false);
  expect(htmxSays("htmx:before:request", "#other")).toBe(true);
  hidden = false;
  expect(htmxSays("htmx:before:request", "#queue")).toBe(true);
});

test.each(["htmx:error", "htmx:response:error"])("on %s the region says that it is old", (name) => {
  htmxSays(name, "#queue");
  expect(find("[data-live-state]").textContent).toBe("刷新暂停");
});

test("the login page is not drawn inside a region: the whole page goes there", () => {
  expect(htmxSays("htmx:before:response", "#queue", { redirected: true })).toBe(false);
  expect(reload).toHaveBeenCalledTimes(1);
  expect(htmxSays("htmx:before:response", "#queue", { redirected: false })).toBe(true);
  expect(reload).toHaveBeenCalledTimes(1);
});
