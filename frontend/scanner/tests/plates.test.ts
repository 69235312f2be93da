import { describe, expect, test } from "vitest";

import { COLOUR, defaultColour, isPlate, normalisePlate, parsePlate, suggestedColours } from "../core/plates";
import type { Plate } from "../core/plates";

function plate(typed: string): Plate {
  const parsed = parsePlate(typed);
  if (!isPlate(parsed)) throw new Error(`no plate: ${typed}`);
  return parsed;
}

describe("a plate is written one way", () => {
  test.each([
    ["吉a12345", "吉A12345"],
    ["吉Ａ１２３４５", "吉A12345"],
    ["吉ａ12345", "吉A12345"],
    ["吉A·12345", "吉A12345"],
    ["吉A・12345", "吉A12345"],
    ["吉A-123 45", "吉A12345"],
    ["　吉A.12345 ", "吉A12345"],
    ["吉A．12345", "吉A12345"],
    ["\u200b吉ad12345\ufeff", "吉AD12345"],
    ["吉A\u001f12345\u0085", "吉A12345"],
    ["ß吉", "ß吉"],
    ["", ""],
  ])("%j becomes %j", (typed, written) => expect(normalisePlate(typed)).toBe(written));
});

describe("plates and their colours", () => {
  test.each([
    ["吉A12345", [COLOUR.blue, COLOUR.yellow]],
    ["吉ad12345", [COLOUR.green, COLOUR.yellowGreen]],
    ["吉A12345D", [COLOUR.green, COLOUR.yellowGreen]],
    ["吉C5566挂", [COLOUR.yellow]],
    ["吉C5566学", [COLOUR.yellow]],
    ["吉A1234警", [COLOUR.white]],
    ["粤Z1234港", [COLOUR.black]],
    ["粤Z1234澳", [COLOUR.black]],
    ["沪A0023领", [COLOUR.black]],
    ["沪A0023使", [COLOUR.black]],
    ["使014578", [COLOUR.black]],
    ["吉X1234应急", [COLOUR.white]],
  ])("%s", (typed, colours) => {
    expect(suggestedColours(plate(typed))).toEqual(colours);
    expect(defaultColour(plate(typed))).toBe(colours[0]);
  });

  test("what kind it is", () => {
    expect(plate("吉X1234应急")).toEqual({ text: "吉X1234应急", isEmergency: true, isNewEnergy: false, isTrailer: false });
    expect(plate("吉AD12345")).toMatchObject({ isEmergency: false, isNewEnergy: true });
    expect(plate("吉C5566挂").isTrailer).toBe(true);
  });
});

describe("what is wrong with a plate is named as the server names it", () => {
  test.each([
    ["", [{ code: "plate.length", length: 0 }]],
    ["吉A1234", [{ code: "plate.length", length: 6 }]],
    ["吉A1234567", [{ code: "plate.length", length: 9 }]],
    ["😀A12345", [{ code: "plate.prefix" }]],
    ["东A12345", [{ code: "plate.prefix" }]],
    ["吉112345", [{ code: "plate.character", position: 2, character: "1" }]],
    ["吉AO2345", [{ code: "plate.letter_o_or_i", position: 3, letter: "O", meant: "0" }]],
    ["吉I1234I", [
      { code: "plate.letter_o_or_i", position: 2, letter: "I", meant: "1" },
      { code: "plate.letter_o_or_i", position: 7, letter: "I", meant: "1" },
    ]],
    ["使A14578", [{ code: "plate.character", position: 2, character: "A" }]],
    ["吉A1挂345", [{ code: "plate.character", position: 4, character: "挂" }]],
    ["东A1234吉", [{ code: "plate.prefix" }, { code: "plate.character", position: 7, character: "吉" }]],
    ["吉A123应急", [
      { code: "plate.character", position: 6, character: "应" },
      { code: "plate.character", position: 7, character: "急" },
    ]],
  ])("%j", (typed, problems) => expect(parsePlate(typed)).toEqual(problems));
});
