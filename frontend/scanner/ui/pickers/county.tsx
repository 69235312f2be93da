import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { areasBelow, areaWords, findCounties, parentOf } from "../../data/areas";
import { Page } from "../parts/frame";
import { useShell } from "../shell";

/** A pass on the spot is provincial: only counties of the province of the checkpoint can be its destination. */
const PROVINCE = 2;
const MOST_FOUND = 60;

interface CountyPickerProps {
  readonly county: Signal<string | null>;
  readonly done: () => void;
  readonly back: () => void;
}

/** A county: those used last, then prefecture and county, or by typing. */
export function CountyPicker({ county, done, back }: CountyPickerProps) {
  const { desk, words, settings } = useShell();
  const typed = useSignal("");
  const prefecture = useSignal<string | null>(null);
  const standing = desk.standing.value;
  if (standing.state !== "enrolled") return null;
  const here = standing.device.point.county;
  const province = `${here.slice(0, PROVINCE)}0000`;
  const w = words.value.duty.issue;
  const choose = (code: string): void => {
    county.value = code;
    done();
  };
  const open = prefecture.value ?? parentOf(here) ?? province;
  const searching = typed.value.trim() !== "";
  return (
    <Page title={w.destination} back={back}>
      <label class="field">
        <span>{w.search}</span>
        <input type="search" value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
      </label>
      {searching ? (
        <Found typed={typed.value} province={province} choose={choose} />
      ) : (
        <>
          {settings.destinations.value.length > 0 && <h2>{w.recent}</h2>}
          <Areas codes={settings.destinations.value} whole chosen={county.value} choose={choose} />
          <Prefectures province={province} open={open} choose={(code) => (prefecture.value = code)} />
          <Areas codes={areasBelow(open).map(({ code }) => code)} chosen={county.value} choose={choose} />
        </>
      )}
    </Page>
  );
}

interface PrefecturesProps {
  readonly province: string;
  readonly open: string;
  readonly choose: (code: string) => void;
}

function Prefectures({ province, open, choose }: PrefecturesProps) {
  const { settings } = useShell();
  return (
    <ul class="picks picks-heads">
      {areasBelow(province).map(({ code }) => (
        <li key={code}>
          <button type="button" class="pick" aria-pressed={code === open} onClick={() => choose(code)}>
            {shortWords(code, settings.language.value)}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The name without what lies above it. */
function shortWords(code: string, language: "zh" | "en"): string {
  const whole = areaWords(code, language);
  const parent = parentOf(code);
  if (parent === null) return whole;
  const above = areaWords(parent, language);
  if (language === "zh") return whole.startsWith(above) ? whole.slice(above.length) : whole;
  return whole.split(", ")[0] ?? whole;
}

function Areas({
  codes,
  whole = false,
  chosen,
  choose,
}: {
  readonly codes: readonly string[];
  /** With what lies above, for codes of everywhere. */
  readonly whole?: boolean;
  readonly chosen: string | null;
  readonly choose: (code: string) => void;
}) {
  const { settings } = useShell();
  const language = settings.language.value;
  return (
    <ul class="picks">
      {codes.map((code) => (
        <li key={code}>
          <button type="button" class="pick" aria-pressed={chosen === code} onClick={() => choose(code)}>
            {whole ? areaWords(code, language) : shortWords(code, language)}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface FoundProps {
  readonly typed: string;
  readonly province: string;
  readonly choose: (code: string) => void;
}

function Found({ typed, province, choose }: FoundProps) {
  const { words } = useShell();
  const found = findCounties(`${areaWords(province, "zh")} ${typed}`, MOST_FOUND).map(({ code }) => code);
  if (found.length === 0) return <p class="quiet">{words.value.duty.issue.noCounty}</p>;
  return <Areas codes={found} whole chosen={null} choose={choose} />;
}
