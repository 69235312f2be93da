/** Number plates, read and written one way, as `passes/rules/plates.py` (GA 36-2018 and the notice on 应急 plates). */

/** A plate that passed `parsePlate`: normalised, 7 or 8 characters. */
export interface Plate {
  readonly text: string;
  readonly isEmergency: boolean;
  readonly isNewEnergy: boolean;
  readonly isTrailer: boolean;
}

/** What is wrong with a plate, in the server's codes; `position` counts from 1. */
export type PlateProblem =
  | { readonly code: "plate.length"; readonly length: number }
  | { readonly code: "plate.prefix" }
  | { readonly code: "plate.letter_o_or_i"; readonly position: number; readonly letter: string; readonly meant: string }
  | { readonly code: "plate.character"; readonly position: number; readonly character: string };

/** Background of a plate, numbered as in the credential. */
export const COLOUR = { blue: 0, yellow: 1, green: 2, yellowGreen: 3, white: 4, black: 5 } as const;

const PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
const EMBASSY = "使";
const EMERGENCY = "应急";
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS = "0123456789";
const LAST_ONLY = "挂学警港澳使领";
const MEANT: Readonly<Record<string, string>> = { O: "0", I: "1" };
const LONGEST = 8;
const FULL_WIDTH = /[\uff01-\uff5e]/g;
const TO_HALF_WIDTH = 0xfee0;
/** Blanks, and the dots, dashes and invisible marks that people type or copy. */
const DROPPED = /[\s\x1c-\x1f\x85\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65.\-\u2010-\u2015\u2212\u200b\ufeff]/g;
const COLOUR_OF_LAST: Readonly<Record<string, number>> = {
  挂: COLOUR.yellow,
  学: COLOUR.yellow,
  警: COLOUR.white,
  港: COLOUR.black,
  澳: COLOUR.black,
  使: COLOUR.black,
  领: COLOUR.black,
};

/** The one way to write a plate: half-width, upper case, no blanks, dots or dashes. What is no plate stays none. */
export function normalisePlate(typed: string): string {
  const narrow = typed.replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - TO_HALF_WIDTH));
  return narrow.replace(DROPPED, "").replace(/[a-z]/g, (small) => small.toUpperCase());
}

/** The plate that was typed, or everything that is wrong with it, from left to right. */
export function parsePlate(typed: string): Plate | readonly PlateProblem[] {
  const text = normalisePlate(typed);
  const characters = [...text];
  if (characters.length !== LONGEST - 1 && characters.length !== LONGEST) {
    return [{ code: "plate.length", length: characters.length }];
  }
  const problems = problemsOf(characters);
  if (problems.length > 0) return problems;
  const isEmergency = text.endsWith(EMERGENCY);
  return { text, isEmergency, isNewEnergy: characters.length === LONGEST && !isEmergency, isTrailer: text.endsWith("挂") };
}

/** Whether `parsePlate` found a plate. */
export function isPlate(parsed: Plate | readonly PlateProblem[]): parsed is Plate {
  return "text" in parsed;
}

/** The colour most vehicles with such a plate have: for when nobody said which one it is. */
export function defaultColour(plate: Plate): number {
  if (plate.isEmergency) return COLOUR.white;
  if (plate.isNewEnergy) return COLOUR.green;
  const telling = plate.text.startsWith(EMBASSY) ? EMBASSY : plate.text.slice(-1);
  return COLOUR_OF_LAST[telling] ?? COLOUR.blue;
}

/** The colours that lorries with such a plate have, the usual one first; one where the plate tells it. */
export function suggestedColours(plate: Plate): readonly number[] {
  if (plate.isNewEnergy) return [COLOUR.green, COLOUR.yellowGreen];
  const usual = defaultColour(plate);
  return usual === COLOUR.blue ? [COLOUR.blue, COLOUR.yellow] : [usual];
}

function problemsOf(characters: readonly string[]): readonly PlateProblem[] {
  const [prefix = "", ...body] = characters;
  const found: PlateProblem[] = (PROVINCES + EMBASSY).includes(prefix) ? [] : [{ code: "plate.prefix" }];
  const allowed = allowedIn(prefix, body);
  body.forEach((character, place) => {
    if (allowed[place]?.includes(character)) return;
    const [position, meant] = [place + 2, MEANT[character]];
    found.push(
      meant === undefined
        ? { code: "plate.character", position, character }
        : { code: "plate.letter_o_or_i", position, letter: character, meant },
    );
  });
  return found;
}

/** For each place of the body the characters that may stand there. */
function allowedIn(prefix: string, body: readonly string[]): readonly string[] {
  if (prefix === EMBASSY) return body.map(() => DIGITS);
  const inner = [LETTERS, ...body.slice(1).map(() => LETTERS + DIGITS)];
  if (body.length === LONGEST - 1 && body.slice(-2).join("") === EMERGENCY) return [...inner.slice(0, -2), "应", "急"];
  return [...inner.slice(0, -1), LETTERS + DIGITS + LAST_ONLY];
}
