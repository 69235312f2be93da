/** The eyes of the app: the phone's camera and its picture files, read by `camera/`. */

import { openCamera } from "../camera/camera";
import type { Camera, Lens } from "../camera/camera";
import { prepareDecoder } from "../camera/link";
import { readPicture } from "../camera/picture";
import { startReading } from "../camera/reader";
import { Trouble } from "../core/desk";
import { Blind } from "./eyes";
import type { Blindness, Eyes, Read, Sight } from "./eyes";

const BLINDNESS: Readonly<Record<string, Blindness>> = {
  "camera.denied": "denied",
  "camera.none": "none",
  "camera.busy": "busy",
  "camera.insecure": "insecure",
  "camera.decoder": "decoder",
};

const ZOOM_STEPS = [1, 2, 4];

/** The phone's cameras from the one that looks away from the officer on; known once that one was open. */
let order: readonly string[] = [];

/** The camera in the app itself. */
export const cameraEyes: Eyes = {
  async open(video, which, onReads, onBlind) {
    return seeing(async () => {
      const lost = (trouble: Trouble): void => onBlind?.(blindnessOf(trouble));
      const lens = order[which % Math.max(1, order.length)];
      const options = { onTrouble: lost, ...(lens === undefined ? {} : { lens }) };
      const camera = await withDecoder(openCamera(video, options), prepareDecoder());
      if (order.length === 0) order = inOrder(await camera.lenses(), camera.lens);
      const reading = startReading(camera, onReads, lost);
      return sightOf(camera, () => reading.stop());
    });
  },
  async read(picture: Blob): Promise<readonly Read[]> {
    try {
      return await seeing(() => readPicture(picture));
    } catch (problem) {
      // A file that is no picture holds no code either.
      if (problem instanceof Blind && problem.why === "unknown") return [];
      throw problem;
    }
  },
};

/** A camera without a decoder is given back at once. */
async function withDecoder(camera: Promise<Camera>, decoder: Promise<void>): Promise<Camera> {
  const opened = await camera;
  try {
    await decoder;
  } catch (problem) {
    opened.close();
    throw problem;
  }
  return opened;
}

function inOrder(lenses: readonly Lens[], first: string | null): readonly string[] {
  const others = lenses.map(({ id }) => id).filter((id) => id !== first && id !== "");
  return first === null ? [] : [first, ...others];
}

function sightOf(camera: Camera, stop: () => void): Sight {
  const { torch, zoom } = camera;
  const steps = zoom === null ? [] : ZOOM_STEPS.filter((step) => step >= zoom.min && step <= zoom.max);
  return {
    torch: torch === null ? null : (on) => torch.set(on),
    zoom: zoom === null || steps.length < 2 ? null : { steps, set: (step) => zoom.set(step) },
    others: order.length > 1,
    close: () => {
      stop();
      camera.close();
    },
  };
}

function blindnessOf(trouble: Trouble): Blindness {
  return BLINDNESS[trouble.code] ?? "unknown";
}

async function seeing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof Trouble)) throw problem;
    throw new Blind(blindnessOf(problem));
  }
}
