import { useShell } from "../shell";
import { span } from "../times";
import { Icon } from "./icons";

const FRESH = 5 * 60_000;

/** The line on top: where this phone is, what waits, how old its list is, and whether there is a network. */
export function Strip() {
  const { desk, words, route } = useShell();
  const standing = desk.standing.value;
  if (standing.state !== "enrolled") return null;
  const { waiting, online, refused } = desk.sync.value;
  const w = words.value.strip;
  const { name } = standing.device.point;
  return (
    <button type="button" class={online ? "strip" : "strip strip-offline"} onClick={() => route.go("duty")}>
      <span class="visually-hidden">{w.open(name)}</span>
      <span class="strip-point" aria-hidden="true">
        <Icon name="pin" />
        <span class="strip-name">{name}</span>
      </span>
      <span class="strip-facts">
        <span class="strip-network">{online ? w.online : w.offline}</span>
        <span class={refused > 0 ? "strip-bad" : ""}>{waiting === 0 ? w.allSent : w.waiting(waiting)}</span>
        <ListAge />
      </span>
    </button>
  );
}

function ListAge() {
  const { desk, words, settings, now } = useShell();
  const { statusAsOf } = desk.lists.value;
  const w = words.value.strip;
  if (statusAsOf === null) return <span class="strip-bad">{w.noList}</span>;
  const age = now.value - statusAsOf;
  return <span>{age < FRESH ? w.listNow : w.list(span(age, settings.language.value))}</span>;
}
