import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { copyText, enhanceCopies } from "../modules/copy";
import { find, open } from "./page";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("a copy button appears, copies, says so and then goes back to its words", async () => {
  const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue(undefined);
  enhanceCopies(open('<button data-copy="220102000123" hidden><span data-copy-words>复制</span></button>'));
  const button = find<HTMLButtonElement>("button");
  expect(button.hidden).toBe(false);
  button.click();
  await vi.waitFor(() => expect(button.textContent).toBe("已复制"));
  expect(write).toHaveBeenCalledWith("220102000123");
  vi.runAllTimers();
  expect(button.textContent).toBe("复制");
});

test("without the clipboard of a secure page the old way is tried", async () => {
  open("");
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not secure"));
  const commands: string[] = [];
  document.execCommand = (command: string) => commands.push(command) > 0;
  expect(await copyText("x")).toBe(true);
  expect(commands).toEqual(["copy"]);
  expect(document.querySelector("textarea")).toBeNull();
});

test("when nothing works the person is told", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not secure"));
  document.execCommand = () => false;
  enhanceCopies(open('<button data-copy="x">复制</button>'));
  find("button").click();
  await vi.waitFor(() => expect(find("button").textContent).toBe("没有复制成功"));
});
