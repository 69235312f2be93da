import { useSignal } from "@preact/signals";

import type { SlipState } from "../../core/desk";
import { Button, Empty, Page } from "../parts/frame";
import { PlateMark } from "../parts/marks";
import { useShell } from "../shell";
import { moment } from "../times";
import { SlipSheet } from "./slip";

/** Everything asked for on this phone; what has a new outcome first. */
export function Slips() {
  const { desk, words, route } = useShell();
  const open = useSignal<SlipState | null>(null);
  const standing = desk.standing.value;
  const w = words.value.duty;
  if (open.value !== null) return <SlipSheet slip={open.value} back={() => (open.value = null)} />;
  const mayIssue = standing.state === "enrolled" && standing.device.point.may_issue;
  const slips = [...desk.slips.value].sort((a, b) => Number(isNew(b)) - Number(isNew(a)) || b.madeAt - a.madeAt);
  return (
    <Page title={w.slips.title} back={() => route.go("more")}>
      {mayIssue && (
        <Button kind="main" icon="issue" onClick={() => route.go("issue")}>
          {w.issue.title}
        </Button>
      )}
      {slips.length === 0 && (
        <Empty icon="slip" title={w.slips.empty}>
          {w.slips.emptyHint}
        </Empty>
      )}
      <ul class="lines">
        {slips.map((slip) => (
          <li key={slip.eventId}>
            <SlipLine slip={slip} open={() => (open.value = slip)} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function isNew(slip: SlipState): boolean {
  return slip.state !== "waiting" && !slip.seen;
}

const TONES = { waiting: "white", issued: "green", failed: "red" } as const;

function SlipLine({ slip, open }: { readonly slip: SlipState; readonly open: () => void }) {
  const { words, now } = useShell();
  const w = words.value.duty.slips;
  return (
    <button type="button" class="line" onClick={open}>
      <span class={`line-level tone-${TONES[slip.state]}`}>{w.state[slip.state]}</span>
      <span class="line-facts">
        <PlateMark plate={slip.request.plate} colour={slip.request.plateColour} size="small" />
        <span class="small quiet">
          {slip.code} · {moment(slip.madeAt, now.value)}
        </span>
        {isNew(slip) && <span class="small strong">{w.new}</span>}
      </span>
    </button>
  );
}
