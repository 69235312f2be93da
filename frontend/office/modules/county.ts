// Three selects, province → prefecture → county, in place of a text input for six digits.
import { type Area, areaReader, COUNTRY, pathTo, type ReadAreas } from "./areas";
import { once } from "./enhance";
import { word, wordList } from "./words";

const LEVELS = 3;
const readers = new Map<string, ReadAreas>();

export class CountyPicker {
  private readonly selects: HTMLSelectElement[] = [];
  private readonly frame = document.createElement("div");
  private leaves = new Set<string>();
  private readonly required: boolean;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly read: ReadAreas,
  ) {
    this.frame.className = "county-selects";
    this.required = input.required;
    for (let level = 0; level < LEVELS; level += 1) this.addSelect(level);
    this.takeOver();
    // A row that is emptied resets its inputs; the picker follows.
    input.addEventListener("county:clear", () => void this.clear());
  }

  /** Shows the county the input holds, or the province to begin with. */
  async begin(): Promise<void> {
    const path = pathTo(this.input.value);
    const start = path.length > 0 ? path : pathTo(this.input.dataset["countyStart"] ?? "");
    await this.guarded(async () => {
      await this.fill(0, COUNTRY);
      // A county of 北京 lies right under its province: what no list offers is passed over.
      let level = 0;
      for (const code of start) if (await this.choose(level, code)) level += 1;
    });
    if (path.length === 0) this.write("");
  }

  private async clear(): Promise<void> {
    this.input.value = "";
    await this.begin();
  }

  private addSelect(level: number): void {
    const select = document.createElement("select");
    select.className = "form-select";
    const words = wordList("areaLevels")[level] ?? "";
    select.setAttribute("aria-label", `${this.input.dataset["countyLabel"] ?? ""} ${words}`.trim());
    select.addEventListener("change", () => void this.changed(level));
    this.selects.push(select);
    this.frame.append(select);
  }

  /** The first select takes the input's id, so that its label and the links of the error summary still lead here. */
  private takeOver(): void {
    this.sayTyping(false);
    const described = this.input.getAttribute("aria-describedby");
    for (const select of this.selects) {
      if (described) select.setAttribute("aria-describedby", described);
      if (this.input.getAttribute("aria-invalid")) select.setAttribute("aria-invalid", "true");
      select.disabled = this.input.disabled;
    }
    const first = this.selects[0];
    if (first && this.input.id) {
      first.id = this.input.id;
      this.input.id = `${this.input.id}-value`;
    }
    this.input.required = false;
    this.input.type = "hidden";
    this.input.before(this.frame);
  }

  private async changed(level: number): Promise<void> {
    await this.guarded(() => this.follow(level));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** False where the list does not offer the area. */
  private async choose(level: number, code: string): Promise<boolean> {
    const select = this.selects[level];
    if (!select || ![...select.options].some((option) => option.value === code)) return false;
    select.value = code;
    await this.follow(level);
    return true;
  }

  /** What hangs on a choice: the lists below are emptied, the next is filled, the input gets the six digits. */
  private async follow(level: number): Promise<void> {
    const code = this.selects[level]?.value ?? "";
    for (let below = level + 1; below < LEVELS; below += 1) this.show(below, []);
    const final = level === LEVELS - 1 || this.leaves.has(code);
    this.write(final ? code : "");
    if (code !== "" && !final) await this.fill(level + 1, code);
  }

  private async fill(level: number, parent: string): Promise<void> {
    const areas = await this.read(parent);
    // The answer to an older choice must not overwrite the list of a newer one.
    if (level > 0 && this.selects[level - 1]?.value !== parent) return;
    for (const area of areas) if (area.leaf) this.leaves.add(area.code);
    this.show(level, areas);
    const only = areas.length === 1 ? areas[0] : undefined;
    if (only) await this.choose(level, only.code);
  }

  private show(level: number, areas: Area[]): void {
    const select = this.selects[level];
    if (!select) return;
    select.replaceChildren(optionOf("", word("areaChoose")));
    for (const area of areas) select.append(optionOf(area.code, area.name));
    select.hidden = level > 0 && areas.length === 0;
    // A list that is not shown must not be asked for: the browser would refuse to send the form and say nothing.
    select.required = this.required && !select.hidden;
  }

  private write(code: string): void {
    this.input.value = code;
  }

  /** Without the lists the text input comes back, with a word on why. */
  private async guarded(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch {
      this.giveBack();
    }
  }

  private giveBack(): void {
    const first = this.selects[0];
    if (first?.id) {
      this.input.id = first.id;
      this.input.required = this.required;
    }
    this.input.type = "text";
    this.sayTyping(true);
    const note = document.createElement("span");
    note.className = "field-note";
    note.setAttribute("role", "status");
    note.textContent = word("areaFailed");
    this.frame.replaceWith(note);
  }

  /** The hint to type six digits is for the text input only. */
  private sayTyping(visible: boolean): void {
    if (!("countyTyped" in this.input.dataset)) return;
    const hint = this.input.closest(".field")?.querySelector<HTMLElement>(".field-hint");
    if (hint) hint.hidden = !visible;
  }
}

function optionOf(value: string, words: string): HTMLOptionElement {
  const option = document.createElement("option");
  option.value = value;
  option.textContent = words;
  return option;
}

function readerFor(base: string): ReadAreas {
  const reader = readers.get(base) ?? areaReader(base);
  readers.set(base, reader);
  return reader;
}

export function enhanceCounties(root: ParentNode): void {
  once<HTMLInputElement>("county", root, "input[data-county]", (input) => {
    void new CountyPicker(input, readerFor(input.dataset["county"] ?? "/areas/")).begin();
  });
}
