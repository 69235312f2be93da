import { useShell } from "../shell";
import { Notice } from "./frame";

/** What stands between this phone and good work, the gravest first; at most two, or the camera has no room. */
export function Banners() {
  const found = [useStorage(), useClock(), useSlips(), useUpdate()].filter((one) => one !== null);
  return <div class="banners">{found.slice(0, 2)}</div>;
}

function useStorage() {
  const { desk } = useShell();
  return desk.storage.value.health === "ok" ? null : <StorageNotice key="storage" />;
}

/** Why this browser may not keep what is recorded; nothing while it does. */
export function StorageNotice() {
  const { desk, words } = useShell();
  const { health } = desk.storage.value;
  if (health === "ok") return null;
  return <Notice tone="bad">{words.value.banner[health]}</Notice>;
}

function useClock() {
  const { desk, words, now } = useShell();
  // Read so that the banner goes by itself once the clock is set.
  void now.value;
  if (desk.now().trusted) return null;
  return (
    <Notice key="clock" tone="warn">
      {words.value.banner.clock}
    </Notice>
  );
}

function useSlips() {
  const { desk, words, route } = useShell();
  const unseen = desk.slips.value.filter((slip) => slip.state !== "waiting" && !slip.seen).length;
  if (unseen === 0) return null;
  return (
    <Notice
      key="slips"
      tone="info"
      action={
        <button type="button" class="button-small" onClick={() => route.go("slips")}>
          {words.value.banner.slipsShow}
        </button>
      }
    >
      {words.value.banner.slips(unseen)}
    </Notice>
  );
}

function useUpdate() {
  const { desk, words } = useShell();
  if (!desk.updateReady.value) return null;
  return (
    <Notice
      key="update"
      tone="info"
      action={
        <button type="button" class="button-small" onClick={() => void desk.update()}>
          {words.value.banner.updateNow}
        </button>
      }
    >
      {words.value.banner.update}
    </Notice>
  );
}
