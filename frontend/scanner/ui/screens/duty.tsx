import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { areaWords } from "../../data/areas";
import type { ShiftCounts, ShiftSheet, Trouble } from "../../core/desk";
import type { Point } from "../../core/types";
import { troubleOf } from "../encounter";
import { roadWords } from "../facts";
import { Button, Page, TroubleNotice } from "../parts/frame";
import { LevelSign } from "../parts/marks";
import { remember } from "../settings";
import { useShell } from "../shell";
import { moment } from "../times";

const LONGEST_NAME = 20;
const LONGEST_NOTE = 200;
const LEVELS = ["green", "amber", "red", "blue"] as const;
const ACTIONS = ["passed", "turned_back", "held"] as const;

/** Where this phone stands, what the shift did, and handing it over. */
export function DutyScreen() {
  const { desk, words, route } = useShell();
  const sheet = useSignal<ShiftSheet | null>(null);
  const standing = desk.standing.value;
  const waiting = desk.sync.value.waiting;
  const load = (): void => void desk.shift().then((found) => (sheet.value = found));
  useEffect(load, [desk, waiting]);
  if (standing.state !== "enrolled") return null;
  const w = words.value.duty.station;
  return (
    <Page title={w.title} back={() => route.go("scan")}>
      <Here point={standing.device.point} />
      <Button icon="pin" onClick={() => route.go("points")}>
        {w.change}
      </Button>
      <h2>{w.shift}</h2>
      {sheet.value === null ? <p class="quiet">{w.noShift}</p> : <Sheet sheet={sheet.value} />}
      <HandOver onDuty={sheet.value?.officer ?? null} done={load} />
    </Page>
  );
}

function Here({ point }: { readonly point: Point }) {
  const { words, settings } = useShell();
  const language = settings.language.value;
  const w = words.value.duty.station;
  return (
    <section class="panel" aria-label={w.here}>
      <p class="strong">{point.name}</p>
      <p class="small quiet">
        {roadWords(point.road, language)} {w.stake(point.stake)}
        <br />
        {areaWords(point.county, language)}
      </p>
    </section>
  );
}

function Sheet({ sheet }: { readonly sheet: ShiftSheet }) {
  const { words, now } = useShell();
  const w = words.value.duty.station;
  return (
    <>
      <p>
        <span class="strong">{sheet.officer === "" ? w.nobody : sheet.officer} </span>
        <span class="quiet">{w.since(moment(sheet.since, now.value))}</span>
      </p>
      <Counts counts={sheet.counts} />
    </>
  );
}

function Counts({ counts }: { readonly counts: ShiftCounts }) {
  const { words, server } = useShell();
  const w = words.value.duty.station.counts;
  return (
    <div class="counts">
      <p class="count count-all">
        <span class="figure">{counts.scans}</span> {w.scans}
      </p>
      {LEVELS.map((level) => (
        <p key={level} class={`count tone-${level}`}>
          <LevelSign tone={level} />
          <span class="figure">{counts[level]}</span> {server.value.level[level]}
        </p>
      ))}
      {ACTIONS.map((action) => (
        <p key={action} class="count">
          <span class="figure">{counts[action]}</span> {server.value.action[action]}
        </p>
      ))}
      <p class="count">
        <span class="figure">{counts.offline}</span> {w.offline}
      </p>
    </div>
  );
}

/** A tap on a name that took over before, or a name typed once. */
function HandOver({ onDuty, done }: { readonly onDuty: string | null; readonly done: () => void }) {
  const { words, settings } = useShell();
  const note = useSignal("");
  const { handOver, told, trouble } = useHandOver(note, done);
  const w = words.value.duty.station;
  const known = settings.officers.value.filter((officer) => officer !== onDuty);
  return (
    <section aria-label={w.handOver}>
      <h2>{w.handOver}</h2>
      {told !== null && <p class="badge">{told}</p>}
      {trouble && <TroubleNotice trouble={trouble} />}
      <label class="field">
        <span>
          {w.note} {words.value.optional}
        </span>
        <textarea
          rows={2}
          maxLength={LONGEST_NOTE}
          value={note.value}
          onInput={(event) => (note.value = event.currentTarget.value)}
        />
      </label>
      {known.length > 0 && <p class="small quiet">{w.handOverHint}</p>}
      <div class="names">
        {known.map((officer) => (
          <Button key={officer} icon="user" onClick={() => void handOver(officer)}>
            {officer}
          </Button>
        ))}
      </div>
      <OtherName label={known.length > 0 ? w.other : w.name} handOver={(officer) => void handOver(officer)} />
    </section>
  );
}

function useHandOver(note: Signal<string>, done: () => void) {
  const { desk, words, settings, notice } = useShell();
  const told = useSignal<string | null>(null);
  const trouble = useSignal<Trouble | null>(null);
  const handOver = async (officer: string): Promise<void> => {
    trouble.value = null;
    try {
      await desk.handOver(officer, note.value.trim() === "" ? null : note.value.trim());
      remember(settings.officers, officer);
      told.value = words.value.duty.station.done(officer);
      notice.value = told.value;
      note.value = "";
      done();
    } catch (problem) {
      trouble.value = troubleOf(problem);
    }
  };
  return { handOver, told: told.value, trouble: trouble.value };
}

function OtherName({ label, handOver }: { readonly label: string; readonly handOver: (officer: string) => void }) {
  const { words } = useShell();
  const name = useSignal("");
  const w = words.value.duty.station;
  const submit = (): void => {
    handOver(name.value.trim());
    name.value = "";
  };
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <input
          value={name.value}
          maxLength={LONGEST_NAME}
          autoComplete="off"
          placeholder={w.name}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <Button disabled={name.value.trim() === ""} onClick={submit}>
        {w.submit}
      </Button>
    </>
  );
}
