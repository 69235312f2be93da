import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Trouble } from "../../core/desk";
import { troubleOf } from "../encounter";
import { Code } from "../parts/code";
import { Button, Empty, Page, TroubleNotice } from "../parts/frame";
import { useShell } from "../shell";
import { plainSymbol } from "../symbol";
import { moment } from "../times";
import { useWakeLock } from "../wake";

/** Milliseconds a frame stays: six in a second, which a camera with thirty pictures in a second doesn't miss. */
const FRAME_FOR = 165;

/** Show a colleague's phone the lists of this one, as a loop of QR frames. */
export function Give() {
  const { desk, words, route } = useShell();
  const frames = useSignal<readonly string[] | null>(null);
  const trouble = useSignal<Trouble | null>(null);
  useEffect(() => {
    desk.framesToGive().then(
      (all) => (frames.value = all),
      (problem: unknown) => (trouble.value = troubleOf(problem)),
    );
  }, [desk]);
  const w = words.value.duty.give;
  return (
    <Page title={w.title} back={() => route.go("more")}>
      {trouble.value && <TroubleNotice trouble={trouble.value} />}
      {frames.value?.length === 0 && (
        <Empty icon="give" title={w.title}>
          {w.none}
        </Empty>
      )}
      {frames.value !== null && frames.value.length > 0 && <Loop frames={frames.value} />}
    </Page>
  );
}

function Loop({ frames }: { readonly frames: readonly string[] }) {
  const { desk, words, now } = useShell();
  const at = useSignal(0);
  const moving = useSignal(true);
  const w = words.value.duty.give;
  useWakeLock();
  useEffect(() => {
    if (!moving.value) return;
    const timer = setInterval(() => (at.value = (at.value + 1) % frames.length), FRAME_FOR);
    return () => clearInterval(timer);
  }, [frames, moving.value]);
  const frame = frames[at.value] ?? "";
  const matrix = useMemo(() => plainSymbol(frame), [frame]);
  const { statusAsOf, trustAsOf } = desk.lists.value;
  const asOf = (time: number | null): string =>
    time === null ? words.value.duty.sync.missing : words.value.duty.sync.asOf(moment(time, now.value));
  return (
    <>
      <Code matrix={matrix} label={w.code} />
      <progress class="bar" max={frames.length} value={at.value + 1} aria-hidden="true" />
      <div class="pair pair-middle">
        <p class="figure-small">{w.frame(at.value + 1, frames.length)}</p>
        <Button onClick={() => (moving.value = !moving.value)}>{moving.value ? w.pause : w.go}</Button>
      </div>
      <p>{w.hint}</p>
      <p class="small quiet">
        {w.inside(asOf(statusAsOf), asOf(trustAsOf))}
        <br />
        {w.safe}
      </p>
    </>
  );
}
