import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import type { Trouble } from "../../core/desk";
import { checkSlip } from "../../core/slip";
import type { Judged } from "../../core/types";
import { troubleOf } from "../encounter";
import { Button, Empty, Notice, Page, TroubleNotice } from "../parts/frame";
import { DigitKeys, isWholePlate, PlateKeys } from "../parts/keys";
import { Segments } from "../parts/segments";
import { useShell } from "../shell";
import { moment } from "../times";
import { JudgedCard } from "./car";

const NUMBER = /^[0-9]{12}$/;
/** Characters of a slip's code without its dashes. */
const SLIP_LENGTH = 9;

type By = "number" | "plate" | "slip";

type Answer =
  | { readonly kind: "asking" }
  | { readonly kind: "found"; readonly among: readonly Judged[] }
  | { readonly kind: "slip"; readonly right: boolean }
  | { readonly kind: "trouble"; readonly trouble: Trouble };

/** Look a pass up in the book, by number or by plate. */
export function LookUp() {
  const answer = useSignal<Answer>({ kind: "asking" });
  // Kept while the answer is shown: one wrong digit of twelve is mended, not typed anew.
  const typed: Typed = { by: useSignal<By>("plate"), number: useSignal(""), plate: useSignal(""), slip: useSignal("") };
  if (answer.value.kind === "asking") return <Question answer={answer} typed={typed} />;
  return <Answered answer={answer.value} back={() => (answer.value = { kind: "asking" })} />;
}

interface Typed {
  readonly by: Signal<By>;
  readonly number: Signal<string>;
  readonly plate: Signal<string>;
  readonly slip: Signal<string>;
}

const READY: Readonly<Record<By, (entered: string) => boolean>> = {
  number: (entered) => NUMBER.test(entered),
  plate: isWholePlate,
  slip: (entered) => entered.replace(/[\s-]/g, "").length >= SLIP_LENGTH,
};

function Question({ answer, typed }: { readonly answer: Signal<Answer>; readonly typed: Typed }) {
  const { desk, words, route } = useShell();
  const { by } = typed;
  const w = words.value.lookup;
  const entered = typed[by.value].value;
  const ready = READY[by.value](entered);
  const search = async (): Promise<void> => {
    answer.value = by.value === "slip" ? { kind: "slip", right: checkSlip(entered) } : await looked(desk.lookUp(entered));
  };
  return (
    <Page
      title={w.title}
      back={() => route.go("scan")}
      foot={
        <Button kind="main" icon="search" disabled={!ready} onClick={() => void search()}>
          {w.search}
        </Button>
      }
    >
      <Segments
        label={w.title}
        options={[
          ["plate", w.byPlate],
          ["number", w.byNumber],
          ["slip", w.bySlip],
        ]}
        chosen={by.value}
        choose={(one) => (by.value = one)}
      />
      <Entry typed={typed} />
      {by.value !== "slip" && <BookFacts />}
    </Page>
  );
}

function Entry({ typed: { by, number, plate, slip } }: { readonly typed: Typed }) {
  const w = useShell().words.value.lookup;
  if (by.value === "plate") {
    return <PlateKeys value={plate.value} colour={null} onInput={(typed) => (plate.value = typed)} />;
  }
  if (by.value === "number") {
    return <DigitKeys label={w.number} value={number.value} longest={12} onInput={(typed) => (number.value = typed)} />;
  }
  return (
    <label class="field">
      <span>{w.slipCode}</span>
      <input
        value={slip.value}
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        onInput={(event) => (slip.value = event.currentTarget.value)}
      />
    </label>
  );
}

async function looked(asked: Promise<readonly Judged[]>): Promise<Answer> {
  try {
    return { kind: "found", among: await asked };
  } catch (problem) {
    return { kind: "trouble", trouble: troubleOf(problem) };
  }
}

function BookFacts() {
  const { desk, words, now } = useShell();
  const { bookPasses, bookAsOf } = desk.lists.value;
  const w = words.value.lookup;
  if (bookPasses === null || bookAsOf === null) return <Notice tone="warn">{w.noBook}</Notice>;
  return <p class="small quiet">{w.book(bookPasses, moment(bookAsOf, now.value))}</p>;
}

function Answered({ answer, back }: { readonly answer: Exclude<Answer, { kind: "asking" }>; readonly back: () => void }) {
  const { words, route, server } = useShell();
  const w = words.value.lookup;
  const toNoPass = (
    <Button icon="noPass" onClick={() => route.replace("nopass")}>
      {w.toNoPass}
    </Button>
  );
  if (answer.kind === "trouble") {
    return (
      <Page title={w.title} back={back} foot={toNoPass}>
        <TroubleNotice trouble={answer.trouble} />
      </Page>
    );
  }
  if (answer.kind === "slip") {
    return (
      <Page title={w.slip} back={back} foot={toNoPass}>
        <Notice tone={answer.right ? "info" : "bad"}>{answer.right ? w.slipHint : w.slipWrong}</Notice>
        <p class="rule">{server.value.may.no_pass}</p>
      </Page>
    );
  }
  return <FoundPasses among={answer.among} back={back} toNoPass={toNoPass} />;
}

function FoundPasses({
  among,
  back,
  toNoPass,
}: {
  readonly among: readonly Judged[];
  readonly back: () => void;
  readonly toNoPass: ComponentChildren;
}) {
  const { encounter, words } = useShell();
  const w = words.value.lookup;
  const trouble = encounter.problem.value;
  return (
    <Page title={among.length === 0 ? w.title : w.found(among.length)} back={back} foot={toNoPass}>
      {trouble && <TroubleNotice trouble={trouble} />}
      {among.length === 0 ? (
        <Empty icon="search" title={w.none}>
          {w.noneHint}
        </Empty>
      ) : (
        <Notice tone="warn">{w.notFromCode}</Notice>
      )}
      <ul class="cards">
        {among.map((judged) => (
          <li key={judged.credential?.number}>
            <JudgedCard judged={judged} open={() => void encounter.open(judged)} />
          </li>
        ))}
      </ul>
      <BookFacts />
    </Page>
  );
}
