/** A photograph, or a picture that was sent: there is time to look at it at several sizes and with every rescue. */

import type { Decoder } from "./decoder";
import { shrunk } from "./grey";
import type { Grey } from "./grey";
import { enlarged, thresholded, unsharp } from "./rescue";
import type { Look, Scene, Seen, Stage } from "./stages";

/** Modules of a photo from near are too large and too grainy for the decoder; smaller they are sharp again. */
const SHRINKS = [1, 2, 3, 4];
const RESCUES: readonly (readonly [Stage, (image: Grey) => Grey])[] = [
  ["unsharp", unsharp],
  ["thresholded", thresholded],
  ["enlarged", enlarged],
];
/** A rescue of more pixels than this would keep a cheap phone busy for seconds. */
const MOST_PIXELS = 2_500_000;

/** Everything that can be read in a picture; the first size or rescue that reads something ends the search. */
export async function readStill(decoder: Decoder, scene: Scene): Promise<Look> {
  const whole = await scene.grey({ left: 0, top: 0, width: scene.width, height: scene.height });
  const sizes = SHRINKS.map((factor) => (factor === 1 ? whole : shrunk(whole, factor)));
  for (const image of sizes) {
    const seen = readIn(decoder, image);
    if (seen.length > 0) return { seen, any: true, stage: "plain" };
  }
  for (const image of sizes.filter(({ width, height }) => width * height <= MOST_PIXELS)) {
    for (const [stage, mend] of RESCUES) {
      const seen = readIn(decoder, mend(image));
      if (seen.length > 0) return { seen, any: true, stage };
    }
  }
  return { seen: [], any: false, stage: null };
}

function readIn(decoder: Decoder, image: Grey): Seen[] {
  const seen = new Map<string, Seen>();
  for (const one of decoder.find(image, true)) {
    if (one.text !== null && !seen.has(one.text)) seen.set(one.text, { ...one, text: one.text });
  }
  return [...seen.values()];
}
