import { useSignal } from "@preact/signals";

import { countsAsNoPass } from "../../core/judge";
import type { Judged, VerdictCode } from "../../core/types";
import type { Told } from "../encounter";
import { Page, TroubleNotice } from "../parts/frame";
import { Icon } from "../parts/icons";
import { LevelSign, PlateMark } from "../parts/marks";
import { Drivers, DutyPhone, PassFacts } from "../parts/pass";
import { useShell } from "../shell";
import { standingOf } from "../standing";
import type { Choice } from "../standing";
import { ago, moment } from "../times";
import { Foot, ToNoPass, useNext } from "./act";
import { Reasons } from "./reasons";

/** The answer: the whole screen in its colour, with its word and its sign. */
export function Verdict({ told }: { readonly told: Told }) {
  const { encounter, words, server } = useShell();
  const leave = useNext();
  const asking = useSignal<Choice | null>(null);
  const { verdict } = told.judged;
  const trouble = encounter.problem.value;
  if (asking.value !== null && told.action === null) {
    return <Reasons verdict={verdict} choice={asking.value} back={() => (asking.value = null)} />;
  }
  return (
    <div class={`verdict tone-${verdict.level}`}>
      <Page
        title={server.value.level[verdict.level]}
        back={leave}
        backLabel={words.value.car.leave}
        aside={<LevelSign tone={verdict.level} />}
        foot={<Foot told={told} ask={(choice) => (asking.value = choice)} />}
      >
        <Vehicle told={told} />
        <p class="verdict-why">{whyWords(server.value.verdict, verdict.code)}</p>
        {told.scan === null && <p class="remark remark-loud">{words.value.car.notKept}</p>}
        {trouble && <TroubleNotice trouble={trouble} />}
        <p class={countsAsNoPass(verdict.code) ? "may may-loud" : "may"}>{server.value.may[standingOf(verdict)]}</p>
        {isUnread(told) && <ToNoPass />}
        <Further judged={told.judged} />
        <Remarks told={told} />
        {told.judged.credential && <Content judged={told.judged} />}
      </Page>
    </div>
  );
}

/** Nothing of the vehicle is known: neither a pass to believe nor a plate that was typed. */
function isUnread({ judged, seenPlate }: Told): boolean {
  return judged.credential === null && seenPlate === null;
}

function whyWords(words: Readonly<Record<VerdictCode, string>>, code: VerdictCode): string {
  return words[code];
}

/** The plate in the largest type. */
function Vehicle({ told: { judged, seenPlate } }: { readonly told: Told }) {
  const { words } = useShell();
  const pass = judged.credential;
  const w = words.value.car;
  if (pass === null && seenPlate === null) return <p class="remark">{w.unread}</p>;
  if (pass === null) return <PlateMark plate={seenPlate ?? ""} colour={null} size="huge" />;
  return (
    <>
      <PlateMark plate={pass.plate} colour={pass.plateColour} size="huge" />
      {seenPlate !== null && <p class="strong">{w.seenPlate(seenPlate)}</p>}
    </>
  );
}

/** Every other reason, below the first. */
function Further({ judged: { verdict } }: { readonly judged: Judged }) {
  const { words, server } = useShell();
  const others = verdict.reasons.filter((code) => code !== verdict.code);
  if (others.length === 0) return null;
  return (
    <section class="further">
      <h2>{words.value.car.also}</h2>
      <ul>
        {others.map((code) => (
          <li key={code}>{whyWords(server.value.verdict, code)}</li>
        ))}
      </ul>
    </section>
  );
}

/** How old the list was, whether the pass was here before, where it came from. */
function Remarks({ told: { judged } }: { readonly told: Told }) {
  const { words, settings, desk, now } = useShell();
  const w = words.value.car;
  const standing = desk.standing.value;
  const language = settings.language.value;
  return (
    <div class="remarks">
      {judged.means === "book" && <p class="remark remark-loud">{w.notFromCode}</p>}
      {judged.seenHere !== null && (
        <p class="remark">
          <Icon name="clock" /> {w.seenHere(judged.seenHere.minutesAgo)}
        </p>
      )}
      {judged.credential !== null && (
        <p class="remark">
          <Icon name="list" />{" "}
          {judged.listAge === null
            ? w.noList
            : w.listAsOf(moment(judged.time.high - judged.listAge, now.value), ago(judged.listAge, language))}
        </p>
      )}
      {standing.state === "enrolled" && (
        <p class="remark">
          <Icon name="pin" /> {w.at(standing.device.point.name)}
        </p>
      )}
    </div>
  );
}

function Content({ judged }: { readonly judged: Judged }) {
  const pass = judged.credential;
  if (pass === null) return null;
  return (
    <>
      <Drivers pass={pass} />
      <DutyPhone pass={pass} />
      <PassFacts pass={pass} />
    </>
  );
}
