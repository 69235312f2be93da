// A hint while a plate is typed. The server decides; this only spares a round trip.
import { once } from "./enhance";
import { word } from "./words";

/** The 31 province prefixes, the last characters and the letters of GA 36-2018, as in passes/rules/plates.py. */
const PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
const INNER = "A-HJ-NP-Z0-9";
const SHAPES = [
  new RegExp(`^[${PROVINCES}][A-HJ-NP-Z][${INNER}]{4,5}[${INNER}挂学警港澳使领]$`),
  new RegExp(`^[${PROVINCES}][A-HJ-NP-Z][${INNER}]{4}应急$`),
  /^使\d{6,7}$/,
];
/** Blanks, and the dots, dashes and invisible marks that the server drops. */
const DROPPED = /[\s\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65.\-\u2010-\u2015\u2212\u200b\ufeff]/g;
const FULL_WIDTH = /[\uff01-\uff5e]/g;
const TO_HALF_WIDTH = 0xfee0;

export type PlateFinding = "plateLetters" | "plateShape";

/** Full-width to half-width, lower case to upper, dots, dashes and blanks away. O and I are left as typed. */
export function normalisePlate(text: string): string {
  const narrow = text.replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - TO_HALF_WIDTH));
  return narrow.replace(DROPPED, "").replace(/[a-z]/g, (small) => small.toUpperCase());
}

/** What is doubtful about a normalised plate, or null. O and I stand nowhere on a plate. */
export function findInPlate(plate: string): PlateFinding | null {
  if (plate === "") return null;
  if (/[IO]/.test(plate)) return "plateLetters";
  return SHAPES.some((shape) => shape.test(plate)) ? null : "plateShape";
}

function enhancePlate(input: HTMLInputElement): void {
  const note = document.createElement("div");
  note.className = "field-notes";
  note.setAttribute("role", "status");
  input.after(note);
  const say = (finding: PlateFinding | null): void => {
    note.replaceChildren();
    if (finding === null) return;
    const line = document.createElement("span");
    line.className = "field-note";
    line.textContent = word(finding);
    note.append(line);
  };
  // Letters are pointed out while typing; the shape only when the person has finished, or it would nag.
  input.addEventListener("input", () => {
    const finding = findInPlate(normalisePlate(input.value));
    say(finding === "plateLetters" ? finding : null);
  });
  input.addEventListener("change", () => {
    input.value = normalisePlate(input.value);
    say(findInPlate(input.value));
  });
}

export function enhancePlates(root: ParentNode): void {
  once("plate", root, "input[data-plate]", enhancePlate);
}
