import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { areaWords } from "../../data/areas";
import type { Trouble } from "../../core/desk";
import type { Point } from "../../core/types";
import { troubleOf } from "../encounter";
import { roadWords } from "../facts";
import { Page, TroubleNotice } from "../parts/frame";
import { useShell } from "../shell";

const PREFECTURE = 4;
const TOLD_FOR = 1_600;

/** All points, and moving to one of them: told for a moment, then back to work. */
function usePoints() {
  const { desk, words, route } = useShell();
  const points = useSignal<readonly Point[] | null>(null);
  const trouble = useSignal<Trouble | null>(null);
  const told = useSignal<string | null>(null);
  useEffect(() => {
    desk.points().then(
      (found) => (points.value = found),
      (problem: unknown) => (trouble.value = troubleOf(problem)),
    );
  }, [desk]);
  const said = told.value;
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => route.replace("scan"), TOLD_FOR);
    return () => clearTimeout(timer);
  }, [said, route]);
  const move = async (point: Point): Promise<void> => {
    try {
      const outcome = await desk.moveTo(point.code);
      told.value = words.value.duty.points[outcome](point.name);
    } catch (problem) {
      trouble.value = troubleOf(problem);
    }
  };
  return { points: points.value, trouble: trouble.value, told: said, move };
}

/** Another checkpoint, the likely ones first: officers are moved along a road, or within a county. */
export function Points() {
  const { desk, words, route } = useShell();
  const typed = useSignal("");
  const { points, trouble, told, move } = usePoints();
  const standing = desk.standing.value;
  if (standing.state !== "enrolled") return null;
  const w = words.value.duty.points;
  const shown = points?.filter((point) => fits(point, typed.value)) ?? null;
  return (
    <Page title={w.title} back={() => route.go("duty")}>
      {trouble && <TroubleNotice trouble={trouble} />}
      {told !== null && (
        <p class="badge" role="status">
          {told}
        </p>
      )}
      <label class="field">
        <span>{w.search}</span>
        <input type="search" value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
      </label>
      {shown === null && trouble === null && <p role="status">{w.loading}</p>}
      {shown !== null && (
        <PointList points={shown} here={standing.device.point} move={(point) => void move(point)} />
      )}
    </Page>
  );
}

function fits(point: Point, typed: string): boolean {
  const text = `${point.name} ${roadWords(point.road, "zh")} ${point.code} ${areaWords(point.county, "zh")}`.toUpperCase();
  return typed
    .trim()
    .toUpperCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function PointList({
  points,
  here,
  move,
}: {
  readonly points: readonly Point[];
  readonly here: Point;
  readonly move: (point: Point) => void;
}) {
  const { words } = useShell();
  const w = words.value.duty.points;
  if (points.length === 0) return <p class="quiet">{w.none}</p>;
  const groups = (["near", "prefecture", "others"] as const).map((group) => ({
    group,
    members: points.filter((point) => groupOf(point, here) === group),
  }));
  return (
    <>
      {groups
        .filter(({ members }) => members.length > 0)
        .map(({ group, members }) => (
          <section key={group} aria-label={w[group]}>
            <h2>{w[group]}</h2>
            <ul class="lines">
              {members.map((point) => (
                <li key={point.code}>
                  <PointLine point={point} here={point.code === here.code} move={move} />
                </li>
              ))}
            </ul>
          </section>
        ))}
    </>
  );
}

function groupOf(point: Point, here: Point): "near" | "prefecture" | "others" {
  if (point.road === here.road || point.county === here.county) return "near";
  return point.county.slice(0, PREFECTURE) === here.county.slice(0, PREFECTURE) ? "prefecture" : "others";
}

function PointLine({ point, here, move }: { readonly point: Point; readonly here: boolean; readonly move: (point: Point) => void }) {
  const { words, settings } = useShell();
  const w = words.value.duty.points;
  const language = settings.language.value;
  return (
    <button type="button" class="line" disabled={here} onClick={() => move(point)}>
      <span class="line-facts">
        <span class="strong">{point.name}</span>
        <span class="small quiet">
          {roadWords(point.road, language)} · {areaWords(point.county, language)}
          {point.may_issue && ` · ${w.mayIssue}`}
          {here && ` · ${w.current}`}
        </span>
      </span>
    </button>
  );
}
