// The summary of errors is what a person must read first, with eyes or with a screen reader.

export function focusSummary(root: ParentNode): void {
  root.querySelector<HTMLElement>("[data-focus]")?.focus();
}
