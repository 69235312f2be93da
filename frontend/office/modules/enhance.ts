// Each enhancement is given every element it fits exactly once, however often a part of the page is replaced.

const done = new WeakMap<Element, Set<string>>();

/** Calls `enhance` for each element under `root` matching `selector` that `name` has not seen yet. */
export function once<E extends Element>(
  name: string,
  root: ParentNode,
  selector: string,
  enhance: (element: E) => void,
): void {
  for (const element of root.querySelectorAll<E>(selector)) {
    const seen = done.get(element) ?? new Set<string>();
    if (seen.has(name)) continue;
    seen.add(name);
    done.set(element, seen);
    enhance(element);
  }
}
