// Reads lists of areas (GB/T 2260 codes, six digits) as the server offers them.

export interface Area {
  code: string;
  name: string;
  /** True when nothing lies below: such an area can be chosen. */
  leaf?: boolean;
}

export type ReadAreas = (parent: string) => Promise<Area[]>;

/** The parent of the provinces. */
export const COUNTRY = "0";

/** Provinces never change while a page is open, so each list is fetched once. */
export function areaReader(base: string, fetcher: typeof fetch = fetch): ReadAreas {
  const lists = new Map<string, Promise<Area[]>>();
  return (parent) => {
    const known = lists.get(parent);
    if (known) return known;
    const list = readList(`${base}${parent}.json`, fetcher);
    lists.set(parent, list);
    // A failed list must not be remembered, or the next try would fail as well.
    list.catch(() => lists.delete(parent));
    return list;
  };
}

async function readList(address: string, fetcher: typeof fetch): Promise<Area[]> {
  const response = await fetcher(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`areas: ${response.status}`);
  return (await response.json()) as Area[];
}

/** Province, prefecture and county codes that lead to `code`: 220102 → 220000, 220100, 220102. */
export function pathTo(code: string): string[] {
  if (!/^\d{6}$/.test(code)) return [];
  const path = [`${code.slice(0, 2)}0000`];
  if (code.slice(2) !== "0000") path.push(`${code.slice(0, 4)}00`);
  if (code.slice(4) !== "00") path.push(code);
  return path;
}
