import { expect, test } from "vitest";

import { areaWords, areasBelow, findCounties, parentOf } from "../data/areas";

test("a county is named from its province down", () => {
  expect(areaWords("220102", "zh")).toBe("吉林省长春市南关区");
  expect(areaWords("110101", "zh")).toBe("北京市东城区");
});

test("in English the names there are, else the Chinese one under the English of what lies above", () => {
  expect(areaWords("220102", "en")).toBe("Nanguan District, Changchun");
  expect(areaWords("110101", "en")).toBe("东城区, Beijing");
});

test("an unknown code stands for itself", () => {
  expect(areaWords("999999", "zh")).toBe("999999");
  expect(parentOf("999999")).toBeNull();
});

test("a city without counties lies right under its province and is a leaf", () => {
  expect(parentOf("441900")).toBe("440000");
  expect(areasBelow("440000").find((area) => area.code === "441900")?.leaf).toBe(true);
});

test("the provinces are what lies below nothing", () => {
  expect(areasBelow(null)).toHaveLength(34);
  expect(areasBelow(null).every((area) => area.code.endsWith("0000"))).toBe(true);
});

test("a county is found by any words of its full name, a prefecture never", () => {
  expect(findCounties("南关", 5).map((area) => area.code)).toEqual(["220102"]);
  expect(findCounties("长春 绿园", 5)).toHaveLength(1);
  expect(findCounties("长春市", 50).every((area) => area.leaf)).toBe(true);
  expect(findCounties("  ", 5)).toEqual([]);
});
