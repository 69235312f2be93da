import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { Blind } from "../eyes";
import { useShell } from "../shell";

interface PictureInputProps {
  readonly class: string;
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A picture file, or the phone's own camera program, where the live picture is barred or not good enough. */
export function PictureInput({ class: look, label, children }: PictureInputProps) {
  const { words, eyes, encounter, notice } = useShell();
  const told = useSignal<string | null>(null);
  const w = words.value.scan;
  const read = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (file === undefined) return;
    told.value = w.pictureReading;
    try {
      const reads = await eyes.read(file);
      const reading = reads.length === 0 ? "nothing" : await encounter.read(reads, "picture");
      // A misread needs other pixels, so another photograph is asked for.
      if (reading === "opened") told.value = null;
      else told.value = reading === "misread" ? w.pictureMisread : w.pictureNothing;
    } catch (problem) {
      told.value = w.blind[problem instanceof Blind ? problem.why : "decoder"];
    } finally {
      input.value = "";
      notice.value = told.value;
    }
  };
  return (
    <>
      <label class={`${look} picture-input`}>
        {children}
        <input type="file" accept="image/*" aria-label={label} onChange={(event) => void read(event.currentTarget)} />
      </label>
      {told.value !== null && (
        <p class="picture-told" role="status">
          {told.value}
        </p>
      )}
    </>
  );
}
