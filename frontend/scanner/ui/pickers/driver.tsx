import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { Button, Page } from "../parts/frame";
import { DigitKeys } from "../parts/keys";
import { Segments } from "../parts/segments";
import { useShell } from "../shell";

const LAST4 = 4;
const PHONE = 11;

interface DriverPickerProps {
  readonly last4: Signal<string>;
  readonly phone: Signal<string>;
  readonly done: () => void;
  readonly back: () => void;
}

/** Whom the pass binds or reaches: the end of the identity number, or a mobile phone. */
export function DriverPicker({ last4, phone, done, back }: DriverPickerProps) {
  const { words } = useShell();
  const by = useSignal<"last4" | "phone">(last4.value === "" && phone.value !== "" ? "phone" : "last4");
  const w = words.value.duty.issue;
  const ready = (last4.value.length === LAST4 || last4.value === "") && (phone.value.length === PHONE || phone.value === "");
  return (
    <Page
      title={w.driver}
      back={back}
      foot={
        <Button kind="main" disabled={!ready || (last4.value === "" && phone.value === "")} onClick={done}>
          {w.plateNext}
        </Button>
      }
    >
      <Segments
        label={w.driver}
        options={[
          ["last4", w.last4],
          ["phone", w.phone],
        ]}
        chosen={by.value}
        choose={(one) => (by.value = one)}
      />
      {by.value === "last4" ? (
        <DigitKeys label={w.last4} value={last4.value} longest={LAST4} extra="X" onInput={(typed) => (last4.value = typed)} />
      ) : (
        <DigitKeys label={w.phone} value={phone.value} longest={PHONE} onInput={(typed) => (phone.value = typed)} />
      )}
      <p class="small quiet">{w.driverHint}</p>
    </Page>
  );
}
