// A form is sent once. The server refuses the second of two clicks as well; this spares the person the refusal.
import { once } from "./enhance";

/** A form whose answer is a download leaves the page standing, so the buttons come back by themselves. */
export const RELEASE_MS = 10_000;

const held = new Set<HTMLFormElement>();

function buttonsOf(form: HTMLFormElement): HTMLButtonElement[] {
  return [...form.elements].filter(
    (element): element is HTMLButtonElement => element instanceof HTMLButtonElement && element.type === "submit",
  );
}

function hold(form: HTMLFormElement): void {
  held.add(form);
  // A button switched off at once would take its own name and value out of what is sent.
  setTimeout(() => {
    if (!held.has(form)) return;
    for (const button of buttonsOf(form)) {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }
  });
  setTimeout(() => release(form), RELEASE_MS);
}

function release(form: HTMLFormElement): void {
  if (!held.delete(form)) return;
  for (const button of buttonsOf(form)) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

export function enhanceGuards(root: ParentNode): void {
  once<HTMLFormElement>("guard", root, "form[data-guard]", (form) => {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (held.has(form)) event.preventDefault();
      else hold(form);
    });
  });
}

/** Back from the next page, the browser shows this one as it was left: with its buttons off. */
export function releaseOnReturn(): void {
  window.addEventListener("pageshow", () => {
    for (const form of [...held]) release(form);
  });
}
