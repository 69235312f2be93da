import { expect, test } from "vitest";
import { enhanceRows, renumber } from "../modules/rows";
import { find, open } from "./page";

function row(index: number, value: string, extra = ""): string {
  return `<div data-row><div class="field ${extra}"><input name="roads.${index}" value="${value}"></div>
    <button type="button" data-row-remove hidden></button></div>`;
}

function show(values: string[], minimum = 1, extra = ""): void {
  const rows = values.map((value, index) => row(index, value, index === 2 ? extra : ""));
  enhanceRows(
    open(`<form><fieldset data-rows data-rows-minimum="${minimum}">
      <div data-rows-list>${rows[0]}</div>
      <details data-rows-more><summary>more</summary><div data-rows-list>${rows.slice(1).join("")}</div></details>
      <button type="button" data-rows-add hidden></button></fieldset></form>`),
  );
}

const inputs = (): HTMLInputElement[] => [...document.querySelectorAll("input")];
const sent = (): Record<string, FormDataEntryValue> => Object.fromEntries(new FormData(find<HTMLFormElement>("form")));
const removeButton = (index: number): HTMLElement => document.querySelectorAll<HTMLElement>("[data-row-remove]")[index]!;

test("filled rows are shown, empty ones hidden and not sent", () => {
  show(["G1", "G12", "", ""]);
  expect(inputs().map((input) => input.closest<HTMLElement>("[data-row]")!.hidden)).toEqual([false, false, true, true]);
  expect(sent()).toEqual({ "roads.0": "G1", "roads.1": "G12" });
  expect(find("[data-rows-more]").hidden).toBe(true);
});

test("as many rows as must be there stay open though empty", () => {
  show(["", "", ""], 2);
  expect(sent()).toEqual({ "roads.0": "", "roads.1": "" });
});

test("a row the server found wrong is shown", () => {
  show(["G1", "", "", ""], 1, "field-wrong");
  expect(Object.keys(sent())).toEqual(["roads.0", "roads.1", "roads.2"]);
});

test("adding opens the next row and puts the cursor there; at the last one the button goes", () => {
  show(["G1", "", ""]);
  const add = find("[data-rows-add]");
  expect(add.hidden).toBe(false);
  add.click();
  expect(document.activeElement).toBe(inputs()[1]);
  add.click();
  expect(add.hidden).toBe(true);
});

test("removing a row closes the gap in the numbers", () => {
  show(["G1", "G12", "G25"]);
  removeButton(0).click();
  expect(sent()).toEqual({ "roads.0": "G12", "roads.1": "G25" });
  expect(removeButton(1).getAttribute("aria-label")).toBe("删除第 2 行");
});

test("removing the only row that must be there empties it", () => {
  show(["G1", ""]);
  removeButton(0).click();
  expect(sent()).toEqual({ "roads.0": "" });
});

test("removing tells the form that something changed, so that the draft is kept", () => {
  show(["G1", "G12"]);
  let heard = 0;
  find("form").addEventListener("change", () => (heard += 1));
  removeButton(1).click();
  expect(heard).toBe(1);
});

test("a number between dots is replaced, a name without one is left", () => {
  expect(renumber("drivers.3.name", 0)).toBe("drivers.0.name");
  expect(renumber("stops.2", 1)).toBe("stops.1");
  expect(renumber("plate", 1)).toBe("plate");
});
