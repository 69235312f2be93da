/** Keeps the screen on while an officer scans, where the browser can. */

/** Ask for it; the returned function lets the screen sleep again. The system drops the lock with every hiding: asked anew. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let wanted = true;
  const ask = async (): Promise<void> => {
    if (!wanted || document.hidden || !("wakeLock" in navigator)) return;
    try {
      const got = await navigator.wakeLock.request("screen");
      if (wanted) lock = got;
      else await got.release();
    } catch {
      // Refused on a low battery: the screen then sleeps as it always does.
      lock = null;
    }
  };
  const onChange = (): void => void ask();
  document.addEventListener("visibilitychange", onChange);
  void ask();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", onChange);
    void lock?.release();
  };
}
