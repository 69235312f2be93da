import { beforeEach, expect, test, vi } from "vitest";
import { type Area, areaReader, pathTo } from "../modules/areas";
import { CountyPicker } from "../modules/county";
import { find, open } from "./page";

const AREAS: Record<string, Area[]> = {
  "0": [
    { code: "220000", name: "吉林省" },
    { code: "110000", name: "北京市" },
    { code: "120000", name: "天津市" },
  ],
  "220000": [
    { code: "220100", name: "长春市" },
    { code: "222400", name: "延边州" },
  ],
  "220100": [
    { code: "220102", name: "南关区", leaf: true },
    { code: "220184", name: "公主岭市", leaf: true },
  ],
  "222400": [{ code: "222401", name: "延吉市", leaf: true }],
  "110000": [{ code: "110100", name: "市辖区" }],
  "120000": [
    { code: "120101", name: "和平区", leaf: true },
    { code: "120112", name: "津南区", leaf: true },
  ],
  "110100": [
    { code: "110101", name: "东城区", leaf: true },
    { code: "110115", name: "大兴区", leaf: true },
  ],
};

const read = async (parent: string): Promise<Area[]> => AREAS[parent] ?? [];
const input = (): HTMLInputElement => find<HTMLInputElement>("input[name=origin]");
const selects = (): HTMLSelectElement[] => [...document.querySelectorAll("select")];
const chosen = (): string[] => selects().map((select) => select.value);

function show(value: string, extra = ""): void {
  open(`<div class="field"><label for="f-origin">起点</label>
    <div class="field-hint" id="f-origin-hint">填六位行政区划代码</div>
    <input id="f-origin" name="origin" value="${value}" data-county="/areas/" data-county-typed ${extra}></div>`);
}

async function pick(level: number, code: string): Promise<void> {
  const select = selects()[level]!;
  select.value = code;
  select.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(select.value).toBe(code));
  await Promise.resolve();
}

beforeEach(() => show("", 'data-county-start="220000" required'));

test("codes lead from the province down", () => {
  expect(pathTo("220102")).toEqual(["220000", "220100", "220102"]);
  expect(pathTo("220000")).toEqual(["220000"]);
  expect(pathTo("长春")).toEqual([]);
});

test("a county right under its province is shown as it was chosen", async () => {
  show("120112");
  await new CountyPicker(input(), read).begin();
  expect(chosen()).toEqual(["120000", "120112", ""]);
  expect(input().value).toBe("120112");
});

test("the picker begins at the home province with nothing chosen", async () => {
  await new CountyPicker(input(), read).begin();
  expect(chosen()).toEqual(["220000", "", ""]);
  expect(input().value).toBe("");
  expect(selects()[2]!.hidden).toBe(true);
});

test("a county already chosen is shown in its three parts", async () => {
  show("220184");
  await new CountyPicker(input(), read).begin();
  expect(chosen()).toEqual(["220000", "220100", "220184"]);
  expect(input().value).toBe("220184");
});

test("choosing fills the next list, and only a county fills the field", async () => {
  await new CountyPicker(input(), read).begin();
  await pick(1, "220100");
  await vi.waitFor(() => expect(selects()[2]!.options).toHaveLength(3));
  expect(input().value).toBe("");
  await pick(2, "220102");
  await vi.waitFor(() => expect(input().value).toBe("220102"));
});

test("going back to another prefecture empties the county", async () => {
  show("220184");
  await new CountyPicker(input(), read).begin();
  await pick(1, "");
  await vi.waitFor(() => expect(input().value).toBe(""));
});

test("a list of one is chosen by itself", async () => {
  await new CountyPicker(input(), read).begin();
  await pick(0, "110000");
  await vi.waitFor(() => expect(chosen().slice(0, 2)).toEqual(["110000", "110100"]));
  await vi.waitFor(() => expect(selects()[2]!.options).toHaveLength(3));
});

test("an answer that comes late does not overwrite a newer choice", async () => {
  let release = (): void => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const reader = async (parent: string): Promise<Area[]> => {
    if (parent === "110000") await slow;
    return read(parent);
  };
  await new CountyPicker(input(), reader).begin();
  await pick(0, "110000");
  await pick(0, "220000");
  await vi.waitFor(() => expect(selects()[1]!.options).toHaveLength(3));
  release();
  // A whole turn of the loop, so that everything the late answer sets off has happened.
  await new Promise((resolve) => setTimeout(resolve));
  expect([...selects()[1]!.options].map((option) => option.text)).toEqual(["请选择", "长春市", "延边州"]);
});

test("a list that is not shown does not keep the form from being sent", async () => {
  await new CountyPicker(input(), read).begin();
  await pick(1, "220100");
  await vi.waitFor(() => expect(selects()[2]!.options).toHaveLength(3));
  expect(selects()[2]!.required).toBe(true);
  await pick(1, "");
  await vi.waitFor(() => expect(selects()[2]!.hidden).toBe(true));
  expect(selects()[2]!.required).toBe(false);
});

test("label, error link and duty to answer move to the first select, and the typing hint goes", async () => {
  await new CountyPicker(input(), read).begin();
  expect(find("#f-origin").tagName).toBe("SELECT");
  expect(selects().map((select) => select.required)).toEqual([true, true, false]);
  expect(selects()[1]!.getAttribute("aria-label")).toBe("地级");
  expect(input().type).toBe("hidden");
  expect(find("#f-origin-hint").hidden).toBe(true);
});

test("without the lists the text field comes back and says why", async () => {
  const broken = (): Promise<Area[]> => Promise.reject(new Error("no network"));
  await new CountyPicker(input(), broken).begin();
  expect(input().type).toBe("text");
  expect(input().id).toBe("f-origin");
  expect(input().required).toBe(true);
  expect(find("#f-origin-hint").hidden).toBe(false);
  expect(find(".field-note").textContent).toBe("区划没有取到");
  expect(selects()).toHaveLength(0);
});

test("a list is fetched once, but a failed one is tried again", async () => {
  const fetcher = vi
    .fn<typeof fetch>()
    .mockResolvedValueOnce(new Response("", { status: 503 }))
    .mockImplementation(async () => Response.json(AREAS["0"]));
  const reader = areaReader("/areas/", fetcher);
  await expect(reader("0")).rejects.toThrow("503");
  expect(await reader("0")).toEqual(AREAS["0"]);
  await reader("0");
  expect(fetcher).toHaveBeenCalledTimes(2);
  expect(fetcher.mock.calls[0]?.[0]).toBe("/areas/0.json");
});
