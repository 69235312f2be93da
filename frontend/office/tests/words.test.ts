import { expect, test } from "vitest";
import { word, wordList } from "../modules/words";
import { open } from "./page";

test("words come from the page with their places filled", () => {
  open("");
  expect(word("saved", { time: "12:03" })).toBe("已保存 12:03");
  expect(wordList("areaLevels")).toEqual(["省级", "地级", "县级"]);
});

test("a place nobody fills stays visible, and a word nobody gave is its own name", () => {
  open("");
  expect(word("saved")).toBe("已保存 {time}");
  expect(word("toString")).toBe("toString");
  expect(wordList("nothing")).toEqual([]);
});

test("a page without words, or with broken ones, still works", () => {
  open("");
  document.body.dataset["words"] = "{";
  expect(word("saved")).toBe("saved");
});
