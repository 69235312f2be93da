import { Icon } from "../parts/icons";
import type { IconName } from "../parts/icons";
import { Page } from "../parts/frame";
import type { ScreenName } from "../route";
import { useShell } from "../shell";
import { moment } from "../times";

type Tile = "issue" | "slips" | "log" | "duty" | "sync" | "give" | "take" | "settings";
const TILES: readonly (readonly [Tile & ScreenName, IconName])[] = [
  ["issue", "issue"],
  ["slips", "slip"],
  ["log", "list"],
  ["duty", "user"],
  ["sync", "sync"],
  ["give", "give"],
  ["take", "take"],
  ["settings", "settings"],
];

/** Everything that isn't needed for every truck. */
export function More() {
  const { desk, words, route, now } = useShell();
  const standing = desk.standing.value;
  const w = words.value.duty.more;
  if (standing.state !== "enrolled") return null;
  const { device } = standing;
  const unseen = desk.slips.value.filter((slip) => slip.state !== "waiting" && !slip.seen).length;
  const issues = device.point.may_issue;
  const marks: Partial<Record<Tile, number>> = { slips: unseen, sync: desk.sync.value.waiting };
  return (
    <Page title={w.title}>
      <ul class="tiles">
        {TILES.filter(([name]) => name !== "issue" || issues).map(([name, icon]) => (
          <li key={name}>
            <button type="button" class="tile" onClick={() => route.go(name)}>
              <Icon name={icon} />
              <span>{w[name]}</span>
              {(marks[name] ?? 0) > 0 && <span class="tile-mark">{marks[name]}</span>}
            </button>
          </li>
        ))}
      </ul>
      <p class="small quiet">
        {w.device(device.name, device.code)}
        <br />
        {w.expires(moment(device.expiresAt, now.value))}
      </p>
    </Page>
  );
}
