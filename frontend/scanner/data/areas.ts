/** Areas of GB/T 2260 in words, out of `areas.json` (made by `python -m seeds.make_scanner_data`). */

import data from "./areas.json";

/** An area of a choice; `leaf`: nothing lies below it. */
export interface Area {
  readonly code: string;
  readonly name: string;
  readonly leaf: boolean;
}

const names = new Map<string, string>();
for (const [head, listed] of Object.entries(data.zh)) {
  for (const entry of listed.split(" ")) names.set(head + entry.slice(0, 2), entry.slice(2));
}
const english: ReadonlyMap<string, string> = new Map(Object.entries(data.en));

/** The code of the area right above, null for a province or an unknown code. */
export function parentOf(code: string): string | null {
  const above = [`${code.slice(0, 4)}00`, `${code.slice(0, 2)}0000`];
  return above.find((parent) => parent !== code && names.has(parent)) ?? null;
}

/** Full words from the province down (吉林省长春市南关区; "Nanguan District, Changchun"); an unknown code stands for itself. */
export function areaWords(code: string, language: "zh" | "en"): string {
  const name = names.get(code);
  if (name === undefined) return code;
  const whole = language === "en" ? english.get(code) : undefined;
  if (whole !== undefined) return whole;
  const parent = parentOf(code);
  if (parent === null) return name;
  const above = areaWords(parent, language);
  return language === "en" ? `${name}, ${above}` : above + name;
}

/** What lies right below an area, or the provinces for null, in order of the codes. */
export function areasBelow(parent: string | null): readonly Area[] {
  const below = [...names].filter(([code]) => parentOf(code) === parent);
  const parents = new Set([...names.keys()].map(parentOf));
  return below.map(([code, name]) => ({ code, name, leaf: !parents.has(code) }));
}

/** Areas with nothing below whose full Chinese words hold every word that was typed; at most `limit`. */
export function findCounties(typed: string, limit: number): readonly Area[] {
  const wanted = typed.trim().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const parents = new Set([...names.keys()].map(parentOf));
  const fits = (code: string): boolean => wanted.every((word) => areaWords(code, "zh").includes(word));
  const found: Area[] = [];
  for (const [code, name] of names) {
    if (found.length === limit) break;
    if (!parents.has(code) && fits(code)) found.push({ code, name, leaf: true });
  }
  return found;
}
