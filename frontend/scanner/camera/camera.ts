/** The phone's camera: opened, let go of while nobody looks, and asked for light and nearness where it offers them. */

import { Trouble } from "../core/desk";
import type { Width } from "./pace";

export interface Lens {
  readonly id: string;
  /** The browser's own words; empty before the camera was allowed. */
  readonly label: string;
}

export interface Torch {
  readonly on: boolean;
  set(on: boolean): Promise<void>;
}

export interface Zoom {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  set(value: number): Promise<void>;
}

export interface CameraOptions {
  /** A camera of `lenses()`; without it the one that looks away from the officer. */
  readonly lens?: string;
  /** The camera was lost while open (another app took it, the cable came off): camera.busy, camera.none, camera.denied. */
  readonly onTrouble?: (trouble: Trouble) => void;
  /** It was opened again or turned: size, torch and zoom may be others. */
  readonly onChange?: () => void;
}

export interface Camera {
  readonly video: HTMLVideoElement;
  /** In pixels; zero while there is no picture. */
  readonly size: { readonly width: number; readonly height: number };
  /** A picture is coming in. */
  readonly live: boolean;
  readonly torch: Torch | null;
  readonly zoom: Zoom | null;
  /** The one in use. */
  readonly lens: string | null;
  lenses(): Promise<readonly Lens[]>;
  /** Use another camera. Throws Trouble as `openCamera` does. */
  turnTo(lens: string): Promise<void>;
  /** Ask for pictures that wide; the camera may not be able to. */
  prefer(width: Width): Promise<void>;
  close(): void;
}

/** What the specification of image capture adds and TypeScript's own types leave out. */
interface Extras {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number; readonly step?: number };
  readonly focusMode?: readonly string[];
}

interface Wish {
  readonly torch?: boolean;
  readonly zoom?: number;
  readonly focusMode?: string;
}

const HEIGHTS: Readonly<Record<Width, number>> = { 1280: 720, 1920: 1080 };

/**
 * Open a camera and show it in `video`. Throws Trouble: camera.insecure (the page is not https), camera.denied,
 * camera.none (there is none, or this browser knows none), camera.busy (another app has it).
 */
export async function openCamera(video: HTMLVideoElement, options: CameraOptions = {}): Promise<Camera> {
  if (!window.isSecureContext) throw new Trouble("camera.insecure");
  if (!("mediaDevices" in navigator)) throw new Trouble("camera.none");
  const camera = new LiveCamera(video, options);
  try {
    await camera.open();
  } catch (problem) {
    camera.close();
    throw problem;
  }
  return camera;
}

class LiveCamera implements Camera {
  #track: MediaStreamTrack | null = null;
  #lens: string | null;
  #width: Width = 1280;
  #closed = false;
  #lit = false;
  readonly #onVisibility = (): void => this.#seen();

