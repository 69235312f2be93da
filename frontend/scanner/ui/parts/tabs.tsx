import type { ScreenName } from "../route";
import { useShell } from "../shell";
import { Icon } from "./icons";
import type { IconName } from "./icons";

type Tab = "scan" | "nopass" | "lookup" | "more";
const TABS: readonly (readonly [Tab & ScreenName, IconName])[] = [
  ["scan", "scan"],
  ["nopass", "noPass"],
  ["lookup", "search"],
  ["more", "more"],
];

/** The bar at the thumb. */
export function Tabs() {
  const { route, words, desk } = useShell();
  const here = route.screen.value;
  const unseen = desk.slips.value.some((slip) => slip.state !== "waiting" && !slip.seen);
  return (
    <nav class="tabs" aria-label={words.value.tabs.label}>
      {TABS.map(([name, icon]) => (
        <button
          key={name}
          type="button"
          class="tab"
          {...(here === name ? { "aria-current": "page" as const } : {})}
          onClick={() => route.go(name)}
        >
          <Icon name={icon} />
          <span>{words.value.tabs[name]}</span>
          {name === "more" && unseen && <span class="tab-mark" aria-hidden="true" />}
        </button>
      ))}
    </nav>
  );
}
