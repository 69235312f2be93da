import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";

/** The screens; the hash of the address names them. `car` is the vehicle that stands at the barrier now. */
export const SCREENS = [
  "scan",
  "car",
  "nopass",
  "lookup",
  "more",
  "log",
  "sync",
  "duty",
  "points",
  "settings",
  "give",
  "take",
  "issue",
  "slips",
  "enrol",
] as const;

/** One of the screens. */
export type ScreenName = (typeof SCREENS)[number];

/** Where the person is. */
export interface Route {
  readonly screen: ReadonlySignal<ScreenName>;
  /** Code of `#enrol=CODE`, kept out of the address from the first moment on. */
  readonly enrolCode: string | null;
  go(screen: ScreenName): void;
  /** Go without a step to come back to. */
  replace(screen: ScreenName): void;
  close(): void;
}

const ENROL = /^#enrol=([^&]{1,64})$/;

/** Watch the hash of a window. */
export function openRoute(place: Window = window): Route {
  const enrolCode = takeEnrolCode(place);
  const screen = signal<ScreenName>(screenOf(place.location.hash));
  const follow = (): void => {
    screen.value = screenOf(place.location.hash);
  };
  place.addEventListener("hashchange", follow);
  place.addEventListener("popstate", follow);
  const to = (name: ScreenName, push: boolean): void => {
    if (push && name === screen.value) return;
    // An address such as /p/… off line becomes the scanner's own with the first step.
    const address = `/scanner/#${name}`;
    if (push) place.history.pushState(null, "", address);
    else place.history.replaceState(null, "", address);
    screen.value = name;
  };
  return {
    screen,
    enrolCode,
    go: (name) => to(name, true),
    replace: (name) => to(name, false),
    close: () => {
      place.removeEventListener("hashchange", follow);
      place.removeEventListener("popstate", follow);
    },
  };
}

function screenOf(hash: string): ScreenName {
  return SCREENS.find((name) => hash === `#${name}`) ?? "scan";
}

/** The code enrols whoever has it, so it leaves the address before anything else happens. */
function takeEnrolCode(place: Window): string | null {
  const code = ENROL.exec(place.location.hash)?.[1];
  if (code === undefined) return null;
  place.history.replaceState(null, "", `${place.location.pathname}#enrol`);
  try {
    return decodeURIComponent(code);
  } catch {
    return code;
  }
}
