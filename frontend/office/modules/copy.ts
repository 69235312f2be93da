// Copy buttons. They stay hidden without scripts.
import { once } from "./enhance";
import { word } from "./words";

const SHOWN_MS = 2000;

/** Copies `text`; true when it worked. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // An office network without TLS has no clipboard API; the old way still works there.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const worked = document.execCommand?.("copy") ?? false;
  area.remove();
  return worked;
}

function enhanceCopy(button: HTMLButtonElement): void {
  const label = button.querySelector<HTMLElement>("[data-copy-words]") ?? button;
  const before = label.textContent ?? "";
  button.hidden = false;
  label.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const worked = await copyText(button.dataset["copy"] ?? "");
    label.textContent = word(worked ? "copied" : "copyFailed");
    setTimeout(() => (label.textContent = before), SHOWN_MS);
  });
}

export function enhanceCopies(root: ParentNode): void {
  once("copy", root, "button[data-copy]", enhanceCopy);
}
