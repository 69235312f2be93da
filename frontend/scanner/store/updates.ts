/** The service worker as the page sees it: asked to keep the app, and to become the new version at a quiet moment. */

const WORKER = "/sw.js";
/** Milliseconds a new worker has to take over. */
const LONGEST = 5000;

/** What the desk is told of new versions. */
export interface Updates {
  /** A new version is ready and waits for `apply`. */
  readonly ready: () => void;
  /** The browser said whether the whole app is kept for use without a network. */
  readonly kept: (whole: boolean) => void;
}

/** Registers the worker and watches for new versions. */
export class AppUpdates {
  private registration: ServiceWorkerRegistration | null = null;
  private asked = false;

  constructor(
    private readonly container: ServiceWorkerContainer | null,
    private readonly updates: Updates,
    private readonly reload: () => void,
  ) {}

  async start(): Promise<void> {
    const { container } = this;
    if (!container) return;
    const before = container.controller;
    container.addEventListener("controllerchange", () => {
      if (this.asked) this.reload();
      // Another tab let the new version in: this one still runs the old code, whose files are gone now.
      else if (before) this.updates.ready();
    });
    container.addEventListener("message", ({ data }: MessageEvent<{ kept?: unknown }>) => {
      if (typeof data?.kept === "boolean") this.updates.kept(data.kept);
    });
    const registration = await container.register(WORKER, { scope: "/", updateViaCache: "none" });
    this.registration = registration;
    if (registration.waiting && container.controller) this.updates.ready();
    registration.addEventListener("updatefound", () => this.watch(registration.installing));
    (await container.ready).active?.postMessage("keep");
  }

  /** Ask the server for a new version; without a network nothing happens. */
  async look(): Promise<void> {
    await this.registration?.update();
  }

  /** Become the new version and start again. */
  apply(): void {
    this.asked = true;
    const waiting = this.registration?.waiting;
    waiting?.postMessage("now");
    // Should the new worker not answer, starting again is still what was asked for.
    setTimeout(this.reload, waiting ? LONGEST : 0);
  }

  private watch(worker: ServiceWorker | null): void {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && this.container?.controller) this.updates.ready();
    });
  }
}
