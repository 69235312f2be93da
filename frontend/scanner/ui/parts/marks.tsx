import type { ComponentChildren } from "preact";

import type { Level } from "../../core/types";
import { useShell } from "../shell";

/** The colour of a whole screen; white while nobody has compared the plate. */
export type Tone = Level | "white";

/** The sign of a level: tick in a circle, triangle, crossed octagon, empty sheet; a plate while it is to be compared. */
export function LevelSign({ tone }: { readonly tone: Tone }) {
  return (
    <svg
      class="sign"
      viewBox="0 0 64 64"
      fill="none"
      stroke="currentColor"
      stroke-width="6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SIGNS[tone]}
    </svg>
  );
}

const SIGNS: Readonly<Record<Tone, ComponentChildren>> = {
  green: [<circle key="o" cx="32" cy="32" r="27" />, <path key="v" d="M19 33l9 9l17 -19" />],
  amber: [
    <path key="t" d="M32 6l28 50h-56z" />,
    <path key="l" d="M32 25v13" />,
    <path key="d" d="M32 47v.5" />,
  ],
  red: [
    <path key="o" d="M21 4h22l17 17v22l-17 17h-22l-17 -17v-22z" />,
    <path key="a" d="M22 22l20 20" />,
    <path key="b" d="M42 22l-20 20" />,
  ],
  blue: [<rect key="r" x="10" y="5" width="44" height="54" rx="5" />, <path key="l" d="M22 32h20" />],
  white: [
    <rect key="r" x="4" y="18" width="56" height="28" rx="5" />,
    <path key="a" d="M14 32h6" />,
    <path key="b" d="M29 32h6" />,
    <path key="c" d="M44 32h6" />,
  ],
};

const COLOURS = ["blue", "yellow", "green", "yellow-green", "white", "black"];

/** A plate as it looks on the road; `colour` null: not known, drawn in grey. */
export function PlateMark({
  plate,
  colour,
  size,
}: {
  readonly plate: string;
  readonly colour: number | null;
  readonly size: "huge" | "large" | "small";
}) {
  const { words } = useShell();
  const name = colour === null ? undefined : words.value.plateColour[colour];
  const look = colour === null ? "unknown" : (COLOURS[colour] ?? "unknown");
  return (
    <span class={`plate-holder plate-holder-${size}`}>
      <span class={`plate plate-${size} plate-${look}`}>
        <span class="plate-area">{plate.slice(0, 2)}</span>
        <span class="plate-dot" aria-hidden="true" />
        <span>{plate.slice(2)}</span>
      </span>
      {size === "huge" && name !== undefined && <span class="plate-words">{name}</span>}
    </span>
  );
}

/** Pairs of a term and what stands for it. */
export function Facts({ pairs }: { readonly pairs: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {pairs.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