  constructor(
    readonly video: HTMLVideoElement,
    readonly options: CameraOptions,
  ) {
    this.#lens = options.lens ?? null;
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  get size(): { width: number; height: number } {
    return { width: this.live ? this.video.videoWidth : 0, height: this.live ? this.video.videoHeight : 0 };
  }

  get live(): boolean {
    return this.#track?.readyState === "live";
  }

  get lens(): string | null {
    return this.#track?.getSettings().deviceId ?? this.#lens;
  }

  get torch(): Torch | null {
    if (this.#extras().torch !== true) return null;
    return { on: this.#lit, set: (on) => this.#light(on) };
  }

  get zoom(): Zoom | null {
    const { zoom } = this.#extras();
    if (!zoom || zoom.max <= zoom.min) return null;
    const now = (this.#track?.getSettings() as { zoom?: number } | undefined)?.zoom;
    const set = (value: number): Promise<void> => this.#wish({ zoom: Math.min(zoom.max, Math.max(zoom.min, value)) });
    return { min: zoom.min, max: zoom.max, step: zoom.step ?? 0.1, value: now ?? zoom.min, set };
  }

  async lenses(): Promise<readonly Lens[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId, label }) => ({ id: deviceId, label }));
  }

  async turnTo(lens: string): Promise<void> {
    this.#release();
    this.#lens = lens;
    await this.open();
  }

  async prefer(width: Width): Promise<void> {
    this.#width = width;
    try {
      await this.#track?.applyConstraints(sizes(width));
    } catch (problem) {
      // A camera without that size stays as it is; one that is gone tells so itself.
      if (!(problem instanceof DOMException)) throw problem;
    }
  }

  close(): void {
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#release();
  }

  async open(): Promise<void> {
    const stream = await streamOf(this.#lens, this.#width);
    const [track] = stream.getVideoTracks();
    // Closed or hidden while the person was still being asked.
    if (this.#closed || document.hidden || !track) {
      for (const each of stream.getTracks()) each.stop();
      return;
    }
    this.#track = track;
    track.addEventListener("ended", () => this.#lost(track));
    Object.assign(this.video, { playsInline: true, muted: true, srcObject: stream });
    await shown(this.video);
    if (this.#extras().focusMode?.includes("continuous")) await this.#wish({ focusMode: "continuous" });
    if (this.#lit && this.torch) await this.#wish({ torch: true });
    this.options.onChange?.();
  }

  /** Hidden, it lets the camera go: other apps want it, and it empties the battery. */
  #seen(): void {
    if (document.hidden) {
      this.#release();
      return;
    }
    if (this.#closed || this.live) return;
    this.open().catch((problem: unknown) => {
      if (!(problem instanceof Trouble)) throw problem;
      this.options.onTrouble?.(problem);
    });
  }

  #lost(track: MediaStreamTrack): void {
    if (track !== this.#track || this.#closed) return;
    this.#release();
    this.options.onTrouble?.(new Trouble("camera.busy"));
  }

  #release(): void {
    this.#track?.stop();
    this.#track = null;
    this.video.srcObject = null;
  }

  #extras(): Extras {
    // Firefox has no getCapabilities on phones.
    return (this.#track?.getCapabilities?.() ?? {}) as Extras;
  }

  async #light(on: boolean): Promise<void> {
    await this.#wish({ torch: on });
    this.#lit = on;
    this.options.onChange?.();
  }

  async #wish(wish: Wish): Promise<void> {
    try {
      await this.#track?.applyConstraints({ advanced: [wish as MediaTrackConstraintSet] });
    } catch (problem) {
      // Offered and then refused, as some phones do: the picture goes on without it.
      if (!(problem instanceof DOMException)) throw problem;
    }
  }
}

function sizes(width: Width): MediaTrackConstraints {
  return { width: { ideal: width }, height: { ideal: HEIGHTS[width] } };
}

async function streamOf(lens: string | null, width: Width): Promise<MediaStream> {
  const which = lens === null ? { facingMode: { ideal: "environment" } } : { deviceId: { exact: lens } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, ...sizes(width) } });
  } catch (problem) {
    throw new Trouble(troubleOf(problem));
  }
}

/** Names of errors: the specification's, and what Chromium and old Safari say instead. */
export function troubleOf(problem: unknown): string {
  const name = problem instanceof Error || problem instanceof DOMException ? problem.name : "";
  if (name === "NotAllowedError" || name === "SecurityError" || name === "PermissionDeniedError") return "camera.denied";
  if (name === "NotFoundError" || name === "OverconstrainedError" || name === "DevicesNotFoundError") return "camera.none";
  return "camera.busy";
}

async function shown(video: HTMLVideoElement): Promise<void> {
  try {
    await video.play();
  } catch (problem) {
    // The element got another stream, or none, before this one began: whoever did that goes on.
    if (!(problem instanceof DOMException && problem.name === "AbortError")) throw problem;
  }
}
