const NAME = "changtong-desk";

type Locks = Pick<LockManager, "request">;

/** One tab of a browser has the desk: two that number events and judge side by side would confuse people. */
export class OneTab {
  private release: (() => void) | null = null;

  /** `lost`: another tab took the desk over. `locks` null: a browser without locks, whose tabs can't know each other. */
  constructor(
    private readonly locks: Locks | null,
    private readonly lost: () => void,
  ) {}

  /** Try to have the desk; false when another tab has it. */
  have(): Promise<boolean> {
    return this.request({ ifAvailable: true });
  }

  /** Have the desk, from whatever tab it has to be taken. */
  take(): Promise<boolean> {
    return this.request({ steal: true });
  }

  /** Resolves once the tab that has the desk is closed, with the desk then being here. */
  wait(signal: AbortSignal): Promise<boolean> {
    return this.request({ signal });
  }

  /** Give the desk up. */
  letGo(): void {
    this.release?.();
    this.release = null;
  }

  private request(options: LockOptions): Promise<boolean> {
    const { locks } = this;
    if (!locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      let mine = false;
      const held = locks.request(NAME, options, (lock) => {
        mine = lock !== null;
        resolve(mine);
        return lock && new Promise<void>((release) => (this.release = release));
      });
      // A stolen lock rejects its holder's promise, an aborted wait rejects too; `resolve` is heard only once.
      Promise.resolve(held).catch(() => {
        resolve(false);
        if (mine) this.lost();
      });
    });
  }
}
