import type { Standing } from "../../core/desk";
import { StorageNotice } from "../parts/banners";
import { Button, Page } from "../parts/frame";
import { Icon } from "../parts/icons";
import { useShell } from "../shell";

/** A device that was revoked or whose time is over: it says so, keeps nothing of use, and still hands in its records. */
export function Ended({ standing }: { readonly standing: Extract<Standing, { state: "ended" }> }) {
  const { desk, words, route } = useShell();
  const w = words.value.duty.ended;
  const { busy, refused } = desk.sync.value;
  return (
    <Page
      title={standing.why === "revoked" ? w.revoked : w.expired}
      foot={
        <>
          {standing.waiting > 0 && (
            <Button icon="sync" disabled={busy} onClick={() => void desk.syncNow()}>
              {busy ? words.value.duty.sync.busy : words.value.duty.sync.now}
            </Button>
          )}
          <Button kind="main" onClick={() => route.go("enrol")}>
            {w.again}
          </Button>
        </>
      }
    >
      <StorageNotice />
      <div class="empty">
        <Icon name="hand" big />
        <p class="strong">{w.wiped}</p>
        {(standing.waiting > 0 || refused === 0) && <p>{standing.waiting > 0 ? w.waiting(standing.waiting) : w.none}</p>}
        {refused > 0 && <p class="strong">{w.refused(refused)}</p>}
        <p>{w.ask}</p>
      </div>
    </Page>
  );
}
