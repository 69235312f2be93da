import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Trouble } from "../../core/desk";
import type { Judged } from "../../core/types";
import { troubleOf } from "../encounter";
import { Button, Page, TroubleNotice } from "../parts/frame";
import { Icon } from "../parts/icons";
import { isWholePlate, PlateKeys } from "../parts/keys";
import { useShell } from "../shell";
import { JudgedCard } from "./car";

/** A vehicle without a pass: its plate, and why that is no reason to turn it back. */
export function NoPass() {
  const plate = useSignal("");
  const found = useSignal<readonly Judged[]>([]);
  if (found.value.length === 0) return <TypedPlate plate={plate} found={found} />;
  return <Found among={found.value} plate={plate.value} back={() => (found.value = [])} />;
}

interface TypedPlateProps {
  readonly plate: Signal<string>;
  readonly found: Signal<readonly Judged[]>;
}

function TypedPlate({ plate, found }: TypedPlateProps) {
  const { desk, encounter, words, server, route } = useShell();
  const trouble = useSignal<Trouble | null>(null);
  const photo = usePhoto();
  const w = words.value.nopass;
  const record = async (): Promise<void> => {
    trouble.value = null;
    try {
      found.value = await inBook(desk.lookUp(plate.value));
      if (found.value.length === 0) await encounter.withoutPass(plate.value);
    } catch (problem) {
      trouble.value = troubleOf(problem);
    }
  };
  const shown = trouble.value ?? encounter.problem.value;
  return (
    <Page
      title={w.title}
      back={() => route.go("scan")}
      foot={
        <Button kind="main" disabled={!isWholePlate(plate.value) || encounter.busy.value} onClick={() => void record()}>
          {w.record}
        </Button>
      }
    >
      <p class="rule">{server.value.may.no_pass}</p>
      {shown && <TroubleNotice trouble={shown} />}
      <Photo address={photo} />
      <PlateKeys
        value={plate.value}
        colour={null}
        aside={photo.value === null && <TakePhoto address={photo} />}
        onInput={(typed) => (plate.value = typed)}
      />
    </Page>
  );
}

/** What the book says of a plate; a phone without a book has nothing to say. */
async function inBook(asked: Promise<readonly Judged[]>): Promise<readonly Judged[]> {
  try {
    return await asked;
  } catch (problem) {
    if (problem instanceof Trouble && problem.code === "book.none") return [];
    throw problem;
  }
}

/** The vehicle has a pass after all, only not at hand. */
function Found({ among, plate, back }: { readonly among: readonly Judged[]; readonly plate: string; readonly back: () => void }) {
  const { encounter, words } = useShell();
  const w = words.value.nopass;
  const trouble = encounter.problem.value;
  return (
    <Page
      title={w.found}
      back={back}
      foot={
        <Button disabled={encounter.busy.value} onClick={() => void encounter.withoutPass(plate)}>
          {w.still}
        </Button>
      }
    >
      <p>{w.foundHint}</p>
      {trouble && <TroubleNotice trouble={trouble} />}
      <ul class="cards">
        {among.map((judged) => (
          <li key={judged.credential?.number}>
            <JudgedCard judged={judged} open={() => void encounter.open(judged)} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** The address of a photograph to type the plate from; it stays on this screen and nowhere else. */
function usePhoto(): Signal<string | null> {
  const address = useSignal<string | null>(null);
  useEffect(() => () => show(address, undefined), [address]);
  return address;
}

function show(address: Signal<string | null>, picture: Blob | undefined): void {
  if (address.value !== null) URL.revokeObjectURL(address.value);
  address.value = picture === undefined ? null : URL.createObjectURL(picture);
}

function Photo({ address }: { readonly address: Signal<string | null> }) {
  const { words } = useShell();
  const w = words.value.nopass;
  if (address.value === null) return null;
  return (
    <figure class="photo">
      <img src={address.value} alt={w.photoAlt} />
      <figcaption class="small">{w.photoNote}</figcaption>
      <button
        type="button"
        class="button-bare photo-gone"
        aria-label={w.photoGone}
        onClick={() => show(address, undefined)}
      >
        <Icon name="x" />
      </button>
    </figure>
  );
}

function TakePhoto({ address }: { readonly address: Signal<string | null> }) {
  const { words } = useShell();
  const w = words.value.nopass;
  return (
    <label class="button picture-input photo-take">
      <Icon name="camera" />
      <span aria-hidden="true">{w.photo}</span>
      <input
        type="file"
        accept="image/*"
        capture="environment"
        aria-label={w.photoLabel}
        onChange={(event) => show(address, event.currentTarget.files?.[0])}
      />
    </label>
  );
}
