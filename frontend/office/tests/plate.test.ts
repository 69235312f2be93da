import { describe, expect, test } from "vitest";
import { enhancePlates, findInPlate, normalisePlate } from "../modules/plate";
import { find, open, type } from "./page";

describe("a plate is written one way", () => {
  test.each([
    ["吉a12345", "吉A12345"],
    ["吉Ａ１２３４５", "吉A12345"],
    ["吉A·12345", "吉A12345"],
    ["吉A・12345", "吉A12345"],
    ["吉A-123 45", "吉A12345"],
    ["　吉A.12345 ", "吉A12345"],
    ["\u200b吉ad12345\ufeff", "吉AD12345"],
    ["", ""],
  ])("%j becomes %j", (typed, written) => expect(normalisePlate(typed)).toBe(written));
});

describe("what is doubtful about a plate is named", () => {
  test.each([
    ["吉A12345", null],
    ["吉AD12345", null],
    ["吉C5566挂", null],
    ["吉X1234应急", null],
    ["使014578", null],
    ["吉H1234领", null],
    ["吉AO1234", "plateLetters"],
    ["吉AI2345", "plateLetters"],
    ["吉O12345", "plateLetters"],
    ["吉A1234", "plateShape"],
    ["吉A1234567", "plateShape"],
    ["A12345", "plateShape"],
    ["东A12345", "plateShape"],
    ["吉1A2345", "plateShape"],
    ["使A14578", "plateShape"],
    ["", null],
  ])("%s: %s", (plate, finding) => expect(findInPlate(plate)).toBe(finding));
});

const FIELD = '<div class="field"><input id="plate" data-plate></div>';

test("an O is pointed out while typing, and the text is put right on leaving the field", () => {
  enhancePlates(open(FIELD));
  const input = find<HTMLInputElement>("#plate");
  type(input, "吉ao1");
  expect(find(".field-notes").textContent).toBe("没有字母 I 和 O");
  type(input, "吉a·01234");
  expect(find(".field-notes").textContent).toBe("");
  input.dispatchEvent(new Event("change"));
  expect(input.value).toBe("吉A01234");
  expect(find(".field-notes").textContent).toBe("");
});

test("a half-typed plate is not nagged about until the field is left", () => {
  enhancePlates(open(FIELD));
  const input = find<HTMLInputElement>("#plate");
  type(input, "吉A1");
  expect(find(".field-notes").textContent).toBe("");
  input.dispatchEvent(new Event("change"));
  expect(find(".field-notes").textContent).toBe("车牌号写法不对");
});

test("a page that is enhanced twice shows each hint once", () => {
  const body = open(FIELD);
  enhancePlates(body);
  enhancePlates(body);
  expect(body.querySelectorAll(".field-notes")).toHaveLength(1);
});
