/** The eyes of the app: the phone's camera and its picture files, read by `camera/`. */

import { openCamera } from "../camera/camera";
import type { Camera } from "../camera/camera";
import { decodingEngine } from "../camera/engine";
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

/** The camera in the app itself. */
export const cameraEyes: Eyes = {
  async open(video, which, onReads) {
    const engine = decodingEngine();
    return seeing(async () => {
      const [camera] = await Promise.all([openCamera(video, which), engine.ready()]);
      const reading = startReading(video, camera, engine, onReads, () => camera.close());
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

function sightOf(camera: Camera, stop: () => void): Sight {
  const { torch, zoom, count } = camera;
  return {
    torch,
    zoom,
    others: count > 1,
    close: () => {
      stop();
      camera.close();
    },
  };
}

async function seeing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof Trouble)) throw problem;
    throw new Blind(BLINDNESS[problem.code] ?? "unknown");
  }
}
