import { useEffect } from "preact/hooks";

import type { Judged } from "../../core/types";
import { Button, Page, TroubleNotice } from "../parts/frame";
import { LevelSign, PlateMark } from "../parts/marks";
import { moment } from "../times";
import { useShell } from "../shell";
import { Compare } from "./compare";
import { Verdict } from "./verdict";

/** The vehicle at the barrier, at whatever stage it is. */
export function Car() {
  const { encounter, route } = useShell();
  const stage = encounter.stage.value;
  const nobody = stage.name === "none";
  useEffect(() => {
    if (nobody) route.replace("scan");
  }, [nobody, route]);
  if (stage.name === "choosing") return <Choosing among={stage.among} />;
  if (stage.name === "comparing") return <Compare judged={stage.judged} />;
  return stage.name === "told" ? <Verdict told={stage} /> : null;
}

/** Several codes in one picture: only the officer sees which truck is meant. */
function Choosing({ among }: { readonly among: readonly Judged[] }) {
  const { encounter, words, route } = useShell();
  const w = words.value.choose;
  const leave = (): void => {
    encounter.next();
    route.replace("scan");
  };
  const trouble = encounter.problem.value;
  return (
    <Page title={w.title} back={leave} foot={<Button onClick={leave}>{w.none}</Button>}>
      <p>{w.lead}</p>
      {trouble && <TroubleNotice trouble={trouble} />}
      <ul class="cards">
        {among.map((judged, place) => (
          <li key={judged.text ?? judged.credential?.number ?? place}>
            <JudgedCard judged={judged} open={() => void encounter.open(judged)} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** One pass of several. Its colour is told only where no plate has to be compared first. */
export function JudgedCard({ judged, open }: { readonly judged: Judged; readonly open: () => void }) {
  const { words, server, now } = useShell();
  const { verdict, credential } = judged;
  const awaits = verdict.awaitsPlate && credential !== null;
  const level = awaits ? words.value.compareLevel : server.value.level[verdict.level];
  return (
    <button type="button" class={`card tone-${awaits ? "white" : verdict.level}`} onClick={open}>
      <span class="card-level">
        <LevelSign tone={awaits ? "white" : verdict.level} />
        <span>{level}</span>
      </span>
      {credential === null ? (
        <span>{verdict.code === "malformed" ? words.value.choose.notPass : server.value.verdict[verdict.code]}</span>
      ) : (
        <span class="card-pass">
          <PlateMark plate={credential.plate} colour={credential.plateColour} size="large" />
          <span class="small">
            {words.value.car.until(moment(credential.notBefore, now.value), moment(credential.notAfter, now.value))}
          </span>
        </span>
      )}
    </button>
  );
}
