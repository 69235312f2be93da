import type { Level } from "../core/types";
import type { Settings } from "./settings";

/** What is heard and felt: a level, `compare` for a code read well whose plate must be looked at, `done` for an action. */
export type Cue = Level | "compare" | "done";

interface Note {
  readonly hertz: number;
  readonly from: number;
  readonly length: number;
  readonly shape: OscillatorType;
}

const note = (hertz: number, from: number, length: number, shape: OscillatorType = "sine"): Note => ({
  hertz,
  from,
  length,
  shape,
});

/** Each differs in number, direction and timbre: told apart with an engine running and by those who hear no high tones. */
const TUNES: Readonly<Record<Cue, readonly Note[]>> = {
  green: [note(660, 0, 0.12), note(990, 0.14, 0.22)],
  amber: [note(587, 0, 0.14, "triangle"), note(587, 0.22, 0.14, "triangle"), note(587, 0.44, 0.14, "triangle")],
  red: [note(196, 0, 0.3, "square"), note(147, 0.34, 0.5, "square")],
  blue: [note(784, 0, 0.16, "triangle"), note(523, 0.18, 0.3, "triangle")],
  compare: [note(880, 0, 0.09)],
  done: [note(523, 0, 0.06)],
};

/** Milliseconds of vibration and rest. */
const SHAKES: Readonly<Record<Cue, readonly number[]>> = {
  green: [90],
  amber: [70, 90, 70, 90, 70],
  red: [420, 120, 420],
  blue: [200, 100, 60],
  compare: [30],
  done: [20],
};

const LOUD = 0.35;
const RAMP = 0.015;

/** Sounds and vibration of this phone, as far as the settings and the browser allow. */
export class Sounds {
  private context: AudioContext | null = null;

  constructor(private readonly settings: Settings) {}

  /** Browsers let a page sound only after a touch; call it in the first one. */
  wake(): void {
    if (!this.settings.sound.value || typeof AudioContext === "undefined") return;
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") void this.context.resume();
  }

  play(cue: Cue): void {
    if (this.settings.vibration.value) globalThis.navigator?.vibrate?.([...SHAKES[cue]]);
    if (!this.settings.sound.value) return;
    this.wake();
    const { context } = this;
    if (context?.state === "running") for (const one of TUNES[cue]) sound(context, one);
  }
}

function sound(context: AudioContext, { hertz, from, length, shape }: Note): void {
  const voice = context.createOscillator();
  const loudness = context.createGain();
  const start = context.currentTime + from;
  voice.type = shape;
  voice.frequency.value = hertz;
  // Without ramps every note begins and ends with a click.
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(LOUD, start + RAMP);
  loudness.gain.setValueAtTime(LOUD, start + length - RAMP);
  loudness.gain.linearRampToValueAtTime(0, start + length);
  voice.connect(loudness).connect(context.destination);
  voice.start(start);
  voice.stop(start + length);
}
