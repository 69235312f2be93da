import { computed, effect, signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import serverWords from "../data/words.json";
import type { Desk } from "../core/desk";
import { Encounter } from "./encounter";
import type { Eyes } from "./eyes";
import type { Route } from "./route";
import type { Settings } from "./settings";
import { forgetChoices } from "./settings";
import { Sounds } from "./sounds";
import { en } from "./words/en";
import { zh } from "./words/zh";
import type { Words } from "./words/zh";

/** The server's tables of words: verdicts, levels, actions, reasons, rules, problems. */
export type ServerWords = (typeof serverWords)["zh"];

/** Everything a screen has at hand. */
export interface Shell {
  readonly desk: Desk;
  readonly eyes: Eyes;
  readonly route: Route;
  readonly settings: Settings;
  readonly sounds: Sounds;
  readonly encounter: Encounter;
  /** Words of the screens and of the server, in the language of the moment. */
  readonly words: ReadonlySignal<Words>;
  readonly server: ReadonlySignal<ServerWords>;
  /** The present as far as the desk knows it; moves every second. */
  readonly now: ReadonlySignal<number>;
  /** One sentence that passes by, read out too. */
  readonly notice: Signal<string | null>;
  close(): void;
}

const TICK = 1000;

/** Put the shell together; `close` ends its clocks and listeners. */
export function openShell(desk: Desk, eyes: Eyes, route: Route, settings: Settings): Shell {
  const sounds = new Sounds(settings);
  const notice = signal<string | null>(null);
  const now = signal(desk.now().low);
  const ticking = setInterval(() => {
    now.value = desk.now().low;
  }, TICK);
  const hand = { cue: sounds.play.bind(sounds), show: () => route.go("car"), ticks: () => performance.now() };
  const endings = [
    () => clearInterval(ticking),
    route.close,
    followLanguage(settings),
    followTheme(settings),
    effect(() => {
      if (desk.standing.value.state === "ended") forgetChoices(settings);
    }),
  ];
  return {
    desk,
    eyes,
    route,
    settings,
    sounds,
    encounter: new Encounter(desk, hand),
    words: computed(() => (settings.language.value === "en" ? en : zh)),
    server: computed(() => serverWords[settings.language.value]),
    now,
    notice,
    close: () => endings.forEach((end) => end()),
  };
}

const Context = createContext<Shell | null>(null);

/** Gives the shell to the screens below. */
export const ShellProvider = Context.Provider;

/** The shell, in any screen. */
export function useShell(): Shell {
  const shell = useContext(Context);
  if (shell === null) throw new Error("a screen outside of the shell");
  return shell;
}

function followLanguage({ language }: Settings): () => void {
  return effect(() => {
    document.documentElement.lang = language.value === "en" ? "en" : "zh-CN";
  });
}

/** Day or night stands at the root of the page, where the styles look for it. */
function followTheme({ theme }: Settings): () => void {
  const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  const darkNow = signal(dark?.matches ?? false);
  const follow = (event: MediaQueryListEvent): void => {
    darkNow.value = event.matches;
  };
  dark?.addEventListener("change", follow);
  const stop = effect(() => {
    const night = theme.value === "night" || (theme.value === "auto" && darkNow.value);
    document.documentElement.dataset["theme"] = night ? "night" : "day";
  });
  return () => {
    stop();
    dark?.removeEventListener("change", follow);
  };
}
