/** What a pass says, in words of the moment's language; codes without words stand for themselves. */

import { areaWords } from "../data/areas";
import roads from "../data/roads.json";
import type { Names } from "../core/desk";
import type { Named } from "../core/trust";
import type { Credential } from "../core/types";
import type { Language } from "./settings";

const roadNames: Readonly<Record<string, string>> = roads;

/** 京哈高速 after its number; only the number where the name is not known, or in English. */
export function roadWords(code: string, language: Language): string {
  const name = language === "zh" ? roadNames[code] : undefined;
  return name === undefined ? code : `${code} ${name}`;
}

/** The counties of a route from origin to destination. */
export function routeWords(pass: Credential, language: Language): readonly string[] {
  return [pass.origin, ...pass.stops, pass.destination].map((code) => areaWords(code, language));
}

function named(names: ReadonlyMap<number, Named> | undefined, code: number, language: Language): string {
  return names?.get(code)?.[language] ?? String(code);
}

/** The name of a category or item of goods. */
export function goodsWords(names: Names | null, code: number, language: Language): string {
  return names?.goods.get(code)?.name[language] ?? String(code);
}

/** Kind of pass. */
export function kindWords(names: Names | null, pass: Credential, language: Language): string {
  return named(names?.kinds, pass.kind, language);
}

/** The issuing body: its area and its sector. `phone` is empty when none is known. */
export function issuerWords(names: Names | null, pass: Credential, language: Language): { name: string; phone: string } {
  const issuer = names?.issuers.get(pass.area);
  const place = issuer?.name[language] ?? areaWords(pass.area, language);
  const sector = names?.sectors.get(pass.sector)?.[language];
  return { name: sector === undefined ? place : `${place} · ${sector}`, phone: issuer?.phone ?? "" };
}

/** 220102 000123: twelve digits are compared in two halves. */
export function numberWords(number: string): string {
  return `${number.slice(0, 6)} ${number.slice(6)}`;
}
