import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Encounter, Reading } from "../encounter";
import { troubleOf } from "../encounter";
import { Blind } from "../eyes";
import type { Blindness, Read, Sight } from "../eyes";
import { Button, Notice, TroubleNotice } from "../parts/frame";
import { Icon } from "../parts/icons";
import type { IconName } from "../parts/icons";
import { PictureInput } from "../parts/picture";
import { LastCar } from "../parts/last";
import type { Shell } from "../shell";
import { useShell } from "../shell";

/** After so long without a code the officer is told what helps, and later what else there is. Milliseconds. */
const HINT_AFTER = 8_000;
const OTHER_AFTER = 20_000;
/** How long what was just read stays on the picture. */
const HINT_STAYS = 2_500;

interface View {
  readonly sight: Signal<Sight | null>;
  readonly blind: Signal<Blindness | null>;
  readonly which: Signal<number>;
  readonly reading: Signal<Reading>;
  /** When the last code was seen, and since when there is a picture. */
  readonly since: Signal<number>;
  readonly attempt: Signal<number>;
}

/** The camera and what it reads. */
export function Scan() {
  const { encounter, words } = useShell();
  const view: View = {
    sight: useSignal<Sight | null>(null),
    blind: useSignal<Blindness | null>(null),
    which: useSignal(0),
    reading: useSignal<Reading>("nothing"),
    since: useSignal(performance.now()),
    attempt: useSignal(0),
  };
  const video = useCamera(view);
  const trouble = encounter.problem.value;
  return (
    <main class="scan">
      <h1 class="visually-hidden">{words.value.scan.title}</h1>
      {view.blind.value === null ? (
        <div class="view">
          <video ref={video} class="view-video" muted playsInline aria-label={words.value.scan.videoLabel} />
          <div class="view-frame" aria-hidden="true">
            <span />
          </div>
          <Hint view={view} />
          <div class="view-foot">
            {trouble && <TroubleNotice trouble={trouble} />}
            <LastCar />
            <Controls view={view} />
          </div>
        </div>
      ) : (
        <NoCamera why={view.blind.value} retry={() => (view.attempt.value += 1)} />
      )}
    </main>
  );
}

/** Open the camera while the screen is there, and again after another one was chosen or the page was away. */
function useCamera(view: View) {
  const shell = useShell();
  const video = useRef<HTMLVideoElement>(null);
  const which = view.which.value;
  const attempt = view.attempt.value;
  useEffect(() => {
    view.blind.value = null;
  }, [attempt, view.blind]);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    let open = true;
    const opened = openedIn(shell, element, which, view);
    void opened.then((sight) => {
      if (!open) sight?.close();
      else view.sight.value = sight;
    });
    return () => {
      open = false;
      view.sight.value?.close();
      view.sight.value = null;
    };
    // The element is another one after the camera was refused and asked for again.
  }, [shell, which, attempt, view.blind.value === null]);
  useReturn(() => (view.attempt.value += 1));
  return video;
}

async function openedIn(shell: Shell, element: HTMLVideoElement, which: number, view: View): Promise<Sight | null> {
  const settle = (reading: Reading): void => {
    if (reading !== "nothing") view.since.value = performance.now();
    view.reading.value = reading;
  };
  const take = (reads: readonly Read[]): void => {
    void received(shell.encounter, reads).then(settle);
  };
  try {
    view.since.value = performance.now();
    return await shell.eyes.open(element, which, take, (why) => (view.blind.value = why));
  } catch (problem) {
    view.blind.value = problem instanceof Blind ? problem.why : "unknown";
    return null;
  }
}

function received(encounter: Encounter, reads: readonly Read[]): Promise<Reading> {
  return encounter.read(reads, "camera");
}

