// The words that scripts show come from the page (`data-words` on <body>), so that they are translated in the
// same catalogue as everything else.

/** The words of `name` with `{place}` filled from `facts`; the name itself when the page did not give it. */
export function word(name: string, facts: Record<string, string> = {}): string {
  const found = allWords()[name];
  const text = typeof found === "string" ? found : name;
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => facts[key] ?? whole);
}

/** A list of words, such as the names of the three levels of areas. */
export function wordList(name: string): string[] {
  const found = allWords()[name];
  return Array.isArray(found) ? found.map(String) : [];
}

function allWords(): Record<string, unknown> {
  try {
    return JSON.parse(document.body.dataset["words"] ?? "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
}
