import type { Signal } from "@preact/signals";

import { COLOUR, isPlate, parsePlate, suggestedColours } from "../../core/plates";
import { Button, Notice, Page } from "../parts/frame";
import { isWholePlate, PlateKeys } from "../parts/keys";
import { useShell } from "../shell";

const LOOKS = ["blue", "yellow", "green", "yellow-green", "white", "black"];

/** The plate and its colour: of the colours such a plate can have, that of a lorry first. */
export function PlatePicker({
  plate,
  colour,
  done,
  back,
}: {
  readonly plate: Signal<string>;
  readonly colour: Signal<number>;
  readonly done: () => void;
  readonly back: () => void;
}) {
  const { words } = useShell();
  const w = words.value.duty.issue;
  const parsed = parsePlate(plate.value);
  const trailer = isPlate(parsed) && parsed.isTrailer;
  const type = (typed: string): void => {
    plate.value = typed;
    const now = parsePlate(typed);
    if (isPlate(now)) colour.value = lorryColour(suggestedColours(now));
  };
  return (
    <Page
      title={w.plate}
      back={back}
      foot={
        <>
          {isPlate(parsed) && !trailer && <Colours among={suggestedColours(parsed)} colour={colour} />}
          <Button kind="main" disabled={!isWholePlate(plate.value) || trailer} onClick={done}>
            {w.plateNext}
          </Button>
        </>
      }
    >
      {trailer && <Notice tone="bad">{w.trailer}</Notice>}
      <PlateKeys value={plate.value} colour={isPlate(parsed) ? colour.value : null} onInput={type} />
    </Page>
  );
}

function lorryColour(suggested: readonly number[]): number {
  const heavy = [COLOUR.yellow, COLOUR.yellowGreen].find((one) => suggested.includes(one));
  return heavy ?? suggested[0] ?? COLOUR.yellow;
}

function Colours({ among, colour }: { readonly among: readonly number[]; readonly colour: Signal<number> }) {
  const { words } = useShell();
  if (among.length < 2) return null;
  return (
    <div class="segments" role="group" aria-label={words.value.duty.issue.colour}>
      {among.map((one) => (
        <button
          key={one}
          type="button"
          class="segment"
          aria-pressed={colour.value === one}
          onClick={() => (colour.value = one)}
        >
          <span class={`swatch plate-${LOOKS[one] ?? "unknown"}`} aria-hidden="true" />
          {words.value.plateColour[one]}
        </button>
      ))}
    </div>
  );
}
