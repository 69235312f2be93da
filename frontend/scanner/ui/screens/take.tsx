import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { FRAME_PREFIX } from "../../core/desk";
import type { TakenOver, Trouble } from "../../core/desk";
import { troubleOf } from "../encounter";
import { Blind } from "../eyes";
import type { Blindness, Read, Sight } from "../eyes";
import { Button, Notice, Page, TroubleNotice } from "../parts/frame";
import type { Shell } from "../shell";
import { useShell } from "../shell";
import { moment } from "../times";
import { useWakeLock } from "../wake";

interface Transfer {
  readonly have: Signal<number>;
  readonly of: Signal<number>;
  readonly foreign: Signal<boolean>;
  readonly taken: Signal<TakenOver | null>;
  readonly trouble: Signal<Trouble | null>;
  readonly blind: Signal<Blindness | null>;
}

/** Read a colleague's lists off the screen of their phone. */
export function Take() {
  const { words, route } = useShell();
  const transfer: Transfer = {
    have: useSignal(0),
    of: useSignal(0),
    foreign: useSignal(false),
    taken: useSignal<TakenOver | null>(null),
    trouble: useSignal<Trouble | null>(null),
    blind: useSignal<Blindness | null>(null),
  };
  const w = words.value.duty.take;
  const taken = transfer.taken.value;
  const again = (): void => {
    transfer.have.value = 0;
    transfer.of.value = 0;
    transfer.taken.value = null;
  };
  return (
    <Page
      title={taken === null ? w.title : w.done}
      back={() => route.go("more")}
      foot={
        taken !== null && (
          <div class="pair">
            <Button onClick={again}>{w.again}</Button>
            <Button kind="main" onClick={() => route.replace("scan")}>
              {w.finish}
            </Button>
          </div>
        )
      }
    >
      {taken === null ? <Receiving transfer={transfer} /> : <Outcome taken={taken} />}
    </Page>
  );
}

function Receiving({ transfer }: { readonly transfer: Transfer }) {
  const shell = useShell();
  const video = useRef<HTMLVideoElement>(null);
  const { words } = shell;
  const w = words.value.duty.take;
  useWakeLock();
  useEffect(() => {
    if (video.current === null) return;
    let open = true;
    const opened = watch(shell, video.current, transfer);
    return () => {
      open = false;
      void opened.then((sight) => sight?.close());
      if (!open) shell.desk.forgetFrames();
    };
  }, [shell]);
  const blind = transfer.blind.value;
  const { have, of } = transfer;
  return (
    <>
      {blind === null ? (
        <video ref={video} class="take-video" muted playsInline aria-label={words.value.scan.videoLabel} />
      ) : (
        <Notice tone="bad">
          <p class="strong">{words.value.scan.blind[blind]}</p>
          <p>{words.value.scan.blindHelp[blind]}</p>
        </Notice>
      )}
      {transfer.trouble.value && <TroubleNotice trouble={transfer.trouble.value} />}
      <progress class="bar" max={Math.max(1, of.value)} value={have.value} aria-label={w.title} />
      <p class="figure-small" role="status">
        {of.value === 0 ? (transfer.foreign.value ? w.other : w.waiting) : w.progress(have.value, of.value)}
      </p>
      <p>{w.hint}</p>
    </>
  );
}

async function watch({ eyes, desk }: Shell, video: HTMLVideoElement, transfer: Transfer): Promise<Sight | null> {
  const take = async (text: string): Promise<void> => {
    try {
      const { have, of, taken } = await desk.takeFrame(text);
      transfer.have.value = have;
      transfer.of.value = of;
      transfer.trouble.value = null;
      if (taken !== null) transfer.taken.value = taken;
    } catch (problem) {
      transfer.trouble.value = troubleOf(problem);
    }
  };
  const received = (reads: readonly Read[]): void => {
    const frames = reads.filter(({ text }) => text.startsWith(FRAME_PREFIX));
    transfer.foreign.value = frames.length === 0 && reads.length > 0;
    for (const { text } of frames) void take(text);
  };
  try {
    return await eyes.open(video, 0, received);
  } catch (problem) {
    transfer.blind.value = problem instanceof Blind ? problem.why : "unknown";
    return null;
  }
}

function Outcome({ taken }: { readonly taken: TakenOver }) {
  const { words, now } = useShell();
  const w = words.value.duty.take;
  const tone = { newer: "good", older: "info", refused: "bad" } as const;
  return (
    <>
      <Notice tone={tone[taken.status]}>{w.status[taken.status]}</Notice>
      <Notice tone={tone[taken.trust]}>{w.trust[taken.trust]}</Notice>
      {taken.asOf !== null && <p class="strong">{w.asOf(moment(taken.asOf, now.value))}</p>}
    </>
  );
}
