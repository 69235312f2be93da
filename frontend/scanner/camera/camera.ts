/** The camera of the phone: opened, lit, brought nearer, and given back. */

import { Trouble } from "../core/desk";

/** An open camera whose picture runs in a video element. */
export interface Camera {
  /** Null where the phone has no light that can be switched. */
  readonly torch: ((on: boolean) => Promise<void>) | null;
  /** Steps such as 1, 2, 4; null where the camera can't zoom. */
  readonly zoom: { readonly steps: readonly number[]; set(step: number): Promise<void> } | null;
  /** How many cameras the phone has. */
  readonly count: number;
  /** Ask for more or fewer pixels; resolves when the camera has followed, or has not. */
  resize(size: Size): Promise<void>;
  close(): void;
}

/** Pixels across and down. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const USUAL: Size = { width: 1280, height: 720 };
export const LARGE: Size = { width: 1920, height: 1080 };
const ZOOM_STEPS = [1, 2, 4];

/** What cameras of phones can do besides what TypeScript's own types list (Image Capture, W3C draft). */
interface Abilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number };
  readonly focusMode?: readonly string[];
}

/**
 * Open camera `which` of the phone (0: the one that looks away from the officer) and run it in the element.
 * Throws Trouble: camera.insecure (no https), camera.denied, camera.none, camera.busy.
 */
export async function openCamera(video: HTMLVideoElement, which: number): Promise<Camera> {
  if (!("mediaDevices" in navigator)) throw new Trouble("camera.insecure");
  const stream = await streamOf(which);
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new Trouble("camera.none");
  const close = (): void => {
    stream.getTracks().forEach((one) => one.stop());
    if (video.srcObject === stream) video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
    return { ...(await abilitiesOf(track)), count: (await cameras()).length, resize: resizing(track), close };
  } catch (problem) {
    close();
    throw problem instanceof Trouble ? problem : new Trouble("camera.busy");
  }
}

async function streamOf(which: number): Promise<MediaStream> {
  const ideal = { width: { ideal: USUAL.width }, height: { ideal: USUAL.height }, frameRate: { ideal: 30 } };
  const chosen = which === 0 ? undefined : await other(which);
  const camera = chosen === undefined ? { facingMode: { ideal: "environment" } } : { deviceId: { exact: chosen } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...ideal, ...camera } });
  } catch (problem) {
    throw new Trouble(codeOf(problem));
  }
}

function codeOf(problem: unknown): string {
  const name = problem instanceof DOMException ? problem.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "camera.denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "camera.none";
  return "camera.busy";
}

/** Counting goes round: after the last camera comes the first. */
async function other(which: number): Promise<string | undefined> {
  const all = await cameras();
  return all[which % Math.max(1, all.length)]?.deviceId;
}

async function cameras(): Promise<readonly MediaDeviceInfo[]> {
  return (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
}

async function abilitiesOf(track: MediaStreamTrack): Promise<Pick<Camera, "torch" | "zoom">> {
  // Firefox before 132 has no capabilities to ask for.
  const can: Abilities = "getCapabilities" in track ? track.getCapabilities() : {};
  if (can.focusMode?.includes("continuous") === true) await apply(track, { focusMode: "continuous" });
  const { zoom } = can;
  const steps = zoom === undefined ? [] : ZOOM_STEPS.filter((step) => step >= zoom.min && step <= zoom.max);
  return {
    torch: can.torch === true ? (on) => apply(track, { torch: on }) : null,
    zoom: steps.length > 1 ? { steps, set: (step) => apply(track, { zoom: step }) } : null,
  };
}

function resizing(track: MediaStreamTrack): (size: Size) => Promise<void> {
  return ({ width, height }) => track.applyConstraints({ width: { ideal: width }, height: { ideal: height } });
}

/** A wish of the newer kind; a camera that can't follow goes on as it is. */
async function apply(track: MediaStreamTrack, wish: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await track.applyConstraints({ advanced: [wish] });
  } catch (problem) {
    if (!(problem instanceof DOMException)) throw problem;
  }
}
