import { useSignal } from "@preact/signals";

import type { Verdict } from "../../core/types";
import { Button, Notice, Page, TroubleNotice } from "../parts/frame";
import { Icon } from "../parts/icons";
import { useShell } from "../shell";
import { standingOf } from "../standing";
import type { Choice } from "../standing";

interface ReasonsProps {
  readonly verdict: Verdict;
  readonly choice: Choice;
  readonly back: () => void;
}

/** Why a vehicle that may go on does not: the province sees it, and the officer is told so before. */
export function Reasons({ verdict, choice, back }: ReasonsProps) {
  const { encounter, words, server } = useShell();
  const reason = useSignal<string | null>(null);
  const w = words.value.act;
  const action = server.value.action[choice];
  const known = server.value.recognised;
  const others = Object.keys(server.value.reason).filter((code) => !known.includes(code));
  const trouble = encounter.problem.value;
  const record = (): void => {
    if (reason.value !== null) void encounter.act(choice, reason.value);
  };
  const pick = (code: string): void => {
    reason.value = code;
  };
  return (
    <Page
      title={w.reasonTitle(action)}
      back={back}
      foot={
        <Button kind="main" disabled={reason.value === null || encounter.busy.value} onClick={record}>
          {reason.value === null ? w.pick : w.record(action)}
        </Button>
      }
    >
      <Notice tone="warn">
        <p class="strong">{server.value.watched}</p>
        <p>{server.value.may[standingOf(verdict)]}</p>
      </Notice>
      {trouble && <TroubleNotice trouble={trouble} />}
      <ReasonList legend={w.recognised} codes={known} chosen={reason.value} pick={pick} doubtful={false} />
      <ReasonList legend={w.unrecognised} codes={others} chosen={reason.value} pick={pick} doubtful />
    </Page>
  );
}

function ReasonList({
  legend,
  codes,
  chosen,
  pick,
  doubtful,
}: {
  readonly legend: string;
  readonly codes: readonly string[];
  readonly chosen: string | null;
  readonly pick: (code: string) => void;
  /** The national rule doesn't know these. */
  readonly doubtful: boolean;
}) {
  const { words, server } = useShell();
  const reasons: Readonly<Record<string, string>> = server.value.reason;
  return (
    <fieldset class="reasons">
      <legend>{legend}</legend>
      {codes.map((code) => (
        <label key={code} class={chosen === code ? "reason reason-chosen" : "reason"}>
          <input type="radio" name="reason" value={code} checked={chosen === code} onChange={() => pick(code)} />
          <span>{reasons[code]}</span>
          {doubtful && (
            <span class="reason-mark">
              <Icon name="alert" />
              {words.value.act.unrecognisedMark}
            </span>
          )}
        </label>
      ))}
    </fieldset>
  );
}
