import { Button, Empty, Page } from "../parts/frame";
import { useShell } from "../shell";

/** Another window of this browser has the desk. */
export function Elsewhere() {
  const { desk, words } = useShell();
  const w = words.value.banner;
  return (
    <Page title={words.value.app} foot={<Button kind="main" onClick={() => void desk.takeOver()}>{w.takeOver}</Button>}>
      <Empty icon="hand" title={w.elsewhere}>
        {w.elsewhereHint}
      </Empty>
    </Page>
  );
}
