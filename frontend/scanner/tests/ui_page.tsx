/** A page with the screens on it, and what a person does there. */

import { render } from "preact";
import { vi } from "vitest";

import { Room } from "../ui/room";
import type { Eyes, Read } from "../ui/eyes";
import { Blind } from "../ui/eyes";
import type { Blindness } from "../ui/eyes";
import type { FakeDesk } from "./fake_desk";

/** An open page. */
export interface OpenPage {
  /** Hold codes in front of the camera. */
  see(...texts: readonly string[]): Promise<void>;
  /** Wait until the page says so. */
  says(words: string): Promise<void>;
  saysNot(words: string): void;
  tap(words: string): Promise<void>;
  type(keys: string): Promise<void>;
  /** Write into the field whose label begins so. */
  fill(label: string, value: string): Promise<void>;
  button(words: string): HTMLButtonElement;
  text(): string;
  close(): void;
}

/** Draw the screens at `address`; settings as after the first start, in Chinese. */
export function openPage(
  desk: FakeDesk,
  { address = "/scanner/", blind = null, language = "zh" }: { address?: string; blind?: Blindness | null; language?: string } = {},
): OpenPage {
  localStorage.setItem("changtong.screen", JSON.stringify({ introduced: true, language, sound: false, vibration: false }));
  history.replaceState(null, "", address);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  let handOver: ((reads: readonly Read[]) => void) | null = null;
  const eyes: Eyes = {
    open: async (_video, _which, onReads) => {
      if (blind !== null) throw new Blind(blind);
      handOver = onReads;
      return { torch: null, zoom: null, others: false, close: () => undefined };
    },
    read: async () => [],
  };
  render(<Room desk={desk} eyes={eyes} />, root);
  const text = (): string => root.textContent ?? "";
  const says = (words: string): Promise<void> =>
    vi.waitFor(() => {
      if (!text().includes(words)) throw new Error(`the page does not say ${words}: ${text()}`);
    });
  const button = (words: string): HTMLButtonElement => {
    const found = [...root.querySelectorAll("button")].find(
      (one) => one.textContent?.includes(words) === true || one.getAttribute("aria-label") === words,
    );
    if (!found) throw new Error(`no button ${words}: ${text()}`);
    return found;
  };
  const tap = async (words: string): Promise<void> => {
    await vi.waitFor(() => {
      if (button(words).disabled) throw new Error(`${words} can't be tapped`);
    });
    button(words).click();
  };
  return {
    see: async (...texts) => {
      await vi.waitFor(() => {
        if (handOver === null) throw new Error("no camera is open");
      });
      handOver?.(texts.map((one) => ({ text: one, quality: null })));
    },
    says,
    saysNot: (words) => {
      if (text().includes(words)) throw new Error(`the page says ${words}`);
    },
    tap,
    type: async (keys) => {
      let so = "";
      for (const key of keys) {
        const exact = [...root.querySelectorAll("button")].find((one) => one.textContent === key);
        exact?.click();
        so += key;
        const shown = so;
        await vi.waitFor(() => {
          const typed = (root.querySelector(".keys-shown")?.textContent ?? "") + (root.querySelector("input")?.value ?? "");
          if (!typed.replace(/\s/g, "").includes(shown)) throw new Error(`typed ${shown}, shown ${typed}`);
        });
      }
    },
    fill: (label, value) =>
      vi.waitFor(() => {
        const field = [...root.querySelectorAll("label")].find((one) => one.textContent?.startsWith(label) === true);
        const input = field?.querySelector("input");
        if (!input) throw new Error(`no field ${label}: ${text()}`);
        input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    button,
    text,
    close: () => render(null, root),
  };
}

/** Wait for the camera of a page. */
export async function withCamera(page: OpenPage): Promise<void> {
  await page.says("把二维码放进框内");
}
