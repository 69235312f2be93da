import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { LogLine } from "../../core/desk";
import { Button, Empty, Page, troubleWords } from "../parts/frame";
import { LevelSign, PlateMark } from "../parts/marks";
import { useShell } from "../shell";
import { timeOrDay } from "../times";

const SCREENFUL = 30;

/** What this phone checked, the newest first. */
export function Log() {
  const { desk, words, route } = useShell();
  const lines = useSignal<readonly LogLine[] | null>(null);
  const limit = useSignal(SCREENFUL);
  const asked = limit.value;
  // An upload changes what the lines say of themselves.
  const { waiting, refused } = desk.sync.value;
  useEffect(() => {
    void desk.log(asked).then((found) => (lines.value = found));
  }, [desk, asked, waiting, refused]);
  const w = words.value.log;
  const shown = lines.value ?? [];
  return (
    <Page title={w.title} back={() => route.go("more")}>
      {lines.value?.length === 0 ? (
        <Empty icon="list" title={w.empty}>
          {w.emptyHint}
        </Empty>
      ) : (
        <p class="small quiet">{w.hint}</p>
      )}
      <ul class="lines">
        {shown.map((line) => (
          <li key={line.scan.eventId}>
            <Line line={line} />
          </li>
        ))}
      </ul>
      {shown.length === asked && <Button onClick={() => (limit.value += SCREENFUL)}>{w.more}</Button>}
    </Page>
  );
}

function Line({ line }: { readonly line: LogLine }) {
  const shell = useShell();
  const { encounter, words, server, now } = shell;
  const { scan, action, uploaded, problem } = line;
  const w = words.value.log;
  const { level } = scan.judged.verdict;
  const done = action === null ? w.noAction : action.action === "undone" ? w.undone : server.value.action[action.action];
  const sent = problem === null ? (uploaded ? w.uploaded : w.waiting) : w.refused;
  return (
    <button type="button" class="line" onClick={() => encounter.reopenLine(line)}>
      <span class={`line-level tone-${level}`}>
        <LevelSign tone={level} />
        <span>{server.value.level[level]}</span>
      </span>
      <span class="line-facts">
        {scan.plate === "?" ? (
          <span>{words.value.car.unread}</span>
        ) : (
          <PlateMark plate={scan.plate} colour={scan.judged.credential?.plateColour ?? null} size="small" />
        )}
        <span class="small">
          {timeOrDay(scan.at, now.value)} · {done}
        </span>
        <span class={problem === null ? "small quiet" : "small line-bad"}>
          {sent}
          {problem !== null && `${words.value.colon}${troubleWords(shell, problem) ?? problem}`}
        </span>
      </span>
    </button>
  );
}
