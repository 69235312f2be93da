import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ComponentChildren } from "preact";

import type { LogLine } from "../../core/desk";
import { Button, Notice, Page, troubleWords } from "../parts/frame";
import { Facts } from "../parts/marks";
import { useShell } from "../shell";
import { ago, moment, timeOrDay } from "../times";

const LOOKED_THROUGH = 500;

/** What waits, what was refused and why, which lists this phone has, and whether it keeps things well. */
export function SyncScreen() {
  const { desk, words, route } = useShell();
  const { busy, refused } = desk.sync.value;
  const w = words.value.duty.sync;
  return (
    <Page
      title={w.title}
      back={() => route.go("more")}
      foot={
        <Button kind="main" icon="sync" disabled={busy} onClick={() => void desk.syncNow()}>
          {busy ? w.busy : w.now}
        </Button>
      }
    >
      <UploadFacts />
      {refused > 0 && <Refused count={refused} />}
      <p class="small quiet">{w.kept}</p>
      <h2>{w.lists}</h2>
      <ListFacts />
      <h2>{w.storage}</h2>
      <StorageFacts />
    </Page>
  );
}

function UploadFacts() {
  const shell = useShell();
  const { desk, words, settings, now } = shell;
  const { waiting, lastSync, online, problem } = desk.sync.value;
  const w = words.value.duty.sync;
  const strip = words.value.strip;
  const last = lastSync === null ? w.never : ago(now.value - lastSync, settings.language.value);
  return (
    <Facts
      pairs={[
        [w.waiting, <span key="n" class="figure">{w.records(waiting)}</span>],
        [w.last, last],
        [w.network, online ? strip.online : strip.offline],
        [w.problem, problem === null ? w.noProblem : (troubleWords(shell, problem) ?? problem)],
      ]}
    />
  );
}

/** Those the server will never take; a person has to know why. */
function Refused({ count }: { readonly count: number }) {
  const shell = useShell();
  const lines = useSignal<readonly LogLine[]>([]);
  const { desk, words, now } = shell;
  useEffect(() => {
    void desk.log(LOOKED_THROUGH).then((all) => (lines.value = all.filter(({ problem }) => problem !== null)));
  }, [desk, count]);
  const w = words.value.duty.sync;
  return (
    <Notice tone="bad">
      <p class="strong">{w.refused(count)}</p>
      <p>{w.refusedHint}</p>
      <ul>
        {lines.value.map(({ scan, problem }) => (
          <li key={scan.eventId}>
            {timeOrDay(scan.at, now.value)} {scan.plate}
            {words.value.colon}
            {troubleWords(shell, problem ?? "") ?? problem}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function ListFacts() {
  const { desk, words, now } = useShell();
  const lists = desk.lists.value;
  const w = words.value.duty.sync;
  const told = (at: number | null, what: string | null): ComponentChildren => {
    if (at === null || what === null) return <span class="line-bad">{w.missing}</span>;
    return (
      <>
        <span class="nowrap">{what}</span> <span class="nowrap">{w.asOf(moment(at, now.value))}</span>
      </>
    );
  };
  return (
    <Facts
      pairs={[
        [w.status, told(lists.statusAsOf, lists.statusSeq === null ? null : w.seq(lists.statusSeq))],
        [w.trust, told(lists.trustAsOf, lists.trustSeq === null ? null : w.seq(lists.trustSeq))],
        [w.book, told(lists.bookAsOf, lists.bookPasses === null ? null : w.passes(lists.bookPasses))],
      ]}
    />
  );
}

function StorageFacts() {
  const { desk, words } = useShell();
  const { persisted, health, appKept } = desk.storage.value;
  const w = words.value.duty.sync;
  return (
    <>
      <Facts pairs={[[w.state, <span key="h" class={health === "ok" ? "" : "line-bad"}>{w.health[health]}</span>]]} />
      <p class="small quiet">
        {persisted ? w.persisted : w.notPersisted}
        <br />
        {appKept ? w.appKept : w.appNotKept}
      </p>
    </>
  );
}
