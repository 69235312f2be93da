// Rows that can be added and taken away. The server draws every slot; the empty ones are hidden and switched
// off here, so nothing has to be cloned and a page without scripts offers the same fields.
import { once } from "./enhance";
import { word } from "./words";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const CONTROLS = "input, select, textarea";

export class Rows {
  private readonly list: HTMLElement;
  private readonly add: HTMLButtonElement | null;
  /** At first only filled rows are shown; later those that the person has opened stay, empty or not. */
  private begun = false;

  constructor(private readonly frame: HTMLElement) {
    this.list = frame.querySelector<HTMLElement>("[data-rows-list]") ?? frame;
    this.add = frame.querySelector<HTMLButtonElement>("[data-rows-add]");
    this.gather();
    this.add?.addEventListener("click", () => this.open());
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.showNeeded();
  }

  private get rows(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[data-row]")];
  }

  /** The rows behind the disclosure join the others; the button replaces the disclosure. */
  private gather(): void {
    const more = this.frame.querySelector<HTMLElement>("[data-rows-more]");
    if (!more) return;
    this.list.append(...more.querySelectorAll<HTMLElement>("[data-row]"));
    more.hidden = true;
  }

  private showNeeded(): void {
    const minimum = Number(this.frame.dataset["rowsMinimum"] ?? "0");
    const rows = this.rows;
    const kept = rows.map((row) => isFilled(row) || row.querySelector(".field-wrong") !== null);
    const open = rows.filter((row) => !row.hidden).length;
    const needed = Math.max(minimum, kept.lastIndexOf(true) + 1, this.begun ? open : 0);
    this.begun = true;
    for (const [index, row] of rows.entries()) show(row, index < needed);
    this.settle();
  }

  private open(): void {
    const next = this.rows.find((row) => row.hidden);
    if (!next) return;
    show(next, true);
    this.settle();
    next.querySelector<HTMLElement>(`${CONTROLS}:not([type=hidden])`)?.focus();
  }

  private clicked(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest("[data-row-remove]") : null;
    const row = button?.closest<HTMLElement>("[data-row]");
    if (row) this.remove(row);
  }

  private remove(row: HTMLElement): void {
    for (const control of controlsOf(row)) empty(control);
    this.list.append(row);
    show(row, false);
    this.showNeeded();
    this.add?.focus();
    this.frame.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Numbers in names and labels follow the order on the page. */
  private settle(): void {
    const rows = this.rows;
    for (const [index, row] of rows.entries()) {
      for (const control of controlsOf(row)) control.name = renumber(control.name, index);
      const button = row.querySelector<HTMLElement>("[data-row-remove]");
      if (!button) continue;
      button.hidden = false;
      button.setAttribute("aria-label", word("rowRemove", { row: String(index + 1) }));
    }
    if (this.add) this.add.hidden = !rows.some((row) => row.hidden);
  }
}

/** `stops.2.county` → `stops.0.county`; a name without a number stays as it is. */
export function renumber(name: string, index: number): string {
  return name.replace(/\.\d+(?=\.|$)/, `.${index}`);
}

function controlsOf(row: HTMLElement): Control[] {
  return [...row.querySelectorAll<Control>(CONTROLS)].filter((control) => control.name !== "");
}

function isFilled(row: HTMLElement): boolean {
  return controlsOf(row).some(holdsSomething);
}

function holdsSomething(control: Control): boolean {
  // The first choice of a select is where it stands untouched.
  if (control instanceof HTMLSelectElement) return control.selectedIndex > 0;
  if (control.type === "checkbox" || control.type === "radio") return false;
  if (control.type === "hidden" && !("county" in control.dataset)) return false;
  return control.value.trim() !== "";
}

function empty(control: Control): void {
  if (control instanceof HTMLSelectElement) control.selectedIndex = 0;
  else if (control instanceof HTMLInputElement && /^(checkbox|radio)$/.test(control.type)) control.checked = false;
  else control.value = "";
  if ("county" in control.dataset) control.dispatchEvent(new Event("county:clear"));
}

/** A hidden row is switched off, so that it is not sent and its required fields do not hold up the form. */
function show(row: HTMLElement, visible: boolean): void {
  row.hidden = !visible;
  for (const control of row.querySelectorAll<Control>(CONTROLS)) control.disabled = !visible;
}

export function enhanceRows(root: ParentNode): void {
  once<HTMLElement>("rows", root, "[data-rows]", (frame) => void new Rows(frame));
}
