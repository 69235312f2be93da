import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { enhanceGuards, RELEASE_MS, releaseOnReturn } from "../modules/guard";
import { find, open } from "./page";

const button = (): HTMLButtonElement => find<HTMLButtonElement>("button");
const submit = (): boolean =>
  find("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));

beforeEach(() => {
  vi.useFakeTimers();
  enhanceGuards(open('<form data-guard><button type="submit" name="go" value="1">提交</button></form>'));
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("the second click of a double click is swallowed", () => {
  expect(submit()).toBe(true);
  expect(submit()).toBe(false);
});

test("the button is switched off only after what is sent has been gathered", () => {
  submit();
  expect(button().disabled).toBe(false);
  vi.advanceTimersByTime(1);
  expect(button().disabled).toBe(true);
  expect(button().getAttribute("aria-busy")).toBe("true");
});

test("a form that something else stopped is not held", () => {
  find("form").addEventListener("submit", (event) => event.preventDefault(), { capture: true });
  submit();
  vi.advanceTimersByTime(1);
  expect(button().disabled).toBe(false);
});

test("back from the next page the button works again", () => {
  releaseOnReturn();
  submit();
  vi.advanceTimersByTime(1);
  window.dispatchEvent(new Event("pageshow"));
  expect(button().disabled).toBe(false);
  expect(submit()).toBe(true);
});

test("after a download the button comes back by itself", () => {
  submit();
  vi.advanceTimersByTime(RELEASE_MS);
  expect(button().disabled).toBe(false);
});
