// Drafts are kept while a form is filled in. The server answers JSON: {"saved_at": "12:03", "draft_url": …,
// "fields": {…}}, all optional, where `draft_url` is the address of the next save and `fields` are values for
// inputs of the form (the draft's id and version).
import { once } from "./enhance";
import { word } from "./words";

export const QUIET_MS = 1500;
export const RETRY_MS = 10_000;

interface Saved {
  saved_at?: string;
  draft_url?: string;
  fields?: Record<string, string>;
}

export class Draft {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dirty = false;
  private busy = false;
  private over = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly fetcher: typeof fetch = (...request) => fetch(...request),
  ) {
    form.addEventListener("input", () => this.touched());
    form.addEventListener("change", () => this.touched());
    // A draft arriving after the form itself would bring back what has just been sent.
    form.addEventListener("submit", (event) => this.stop(event));
    window.addEventListener("pageshow", () => (this.over = false));
    window.addEventListener("online", () => void this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) void this.save();
    });
  }

  /** Sends what is unsaved. One request at a time; changes made meanwhile are sent after it. */
  async save(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.dirty || this.busy || this.over) return;
    this.dirty = false;
    this.busy = true;
    this.say("saving");
    try {
      this.keep(await this.send());
    } catch {
      this.dirty = true;
      this.say("saveFailed", {}, "bad");
    }
    this.busy = false;
    this.again();
  }

  private touched(): void {
    this.dirty = true;
    this.wait(QUIET_MS);
  }

  private again(): void {
    const failed = this.form.querySelector("[data-draft-state][data-tone=bad]") !== null;
    if (this.dirty) this.wait(failed ? RETRY_MS : QUIET_MS);
  }

  private wait(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), milliseconds);
  }

  private stop(event: Event): void {
    if (event.defaultPrevented) return;
    this.over = true;
    clearTimeout(this.timer);
  }

  private async send(): Promise<Saved> {
    const response = await this.fetcher(this.form.dataset["draftUrl"] ?? "", {
      method: "POST",
      body: texts(this.form),
      headers: { Accept: "application/json" },
      keepalive: true,
      // A redirect leads to the login page, which is no answer to a save.
      redirect: "error",
    });
    if (!response.ok) throw new Error(`draft: ${response.status}`);
    return response.status === 204 ? {} : ((await response.json()) as Saved);
  }

  private keep(saved: Saved): void {
    if (saved.draft_url) this.form.dataset["draftUrl"] = saved.draft_url;
    for (const [name, value] of Object.entries(saved.fields ?? {})) {
      const input = this.form.elements.namedItem(name);
      if (input instanceof HTMLInputElement) input.value = value;
    }
    this.say("saved", { time: saved.saved_at ?? clockNow() });
  }

  private say(name: string, facts: Record<string, string> = {}, tone = ""): void {
    const state = this.form.querySelector<HTMLElement>("[data-draft-state]");
    if (!state) return;
    state.textContent = word(name, facts);
    if (tone) state.dataset["tone"] = tone;
    else delete state.dataset["tone"];
  }
}

/** Files are sent with the form only: a draft is saved too often for them. */
function texts(form: HTMLFormElement): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  return body;
}

function clockNow(): string {
  const shape = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" } as const;
  return new Intl.DateTimeFormat("zh-CN", shape).format(new Date());
}

export function enhanceDrafts(root: ParentNode): void {
  once<HTMLFormElement>("draft", root, "form[data-draft-url]", (form) => void new Draft(form));
}