/** Phones take the camera away from a page that is not seen. */
function useReturn(again: () => void): void {
  useEffect(() => {
    const changed = (): void => {
      if (document.visibilityState === "visible") again();
    };
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
}

/** One line on the picture: what to do, or what was just read. */
function Hint({ view }: { readonly view: View }) {
  const { encounter, words, route, now } = useShell();
  const w = words.value.scan;
  const same = encounter.last.value === null ? w.same : w.sameOpen;
  // Read so that the hint comes with time.
  void now.value;
  const quiet = performance.now() - view.since.value;
  const reading = quiet < HINT_STAYS ? view.reading.value : "nothing";
  if (reading === "frame") {
    return (
      <div class="view-hint" role="status">
        <p>{w.frame}</p>
        <Button kind="main" onClick={() => route.go("take")}>
          {w.takeFrame}
        </Button>
      </div>
    );
  }
  const told = { misread: w.misread, foreign: w.foreign, same, opened: w.aim, nothing: null }[reading];
  return (
    <p class="view-hint" role="status">
      {told ?? (view.sight.value === null ? w.looking : quietWords(quiet, w))}
    </p>
  );
}

function quietWords(quiet: number, w: { aim: string; hint: string; hintOther: string }): string {
  if (quiet > OTHER_AFTER) return w.hintOther;
  return quiet > HINT_AFTER ? w.hint : w.aim;
}

/** Light, zoom, other camera, picture: those that this phone has. */
function Controls({ view }: { readonly view: View }) {
  const { words } = useShell();
  const w = words.value.scan;
  const sight = view.sight.value;
  return (
    <div class="controls">
      {sight?.torch && <Torch sight={sight} />}
      {sight?.zoom && <Zoom sight={sight} />}
      {sight?.others && <Control icon="flip" label={w.other} onClick={() => (view.which.value += 1)} />}
      <PictureControl />
    </div>
  );
}

function Torch({ sight }: { readonly sight: Sight }) {
  const { words } = useShell();
  const on = useSignal(false);
  const change = async (): Promise<void> => {
    await sight.torch?.(!on.value);
    on.value = !on.value;
  };
  const w = words.value.scan;
  return <Control icon="torch" label={on.value ? w.torchOn : w.torch} pressed={on.value} onClick={() => void change()} />;
}

function Zoom({ sight }: { readonly sight: Sight }) {
  const { words } = useShell();
  const at = useSignal(0);
  const { zoom } = sight;
  if (zoom === null) return null;
  const step = zoom.steps[at.value % zoom.steps.length] ?? 1;
  const change = async (): Promise<void> => {
    const next = (at.value + 1) % zoom.steps.length;
    await zoom.set(zoom.steps[next] ?? 1);
    at.value = next;
  };
  return (
    <button type="button" class="control" aria-label={words.value.scan.zoomLabel(step)} onClick={() => void change()}>
      <span class="control-zoom" aria-hidden="true">
        {words.value.scan.zoom(step)}
      </span>
    </button>
  );
}

function Control({
  icon,
  label,
  pressed,
  onClick,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="control" {...(pressed === undefined ? {} : { "aria-pressed": pressed })} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

function PictureControl() {
  const { words } = useShell();
  return (
    <PictureInput class="control" label={words.value.scan.pictureLabel}>
      <Icon name="picture" />
      <span aria-hidden="true">{words.value.scan.picture}</span>
    </PictureInput>
  );
}

/** No picture: why, and what goes without one. */
function NoCamera({ why, retry }: { readonly why: Blindness; readonly retry: () => void }) {
  const { words, encounter } = useShell();
  const w = words.value.scan;
  const trouble = encounter.problem.value;
  return (
    <div class="blind">
      <Icon name="camera" big />
      <h2>{w.blind[why]}</h2>
      <p>{w.blindHelp[why]}</p>
      {trouble && <TroubleNotice trouble={troubleOf(trouble)} />}
      <PictureInput class="button button-main" label={w.choosePicture}>
        <Icon name="picture" />
        <span aria-hidden="true">{w.choosePicture}</span>
      </PictureInput>
      <Button icon="sync" onClick={retry}>
        {words.value.retry}
      </Button>
      <LastCar />
      <Notice tone="info">{w.hintOther}</Notice>
    </div>
  );
}
