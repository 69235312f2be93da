import { useComputed, useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { areaWords } from "../../data/areas";
import { isPlate, parsePlate } from "../../core/plates";
import type { SlipRequest, SlipState, Trouble } from "../../core/desk";
import { troubleOf } from "../encounter";
import { goodsWords } from "../facts";
import { Button, Notice, Page, TroubleNotice } from "../parts/frame";
import { Icon } from "../parts/icons";
import { PlateMark } from "../parts/marks";
import { CountyPicker } from "../pickers/county";
import { DriverPicker } from "../pickers/driver";
import { GoodsPicker } from "../pickers/goods";
import { PlatePicker } from "../pickers/plate";
import { remember } from "../settings";
import { useShell } from "../shell";
import { SlipSheet } from "./slip";

const STEPS = ["plate", "goods", "destination", "driver"] as const;
type Step = (typeof STEPS)[number];

/** What was entered so far; empty texts and nulls are missing. */
export interface Draft {
  readonly plate: Signal<string>;
  readonly colour: Signal<number>;
  readonly goods: Signal<number | null>;
  readonly destination: Signal<string | null>;
  readonly last4: Signal<string>;
  readonly phone: Signal<string>;
}

const LAST4 = /^[0-9]{3}[0-9X]$/;
const PHONE = /^1[0-9]{10}$/;

/** A pass on the spot: four things are asked for, one after the other, and each can be changed. */
export function Issue() {
  const { desk, words, route } = useShell();
  const draft: Draft = {
    plate: useSignal(""),
    colour: useSignal(1),
    goods: useSignal<number | null>(null),
    destination: useSignal<string | null>(null),
    last4: useSignal(""),
    phone: useSignal(""),
  };
  const step = useSignal<Step | null>("plate");
  const slip = useSignal<SlipState | null>(null);
  const standing = desk.standing.value;
  const w = words.value.duty.issue;
  if (standing.state !== "enrolled") return null;
  if (!standing.device.point.may_issue) {
    return (
      <Page title={w.title} back={() => route.go("more")}>
        <Notice tone="warn">{w.notHere}</Notice>
      </Page>
    );
  }
  if (slip.value !== null) return <SlipSheet slip={slip.value} back={() => route.go("more")} />;
  const done = (): void => {
    step.value = nextStep(draft);
  };
  const back = (): void => {
    if (draft.plate.value === "") route.go("more");
    else step.value = null;
  };
  if (step.value !== null) return <Picker step={step.value} draft={draft} done={done} back={back} />;
  return <Review draft={draft} change={(one) => (step.value = one)} issued={(state) => (slip.value = state)} />;
}

function isGiven(draft: Draft, step: Step): boolean {
  if (step === "plate") return isPlate(parsePlate(draft.plate.value));
  if (step === "goods") return draft.goods.value !== null;
  if (step === "destination") return draft.destination.value !== null;
  const { last4, phone } = draft;
  const given = last4.value !== "" || phone.value !== "";
  return given && (last4.value === "" || LAST4.test(last4.value)) && (phone.value === "" || PHONE.test(phone.value));
}

function nextStep(draft: Draft): Step | null {
  return STEPS.find((step) => !isGiven(draft, step)) ?? null;
}

interface PickerProps {
  readonly step: Step;
  readonly draft: Draft;
  readonly done: () => void;
  readonly back: () => void;
}

function Picker({ step, draft, done, back }: PickerProps) {
  if (step === "plate") return <PlatePicker plate={draft.plate} colour={draft.colour} done={done} back={back} />;
  if (step === "goods") return <GoodsPicker goods={draft.goods} done={done} back={back} />;
  if (step === "destination") return <CountyPicker county={draft.destination} done={done} back={back} />;
  return <DriverPicker last4={draft.last4} phone={draft.phone} done={done} back={back} />;
}

interface ReviewProps {
  readonly draft: Draft;
  readonly change: (step: Step) => void;
  readonly issued: (slip: SlipState) => void;
}

/** Ask for the pass; what was chosen is offered first the next time. */
function useAsking(draft: Draft, issued: (slip: SlipState) => void) {
  const { desk, settings } = useShell();
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | null>(null);
  const ask = async (): Promise<void> => {
    busy.value = true;
    trouble.value = null;
    try {
      const request = requestOf(draft);
      const slip = await desk.askForPass(request);
      remember(settings.goods, request.goods);
      remember(settings.destinations, request.destination);
      issued(slip);
    } catch (problem) {
      trouble.value = troubleOf(problem);
    } finally {
      busy.value = false;
    }
  };
  return { busy, trouble, ask };
}

/** What the pass will say, and the one button. */
function Review({ draft, change, issued }: ReviewProps) {
  const { desk, words, route } = useShell();
  const { busy, trouble, ask } = useAsking(draft, issued);
  const missing = useComputed(() => nextStep(draft));
  const w = words.value.duty.issue;
  const online = desk.sync.value.online;
  const label = online ? w.submit : w.submitOffline;
  return (
    <Page
      title={w.title}
      back={() => route.go("more")}
      foot={
        <Button kind="main" icon="issue" disabled={busy.value || missing.value !== null} onClick={() => void ask()}>
          {busy.value ? words.value.working : missing.value === null ? label : w.missing(w[missing.value])}
        </Button>
      }
    >
      <p class="strong">{w.lead}</p>
      {!online && <Notice tone="warn">{w.offline}</Notice>}
      {trouble.value && <TroubleNotice trouble={trouble.value} />}
      <Given draft={draft} change={change} />
    </Page>
  );
}

function requestOf(draft: Draft): SlipRequest {
  const parsed = parsePlate(draft.plate.value);
  const { goods, destination, last4, phone } = draft;
  return {
    plate: isPlate(parsed) ? parsed.text : draft.plate.value,
    plateColour: draft.colour.value,
    goods: goods.value ?? 0,
    goodsWords: null,
    destination: destination.value ?? "",
    driverLast4: last4.value === "" ? null : last4.value,
    phone: phone.value === "" ? null : phone.value,
  };
}

function Given({ draft, change }: { readonly draft: Draft; readonly change: (step: Step) => void }) {
  const { desk, words, settings } = useShell();
  const language = settings.language.value;
  const w = words.value.duty.issue;
  const { goods, destination, last4, phone } = draft;
  const shown = {
    plate: draft.plate.value === "" ? null : <PlateMark plate={draft.plate.value} colour={draft.colour.value} size="large" />,
    goods: goods.value === null ? null : goodsWords(desk.names.value, goods.value, language),
    destination: destination.value === null ? null : areaWords(destination.value, language),
    driver: [last4.value, phone.value].filter((one) => one !== "").join(" · ") || null,
  };
  return (
    <ul class="given">
      {STEPS.map((step) => (
        <li key={step}>
          <button type="button" class="given-row" onClick={() => change(step)}>
            <span class="given-term">{w[step]}</span>
            <span class="given-value">{shown[step] ?? <span class="quiet">{w.pick}</span>}</span>
            <Icon name="next" />
            <span class="visually-hidden">{shown[step] === null ? w.pick : w.change}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

